#include "store_sqlite/topic_writer.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <variant>

#include "store_sqlite/compact_id.h"
#include "store_sqlite/field_blob.h"

namespace tidings::sqlite {

using community::GroupKey;
using community::Topic;
using community::TopicKey;

Result<TopicWriter> TopicWriter::prepare(Database& database) {
  TopicWriter writer;
  TRY(writer.insert_,
      MultiInsert::prepare(database,
                           "INSERT INTO topic(row, group_row, previous, id, name, introduction, "
                           "notification, face_url, custom_string, mute_all, create_time_s, "
                           "last_msg_time_s, next_msg_seq, creator, fields)",
                           "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.update_,
      database.prepare("UPDATE topic SET name = ?, introduction = ?, notification = ?, "
                       "face_url = ?, custom_string = ?, mute_all = ?, create_time_s = ?, "
                       "last_msg_time_s = ?, next_msg_seq = ?, creator = ?, fields = ? "
                       "WHERE row = ?"));
  TRY(writer.erase_, database.prepare("DELETE FROM topic WHERE row = ?"));
  TRY(writer.erase_mutes_, database.prepare("DELETE FROM mute WHERE group_row = ? AND topic = ?"));
  TRY(writer.own_row_, database.prepare("SELECT row FROM topic WHERE group_row = ? AND id = ?"));
  TRY(writer.walk_, database.prepare("SELECT previous FROM topic WHERE row = ?"));
  TRY(writer.link_, database.prepare("UPDATE topic SET previous = ? WHERE row = ?"));
  return writer;
}

Result<void> TopicWriter::write(const community::View& view, RowReader& reader, RowCache& cache,
                                Counters& counters) {
  Work work{view, reader, cache, counters};
  chains_.clear();
  std::vector<Newcomer> newcomers;
  std::vector<const TopicKey*> gone;  // of one group: keys come sorted by group
  for (const auto& [key, entry] : view.topics.entries()) {
    if (!entry.dirty) continue;
    if (!gone.empty() && gone.back()->group != key.group) {
      TRY_VOID(erase(gone.back()->group, gone, work));
      gone.clear();
    }
    if (!entry.row) {
      gone.push_back(&key);
    } else if (entry.stored) {
      TRY_VOID(change(*entry.row, work));
    } else {
      newcomers.push_back({.topic = &*entry.row});
    }
  }
  if (!gone.empty()) {
    TRY_VOID(erase(gone.back()->group, gone, work));
  }
  return add(newcomers, work);
}

Result<void> TopicWriter::add(std::vector<Newcomer>& newcomers, Work& work) {
  for (Newcomer& each : newcomers) {
    const TopicKey& key = each.topic->key;
    TRY(each.group, work.reader.group_row(key.group, &work.view));
    CompactTopicId id = compact(key.group.group, key.topic);
    if (const auto* number = std::get_if<std::int64_t>(&id)) {
      each.row = *number;
    } else {
      each.row = -++work.counters.own_topic_ids;
      each.own_id = std::get<std::string>(std::move(id));
    }
  }
  // Rows that ascend fill the last page before they begin another.
  std::ranges::sort(newcomers, {}, &Newcomer::row);
  for (Newcomer& each : newcomers) {
    const GroupKey& group = each.topic->key.group;
    TRY(Chain* const chain, chain_of(each.group, group, work));
    each.previous = chain->topics.last;
    each.fields = write_fields(each.topic->fields);
    chain->topics.last = each.row;
    chain->changed = true;
    work.cache.groups.keep_chain(group, chain->topics);
  }
  return insert_.run(std::span{newcomers}, [](Statement& to, int at, const Newcomer& each) {
    const Topic& t = *each.topic;
    return to.bind_from(at, each.row, each.group, each.previous, each.own_id, t.name,
                        t.introduction, t.notification, t.face_url, t.custom_string, t.mute_all,
                        t.create_time_s, t.last_msg_time_s, t.next_msg_seq, t.creator,
                        Blob{each.fields});
  });
}

Result<void> TopicWriter::change(const Topic& topic, Work& work) {
  TRY(const Place place, find(topic.key, work));
  const std::string fields = write_fields(topic.fields);
  return update_.run(topic.name, topic.introduction, topic.notification, topic.face_url,
                     topic.custom_string, topic.mute_all, topic.create_time_s,
                     topic.last_msg_time_s, topic.next_msg_seq, topic.creator, Blob{fields},
                     place.row);
}

/// One walk along the chain, however many of it go.
Result<void> TopicWriter::erase(const GroupKey& key, const std::vector<const TopicKey*>& gone,
                                Work& work) {
  std::unordered_set<std::int64_t> rows;
  std::int64_t group = 0;
  for (const TopicKey* each : gone) {
    TRY(const Place place, find(*each, work));
    group = place.group;
    if (place.row) rows.insert(*place.row);
    TRY_VOID(erase_mutes_.run(group, each->topic));
  }
  TRY(Chain* const chain, chain_of(group, key, work));
  std::optional<std::int64_t> kept;  // the one that came after `at` and stays; none: the group
  bool linked = true;                // `kept` is linked to `at`
  for (std::optional<std::int64_t> at = chain->topics.last; at && !(rows.empty() && linked);) {
    std::optional<std::int64_t> previous;
    {
      auto found = walk_.query(*at);
      TRY(const bool exists, found.next());
      if (exists && !found.is_null(0)) previous = found.integer(0);
    }
    if (rows.erase(*at) != 0) {
      TRY_VOID(erase_.run(*at));
      linked = false;
      if (!kept) chain->topics.last = previous;
      if (kept && !previous) {
        TRY_VOID(link_.run(nullptr, *kept));
      }
    } else {
      if (!linked && kept) {
        TRY_VOID(link_.run(*at, *kept));
      }
      kept = at;
      linked = true;
    }
    at = previous;
  }
  chain->changed = true;
  work.cache.groups.keep_chain(key, chain->topics);
  return {};
}

Result<TopicWriter::Place> TopicWriter::find(const TopicKey& key, Work& work) {
  Place place{};
  TRY(place.group, work.reader.group_row(key.group, &work.view));
  const CompactTopicId id = compact(key.group.group, key.topic);
  if (const auto* number = std::get_if<std::int64_t>(&id)) {
    place.row = *number;
    return place;
  }
  auto rows = own_row_.query(place.group, std::get<std::string>(id));
  TRY(const bool exists, rows.next());
  if (exists) place.row = rows.integer(0);
  return place;
}

Result<TopicWriter::Chain*> TopicWriter::chain_of(std::int64_t group, const GroupKey& key,
                                                  Work& work) {
  const auto [entry, added] = chains_.try_emplace(group);
  Chain* const chain = &entry->second;
  if (!added) return chain;
  if (const TopicChain* known = work.cache.groups.find_chain(key)) {
    chain->topics = *known;
    return chain;
  }
  TRY(const GroupCounts counts, work.reader.counts_of(group));
  chain->topics.last = counts.last_topic;
  return chain;
}

std::optional<TopicChain> TopicWriter::take_changed(std::int64_t group_row) {
  const auto found = chains_.find(group_row);
  if (found == chains_.end() || !found->second.changed) return std::nullopt;
  found->second.changed = false;
  return found->second.topics;
}

std::vector<std::pair<std::int64_t, TopicChain>> TopicWriter::take_all_changed() {
  std::vector<std::pair<std::int64_t, TopicChain>> taken;
  for (auto& [group, chain] : chains_) {
    if (std::exchange(chain.changed, false)) taken.emplace_back(group, chain.topics);
  }
  return taken;
}

}  // namespace tidings::sqlite
