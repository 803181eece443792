// Loading and writing; what the readers answer is in memory_reads.cc.
#include "store/memory_engine.h"

#include <algorithm>
#include <variant>

#include "base/check.h"

namespace tidings::store {
namespace {

using namespace community;

template <class Map>
auto find_in(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::optional<typename Map::mapped_type>{} : found->second;
}

template <class Map, class Table>
void load_from(const Map& map, const typename Map::key_type& key, Table& table) {
  if (!table.known(key)) table.load(key, find_in(map, key));
}

/// Dirty rows that exist are written, those that do not are erased.
template <class Table, class Map>
void write_table(const Table& table, Map& map) {
  for (const auto& [key, entry] : table.entries()) {
    if (!entry.dirty) continue;
    if (entry.row) {
      map.insert_or_assign(key, *entry.row);
    } else {
      map.erase(key);
    }
  }
}

}  // namespace

Result<void> MemoryEngine::load(const Needs& needs, View& view) {
  const std::lock_guard lock{mutex_};
  for (const SdkAppId app : needs.apps) {
    load_from(apps_, app, view.apps);
    if (view.tallies.known(app)) continue;
    // An app that is gone leaves its sequence behind: a number is never drawn again.
    Tally tally = find_in(tallies_, app).value_or(Tally{});
    tally.app = app;
    view.tallies.load(app, tally);
  }
  for (const auto& key : needs.accounts) load_from(accounts_, key, view.accounts);
  for (const auto& key : needs.groups) load_from(groups_, key, view.groups);
  for (const auto& key : needs.members) {
    if (!view.members.known(key)) view.members.load(key, find_member(key));
  }
  for (const auto& key : needs.topics) load_from(topics_, key, view.topics);
  for (const auto& key : needs.mutes) load_from(mutes_, key, view.mutes);
  for (const auto& key : needs.user_tallies) load_user_tally(key, view);
  load_all_of(needs, view);
  // Numbers drawn in this View already must stay drawn.
  view.counters.community_and_topic =
      std::max(view.counters.community_and_topic, counters_.community_and_topic);
  view.counters.ordinary_group = std::max(view.counters.ordinary_group, counters_.ordinary_group);
  return {};
}

Result<void> MemoryEngine::read(const Needs& needs, View& view) { return load(needs, view); }

std::optional<Member> MemoryEngine::find_member(const MemberKey& key) const {
  const auto found = members_.find(key);
  return found == members_.end() ? std::nullopt : std::optional{found->second.member};
}

void MemoryEngine::load_user_tally(const AccountKey& key, View& view) const {
  UserTally tally{key, static_cast<std::int64_t>(memberships(key).size()), {}};
  for (const auto& [other, group] : groups_) {
    if (other.app == key.app && group.owner == key.user && !key.user.empty()) {
      ++tally.owned[static_cast<std::size_t>(group.type)];
    }
  }
  view.user_tallies.load(key, tally);
}

void MemoryEngine::load_all_of(const Needs& needs, View& view) const {
  for (const GroupKey& group : needs.all_topics) {
    for (auto at = topics_.lower_bound({group, {}}); at != topics_.end() && at->first.group == group;
         ++at) {
      view.topics.load(at->first, at->second);
    }
    view.all_topics_loaded.insert(group);
  }
  for (const GroupKey& group : needs.all_members) {
    const auto row = groups_.find(group);
    if (row != groups_.end() && row->second.type == GroupType::community) continue;
    for (auto& each : members_in_order(group)) view.members.load(each.member.key, each.member);
    view.all_members_loaded.insert(group);
  }
  for (const GroupKey& group : needs.owners) {
    const auto row = groups_.find(group);
    if (row == groups_.end() || row->second.owner.empty()) continue;
    const MemberKey key{group, row->second.owner};
    view.members.load(key, find_member(key));
  }
  for (const AccountKey& account : needs.memberships) {
    for (auto& each : memberships(account)) {
      load_from(groups_, each.member.key.group, view.groups);
      view.members.load(each.member.key, each.member);
    }
  }
}

std::vector<MemoryEngine::StoredMember> MemoryEngine::members_in_order(
    const GroupKey& group) const {
  std::vector<StoredMember> found;
  for (auto at = members_.lower_bound({group, {}});
       at != members_.end() && at->first.group == group; ++at) {
    found.push_back(at->second);
  }
  std::ranges::sort(found, {}, &StoredMember::joined);
  return found;
}

std::vector<MemoryEngine::StoredMember> MemoryEngine::memberships(const AccountKey& key) const {
  std::vector<StoredMember> found;
  for (const auto& [member, row] : members_) {
    if (member.group.app == key.app && member.user == key.user) found.push_back(row);
  }
  std::ranges::sort(found, {}, &StoredMember::joined);
  return found;
}

Result<void> MemoryEngine::commit(View& view, std::span<const Outcome> outcomes,
                                  std::span<const EventJob> jobs) {
  const std::lock_guard lock{mutex_};
  dropped_.clear();
  for (const SetChange& change : view.set_changes) {
    if (const auto* dissolve = std::get_if<DissolveGroup>(&change)) apply_change(*dissolve);
    if (const auto* forget = std::get_if<ForgetAccount>(&change)) apply_change(*forget);
    if (const auto* drop = std::get_if<DropApp>(&change)) apply_change(*drop, view.now_ms());
    if (const auto* forget = std::get_if<ForgetEvents>(&change)) apply_change(*forget);
  }
  write_rows(view);
  write_events(view);
  for (const Outcome& outcome : outcomes) write_outcome(outcome, view.now_ms());
  for (const EventJob& job : jobs) write_job(job);
  return {};
}

void MemoryEngine::apply_change(const DissolveGroup& change) {
  const auto below = [&change](const auto& each) { return each.first.group == change.group; };
  std::erase_if(members_, below);
  std::erase_if(topics_, below);
  std::erase_if(mutes_, below);
  groups_.erase(change.group);
}

void MemoryEngine::apply_change(const ForgetAccount& change) {
  const AccountKey& account = change.account;
  const auto of_account = [&account](const auto& each) {
    return each.first.user == account.user && each.first.group.app == account.app;
  };
  for (const auto& [key, row] : members_) {
    if (key.user == account.user && key.group.app == account.app) {
      --groups_.at(key.group).member_num;
    }
  }
  for (auto& [key, group] : groups_) {
    if (key.app == account.app && group.owner == account.user) group.owner = UserId{};
  }
  std::erase_if(members_, of_account);
  std::erase_if(mutes_, of_account);
  accounts_.erase(account);
}

void MemoryEngine::apply_change(const DropApp& change, std::int64_t now_ms) {
  const SdkAppId app = change.app;
  const auto below_group = [app](const auto& each) { return each.first.group.app == app; };
  const auto below_app = [app](const auto& each) { return each.first.app == app; };
  std::erase_if(members_, below_group);
  std::erase_if(topics_, below_group);
  std::erase_if(mutes_, below_group);
  std::erase_if(groups_, below_app);
  std::erase_if(accounts_, below_app);
  apps_.erase(app);
  const auto tally = tallies_.find(app);
  if (tally != tallies_.end()) {
    tally->second = Tally{.app = app, .event_sequence = tally->second.event_sequence};
  }
  for (auto& [seq, record] : events_) {
    if (record.event.app == app && record.state == EventState::pending) {
      move(record, EventState::cancelled, now_ms);
    }
  }
  dropped_.insert(app);
}

void MemoryEngine::apply_change(const ForgetEvents& change) {
  for (const std::int64_t seq : change.seqs) {
    const auto found = events_.find(seq);
    if (found == events_.end() || found->second.state == EventState::pending) continue;
    Ledger& purged = purged_[found->second.event.app];
    ++purged.accepted;
    ++purged.of(found->second.state);
    attempts_.erase(seq);
    events_.erase(found);
  }
}

void MemoryEngine::write_rows(View& view) {
  for (const auto& [key, entry] : view.apps.entries()) {
    if (entry.dirty && entry.row) apps_.insert_or_assign(key, *entry.row);
  }
  for (const auto& [key, entry] : view.tallies.entries()) {
    if (!entry.dirty || !entry.row) continue;
    Tally& stored = tallies_[key];
    const std::int64_t drawn = stored.event_sequence;
    stored = *entry.row;
    stored.event_sequence = std::max(stored.event_sequence, drawn);
  }
  write_table(view.accounts, accounts_);
  for (auto& [key, entry] : view.groups.entries()) {
    if (entry.dirty && entry.row && entry.row->row == 0) entry.row->row = ++last_row_;
  }
  write_table(view.groups, groups_);
  for (const auto& [key, entry] : view.members.entries()) {
    if (!entry.dirty) continue;
    if (!entry.row) {
      members_.erase(key);
      continue;
    }
    StoredMember& stored = members_[key];
    stored.member = *entry.row;
    if (stored.joined == 0) stored.joined = ++last_joined_;
  }
  for (const auto& [key, entry] : view.topics.entries()) {
    if (!entry.dirty || entry.row) continue;
    std::erase_if(mutes_, [&topic = key](const auto& each) {
      return each.first.group == topic.group && each.first.topic == topic.topic;
    });
  }
  write_table(view.topics, topics_);
  write_table(view.mutes, mutes_);
  // Never back: a View that only brings outcomes was not loaded and knows no numbers.
  counters_.community_and_topic =
      std::max(counters_.community_and_topic, view.counters.community_and_topic);
  counters_.ordinary_group = std::max(counters_.ordinary_group, view.counters.ordinary_group);
}

void MemoryEngine::write_events(View& view) {
  for (Event& event : view.events) {
    event.seq = ++last_seq_;
    EventRecord record;
    record.event = event;
    record.since_ms = view.now_ms();
    Ledger& ledger = ledgers_[event.app];
    ++ledger.accepted;
    if (dropped_.contains(event.app)) {
      record.state = EventState::cancelled;
      record.settled_ms = view.now_ms();
      tallies_.at(event.app).event_sequence = event.app_sequence;
    } else {
      pending_.insert(event.seq);
    }
    ++ledger.of(record.state);
    events_.emplace(event.seq, std::move(record));
  }
}

void MemoryEngine::write_outcome(const Outcome& outcome, std::int64_t now_ms) {
  const auto found = events_.find(outcome.seq);
  if (found == events_.end() || found->second.event.app != outcome.app) return;
  EventRecord& record = found->second;
  if (!may_follow(record.state, outcome)) return;
  if (outcome.kind == OutcomeKind::replay) {
    // After its app was deleted it would have nobody to be sent to, least of all an app made since.
    const auto app = apps_.find(outcome.app);
    if (app == apps_.end() || record.event.app_sequence <= app->second->events_before) return;
  }
  if (outcome.attempt) {
    std::vector<Attempt>& kept = attempts_[outcome.seq];
    kept.push_back(*outcome.attempt);
    if (kept.size() > kAttemptsKept) kept.erase(kept.begin());
  }
  if (outcome.kind == OutcomeKind::note) return;
  record.attempts = outcome.attempts;
  record.next_attempt_ms = outcome.next_attempt_ms;
  if (outcome.attempt) record.last_outcome = outcome.attempt->outcome;
  if (outcome.kind == OutcomeKind::replay) record.since_ms = now_ms;
  move(record, outcome.state, now_ms);
}

void MemoryEngine::write_job(const EventJob& job) {
  jobs_.insert_or_assign(job.id, job);
  std::erase_if(jobs_, [&job](const auto& each) {
    return each.second.state != EventJob::State::running && each.first <= job.id - kJobsKept;
  });
}

void MemoryEngine::move(EventRecord& record, EventState state, std::int64_t now_ms) {
  if (record.state == state) return;
  Ledger& ledger = ledgers_[record.event.app];
  --ledger.of(record.state);
  ++ledger.of(state);
  record.state = state;
  record.since_ms = now_ms;
  record.settled_ms = state == EventState::pending ? 0 : now_ms;
  if (state == EventState::pending) {
    pending_.insert(record.event.seq);
  } else {
    record.next_attempt_ms = 0;
    pending_.erase(record.event.seq);
  }
}

}  // namespace tidings::store
