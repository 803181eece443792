#include "store_sqlite/mirror_topic_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store_sqlite/mirror_rows.h"
#include "store_sqlite/topic_number.h"
#include "tidings/identifier.h"

namespace tidings::sqlite {
namespace {

using store::MirrorTopic;

/// Groups remembered between commits, some 150 bytes each.
constexpr std::size_t kMostParents = 16'384;

}  // namespace

Result<void> MirrorTopicWriter::prepare(Database& database) {
  TRY_VOID(queries_.prepare(database));
  TRY(add_,
      MultiInsert::prepare(database,
                           "INSERT INTO mirror_topic(row, app, topic, grp, mismatch, alive, "
                           "updated_ms, stamps, type, owner, operator, name, introduction, "
                           "notification, face_url, user_defined_data, parent, before, number)",
                           "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  TRY(last_row_, database.prepare("SELECT coalesce(max(row), 0) FROM mirror_topic"));
  TRY(change_,
      database.prepare("UPDATE mirror_topic SET grp=?2, mismatch=?3, alive=?4, updated_ms=?5, "
                       "stamps=?6, type=?7, owner=?8, operator=?9, name=?10, introduction=?11, "
                       "notification=?12, face_url=?13, user_defined_data=?14 WHERE row=?1"));
  TRY(add_run_, database.prepare("INSERT INTO mirror_topic_run(app, updated_ms, first, last) "
                                 "VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET "
                                 "last = max(last, excluded.last)"));
  TRY(remove_run_, database.prepare("DELETE FROM mirror_topic_run WHERE app = ? AND updated_ms = ? "
                                    "AND first = ? AND last = first"));
  TRY(updated_, database.prepare("SELECT updated_ms FROM mirror_topic WHERE row = ?"));
  TRY(add_parent_, database.prepare("INSERT INTO mirror_parent(app, grp) VALUES(?,?)"));
  TRY(put_last_, MultiInsert::prepare(
                     database, "INSERT OR REPLACE INTO mirror_chain(parent, last)", "(?,?)"));
  TRY(highest_number_, database.integer("SELECT coalesce(max(number), 0) FROM mirror_topic "
                                        "WHERE number IS NOT NULL"));
  return {};
}

Result<MirrorTopicWriter::Parent*> MirrorTopicWriter::parent(const store::MirrorGroupKey& group) {
  const auto entry = parents_.find(group);
  if (entry != parents_.end()) return &entry->second;
  TRY(const TopicParent found, queries_.parent(group.app, group.group));
  return &parents_.emplace(group, Parent{found, false}).first->second;
}

Result<std::optional<MirrorTopic>> MirrorTopicWriter::find(const store::MirrorTopicKey& key) {
  auto named = parent_group(key.topic.view());
  if (!named) return queries_.find(key);
  TRY(const Parent* const known, parent({key.app, std::move(*named)}));
  const auto number = topic_number(key.topic.view());
  if (number && *number > highest_number_) return std::optional<MirrorTopic>{};
  return queries_.find(key, known->is, number);
}

Result<store::TopicsLeft> MirrorTopicWriter::topics_of(const store::MirrorGroupKey& group) {
  TRY(const TopicParent named, queries_.parent(group.app, group.group));
  return store::TopicsLeft{true, named.last, 0};
}

Result<store::TopicsLeft> MirrorTopicWriter::load_topics(const store::MirrorGroupKey& group,
                                                         store::TopicsLeft from,
                                                         std::size_t& budget,
                                                         store::MirrorView& view) {
  for (; from.chain != 0 && budget > 0; --budget) {
    TRY(auto found, queries_.at(from.chain));
    if (!found) return fail(Errc::corrupt, "the chain of a mirrored group's topics is broken");
    from.chain = found->before;
    const auto key = found->topic.key();
    view.topics.load(key, std::move(found->topic));
  }
  if (budget == 0) return from;
  auto rows = queries_.given_to(group.app, group.group, from.given);
  for (; budget > 0; --budget) {
    TRY(const bool more, rows.next());
    if (!more) return store::TopicsLeft{};
    TRY(auto topic, read_mirror_topic(rows));
    from.given = topic.row;
    if (store::parent_of(topic) != group.group) continue;
    const auto key = topic.key();
    view.topics.load(key, std::move(topic));
  }
  return from;
}

Result<void> MirrorTopicWriter::write(Database& database, std::vector<const MirrorTopic*> topics) {
  std::sort(topics.begin(), topics.end(), [](const MirrorTopic* a, const MirrorTopic* b) {
    return a->seen.arrival < b->seen.arrival;
  });
  dirty_.clear();
  std::vector<Newcomer> newcomers;
  newcomers.reserve(topics.size());
  for (const MirrorTopic* const topic : topics) {
    if (topic->row != 0) {
      TRY_VOID(change(*topic));
      continue;
    }
    TRY(Newcomer newcomer, enlist(database, *topic));
    newcomers.push_back(std::move(newcomer));
  }
  TRY_VOID(add(newcomers));
  TRY_VOID(add_runs(newcomers));
  TRY_VOID(put_last_.run(std::span{dirty_}, [](Statement& to, int at, const Parent* each) {
    return to.bind_from(at, each->is.row, each->is.last);
  }));
  for (Parent* const each : dirty_) each->dirty = false;
  if (parents_.size() > kMostParents) parents_.clear();
  return {};
}

/// Its place: behind all others, and the newest of its group.
Result<MirrorTopicWriter::Newcomer> MirrorTopicWriter::enlist(Database& database,
                                                              const MirrorTopic& topic) {
  if (!highest_row_) {
    auto rows = last_row_.query();
    TRY_VOID(rows.next());
    highest_row_ = rows.integer(0);
  }
  Newcomer made{.topic = &topic, .row = ++*highest_row_, .stamps = topic_stamps(topic)};
  auto named = parent_group(topic.topic.view());
  if (!named) return made;
  TRY(Parent* const chain, parent({topic.app, *named}));
  if (chain->is.row == 0) {
    TRY_VOID(add_parent_.run(topic.app, *named));
    chain->is.row = database.last_insert_row();
  }
  made.number = topic_number(topic.topic.view());
  highest_number_ = std::max(highest_number_, made.number.value_or(0));
  made.parent = std::exchange(chain->is, {chain->is.row, made.row});
  if (!std::exchange(chain->dirty, true)) dirty_.push_back(chain);
  return made;
}

Result<void> MirrorTopicWriter::add(std::span<const Newcomer> newcomers) {
  return add_.run(newcomers, [](Statement& to, int at, const Newcomer& each) {
    const MirrorTopic& t = *each.topic;
    return to.bind_from(at, each.row, t.app, t.topic, t.group, t.group_mismatch, t.alive(),
                        t.updated_ms, Blob{each.stamps}, t.type, t.owner, t.operator_account,
                        t.name.value, t.introduction.value, t.notification.value, t.face_url.value,
                        t.user_defined_data, each.parent.row, each.parent.last, each.number);
  });
}

/// One for each app: rows of others may stand between those of an app.
Result<void> MirrorTopicWriter::add_runs(std::span<const Newcomer> newcomers) {
  struct Run {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  std::map<std::pair<SdkAppId, std::int64_t>, Run> runs;
  for (const Newcomer& each : newcomers) {
    Run& run = runs[{each.topic->app, each.topic->updated_ms}];
    if (run.first == 0) run.first = each.row;
    run.last = each.row;
  }
  for (const auto& [place, run] : runs) {
    TRY_VOID(add_run_.run(place.first, place.second, run.first, run.last));
  }
  return {};
}

/// Out of its run, into one of its own.
Result<void> MirrorTopicWriter::move_in_time(const MirrorTopic& topic) {
  std::int64_t before_ms = 0;
  {
    auto rows = updated_.query(topic.row);
    TRY(const bool exists, rows.next());
    if (!exists) return fail(Errc::corrupt, "a mirrored topic's row is gone");
    before_ms = rows.integer(0);
  }
  if (before_ms == topic.updated_ms) return {};
  TRY_VOID(remove_run_.run(topic.app, before_ms, topic.row));
  return add_run_.run(topic.app, topic.updated_ms, topic.row, topic.row);
}

Result<void> MirrorTopicWriter::change(const MirrorTopic& t) {
  TRY_VOID(move_in_time(t));
  const std::string stamps = topic_stamps(t);
  return change_.run(t.row, t.group, t.group_mismatch, t.alive(), t.updated_ms, Blob{stamps},
                     t.type, t.owner, t.operator_account, t.name.value, t.introduction.value,
                     t.notification.value, t.face_url.value, t.user_defined_data);
}

}  // namespace tidings::sqlite
