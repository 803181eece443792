/// Names of callback commands, which of them ask before the event, and the switch of the console
/// each one hangs on (protocol 6.9, 7.14-7.20).
///
/// Threads: pure functions and constants.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace tidings {

/// One on/off switch per app. Topics have none of their own: they share their group's.
enum class CallbackSwitch {
  before_create_group,       ///< also BeforeCreateTopic
  after_create_group,        ///< also AfterCreateTopic
  after_group_destroyed,     ///< also AfterTopicDestroyed
  after_group_info_changed,  ///< also AfterTopicInfoChanged and OnDailyGroupQuotaAlarm
  before_apply_join_group,
  before_invite_join_group,
  after_new_member_join,
  after_member_exit,
  after_group_full,
  on_member_state_change,
  after_member_field_changed,
  after_change_group_owner,
  after_group_attr_changed,
  after_read_receipt,
  before_send_msg,
  after_send_msg,
  after_recall_msg,
  send_msg_exception,
};
inline constexpr std::size_t kCallbackSwitchCount = 18;

/// All switches, in the order of the enumeration.
[[nodiscard]] std::span<const CallbackSwitch> all_callback_switches();
/// The name in configuration and admin API, e.g. "after_create_group".
[[nodiscard]] std::string_view to_string(CallbackSwitch which);
[[nodiscard]] std::optional<CallbackSwitch> parse_callback_switch(std::string_view name);

/// Every command name of section 7, messages and the other services included.
inline constexpr std::array<std::string_view, 35> kCallbackCommands = {
    "Group.CallbackBeforeCreateTopic",
    "Group.CallbackAfterCreateTopic",
    "Group.CallbackAfterTopicInfoChanged",
    "Group.CallbackAfterTopicDestroyed",
    "Group.CallbackBeforeCreateGroup",
    "Group.CallbackAfterCreateGroup",
    "Group.CallbackBeforeApplyJoinGroup",
    "Group.CallbackBeforeInviteJoinGroup",
    "Group.CallbackAfterNewMemberJoin",
    "Group.CallbackAfterMemberExit",
    "Group.CallbackAfterGroupFull",
    "Group.CallbackAfterGroupDestroyed",
    "Group.CallbackAfterGroupInfoChanged",
    "Group.CallbackOnMemberStateChange",
    "Group.CallbackAfterMemberFieldChanged",
    "Group.CallbackAfterChangeGroupOwner",
    "Group.CallbackAfterGroupAttrChanged",
    "Group.CallbackAfterReadReceipt",
    "Group.CallbackOnDailyGroupQuotaAlarm",
    "Group.CallbackBeforeSendMsg",
    "Group.CallbackAfterSendMsg",
    "Group.CallbackAfterRecallMsg",
    "Group.CallbackSendMsgException",
    "State.StateChange",
    "Profile.CallbackPortraitSet",
    "Sns.CallbackPrevFriendAdd",
    "Sns.CallbackPrevFriendResponse",
    "Sns.CallbackFriendAdd",
    "Sns.CallbackFriendDelete",
    "Sns.CallbackBlackListAdd",
    "Sns.CallbackBlackListDelete",
    "C2C.CallbackBeforeSendMsg",
    "C2C.CallbackAfterSendMsg",
    "C2C.CallbackAfterMsgReport",
    "C2C.CallbackAfterMsgWithDraw",
};

[[nodiscard]] bool is_known_command(std::string_view command);
/// Asked before the event: the answer can refuse it. Unknown commands are not.
[[nodiscard]] bool is_before_command(std::string_view command);
/// The switch of a group or topic command; none for other services and unknown commands.
[[nodiscard]] std::optional<CallbackSwitch> switch_of(std::string_view command);

}  // namespace tidings
