/// modify_group_base_info, destroy_group, change_group_owner (protocol 3.3, 4.7.8, 4.7.9, 4.7.17).
#include <utility>

#include "community/caller.h"
#include "community/callbacks.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"
#include "community/membership.h"
#include "community/refused_words.h"

namespace tidings::community {
namespace {

Result<void> check_texts(const ModifyGroup& command) {
  TRY_VOID(check_optional_name("Name", command.name, kGroupNameBytes));
  TRY_VOID(check_optional_text("Introduction", command.introduction, kIntroductionBytes));
  TRY_VOID(check_optional_text("Notification", command.notification, kNotificationBytes));
  return check_optional_text("FaceUrl", command.face_url, kFaceUrlBytes);
}

Result<void> check_capacity(const ModifyGroup& command) {
  if (!command.max_member_num) return {};
  const std::int64_t most =
      is_community_id(command.group_id) ? kCommunityMembers : kMembersDefault;
  if (*command.max_member_num >= 1 && *command.max_member_num <= most) return {};
  return refuse(code::kBadParameter, "MaxMemberNum is " + std::to_string(*command.max_member_num) +
                                         ", 1 to " + std::to_string(most) + " are allowed");
}

/// Ignored for a Community.
Result<std::optional<JoinOption>> check_join_option(const ModifyGroup& command) {
  if (!command.apply_join_option || is_community_id(command.group_id)) {
    return std::optional<JoinOption>{};
  }
  const std::optional<JoinOption> option = parse_join_option(*command.apply_join_option);
  if (option) return option;
  return refuse(code::kBadParameter,
                "ApplyJoinOption is '" + *command.apply_join_option +
                    "', it must be FreeAccess, NeedPermission or DisableApply");
}

bool names_profile(const ModifyGroup& command) {
  return command.name || command.introduction || command.notification || command.face_url;
}

/// Each part that was given needs its own permission; an empty change needs membership.
Result<void> check_permissions(const ModifyGroup& command, GroupType type,
                               const Standing& standing) {
  const bool names_settings = command.apply_join_option || command.mute_all_member;
  if (names_profile(command) || (!standing.app_admin && !standing.role)) {
    TRY_VOID(check_may(type, Action::change_profile, standing));
  }
  if (names_settings) {
    TRY_VOID(check_may(type, Action::change_settings, standing));
  }
  if (command.max_member_num) {
    TRY_VOID(check_may(type, Action::set_capacity, standing));
  }
  return {};
}

template <class T>
bool assign(T& held, const std::optional<T>& given) {
  if (!given || *given == held) return false;
  held = *given;
  return true;
}

Error not_a_member(const UserId& user, const GroupId& group) {
  return refuse(code::kBadParameter, "'" + user.str() + "' is not a member of group '" +
                                         group.str() + "': add it first");
}

}  // namespace

Result<Reply> apply(const ModifyGroup& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_texts(command));
  TRY_VOID(check_capacity(command));
  TRY(const std::optional<JoinOption> join_option, check_join_option(command));
  TRY(const std::optional<bool> mute_all, parse_mute_all(command.mute_all_member));
  TRY_VOID(check_group_id(command.group_id));
  const GroupKey key{app->id, GroupId{command.group_id}};
  TRY(const Group* const held, existing_group(view, key));
  TRY_VOID(check_fields(app->group_fields, held->type, kGroupFieldBytes, command.fields));
  const Standing standing = standing_in(view, *app, command.caller, key);
  TRY_VOID(check_permissions(command, held->type, standing));
  TRY(FieldValues fields, write_fields(app->group_fields, held->type, kGroupFieldBytes,
                                       FieldAccess{level_of(standing), false}, held->fields,
                                       command.fields));
  TRY_VOID(check_words(*app, {{"Name", if_given(command.name)},
                              {"Introduction", if_given(command.introduction)},
                              {"Notification", if_given(command.notification)}}));
  const Group before = *held;
  Group group = before;
  bool changed = assign(group.name, command.name);
  changed |= assign(group.introduction, command.introduction);
  changed |= assign(group.notification, command.notification);
  changed |= assign(group.face_url, command.face_url);
  changed |= assign(group.apply_join, join_option);
  changed |= assign(group.mute_all, mute_all);
  if (group.type != GroupType::av_chat_room) {
    changed |= assign(group.max_member_num, command.max_member_num);
  }
  if (fields != group.fields) {
    group.fields = std::move(fields);
    changed = true;
  }
  if (!changed) return Done{};
  group.info_seq += 1;
  group.last_info_time_s = view.now_s();
  record_group_changed(view, Scene{*app, group, command.caller.user, command.caller.origin},
                       before);
  view.put(std::move(group));
  view.notify(GroupUpdated{key});
  return Done{};
}

Result<Reply> apply(const DestroyGroup& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_group_id(command.group_id));
  const GroupKey key{app->id, GroupId{command.group_id}};
  TRY(const Group* const group, existing_group(view, key));
  TRY_VOID(check_may(group->type, Action::dissolve,
                     standing_in(view, *app, command.caller, key)));
  std::vector<UserId> users;  // a Community's are neither loaded nor told
  if (group->type != GroupType::community) {
    for (const Member* member : view.members_of(key)) users.push_back(member->key.user);
  }
  record_group_destroyed(view, Scene{*app, *group, command.caller.user, command.caller.origin},
                         users);
  end_group(view, key);
  view.notify(GroupDissolved{key});
  return Done{};
}

Result<Reply> apply(const ChangeOwner& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_given("NewOwner_Account", command.new_owner.view()));
  TRY_VOID(check_group_id(command.group_id));
  const GroupKey key{app->id, GroupId{command.group_id}};
  TRY(const Group* const held, existing_group(view, key));
  TRY_VOID(check_imported(view, "NewOwner_Account", AccountKey{app->id, command.new_owner}));
  TRY_VOID(check_may(held->type, Action::change_owner,
                     standing_in(view, *app, command.caller, key)));
  const MemberKey heir{key, command.new_owner};
  if (view.member(heir) == nullptr) return not_a_member(command.new_owner, key.group);
  if (held->owner == command.new_owner) return Done{};

  const UserId before = held->owner;
  Group& group = view.change_group(key);
  if (!before.empty()) {
    view.change_member(MemberKey{key, before}).role = Role::member;
    view.count_owned(AccountKey{key.app, before}, group.type, -1);
  }
  view.change_member(heir).role = Role::owner;
  view.count_owned(AccountKey{key.app, command.new_owner}, group.type, 1);
  group.owner = command.new_owner;
  group.info_seq += 1;
  group.last_info_time_s = view.now_s();
  record_owner_changed(view, Scene{*app, group, command.caller.user, command.caller.origin},
                       before);
  view.notify(GroupUpdated{key});
  return Done{};
}

}  // namespace tidings::community
