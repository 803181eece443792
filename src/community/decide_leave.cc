/// A client's quit, and delete_group_member (protocol 3.3, 4.7.13, 7.10).
///
/// A Private group whose last member has left disappears. A group of another type only loses its
/// last member when it never had an owner; such a group was made by an app admin and is kept. That
/// a group disappeared this way is told to clients; the protocol has no callback for it.
#include <set>
#include <utility>

#include "community/caller.h"
#include "community/callbacks.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"
#include "community/membership.h"

namespace tidings::community {
namespace {

struct Ground {
  AppPtr app;
  GroupKey key;
  const Group* group = nullptr;
};

/// Takes `users` out, with event and notice.
void leave(View& view, const Ground& ground, const Caller& caller, LeftBy how,
           std::vector<UserId> users) {
  for (const UserId& user : users) remove_member(view, MemberKey{ground.key, user});
  record_members_left(view, Scene{*ground.app, *ground.group, caller.user, caller.origin}, how,
                      users);
  const bool last_left = ground.group->type == GroupType::private_group &&
                         ground.group->member_num == 0;
  view.notify(MembersRemoved{ground.key, std::move(users)});
  if (!last_left) return;
  end_group(view, ground.key);
  view.notify(GroupDissolved{ground.key});
}

}  // namespace

Result<Reply> apply(const QuitGroup& command, View& view) {
  Ground ground;
  TRY(ground.app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_group_id(command.group_id));
  ground.key = GroupKey{ground.app->id, GroupId{command.group_id}};
  TRY(ground.group, existing_group(view, ground.key));
  const UserId& user = command.caller.user;
  const Member* const member = view.member(MemberKey{ground.key, user});
  if (member == nullptr) {
    return refuse(code::kNotPermitted, "'" + user.str() + "' is not a member of group '" +
                                           ground.key.group.str() + "' and cannot leave it");
  }
  if (member->role == Role::owner) {
    if (!owner_may_leave(ground.group->type)) {
      return refuse(code::kOwnerCannotLeave,
                    "the owner cannot leave a group of type " +
                        std::string{to_string(ground.group->type)} +
                        ": hand it to another owner first, or dissolve it");
    }
    view.change_group(ground.key).owner = UserId{};  // ownerless from now on
    view.count_owned(AccountKey{ground.key.app, user}, ground.group->type, -1);
  }
  leave(view, ground, command.caller, LeftBy::quitting, {user});
  return Done{};
}

Result<Reply> apply(const DeleteMembers& command, View& view) {
  Ground ground;
  TRY(ground.app, usable_app(view, command.caller.app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_account_count("MemberToDel_Account", command.users.size(), kDeleteMembers));
  TRY_VOID(check_group_id(command.group_id));
  ground.key = GroupKey{ground.app->id, GroupId{command.group_id}};
  TRY(ground.group, existing_group(view, ground.key));
  const Group& group = *ground.group;
  if (!supports(group.type, Action::kick)) {
    return refuse(code::kBadParameter, "GroupId names a group of type " +
                                           std::string{to_string(group.type)} +
                                           ", whose members cannot be removed");
  }
  const Standing standing = standing_in(view, *ground.app, command.caller, ground.key);
  TRY_VOID(check_may(group.type, Action::kick, standing));
  std::vector<UserId> users;
  std::set<std::string_view> seen;
  for (const UserId& user : command.users) {
    const Member* const member = view.member(MemberKey{ground.key, user});
    if (member == nullptr || !seen.insert(user.view()).second) continue;
    if (member->role == Role::owner) {
      return refuse(code::kBadParameter, "MemberToDel_Account names the owner '" + user.str() +
                                             "': change the owner first (change_group_owner)");
    }
    TRY_VOID(check_reaches(Action::kick, standing, user, member->role));
    users.push_back(user);
  }
  if (!users.empty()) {
    leave(view, ground, command.caller, LeftBy::being_removed, std::move(users));
  }
  return Done{};
}

}  // namespace tidings::community
