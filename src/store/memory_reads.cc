// What the readers of MemoryEngine answer.
#include <algorithm>

#include "store/memory_engine.h"

namespace tidings::store {

using namespace community;

Result<std::vector<App>> MemoryEngine::apps() {
  const std::lock_guard lock{mutex_};
  std::vector<App> found;
  for (const auto& [id, app] : apps_) found.push_back(*app);
  return found;
}

Result<GroupPage> MemoryEngine::groups(SdkAppId app, std::optional<GroupType> type,
                                       std::int64_t after, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<const Group*> found;
  GroupPage page;
  for (const auto& [key, group] : groups_) {
    if (key.app != app || (type && group.type != *type)) continue;
    ++page.total;
    if (group.row > after) found.push_back(&group);
  }
  std::ranges::sort(found, {}, &Group::row);
  for (const Group* group : found) {
    if (page.groups.size() == limit) {
      page.next = after;
      break;
    }
    page.groups.push_back(group->key.group);
    after = group->row;
  }
  return page;
}

Result<JoinedPage> MemoryEngine::joined(const JoinedQuery& query) {
  const std::lock_guard lock{mutex_};
  JoinedPage page;
  std::size_t skip = query.offset;
  for (const StoredMember& each : memberships(query.account)) {
    const Group& group = groups_.at(each.member.key.group);
    if (query.type && group.type != *query.type) continue;
    if (query.support_topic && group.support_topic != *query.support_topic) continue;
    if (!query.with_av_chat_rooms && group.type == GroupType::av_chat_room) continue;
    ++page.total;
    if (skip > 0) {
      --skip;
    } else if (page.groups.size() < query.limit) {
      page.groups.push_back({group, each.member});
    }
  }
  return page;
}

Result<MemberPage> MemoryEngine::members(const MemberQuery& query) {
  const std::lock_guard lock{mutex_};
  MemberPage page;
  std::size_t skip = query.offset;
  std::int64_t last = query.after;
  for (StoredMember& each : members_in_order(query.group)) {
    if (each.joined <= query.after) continue;
    if (query.roles && std::ranges::find(*query.roles, each.member.role) == query.roles->end()) {
      continue;
    }
    if (skip > 0) {
      --skip;
      continue;
    }
    if (page.members.size() == query.limit) {
      page.next = last;
      break;
    }
    last = each.joined;
    page.members.push_back(std::move(each.member));
  }
  return page;
}

Result<std::vector<Mute>> MemoryEngine::mutes(const GroupKey& group, const TopicId& topic,
                                              std::int64_t now_s, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<Mute> found;
  for (auto at = mutes_.lower_bound({group, topic, {}});
       at != mutes_.end() && at->first.group == group && at->first.topic == topic &&
       found.size() < limit;
       ++at) {
    if (at->second.until_s > now_s) found.push_back(at->second);
  }
  return found;
}

Result<std::vector<SdkAppId>> MemoryEngine::apps_with_pending() {
  const std::lock_guard lock{mutex_};
  std::set<SdkAppId> apps;
  for (const std::int64_t seq : pending_) apps.insert(events_.at(seq).event.app);
  return std::vector<SdkAppId>(apps.begin(), apps.end());
}

Result<std::vector<PendingEvent>> MemoryEngine::pending(SdkAppId app, std::int64_t after,
                                                        std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<PendingEvent> found;
  for (auto at = pending_.upper_bound(after); at != pending_.end() && found.size() < limit; ++at) {
    const EventRecord& record = events_.at(*at);
    if (record.event.app != app) continue;
    found.push_back({record.event.seq, app, record.event.group, record.since_ms, record.attempts,
                     record.next_attempt_ms});
  }
  return found;
}

Result<std::vector<Event>> MemoryEngine::events(std::span<const std::int64_t> seqs) {
  const std::lock_guard lock{mutex_};
  const std::set<std::int64_t> wanted{seqs.begin(), seqs.end()};
  std::vector<Event> found;
  for (const std::int64_t seq : wanted) {
    const auto record = events_.find(seq);
    if (record != events_.end()) found.push_back(record->second.event);
  }
  return found;
}

namespace {

bool fits(const EventRecord& record, const EventFilter& filter) {
  const Event& event = record.event;
  return event.app == filter.app && event.app_sequence > filter.after_app_sequence &&
         event.app_sequence <= filter.through_app_sequence &&
         (!filter.group || event.group.view() == *filter.group) &&
         (!filter.topic || event.body.find(topic_in_body(*filter.topic)) != std::string::npos) &&
         (!filter.command || event.command == *filter.command) &&
         filter.states.contains(record.state, record.parked()) &&
         (!filter.from_ms || event.time_ms >= *filter.from_ms) &&
         (!filter.until_ms || event.time_ms < *filter.until_ms);
}

}  // namespace

Result<std::vector<EventRecord>> MemoryEngine::list(const EventFilter& filter) {
  const std::lock_guard lock{mutex_};
  std::vector<EventRecord> found;
  for (const auto& [seq, record] : events_) {
    if (found.size() == filter.limit) break;
    if (!fits(record, filter)) continue;
    found.push_back(record);
    if (!filter.with_body) found.back().event.body.clear();
  }
  return found;
}

Result<EventSummary> MemoryEngine::summarize(const EventFilter& filter) {
  const std::lock_guard lock{mutex_};
  EventSummary summary;
  std::set<GroupId> groups;
  for (const auto& [seq, record] : events_) {
    if (!fits(record, filter)) continue;
    const std::int64_t time_ms = record.event.time_ms;
    summary.oldest_ms = summary.count == 0 ? time_ms : std::min(summary.oldest_ms, time_ms);
    summary.newest_ms = std::max(summary.newest_ms, time_ms);
    summary.last_app_sequence = record.event.app_sequence;
    groups.insert(record.event.group);
    ++summary.count;
  }
  summary.groups = static_cast<std::int64_t>(groups.size());
  return summary;
}

Result<std::vector<EventJob>> MemoryEngine::jobs(SdkAppId app) {
  const std::lock_guard lock{mutex_};
  std::vector<EventJob> found;
  for (auto at = jobs_.rbegin(); at != jobs_.rend(); ++at) {
    if (app.number() == 0 || at->second.filter.app == app) found.push_back(at->second);
  }
  return found;
}

Result<std::vector<Attempt>> MemoryEngine::attempts(std::int64_t seq) {
  const std::lock_guard lock{mutex_};
  const auto found = attempts_.find(seq);
  return found == attempts_.end() ? std::vector<Attempt>{} : found->second;
}

Ledger MemoryEngine::add_oldest(Ledger ledger, SdkAppId app) const {
  for (const std::int64_t seq : pending_) {
    const Event& event = events_.at(seq).event;
    if (app.number() != 0 && event.app != app) continue;
    ledger.oldest_pending_ms = event.time_ms;
    break;
  }
  return ledger;
}

Result<Ledger> MemoryEngine::ledger(SdkAppId app) {
  const std::lock_guard lock{mutex_};
  Ledger sum;
  for (const auto& [id, each] : ledgers_) {
    if (app.number() != 0 && id != app) continue;
    sum.accepted += each.accepted;
    sum.delivered += each.delivered;
    sum.pending += each.pending;
    sum.dead += each.dead;
    sum.cancelled += each.cancelled;
  }
  return add_oldest(sum, app);
}

Result<Ledger> MemoryEngine::recount(SdkAppId app) {
  const std::lock_guard lock{mutex_};
  Ledger sum;
  for (const auto& [id, each] : purged_) {
    if (app.number() != 0 && id != app) continue;
    sum.accepted += each.accepted;
    sum.delivered += each.delivered;
    sum.dead += each.dead;
    sum.cancelled += each.cancelled;
  }
  for (const auto& [seq, record] : events_) {
    if (app.number() != 0 && record.event.app != app) continue;
    ++sum.accepted;
    ++sum.of(record.state);
  }
  return add_oldest(sum, app);
}

Result<std::vector<LedgerAudit>> MemoryEngine::audit() {
  std::set<SdkAppId> apps;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [id, ledger] : ledgers_) apps.insert(id);
    for (const auto& [id, tally] : tallies_) {
      if (tally.event_sequence > 0) apps.insert(id);
    }
  }
  std::vector<LedgerAudit> audits;
  for (const SdkAppId id : apps) {
    LedgerAudit audit;
    audit.app = id;
    TRY(audit.kept, ledger(id));
    TRY(audit.counted, recount(id));
    const std::lock_guard lock{mutex_};
    const auto purged = purged_.find(id);
    if (purged != purged_.end()) audit.purged = purged->second.accepted;
    const auto tally = tallies_.find(id);
    if (tally != tallies_.end()) audit.last_sequence = tally->second.event_sequence;
    audits.push_back(audit);
  }
  return audits;
}

std::int64_t MemoryEngine::ended(SdkAppId app) const {
  return std::ranges::count_if(events_, [app](const auto& each) {
    return each.second.event.app == app && each.second.state != EventState::pending;
  });
}

Result<std::vector<SdkAppId>> MemoryEngine::apps_with_ended(std::int64_t keep) {
  const std::lock_guard lock{mutex_};
  std::vector<SdkAppId> apps;
  for (const auto& [app, ledger] : ledgers_) {
    if (ended(app) > keep) apps.push_back(app);
  }
  return apps;
}

Result<PurgePage> MemoryEngine::purgeable(const PurgeQuery& query) {
  const std::lock_guard lock{mutex_};
  const bool of_app = query.app.number() != 0;
  std::int64_t over = of_app ? ended(query.app) - query.keep : 0;
  PurgePage page;
  page.through = query.after;
  std::size_t examined = 0;
  for (const auto& [seq, record] : events_) {
    if (of_app && record.event.app != query.app) continue;
    const std::int64_t place = of_app ? record.event.app_sequence : seq;
    if (place <= query.after) continue;
    if (of_app && over <= 0) break;
    if (examined++ == query.examine || page.seqs.size() == query.limit) return page;
    page.through = place;
    if (record.state == EventState::pending) continue;
    if (of_app ? over-- > 0 : record.settled_ms < query.ended_before_ms) {
      page.seqs.push_back(seq);
    } else {
      ++page.too_young;
    }
  }
  page.end = true;
  return page;
}

}  // namespace tidings::store
