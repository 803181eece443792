/// create_group and import_group (protocol 3.3, 4.7.6, 4.7.19).
#include <algorithm>
#include <set>
#include <utility>

#include "community/caller.h"
#include "community/callbacks.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"
#include "community/membership.h"
#include "community/quota.h"
#include "community/refused_words.h"

namespace tidings::community {
namespace {

/// A group as it will be, and its members, the owner first. `group.key.group` is empty where an id
/// will be assigned.
struct NewGroup {
  AppPtr app;
  Group group;
  std::vector<Member> members;
};

Result<GroupType> check_type(const App& app, const CreateGroup& command) {
  TRY_VOID(check_given("Type", command.type));
  const std::optional<GroupType> type = parse_group_type(command.type);
  if (!type) {
    return refuse(code::kBadParameter,
                  "Type is '" + command.type.substr(0, 32) +
                      "', it must be Private, Public, ChatRoom, AVChatRoom or Community");
  }
  if (*type == GroupType::community) {
    TRY_VOID(check_communities_on(app));
    if (command.support_topic) {
      TRY_VOID(check_topics_on(app));
    }
  } else if (command.support_topic) {
    return refuse(code::kBadParameter,
                  "SupportTopic is 1, only a group of type Community can hold topics");
  }
  return *type;
}

Result<void> check_texts(const CreateGroup& command) {
  TRY_VOID(check_given("Name", command.name));
  TRY_VOID(check_text("Name", command.name, kGroupNameBytes));
  TRY_VOID(check_optional_text("Introduction", command.introduction, kIntroductionBytes));
  TRY_VOID(check_optional_text("Notification", command.notification, kNotificationBytes));
  return check_optional_text("FaceUrl", command.face_url, kFaceUrlBytes);
}

/// What the plan gives a group of this type; 0 = no limit.
std::int64_t plan_capacity(GroupType type) {
  if (type == GroupType::av_chat_room) return 0;
  return type == GroupType::community ? kCommunityMembers : kMembersDefault;
}

Result<std::int64_t> check_capacity(const CreateGroup& command, GroupType type) {
  const std::int64_t most = plan_capacity(type);
  if (most == 0) return most;
  if (!command.max_member_num) {
    return command.import && type != GroupType::community ? kMembersImported : most;
  }
  if (*command.max_member_num >= 1 && *command.max_member_num <= most) {
    return *command.max_member_num;
  }
  return refuse(code::kBadParameter, "MaxMemberCount is " +
                                         std::to_string(*command.max_member_num) +
                                         ", 1 to " + std::to_string(most) +
                                         " are allowed for type " + std::string{to_string(type)});
}

Result<JoinOption> check_join_option(const CreateGroup& command, GroupType type) {
  if (type == GroupType::community) return JoinOption::free_access;
  if (!command.apply_join_option) return JoinOption::need_permission;
  const std::optional<JoinOption> option = parse_join_option(*command.apply_join_option);
  if (option) return *option;
  return refuse(code::kBadParameter,
                "ApplyJoinOption is '" + *command.apply_join_option +
                    "', it must be FreeAccess, NeedPermission or DisableApply");
}

Result<void> check_import(const CreateGroup& command, GroupType type, std::int64_t now_s) {
  if (!command.import) return {};
  if (type == GroupType::av_chat_room) {
    return refuse(code::kNotPermitted, "Type is AVChatRoom, which cannot be imported: create it");
  }
  return check_create_time(command.create_time_s, now_s);
}

/// Number, roles and custom fields of the initial members.
Result<void> check_member_list(const App& app, const CreateGroup& command, GroupType type) {
  if (command.members.empty()) return {};
  const std::size_t most = command.caller.app_admin ? kCreateMembers : kCreateMembersByClient;
  TRY_VOID(check_account_count("MemberList", command.members.size(), most));
  for (const NewMember& member : command.members) {
    TRY_VOID(check_given("Member_Account", member.user.view()));
    if (member.role && *member.role != to_string(Role::admin)) {
      return refuse(code::kBadParameter, "Role of '" + member.user.str() + "' is '" +
                                             *member.role +
                                             "': only Admin may be given here, or nothing");
    }
    TRY_VOID(check_fields(app.member_fields, type, kMemberFieldBytes, member.fields));
  }
  return {};
}

/// Type support of the member list: 10007.
Result<void> check_members_supported(const CreateGroup& command, GroupType type) {
  if (command.members.empty()) return {};
  if (type == GroupType::av_chat_room) {
    return refuse(code::kNotPermitted,
                  "MemberList is given, a group of type AVChatRoom starts without: leave it out");
  }
  const bool names_admin =
      std::any_of(command.members.begin(), command.members.end(),
                  [](const NewMember& member) { return member.role.has_value(); });
  if (names_admin && !has_admins(type)) {
    return refuse(code::kNotPermitted, "Role Admin is given, a group of type " +
                                           std::string{to_string(type)} + " has no admins");
  }
  return {};
}

/// Owner_Account; a client creates for itself.
Result<UserId> check_owner(const CreateGroup& command) {
  const bool given = command.owner && !command.owner->empty();
  if (command.caller.app_admin) return given ? *command.owner : UserId{};
  if (!given || *command.owner == command.caller.user) return command.caller.user;
  return refuse(code::kNotPermitted, "Owner_Account is '" + command.owner->str() +
                                         "': only an app admin may create a group for another");
}

/// Custom id in use.
Result<void> check_id_free(const CreateGroup& command, const View& view, const Group& group) {
  if (group.key.group.empty()) return {};
  const Group* held = view.group(group.key);
  if (held == nullptr) return {};
  const bool yours = !held->owner.empty() &&
                     (held->owner == group.owner || held->owner == command.caller.user);
  return refuse(yours && !command.import ? code::kIdOfYours : code::kIdOfAnother,
                "GroupId '" + group.key.group.str() + "' is in use by " +
                    (yours ? "a group of yours" : "another group") +
                    ": choose another one, or leave it out to have one assigned");
}

/// The members' rows, the owner first, each user once.
Result<std::vector<Member>> make_members(const App& app, const CreateGroup& command,
                                         const View& view, const Group& group) {
  std::vector<Member> result;
  std::set<std::string_view> seen;
  if (!group.owner.empty()) {
    seen.insert(group.owner.view());
    result.push_back(new_member(view, group.key, group.owner, Role::owner));
  }
  if (command.import) return result;
  for (const NewMember& given : command.members) {
    if (!seen.insert(given.user.view()).second) continue;
    Member member =
        new_member(view, group.key, given.user, given.role ? Role::admin : Role::member);
    const FieldLevel level = command.caller.app_admin ? FieldLevel::app_admin : FieldLevel::owner;
    TRY(member.fields, write_fields(app.member_fields, group.type, kMemberFieldBytes,
                                    FieldAccess{level, false}, {}, given.fields));
    result.push_back(std::move(member));
  }
  return result;
}

Result<void> check_accounts(const CreateGroup& command, const View& view, const Group& group) {
  const SdkAppId app = group.key.app;
  if (!group.owner.empty()) {
    TRY_VOID(check_imported(view, "Owner_Account", AccountKey{app, group.owner}));
  }
  if (command.import) return {};
  for (const NewMember& member : command.members) {
    TRY_VOID(check_imported(view, "Member_Account", AccountKey{app, member.user}));
  }
  return {};
}

std::string given_text(const std::optional<std::string>& given) { return given ? *given : ""; }

/// Everything before the before-callback.
Result<NewGroup> check(const CreateGroup& command, const View& view) {
  NewGroup result;
  TRY(result.app, usable_app(view, command.caller.app));
  const App& app = *result.app;
  Group& group = result.group;
  TRY(group.type, check_type(app, command));
  TRY_VOID(check_texts(command));
  TRY(group.max_member_num, check_capacity(command, group.type));
  TRY(group.apply_join, check_join_option(command, group.type));
  TRY_VOID(check_import(command, group.type, view.now_s()));
  TRY_VOID(check_fields(app.group_fields, group.type, kGroupFieldBytes, command.fields));
  TRY_VOID(check_member_list(app, command, group.type));
  group.key.app = app.id;
  if (const std::string* custom = chosen_id(command.group_id)) {
    TRY(group.key.group, check_custom_group_id(group.type, *custom));
  }
  TRY(group.owner, check_owner(command));
  TRY_VOID(check_accounts(command, view, group));
  TRY_VOID(check_members_supported(command, group.type));
  const FieldLevel level = command.caller.app_admin ? FieldLevel::app_admin : FieldLevel::owner;
  TRY(group.fields, write_fields(app.group_fields, group.type, kGroupFieldBytes,
                                 FieldAccess{level, false}, {}, command.fields));
  TRY(result.members, make_members(app, command, view, group));
  TRY_VOID(check_id_free(command, view, group));
  TRY_VOID(check_words(app, {{"Name", &command.name},
                             {"Introduction", if_given(command.introduction)},
                             {"Notification", if_given(command.notification)}}));

  group.name = command.name;
  group.introduction = given_text(command.introduction);
  group.notification = given_text(command.notification);
  group.face_url = given_text(command.face_url);
  group.create_time_s =
      command.import ? command.create_time_s.value_or(view.now_s()) : view.now_s();
  group.last_info_time_s = group.create_time_s;
  group.info_seq = 1;
  group.support_topic = command.support_topic;
  return result;
}

/// Imports move what exists elsewhere: they meet the app's capacity, not the pace of a day or the
/// users' quotas.
Result<void> check_quotas(const CreateGroup& command, const View& view, const NewGroup& created) {
  const Group& group = created.group;
  TRY_VOID(check_app_capacity(view, *created.app, group.type));
  if (!command.import) {
    TRY_VOID(check_daily_quota(view, *created.app));
    for (const Member& member : created.members) {
      TRY_VOID(check_user_quota(view, *created.app, member.key.user));
    }
  }
  const auto count = static_cast<std::int64_t>(created.members.size());
  if (group.max_member_num != 0 && count > group.max_member_num) {
    return refuse(code::kMemberQuota, "the group would start with " + std::to_string(count) +
                                          " members, its MaxMemberCount is " +
                                          std::to_string(group.max_member_num) + ": raise it");
  }
  return {};
}

}  // namespace

Result<std::optional<Question>> question(const CreateGroup& command, const View& view) {
  TRY(const NewGroup checked, check(command, view));
  if (command.import) return std::optional<Question>{};
  const Group& group = checked.group;
  std::int64_t owned = 0;
  if (!group.owner.empty()) {
    owned = view.user_tally(AccountKey{group.key.app, group.owner})
                .owned[static_cast<std::size_t>(group.type)];
  }
  std::vector<UserId> members;  // as listed: the owner stands in Owner_Account
  for (const Member& member : checked.members) {
    if (member.role != Role::owner) members.push_back(member.key.user);
  }
  return ask_create_group(view, checked.app, group, command.caller.user, owned,
                          std::move(members));
}

Result<Reply> apply(const CreateGroup& command, View& view) {
  TRY(NewGroup created, check(command, view));
  TRY_VOID(check_quotas(command, view, created));
  Group& group = created.group;
  if (group.key.group.empty()) {
    // A number cannot meet a custom id: those must not begin with the mark of default ids (2.2).
    group.key.group = make_group_id(group.type, group.type == GroupType::community
                                                    ? view.draw_community_number()
                                                    : view.draw_group_number());
  }
  count_group(view, group, !command.import);
  if (!group.owner.empty()) {
    view.count_owned(AccountKey{group.key.app, group.owner}, group.type, 1);
  }
  view.put(group);
  std::vector<UserId> users;
  for (Member& member : created.members) {
    member.key.group = group.key;
    if (command.import) member.join_time_s = group.create_time_s;
    users.push_back(member.key.user);
    add_member(view, std::move(member));
  }
  const Group& stored = *view.group(group.key);
  if (!command.import) {
    record_group_created(view, Scene{*created.app, stored, command.caller.user,
                                     command.caller.origin},
                         users, stored.fields);
    if (passes_quota_alarm(view, *created.app)) {
      record_quota_alarm(view, *created.app, command.caller.origin,
                         net_new_groups_today(view, created.app->id));
    }
  }
  if (!users.empty()) view.notify(MembersAdded{stored.key, std::move(users), command.import});
  return GroupCreatedReply{stored};
}

}  // namespace tidings::community
