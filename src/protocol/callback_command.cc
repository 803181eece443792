#include "tidings/callback_command.h"

#include <algorithm>

namespace tidings {
namespace {

struct SwitchName {
  CallbackSwitch which;
  std::string_view name;
};
constexpr std::array<SwitchName, kCallbackSwitchCount> kSwitchNames = {{
    {CallbackSwitch::before_create_group, "before_create_group"},
    {CallbackSwitch::after_create_group, "after_create_group"},
    {CallbackSwitch::after_group_destroyed, "after_group_destroyed"},
    {CallbackSwitch::after_group_info_changed, "after_group_info_changed"},
    {CallbackSwitch::before_apply_join_group, "before_apply_join_group"},
    {CallbackSwitch::before_invite_join_group, "before_invite_join_group"},
    {CallbackSwitch::after_new_member_join, "after_new_member_join"},
    {CallbackSwitch::after_member_exit, "after_member_exit"},
    {CallbackSwitch::after_group_full, "after_group_full"},
    {CallbackSwitch::on_member_state_change, "on_member_state_change"},
    {CallbackSwitch::after_member_field_changed, "after_member_field_changed"},
    {CallbackSwitch::after_change_group_owner, "after_change_group_owner"},
    {CallbackSwitch::after_group_attr_changed, "after_group_attr_changed"},
    {CallbackSwitch::after_read_receipt, "after_read_receipt"},
    {CallbackSwitch::before_send_msg, "before_send_msg"},
    {CallbackSwitch::after_send_msg, "after_send_msg"},
    {CallbackSwitch::after_recall_msg, "after_recall_msg"},
    {CallbackSwitch::send_msg_exception, "send_msg_exception"},
}};

constexpr std::array<CallbackSwitch, kCallbackSwitchCount> kSwitches = [] {
  std::array<CallbackSwitch, kCallbackSwitchCount> switches{};
  for (std::size_t i = 0; i < switches.size(); ++i) switches[i] = kSwitchNames[i].which;
  return switches;
}();

struct CommandSwitch {
  std::string_view command;
  CallbackSwitch which;
};
constexpr CommandSwitch kCommandSwitches[] = {
    {"Group.CallbackBeforeCreateTopic", CallbackSwitch::before_create_group},
    {"Group.CallbackBeforeCreateGroup", CallbackSwitch::before_create_group},
    {"Group.CallbackAfterCreateTopic", CallbackSwitch::after_create_group},
    {"Group.CallbackAfterCreateGroup", CallbackSwitch::after_create_group},
    {"Group.CallbackAfterTopicDestroyed", CallbackSwitch::after_group_destroyed},
    {"Group.CallbackAfterGroupDestroyed", CallbackSwitch::after_group_destroyed},
    {"Group.CallbackAfterTopicInfoChanged", CallbackSwitch::after_group_info_changed},
    {"Group.CallbackAfterGroupInfoChanged", CallbackSwitch::after_group_info_changed},
    {"Group.CallbackOnDailyGroupQuotaAlarm", CallbackSwitch::after_group_info_changed},
    {"Group.CallbackBeforeApplyJoinGroup", CallbackSwitch::before_apply_join_group},
    {"Group.CallbackBeforeInviteJoinGroup", CallbackSwitch::before_invite_join_group},
    {"Group.CallbackAfterNewMemberJoin", CallbackSwitch::after_new_member_join},
    {"Group.CallbackAfterMemberExit", CallbackSwitch::after_member_exit},
    {"Group.CallbackAfterGroupFull", CallbackSwitch::after_group_full},
    {"Group.CallbackOnMemberStateChange", CallbackSwitch::on_member_state_change},
    {"Group.CallbackAfterMemberFieldChanged", CallbackSwitch::after_member_field_changed},
    {"Group.CallbackAfterChangeGroupOwner", CallbackSwitch::after_change_group_owner},
    {"Group.CallbackAfterGroupAttrChanged", CallbackSwitch::after_group_attr_changed},
    {"Group.CallbackAfterReadReceipt", CallbackSwitch::after_read_receipt},
    {"Group.CallbackBeforeSendMsg", CallbackSwitch::before_send_msg},
    {"Group.CallbackAfterSendMsg", CallbackSwitch::after_send_msg},
    {"Group.CallbackAfterRecallMsg", CallbackSwitch::after_recall_msg},
    {"Group.CallbackSendMsgException", CallbackSwitch::send_msg_exception},
};

constexpr std::string_view kBeforeCommands[] = {
    "Group.CallbackBeforeCreateTopic",    "Group.CallbackBeforeCreateGroup",
    "Group.CallbackBeforeApplyJoinGroup", "Group.CallbackBeforeInviteJoinGroup",
    "Group.CallbackBeforeSendMsg",        "C2C.CallbackBeforeSendMsg",
    "Sns.CallbackPrevFriendAdd",          "Sns.CallbackPrevFriendResponse",
};

}  // namespace

std::span<const CallbackSwitch> all_callback_switches() {
  return kSwitches;
}

std::string_view to_string(CallbackSwitch which) {
  return kSwitchNames[static_cast<std::size_t>(which)].name;
}

std::optional<CallbackSwitch> parse_callback_switch(std::string_view name) {
  for (const SwitchName& entry : kSwitchNames) {
    if (entry.name == name) return entry.which;
  }
  return std::nullopt;
}

bool is_known_command(std::string_view command) {
  return std::ranges::find(kCallbackCommands, command) != kCallbackCommands.end();
}

bool is_before_command(std::string_view command) {
  return std::ranges::find(kBeforeCommands, command) != std::end(kBeforeCommands);
}

std::optional<CallbackSwitch> switch_of(std::string_view command) {
  for (const CommandSwitch& entry : kCommandSwitches) {
    if (entry.command == command) return entry.which;
  }
  return std::nullopt;
}

}  // namespace tidings
