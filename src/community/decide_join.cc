/// add_group_member, import_group_member and a client's join (protocol 3.5, 4.7.12, 4.7.20, 7.7 to
/// 7.11).
///
/// Where only some of the named members can be added, those are, and the others get Result 0. Where
/// none can and none is a member already, the request is refused with the reason.
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

namespace tidings::community {
namespace {

constexpr int kFailed = 0;
constexpr int kAdded = 1;
constexpr int kAlready = 2;

struct AddGround {
  AppPtr app;
  GroupKey key;
  const Group* group = nullptr;
};

/// Everything before the before-callback.
Result<AddGround> check(const AddMembers& command, const View& view) {
  AddGround ground;
  TRY(ground.app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_account_count("MemberList", command.members.size(), kAddMembers));
  for (const NewMember& member : command.members) {
    TRY_VOID(check_given("Member_Account", member.user.view()));
    if (command.import && member.role && *member.role != to_string(Role::admin)) {
      return refuse(code::kBadParameter, "Role of '" + member.user.str() + "' is '" +
                                             *member.role +
                                             "': only Admin may be given here, or nothing");
    }
  }
  TRY_VOID(check_group_id(command.group_id));
  ground.key = GroupKey{ground.app->id, GroupId{command.group_id}};
  TRY(ground.group, existing_group(view, ground.key));
  if (!command.import) {
    for (const NewMember& member : command.members) {
      TRY_VOID(check_imported(view, "Member_Account", AccountKey{ground.app->id, member.user}));
    }
  }
  TRY_VOID(check_may(ground.group->type, Action::invite,
                     standing_in(view, *ground.app, command.caller, ground.key)));
  return ground;
}

/// What keeps an imported member out (4.7.20), beyond what keeps out anyone.
bool importable(const NewMember& given, const View& view, const Group& group) {
  if (view.account(AccountKey{group.key.app, given.user}) == nullptr) return false;
  if (given.role && !has_admins(group.type)) return false;
  if (!given.join_time_s) return true;
  return *given.join_time_s > group.create_time_s && *given.join_time_s < view.now_s();
}

Member imported_member(const NewMember& given, const View& view, const Group& group) {
  Member member =
      new_member(view, group.key, given.user, given.role ? Role::admin : Role::member);
  member.join_time_s = given.join_time_s.value_or(view.now_s());
  // No more can be unread than there are messages.
  member.unread_msg_num =
      std::clamp<std::int64_t>(given.unread_msg_num.value_or(0), 0, group.next_msg_seq - 1);
  return member;
}

/// What a request would do, member by member.
struct Plan {
  MembersReply reply;
  std::vector<const NewMember*> added;
  bool met_full_group = false;
  const NewMember* met_user_quota = nullptr;  ///< the first one kept out by its own quota
};

Plan make_plan(const AddMembers& command, const View& view, const AddGround& ground) {
  const Group& group = *ground.group;
  Plan plan;
  std::set<std::string_view> seen;
  std::int64_t room = group.max_member_num == 0 ? static_cast<std::int64_t>(kAddMembers)
                                                : group.max_member_num - group.member_num;
  for (const NewMember& given : command.members) {
    if (!seen.insert(given.user.view()).second) continue;
    int result = kFailed;
    if (view.member(MemberKey{ground.key, given.user}) != nullptr) {
      result = kAlready;
    } else if (std::find(command.refused.begin(), command.refused.end(), given.user) !=
               command.refused.end()) {
      result = kFailed;
    } else if (command.import && !importable(given, view, group)) {
      result = kFailed;
    } else if (room <= 0) {
      plan.met_full_group = true;
    } else if (!command.import && !user_has_room(view, *ground.app, given.user)) {
      if (plan.met_user_quota == nullptr) plan.met_user_quota = &given;
    } else {
      result = kAdded;
      room -= 1;
      plan.added.push_back(&given);
    }
    plan.reply.members.push_back(MemberResult{given.user, result});
  }
  return plan;
}

bool useful(const Plan& plan) {
  return std::any_of(plan.reply.members.begin(), plan.reply.members.end(),
                     [](const MemberResult& member) { return member.result != kFailed; });
}

struct JoinGround {
  AddGround ground;
  bool already_member = false;
  bool needs_approval = false;
};

/// Everything before the before-callback.
Result<JoinGround> check(const JoinGroup& command, const View& view) {
  JoinGround result;
  AddGround& ground = result.ground;
  TRY(ground.app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_group_id(command.group_id));
  ground.key = GroupKey{ground.app->id, GroupId{command.group_id}};
  TRY(ground.group, existing_group(view, ground.key));
  const Group& group = *ground.group;
  const UserId& user = command.caller.user;
  TRY_VOID(check_imported(view, "userID", AccountKey{ground.app->id, user}));
  if (view.member(MemberKey{ground.key, user}) != nullptr) {
    result.already_member = true;
    return result;
  }
  const bool closed = group.type == GroupType::private_group ||
                      (group.type != GroupType::community &&
                       group.apply_join == JoinOption::disable_apply);
  if (closed) {
    return refuse(code::kNotPermitted,
                  "group '" + group.key.group.str() + "' of type " +
                      std::string{to_string(group.type)} +
                      " takes no applications: ask a member to add you");
  }
  result.needs_approval = group.type == GroupType::public_group &&
                          group.apply_join == JoinOption::need_permission;
  return result;
}

}  // namespace

Result<std::optional<Question>> question(const AddMembers& command, const View& view) {
  TRY(const AddGround ground, check(command, view));
  if (command.import) return std::optional<Question>{};
  std::vector<UserId> invited;
  for (const NewMember& member : command.members) {
    const bool listed = std::find(invited.begin(), invited.end(), member.user) != invited.end();
    if (listed || view.member(MemberKey{ground.key, member.user}) != nullptr) continue;
    invited.push_back(member.user);
  }
  return ask_invite_join(view, ground.app, *ground.group, command.caller.user, std::move(invited));
}

Result<Reply> apply(const AddMembers& command, View& view) {
  TRY(const AddGround ground, check(command, view));
  Plan plan = make_plan(command, view, ground);
  const Scene scene{*ground.app, *ground.group, command.caller.user, command.caller.origin};
  if (!command.import && !useful(plan)) {
    if (plan.met_full_group) {
      record_group_full(view, scene);  // the one event of a refused command (7.11)
      return group_full(*ground.group);
    }
    if (plan.met_user_quota != nullptr) {
      TRY_VOID(check_user_quota(view, *ground.app, plan.met_user_quota->user));
    }
  }
  std::vector<UserId> users;
  for (const NewMember* given : plan.added) {
    add_member(view, command.import ? imported_member(*given, view, *ground.group)
                                    : new_member(view, ground.key, given->user, Role::member));
    users.push_back(given->user);
  }
  if (!command.import) {
    record_members_joined(view, scene, JoinedBy::invitation, users);
    const bool filled = !users.empty() && !has_room(*ground.group);
    if (filled || plan.met_full_group) record_group_full(view, scene);
  }
  if (!users.empty()) view.notify(MembersAdded{ground.key, std::move(users), command.import});
  return std::move(plan.reply);
}

Result<std::optional<Question>> question(const JoinGroup& command, const View& view) {
  TRY(const JoinGround checked, check(command, view));
  if (checked.already_member) return std::optional<Question>{};
  return ask_apply_join(view, checked.ground.app, *checked.ground.group, command.caller.user);
}

Result<Reply> apply(const JoinGroup& command, View& view) {
  TRY(const JoinGround checked, check(command, view));
  const AddGround& ground = checked.ground;
  const UserId& user = command.caller.user;
  using Status = JoinReply::Status;
  if (checked.already_member) return JoinReply{Status::already_member, *ground.group};
  const Scene scene{*ground.app, *ground.group, user, command.caller.origin};
  if (!has_room(*ground.group)) {
    record_group_full(view, scene);  // the one event of a refused command (7.11)
    return group_full(*ground.group);
  }
  TRY_VOID(check_user_quota(view, *ground.app, user));
  if (checked.needs_approval) return JoinReply{Status::waiting_for_approval, *ground.group};
  add_member(view, new_member(view, ground.key, user, Role::member));
  record_members_joined(view, scene, JoinedBy::apply, {user});
  if (!has_room(*ground.group)) record_group_full(view, scene);
  view.notify(MembersAdded{ground.key, {user}});
  return JoinReply{Status::joined, *ground.group};
}

}  // namespace tidings::community
