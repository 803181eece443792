/// modify_group_member_info (also a client's own name card and setGroupMemberRole) and
/// forbid_send_msg (protocol 3.5, 4.7.15, 4.7.18).
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "community/caller.h"
#include "community/callbacks.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"

namespace tidings::community {
namespace {

constexpr std::array<std::string_view, 5> kMsgFlags = {
    "AcceptAndNotify", "AcceptNotNotify", "Discard", "AcceptNotNotifyExceptAt",
    "NotReceiveMsgExceptAt"};

Result<std::optional<Role>> check_role(const ModifyMember& command) {
  if (!command.role) return std::optional<Role>{};
  const std::optional<Role> role = parse_role(*command.role);
  if (role && *role != Role::owner) return role;
  return refuse(code::kBadParameter, "Role is '" + command.role->substr(0, 32) +
                                         "', it must be Admin or Member; the owner is changed by "
                                         "change_group_owner");
}

Result<void> check_form(const ModifyMember& command) {
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_given("Member_Account", command.user.view()));
  TRY_VOID(check_optional_text("NameCard", command.name_card, kNameCardBytes));
  if (command.msg_flag && std::find(kMsgFlags.begin(), kMsgFlags.end(), *command.msg_flag) ==
                              kMsgFlags.end()) {
    return refuse(code::kBadParameter,
                  "MsgFlag is '" + command.msg_flag->substr(0, 32) +
                      "', it must be AcceptAndNotify, AcceptNotNotify, Discard, "
                      "AcceptNotNotifyExceptAt or NotReceiveMsgExceptAt");
  }
  if (command.mute_time_s) {
    TRY_VOID(check_mute_time(*command.mute_time_s));
  }
  return {};
}

/// The write column of 3.5, for each part that was given.
Result<void> check_permissions(const ModifyMember& command, GroupType type,
                               const Standing& standing, Role target) {
  const bool self = command.user == command.caller.user && standing.role.has_value();
  const bool leads = standing.app_admin || (standing.role && *standing.role >= Role::admin);
  if (command.role) {
    TRY_VOID(check_may(type, Action::set_role, standing));
    if (target == Role::owner) {
      return refuse(code::kBadParameter,
                    "Role: '" + command.user.str() +
                        "' is the owner, who is changed by change_group_owner only");
    }
  }
  if (command.msg_flag && !self && !standing.app_admin) {
    return refuse(code::kNotPermitted, "MsgFlag may be set by the member itself only");
  }
  if (command.name_card && !self && !leads) {
    return refuse(code::kNotPermitted,
                  "NameCard may be set by the member itself, the owner and admins only");
  }
  if (command.mute_time_s) {
    TRY_VOID(check_may(type, Action::mute, standing));
    TRY_VOID(check_reaches(Action::mute, standing, command.user, target));
  }
  if (!standing.app_admin && !standing.role) {
    return refuse(code::kNotPermitted, "you are not a member of the group: join it first");
  }
  return {};
}

void set_mute(View& view, MuteKey key, std::int64_t mute_time_s) {
  if (mute_time_s != 0) {
    view.put(Mute{std::move(key), mute_until(view.now_s(), mute_time_s)});
  } else if (view.mute(key) != nullptr) {
    view.erase(key);
  }
}

}  // namespace

Result<Reply> apply(const ModifyMember& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_form(command));
  TRY(const std::optional<Role> role, check_role(command));
  TRY_VOID(check_group_id(command.group_id));
  const GroupKey key{app->id, GroupId{command.group_id}};
  TRY(const Group* const group, existing_group(view, key));
  TRY_VOID(check_imported(view, "Member_Account", AccountKey{app->id, command.user}));
  TRY_VOID(check_fields(app->member_fields, group->type, kMemberFieldBytes, command.fields));
  const MemberKey member_key{key, command.user};
  const Member* const held = view.member(member_key);
  if (held == nullptr) {
    return refuse(code::kBadParameter, "Member_Account: '" + command.user.str() +
                                           "' is not a member of group '" + key.group.str() + "'");
  }
  const Standing standing = standing_in(view, *app, command.caller, key);
  TRY_VOID(check_permissions(command, group->type, standing, held->role));
  const FieldAccess access{level_of(standing), command.user == command.caller.user};
  TRY(FieldValues fields, write_fields(app->member_fields, group->type, kMemberFieldBytes, access,
                                       held->fields, command.fields));

  const Member before = *held;
  Member now = before;
  if (role) now.role = *role;
  if (command.msg_flag) now.msg_flag = *command.msg_flag;
  if (command.name_card) now.name_card = *command.name_card;
  now.fields = std::move(fields);
  record_member_changed(view, Scene{*app, *group, command.caller.user, command.caller.origin},
                        before, now);
  const bool changed = now.role != before.role || now.msg_flag != before.msg_flag ||
                       now.name_card != before.name_card || now.fields != before.fields;
  if (changed) view.put(std::move(now));
  if (command.mute_time_s) set_mute(view, MuteKey{key, {}, command.user}, *command.mute_time_s);
  return Done{};
}

Result<Reply> apply(const MuteMembers& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  const std::string* const topic = chosen_id(command.topic_id);
  if (topic != nullptr) {
    TRY_VOID(check_topics_on(*app));
  }
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_account_count("Members_Account", command.users.size(), kMuteMembers));
  TRY_VOID(check_mute_time(command.mute_time_s));
  TRY_VOID(check_group_id(command.group_id));
  const GroupKey key{app->id, GroupId{command.group_id}};
  const TopicKey topic_key{key, topic != nullptr ? TopicId{*topic} : TopicId{}};
  if (topic != nullptr) {
    TRY_VOID(check_topic_id(key.group, *topic));
  }
  TRY(const Group* const group, existing_group(view, key));
  if (topic != nullptr && !group->support_topic) {
    return refuse(code::kFeatureOff, "group '" + key.group.str() + "' does not support topics");
  }
  if (topic != nullptr && view.topic(topic_key) == nullptr) {
    return refuse(code::kGone, "topic '" + *topic + "' does not exist (any more)");
  }
  for (const UserId& user : command.users) {
    TRY_VOID(check_imported(view, "Members_Account", AccountKey{app->id, user}));
  }
  const Standing standing = standing_in(view, *app, command.caller, key);
  TRY_VOID(check_may(group->type, Action::mute, standing));
  for (const UserId& user : command.users) {
    // A mute outlives membership, so an app admin may also mute who is outside; others may not.
    const Member* const member = view.member(MemberKey{key, user});
    if (member == nullptr && !standing.app_admin) {
      return refuse(code::kBadParameter, "Members_Account: '" + user.str() +
                                             "' is not a member of group '" + key.group.str() +
                                             "'");
    }
    if (member != nullptr) {
      TRY_VOID(check_reaches(Action::mute, standing, user, member->role));
    }
  }
  for (const UserId& user : command.users) {
    set_mute(view, MuteKey{key, topic_key.topic, user}, command.mute_time_s);
  }
  return Done{};
}

}  // namespace tidings::community
