/// What each command names. Lists over their limit are refused without a look at their items, so
/// they are cut here: no request makes the engine load more than the limits allow.
#include <algorithm>
#include <variant>

#include "community/caller.h"
#include "community/decide.h"
#include "community/limits.h"

namespace tidings::community {
namespace {

GroupKey group_key(const Caller& caller, const std::string& group) {
  return GroupKey{caller.app, GroupId{group}};
}

template <class T>
std::size_t cut(const std::vector<T>& list, std::size_t limit) {
  return std::min(list.size(), limit);
}

/// The app, the group and the caller in it: what every command on a group needs.
GroupKey need_group(Needs& needs, const Caller& caller, const std::string& group) {
  GroupKey key = group_key(caller, group);
  needs.apps.push_back(caller.app);
  needs.groups.push_back(key);
  need_standing(needs, caller, key);
  return key;
}

void need_actor(Needs& needs, const Caller& caller, const std::optional<UserId>& from_account) {
  const UserId& actor = actor_of(caller, from_account);
  if (actor != caller.user) needs.accounts.push_back(AccountKey{caller.app, actor});
}

void add(Needs& needs, const CreateTopic& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  need_actor(needs, command.caller, command.from_account);
  if (const std::string* id = chosen_id(command.topic_id)) {
    needs.topics.push_back(TopicKey{group, TopicId{*id}});
  }
}

void add(Needs& needs, const ModifyTopic& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  need_actor(needs, command.caller, command.from_account);
  needs.topics.push_back(TopicKey{group, TopicId{command.topic_id}});
}

void add(Needs& needs, const DestroyTopics& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  if (command.all) needs.all_topics.push_back(group);
  for (std::size_t i = 0; i < cut(command.topic_ids, kDestroyTopics); ++i) {
    needs.topics.push_back(TopicKey{group, TopicId{command.topic_ids[i]}});
  }
}

void add(Needs& needs, const CreateGroup& command) {
  const SdkAppId app = command.caller.app;
  needs.apps.push_back(app);
  if (const std::string* id = chosen_id(command.group_id)) {
    needs.groups.push_back(group_key(command.caller, *id));
  }
  const auto need_user = [&needs, app](const UserId& user) {
    needs.accounts.push_back(AccountKey{app, user});
    needs.user_tallies.push_back(AccountKey{app, user});
  };
  if (!command.caller.app_admin) need_user(command.caller.user);
  if (command.owner && !command.owner->empty()) need_user(*command.owner);
  for (std::size_t i = 0; i < cut(command.members, kCreateMembersByClient); ++i) {
    need_user(command.members[i].user);
  }
}

void add(Needs& needs, const ModifyGroup& command) {
  need_group(needs, command.caller, command.group_id);
}

void add(Needs& needs, const DestroyGroup& command) {
  needs.all_members.push_back(need_group(needs, command.caller, command.group_id));
}

void add(Needs& needs, const AddMembers& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  for (std::size_t i = 0; i < cut(command.members, kAddMembers); ++i) {
    const AccountKey account{group.app, command.members[i].user};
    needs.members.push_back(MemberKey{group, account.user});
    needs.user_tallies.push_back(account);
    needs.accounts.push_back(account);
  }
}

void add(Needs& needs, const JoinGroup& command) {
  const GroupKey group = group_key(command.caller, command.group_id);
  const AccountKey account{group.app, command.caller.user};
  needs.apps.push_back(group.app);
  needs.groups.push_back(group);
  needs.members.push_back(MemberKey{group, account.user});
  needs.accounts.push_back(account);
  needs.user_tallies.push_back(account);
}

void add(Needs& needs, const QuitGroup& command) {
  const GroupKey group = group_key(command.caller, command.group_id);
  needs.apps.push_back(group.app);
  needs.groups.push_back(group);
  needs.members.push_back(MemberKey{group, command.caller.user});
}

void add(Needs& needs, const DeleteMembers& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  for (std::size_t i = 0; i < cut(command.users, kDeleteMembers); ++i) {
    needs.members.push_back(MemberKey{group, command.users[i]});
  }
}

void add(Needs& needs, const ModifyMember& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  needs.members.push_back(MemberKey{group, command.user});
  needs.accounts.push_back(AccountKey{group.app, command.user});
  needs.mutes.push_back(MuteKey{group, {}, command.user});
}

void add(Needs& needs, const ChangeOwner& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  needs.owners.push_back(group);
  needs.members.push_back(MemberKey{group, command.new_owner});
  needs.accounts.push_back(AccountKey{group.app, command.new_owner});
}

void add(Needs& needs, const MuteMembers& command) {
  const GroupKey group = need_group(needs, command.caller, command.group_id);
  TopicId topic;
  if (const std::string* id = chosen_id(command.topic_id)) {
    topic = TopicId{*id};
    needs.topics.push_back(TopicKey{group, topic});
  }
  for (std::size_t i = 0; i < cut(command.users, kMuteMembers); ++i) {
    const UserId& user = command.users[i];
    needs.members.push_back(MemberKey{group, user});
    needs.accounts.push_back(AccountKey{group.app, user});
    needs.mutes.push_back(MuteKey{group, topic, user});
  }
}

void add(Needs& needs, const ImportAccounts& command) {
  needs.apps.push_back(command.caller.app);
  for (std::size_t i = 0; i < cut(command.users, kAccountsBatch); ++i) {
    needs.accounts.push_back(AccountKey{command.caller.app, UserId{command.users[i]}});
  }
}

void add(Needs& needs, const DeleteAccounts& command) {
  needs.apps.push_back(command.caller.app);
  for (std::size_t i = 0; i < cut(command.users, kAccountsBatch); ++i) {
    const AccountKey account{command.caller.app, UserId{command.users[i]}};
    needs.accounts.push_back(account);
    needs.memberships.push_back(account);
  }
}

void add(Needs& needs, const PutApp& command) {
  needs.apps.push_back(command.app.id);
  for (std::size_t i = 0; i < cut(command.app.admins, kAdminsPerApp); ++i) {
    needs.accounts.push_back(AccountKey{command.app.id, command.app.admins[i]});
  }
}

void add(Needs& needs, const DeleteApp& command) { needs.apps.push_back(command.app); }
void add(Needs&, const PurgeEvents&) {}
void add(Needs&, const PurgeDeleted&) {}

}  // namespace

void collect(const Command& command, Needs& needs) {
  std::visit([&needs](const auto& one) { add(needs, one); }, command);
}

}  // namespace tidings::community
