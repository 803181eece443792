#include "community/view.h"

#include <memory>

#include "base/time_uuid.h"
#include "tidings/callback_command.h"

namespace tidings::community {
namespace {

/// Everything under a group, in a table whose keys begin with the group.
auto below(const GroupKey& group) {
  return [&group](const auto& key) { return key.group == group; };
}

}  // namespace

AppPtr View::app(SdkAppId id) const {
  const AppPtr* found = apps.find(id);
  return found == nullptr ? nullptr : *found;
}

const Tally& View::tally(SdkAppId id) const {
  const Tally* found = tallies.find(id);
  CHECK(found != nullptr);
  return *found;
}

const Account* View::account(const AccountKey& key) const { return accounts.find(key); }

const Group* View::group(const GroupKey& key) const { return groups.find(key); }

const Member* View::member(const MemberKey& key) const {
  if (!members.known(key) && emptied_.contains(key.group)) return nullptr;
  return members.find(key);
}

const Topic* View::topic(const TopicKey& key) const {
  if (!topics.known(key) && emptied_.contains(key.group)) return nullptr;
  return topics.find(key);
}

const Mute* View::mute(const MuteKey& key) const {
  if (!mutes.known(key) && emptied_.contains(key.group)) return nullptr;
  return mutes.find(key);
}

UserTally View::user_tally(const AccountKey& key) const {
  const UserTally* found = user_tallies.find(key);
  return found == nullptr ? UserTally{key, 0, {}} : *found;
}

std::vector<const Topic*> View::topics_of(const GroupKey& group) const {
  CHECK(all_topics_loaded.contains(group) || emptied_.contains(group));
  std::vector<const Topic*> result;
  const auto& entries = topics.entries();
  for (auto at = entries.lower_bound(TopicKey{group, {}});
       at != entries.end() && at->first.group == group; ++at) {
    if (at->second.row) result.push_back(&*at->second.row);
  }
  return result;
}

std::vector<const Member*> View::members_of(const GroupKey& group) const {
  CHECK(all_members_loaded.contains(group) || emptied_.contains(group));
  std::vector<const Member*> result;
  const auto& entries = members.entries();
  for (auto at = entries.lower_bound(MemberKey{group, {}});
       at != entries.end() && at->first.group == group; ++at) {
    if (at->second.row) result.push_back(&*at->second.row);
  }
  return result;
}

void View::put(App app) {
  const SdkAppId id = app.id;
  apps.put(id, std::make_shared<const App>(std::move(app)));
}

void View::put(Tally tally) {
  const SdkAppId id = tally.app;
  tallies.put(id, tally);
}

void View::put(Account account) {
  AccountKey key = account.key;
  accounts.put(std::move(key), std::move(account));
}

void View::put(Group group) {
  const GroupKey key = group.key;
  if (!groups.known(key) || groups.find(key) == nullptr) emptied_.insert(key);
  groups.put(key, std::move(group));
}

void View::put(Member member) {
  MemberKey key = member.key;
  members.put(std::move(key), std::move(member));
}

void View::put(Topic topic) {
  TopicKey key = topic.key;
  topics.put(std::move(key), std::move(topic));
}

void View::put(Mute mute) {
  MuteKey key = mute.key;
  mutes.put(std::move(key), std::move(mute));
}

void View::erase(const MemberKey& key) { members.erase(key); }

void View::erase(const TopicKey& key) {
  mutes.forget_run(MuteKey{key.group, key.topic, {}}, [&key](const MuteKey& mute) {
    return mute.group == key.group && mute.topic == key.topic;
  });
  topics.erase(key);
}

void View::erase(const MuteKey& key) { mutes.erase(key); }

void View::dissolve(const GroupKey& key) {
  const Group* group = groups.find(key);
  CHECK(group != nullptr);
  const GroupKey gone = key;  // `key` may live in the row that goes
  const DissolveGroup change{gone, group->row};
  if (!group->owner.empty()) {
    count_owned(AccountKey{gone.app, group->owner}, group->type, -1);
  }
  const auto& known = members.entries();
  for (auto at = known.lower_bound(MemberKey{gone, {}});
       at != known.end() && at->first.group == gone; ++at) {
    if (at->second.row) count_joined(AccountKey{gone.app, at->first.user}, -1);
  }
  members.forget_run(MemberKey{gone, {}}, below(gone));
  topics.forget_run(TopicKey{gone, {}}, below(gone));
  mutes.forget_run(MuteKey{gone, {}, {}}, below(gone));
  groups.forget_run(gone, [&gone](const GroupKey& other) { return other == gone; });
  emptied_.insert(gone);
  set_changes.emplace_back(change);
}

void View::forget(const AccountKey& key) {
  const AccountKey gone = key;
  for (auto& [member, entry] : members.entries()) {
    if (member.user != gone.user || member.group.app != gone.app || !entry.row) continue;
    Group& group = groups.change(member.group);
    group.member_num -= 1;
    if (group.owner == gone.user) group.owner = UserId{};
  }
  const auto of_user = [&gone](const auto& held) {
    return held.user == gone.user && held.group.app == gone.app;
  };
  members.forget_if(of_user);
  mutes.forget_if(of_user);
  const auto is_gone = [&gone](const AccountKey& other) { return other == gone; };
  accounts.forget_run(gone, is_gone);
  user_tallies.forget_run(gone, is_gone);
  set_changes.emplace_back(ForgetAccount{gone});
}

void View::drop(SdkAppId app) {
  const auto of_app = [app](const auto& key) { return key.group.app == app; };
  members.forget_if(of_app);
  topics.forget_if(of_app);
  mutes.forget_if(of_app);
  for (const auto& [key, entry] : groups.entries()) {
    if (key.app == app) emptied_.insert(key);
  }
  groups.forget_if([app](const GroupKey& key) { return key.app == app; });
  const auto is_of_app = [app](const AccountKey& key) { return key.app == app; };
  accounts.forget_if(is_of_app);
  user_tallies.forget_if(is_of_app);
  apps.forget_if([app](SdkAppId other) { return other == app; });
  // The tally outlives its app: the numbers of its events are never given again.
  auto& tally = tallies.entries().at(app);
  if (tally.row) {
    const std::int64_t last = tally.row->event_sequence;
    tally.row = Tally{};
    tally.row->app = app;
    tally.row->event_sequence = last;
  }
  tally.dirty = false;
  set_changes.emplace_back(DropApp{app});
}

void View::count_joined(const AccountKey& key, std::int64_t by) {
  if (!user_tallies.known(key)) return;
  UserTally tally = user_tally(key);
  tally.joined += by;
  user_tallies.put(key, tally);
}

void View::count_owned(const AccountKey& key, GroupType type, std::int64_t by) {
  if (!user_tallies.known(key)) return;
  UserTally tally = user_tally(key);
  tally.owned[static_cast<std::size_t>(type)] += by;
  user_tallies.put(key, tally);
}

void View::record(const App& app, std::string_view command, const GroupId& group,
                  const Origin& origin, std::string body) {
  const std::optional<CallbackSwitch> which = switch_of(command);
  CHECK(which.has_value());
  if (!app.callback.on(*which)) return;
  Event event;
  event.app_sequence = ++change_tally(app.id).event_sequence;
  event.app = app.id;
  event.command = command;
  event.group = group;
  event.request_id = time_uuid(now_ms_, *random_);
  event.time_ms = now_ms_;
  event.origin = origin;
  event.body = std::move(body);
  events.push_back(std::move(event));
}

}  // namespace tidings::community
