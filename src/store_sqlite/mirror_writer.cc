#include "store_sqlite/mirror_writer.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "store_sqlite/inbox_key_column.h"
#include "store_sqlite/mirror_codec.h"
#include "store_sqlite/mirror_rows.h"
#include "store_sqlite/mirror_schema.h"
#include "store_sqlite/topic_number.h"

namespace tidings::sqlite {
namespace {

using store::MirrorGroup;
using store::MirrorTopic;

/// Entries removed with one commit besides twice what it adds: the inbox shrinks while it is busy,
/// and no commit waits for a long removal.
constexpr std::int64_t kPurgeAtOnce = 256;

/// Topics of destroyed groups that are ended with one commit, some 20 us each.
constexpr std::size_t kTopicsAtOnce = 1000;

/// What a commit touches: ends of tables, and some leaves of inbox_seen. A larger cache fills with what
/// is not read again, and SQLite looks through all of it after a commit that split a page.
constexpr std::int64_t kCacheKib = 4096;

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

}  // namespace

Result<MirrorWriter> MirrorWriter::open(const std::string& path, const OpenOptions& options) {
  OpenOptions writing = options;
  writing.wal_autocheckpoint_pages = 0;
  writing.cache_kib = std::min(writing.cache_kib, kCacheKib);
  MirrorWriter writer;
  TRY(writer.database_, Database::open(path, writing));
  // A migration touches everything, and SQLite keeps a copy of each page until its statement ends:
  // in a temporary file then. Pages that are let go need no zeros, and no copy.
  TRY_VOID(writer.database_.execute("PRAGMA secure_delete=OFF; PRAGMA temp_store=FILE"));
  TRY_VOID(register_topic_functions(writer.database_));
  TRY_VOID(migrate(writer.database_, kMirrorSchema));
  TRY_VOID(writer.database_.execute("PRAGMA temp_store=MEMORY"));
  TRY_VOID(writer.prepare());
  TRY(writer.checkpointer_, Checkpointer::start(path, writing));
  writer.log_.emplace(path, LogLimits{}, *writer.checkpointer_);
  return writer;
}

Result<void> MirrorWriter::prepare() {
  Database& db = database_;
  Statements& s = statements_;
  TRY(s.inbox_end, db.prepare("SELECT id, received_ms FROM inbox ORDER BY id DESC LIMIT 1"));
  TRY(s.inbox_start, db.prepare("SELECT id, received_ms FROM inbox ORDER BY id LIMIT 1"));
  TRY(s.inbox_until, db.prepare("SELECT id FROM inbox WHERE id <= ? AND id < ? AND "
                                "received_ms < ? ORDER BY id DESC LIMIT 1"));
  TRY(s.tally, db.prepare(select(kMirrorTallyColumns, "mirror_tally WHERE app = ?")));
  TRY(s.sequences, db.prepare(select(kMirrorSequenceColumns, "mirror_sequence WHERE app = ?")));
  TRY(s.group, db.prepare(select(kMirrorGroupColumns, "mirror_group WHERE app = ? AND grp = ?")));
  TRY(add_inbox_,
      MultiInsert::prepare(db,
                           "INSERT INTO inbox(id, key, app, command, grp, received_ms, "
                           "event_time_ms, sequence, request_id, client_ip, opt_platform, body, "
                           "target, via)",
                           "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  TRY(s.add_group,
      db.prepare("INSERT INTO mirror_group(app, grp, alive, updated_ms, stamps, type, operator, "
                 "owner, name, introduction, notification, face_url, user_defined_data, "
                 "initial_members, member_change) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  TRY(s.change_group,
      db.prepare("UPDATE mirror_group SET alive=?2, updated_ms=?3, stamps=?4, type=?5, operator=?6, "
                 "owner=?7, name=?8, introduction=?9, notification=?10, face_url=?11, "
                 "user_defined_data=?12, initial_members=?13, member_change=?14 WHERE row=?1"));
  TRY(s.put_tally, db.prepare("INSERT OR REPLACE INTO mirror_tally(app, accepted, duplicates, "
                              "max_sequence, topics, topic_tombstones, groups, group_tombstones) "
                              "VALUES(?,?,?,?,?,?,?,?)"));
  TRY(s.put_sequences,
      db.prepare("INSERT OR REPLACE INTO mirror_sequence(app, contiguous, beyond, filled, gone, "
                 "given_up, renumbered, renumbered_to, used_twice) VALUES(?,?,?,?,?,?,?,?,?)"));
  TRY(s.purge, db.prepare("DELETE FROM inbox WHERE id <= ?"));
  TRY(s.endings, db.prepare("SELECT app, grp, chain, given FROM mirror_ending ORDER BY app, grp"));
  TRY(s.put_ending, db.prepare("INSERT OR REPLACE INTO mirror_ending(app, grp, chain, given) "
                               "VALUES(?,?,?,?)"));
  TRY(s.remove_ending, db.prepare("DELETE FROM mirror_ending WHERE app = ? AND grp = ?"));
  TRY_VOID(look_for_endings());
  TRY_VOID(topics_.prepare(db));
  return keys_.open(db);
}

Result<void> MirrorWriter::load(const store::MirrorNeeds& needs, store::MirrorView& view) {
  auto loaded = load_rows(needs, view);
  if (!loaded) {
    TRY_VOID(rolled_back());
  }
  return loaded;
}

Result<void> MirrorWriter::rolled_back() {
  topics_.rolled_back();
  keys_.rolled_back();
  return database_.recover();
}

/// One transaction from load() to commit(): else every query would take and give back its locks.
Result<void> MirrorWriter::begin() {
  if (database_.in_transaction()) return {};
  transaction_ = {};  // one that failed, and was rolled back by recover()
  TRY(transaction_, Transaction::begin(database_));
  return {};
}

Result<void> MirrorWriter::load_rows(const store::MirrorNeeds& needs, store::MirrorView& view) {
  TRY_VOID(begin());
  {
    auto end = statements_.inbox_end.query();
    TRY(const bool any, end.next());
    view.last_id = any ? end.integer(0) : 0;
    view.last_received_ms = any ? end.integer(1) : 0;
  }
  view.keys_forgotten_ms = keys_.forgotten_ms();
  for (const SdkAppId app : needs.apps) {
    TRY_VOID(load_app(app, view));
  }
  TRY_VOID(load_keys(needs.keys, view));
  for (const store::MirrorTopicKey& key : needs.topics) {
    if (view.topics.known(key)) continue;
    TRY(auto topic, topics_.find(key));
    view.topics.load(key, std::move(topic));
  }
  for (const store::MirrorGroupKey& key : needs.groups) {
    TRY_VOID(load_group(key, view));
  }
  return load_topics(needs, view);
}

Result<void> MirrorWriter::load_group(const store::MirrorGroupKey& key, store::MirrorView& view) {
  if (view.groups.known(key)) return {};
  auto rows = statements_.group.query(key.app, key.group);
  TRY(const bool found, rows.next());
  std::optional<MirrorGroup> group;
  if (found) {
    TRY(group, read_mirror_group(rows));
  }
  view.groups.load(key, std::move(group));
  return {};
}

/// Of the groups that this batch destroys, and then of those destroyed before.
Result<void> MirrorWriter::load_topics(const store::MirrorNeeds& needs, store::MirrorView& view) {
  const auto is_loaded = [&view](const store::MirrorGroupKey& key) {
    return std::ranges::find(view.topics_loaded, key, &store::MirrorView::LoadedTopics::group) !=
           view.topics_loaded.end();
  };
  std::size_t budget = kTopicsAtOnce;
  for (const store::MirrorGroupKey& key : needs.topics_of) {
    if (is_loaded(key)) continue;
    TRY(const store::TopicsLeft all, topics_.topics_of(key));
    TRY(const store::TopicsLeft left, topics_.load_topics(key, all, budget, view));
    view.topics_loaded.push_back({key, left});
  }
  view.more_ending = any_ending_;
  if (!any_ending_) return {};
  bool others = false;
  auto rows = statements_.endings.query();
  while (budget > 0) {
    TRY(view.more_ending, rows.next());
    if (!view.more_ending) break;
    const store::MirrorGroupKey key{SdkAppId{static_cast<std::uint32_t>(rows.integer(0))},
                                    GroupId{rows.text(1)}};
    if (is_loaded(key)) {  // told once more that it was destroyed
      others = true;
      continue;
    }
    const store::TopicsLeft from{true, rows.integer(2), rows.integer(3)};
    TRY_VOID(load_app(key.app, view));
    TRY_VOID(load_group(key, view));
    TRY(const store::TopicsLeft left, topics_.load_topics(key, from, budget, view));
    view.topics_loaded.push_back({key, left});
    view.ending.push_back(key);
  }
  view.more_ending = view.more_ending || others;
  return {};
}

Result<void> MirrorWriter::look_for_endings() {
  TRY(const std::int64_t rows, database_.integer("SELECT count(*) FROM mirror_ending"));
  any_ending_ = rows > 0;
  return {};
}

Result<void> MirrorWriter::write_endings(const store::MirrorView& view) {
  for (const auto& [group, left] : view.endings) {
    if (left.any) {
      TRY_VOID(statements_.put_ending.run(group.app, group.group, left.chain, left.given));
    } else if (any_ending_) {
      TRY_VOID(statements_.remove_ending.run(group.app, group.group));
    }
  }
  return {};
}

Result<void> MirrorWriter::load_keys(std::span<const store::InboxKey> keys,
                                     store::MirrorView& view) {
  std::vector<store::InboxKey> fresh;
  fresh.reserve(keys.size());
  for (const store::InboxKey& key : keys) {
    if (view.keys.try_emplace(key, false).second) fresh.push_back(key);
  }
  TRY(const auto known, keys_.known(fresh));
  for (const store::InboxKey& key : known) view.keys[key] = true;
  return {};
}

Result<void> MirrorWriter::load_app(SdkAppId app, store::MirrorView& view) {
  if (view.tallies.known(app)) return {};
  auto tallies = statements_.tally.query(app);
  TRY(const bool counted, tallies.next());
  view.tallies.load(app, counted ? std::optional(read_mirror_tally(tallies)) : std::nullopt);
  auto rows = statements_.sequences.query(app);
  TRY(const bool found, rows.next());
  store::MirrorSequences sequences;
  if (found) {
    TRY(sequences, read_mirror_sequences(rows));
  }
  view.sequence_rows[app] = {std::move(sequences), false};
  return {};
}

Result<void> MirrorWriter::commit(store::MirrorView& view) {
  auto written = write(view);
  if (!written) {
    TRY_VOID(rolled_back());
    log_->failed(database_);
    return written;
  }
  keys_.committed(view.inbox);
  any_ending_ = view.leaves_topics();
  log_->committed(database_);
  return written;
}

Result<void> MirrorWriter::write(const store::MirrorView& view) {
  TRY_VOID(begin());
  TRY_VOID(add_inbox_.run(
      std::span{view.inbox}, [](Statement& to, int at, const store::InboxEntry& entry) {
        return to.bind_from(at, entry.id, blob_of(entry.key), entry.app, entry.command,
                            entry.group, entry.received_ms, entry.event_time_ms, entry.sequence,
                            entry.request_id, entry.client_ip, entry.opt_platform, entry.body,
                            entry.target, static_cast<int>(entry.via));
      }));
  TRY_VOID(keys_.write(view.inbox));
  std::vector<const MirrorTopic*> topics;
  for (const auto& [key, entry] : view.topics.entries()) {
    if (entry.dirty) topics.push_back(&*entry.row);
  }
  TRY_VOID(topics_.write(database_, std::move(topics)));
  for (const auto& [key, entry] : view.groups.entries()) {
    if (!entry.dirty) continue;
    TRY_VOID(write_group(*entry.row));
  }
  TRY_VOID(write_endings(view));
  TRY_VOID(write_apps(view));
  TRY_VOID(purge(view));
  return transaction_.commit();
}

Result<void> MirrorWriter::write_apps(const store::MirrorView& view) {
  for (const auto& [app, entry] : view.tallies.entries()) {
    if (!entry.dirty) continue;
    const store::MirrorTally& t = *entry.row;
    TRY_VOID(statements_.put_tally.run(app, t.accepted, t.duplicates, t.max_sequence, t.topics,
                                       t.topic_tombstones, t.groups, t.group_tombstones));
  }
  for (const auto& [app, entry] : view.sequence_rows) {
    if (!entry.dirty) continue;
    const std::string beyond = encode_ranges(entry.row.have.beyond());
    const std::string given_up = given_up_ranges(entry.row);
    TRY_VOID(statements_.put_sequences.run(app, entry.row.have.contiguous(), Blob{beyond},
                                           entry.row.filled, entry.row.gone, Blob{given_up},
                                           entry.row.renumbered, entry.row.renumbered_to,
                                           entry.row.used_twice));
  }
  return {};
}

Result<void> MirrorWriter::write_group(const MirrorGroup& g) {
  const std::string stamps = group_stamps(g);
  if (g.row == 0) {
    return statements_.add_group.run(g.app, g.group, g.alive(), g.updated_ms, Blob{stamps}, g.type,
                                     g.operator_account, g.owner.value, g.name.value,
                                     g.introduction.value, g.notification.value, g.face_url.value,
                                     g.user_defined_data, g.initial_members, g.member_change);
  }
  return statements_.change_group.run(g.row, g.alive(), g.updated_ms, Blob{stamps}, g.type,
                                      g.operator_account, g.owner.value, g.name.value,
                                      g.introduction.value, g.notification.value, g.face_url.value,
                                      g.user_defined_data, g.initial_members, g.member_change);
}

Result<void> MirrorWriter::purge(const store::MirrorView& view) {
  if (view.purge_before_ms <= 0) return {};
  std::int64_t first = 0;
  {
    auto start = statements_.inbox_start.query();
    TRY(const bool any, start.next());
    if (!any || start.integer(1) >= view.purge_before_ms) return {};
    first = start.integer(0);
  }
  const auto added = static_cast<std::int64_t>(view.inbox.size());
  std::int64_t last = 0;
  {
    // The newest entry stays, since its id and time are where the next one goes on.
    auto until = statements_.inbox_until.query(first + 2 * added + kPurgeAtOnce,
                                               view.last_id + added, view.purge_before_ms);
    TRY(const bool any, until.next());
    if (!any) return {};
    last = until.integer(0);
  }
  TRY_VOID(keys_.purge(last));
  return statements_.purge.run(last);
}

}  // namespace tidings::sqlite
