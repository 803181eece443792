#include "store_sqlite/mirror_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "store_sqlite/mirror_rows.h"
#include "store_sqlite/topic_queries.h"

namespace tidings::sqlite {
namespace {

using store::InboxFilter;
using store::InboxPage;
using store::MirrorFilter;
using store::MirrorGroup;
using store::MirrorPage;
using store::MirrorState;
using store::MirrorTally;
using store::MirrorTopic;

/// Rows looked at by one call at most; what is left follows on the next page.
constexpr std::size_t kMaxScanned = 20'000;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

std::string select_mirror(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

bool wanted(MirrorState state, bool alive) {
  return state == MirrorState::any || (state == MirrorState::alive) == alive;
}

template <class Row>
bool fits(const MirrorFilter& filter, const Row& row) {
  return wanted(filter.state, row.alive()) && row.updated_ms >= filter.since_ms.value_or(0) &&
         row.updated_ms < filter.until_ms.value_or(kEnd);
}

std::size_t text_bytes(const MirrorTopic& row) {
  return row.topic.view().size() + row.group.view().size() + row.type.size() +
         row.owner.view().size() + row.operator_account.view().size() + row.name.value.size() +
         row.introduction.value.size() + row.notification.value.size() +
         row.face_url.value.size() + row.user_defined_data.size();
}
std::size_t text_bytes(const MirrorGroup& row) {
  return row.group.view().size() + row.type.size() + row.owner.value.size() +
         row.operator_account.view().size() + row.name.value.size() +
         row.introduction.value.size() + row.notification.value.size() +
         row.face_url.value.size() + row.user_defined_data.size();
}

template <class Row>
bool is_full(const MirrorFilter& filter, const MirrorPage<Row>& page) {
  return page.rows.size() == filter.limit || page.bytes >= filter.max_bytes;
}

template <class Row>
void add_fitting(const MirrorFilter& filter, MirrorPage<Row>& page, Row row) {
  if (!fits(filter, row)) return;
  page.bytes += text_bytes(row);
  page.rows.push_back(std::move(row));
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error no_cursor(std::string_view after) {
  return fail(Errc::invalid_argument, "after: \"" + std::string(after) +
                                          "\" is not a cursor of this list; use `next` of the "
                                          "page before, unchanged, or leave it out");
}

/// Where a list by time goes on: behind the row that changed at `ms` and has this integer key.
struct TimeCursor {
  std::int64_t ms = 0;
  std::int64_t row = 0;
};

Result<TimeCursor> time_cursor(const MirrorFilter& filter) {
  if (filter.after.empty()) return TimeCursor{filter.since_ms.value_or(0), 0};
  const std::string_view after = filter.after;
  const auto dot = after.find('.');
  if (dot == std::string_view::npos) return no_cursor(after);
  const auto ms = number(after.substr(0, dot));
  const auto row = number(after.substr(dot + 1));
  if (!ms || !row) return no_cursor(after);
  return TimeCursor{*ms, *row};
}

/// Groups in order of change from the cursor on.
Result<MirrorPage<MirrorGroup>> groups_by_time(Statement& statement, const MirrorFilter& filter) {
  TRY(const TimeCursor from, time_cursor(filter));
  MirrorPage<MirrorGroup> page;
  auto rows = statement.query(filter.app, from.ms, from.row, filter.until_ms.value_or(kEnd));
  for (std::size_t scanned = 0;; ++scanned) {
    TRY(const bool more, rows.next());
    if (!more) {
      page.next.clear();
      return page;
    }
    TRY(MirrorGroup group, read_mirror_group(rows));
    if (is_full(filter, page) || scanned == kMaxScanned) return page;
    page.next = std::to_string(group.updated_ms) + "." + std::to_string(group.row);
    add_fitting(filter, page, std::move(group));
  }
}

}  // namespace

struct MirrorSqliteReader::Connection {
  Database database;
  TopicQueries topic_queries;
  Statement group, topic_runs, run_topics, groups_by_time;
  Statement inbox, inbox_at, tallies, sequences, topic_counts, group_counts;

  Result<void> open(const std::string& path) {
    OpenOptions options;
    options.read_only = true;
    options.cache_kib = 16384;
    TRY(database, Database::open(path, options));
    Database& db = database;
    TRY_VOID(topic_queries.prepare(db));
    TRY(group, db.prepare(select_mirror(kMirrorGroupColumns, "mirror_group WHERE app = ? AND grp = ?")));
    // From the run that the cursor stands in: an app's runs of one moment do not overlap.
    TRY(topic_runs,
        db.prepare("SELECT updated_ms, first, last FROM mirror_topic_run WHERE app = ?1 AND "
                   "(updated_ms, first) >= (?2, coalesce((SELECT max(first) FROM mirror_topic_run "
                   "WHERE app = ?1 AND updated_ms = ?2 AND first <= ?3), 0)) AND updated_ms < ?4 "
                   "ORDER BY updated_ms, first"));
    TRY(run_topics, db.prepare(select_mirror(
                        kMirrorTopicColumns, "mirror_topic WHERE row > ? AND row <= ? ORDER BY row")));
    TRY(groups_by_time,
        db.prepare(select_mirror(kMirrorGroupColumns,
                          "mirror_group WHERE app = ?1 AND (updated_ms, row) > (?2, ?3) AND "
                          "updated_ms < ?4 ORDER BY updated_ms, row")));
    TRY(inbox, db.prepare(select_mirror(kInboxColumns, "inbox WHERE id > ? ORDER BY id")));
    TRY(inbox_at, db.prepare("SELECT id, received_ms FROM inbox WHERE id >= ? ORDER BY id LIMIT 1"));
    TRY(tallies, db.prepare(select_mirror(kMirrorTallyColumns, "mirror_tally ORDER BY app")));
    TRY(sequences,
        db.prepare(select_mirror(kMirrorSequenceColumns, "mirror_sequence ORDER BY app")));
    TRY(topic_counts,
        db.prepare("SELECT app, sum(alive), sum(1 - alive) FROM mirror_topic GROUP BY app"));
    TRY(group_counts,
        db.prepare("SELECT app, sum(alive), sum(1 - alive) FROM mirror_group GROUP BY app"));
    return {};
  }

  /// Topics in order of change from the cursor on. Some rows of a run are of another app, or have
  /// changed since.
  Result<MirrorPage<MirrorTopic>> page_by_run(const MirrorFilter& filter) {
    TRY(const TimeCursor from, time_cursor(filter));
    MirrorPage<MirrorTopic> page;
    std::size_t scanned = 0;
    auto runs = topic_runs.query(filter.app, from.ms, from.row, filter.until_ms.value_or(kEnd));
    for (;;) {
      TRY(const bool more_runs, runs.next());
      if (!more_runs) break;
      const std::int64_t ms = runs.integer(0);
      const std::int64_t before = runs.integer(1) - 1;
      auto rows = run_topics.query(ms == from.ms ? std::max(before, from.row) : before,
                                   runs.integer(2));
      for (;; ++scanned) {
        TRY(const bool more, rows.next());
        if (!more) break;
        if (is_full(filter, page) || scanned == kMaxScanned) return page;
        page.next = std::to_string(ms) + "." + std::to_string(rows.integer(0));
        if (!is_mirror_topic_of(rows, filter.app, ms)) continue;
        TRY(auto topic, read_mirror_topic(rows));
        add_fitting(filter, page, std::move(topic));
      }
    }
    page.next.clear();
    return page;
  }

  /// Topics whose ids name the group, from the cursor on; the cursor is "t" and the integer key of
  /// the next one.
  Result<bool> page_by_chain(const MirrorFilter& filter, MirrorPage<MirrorTopic>& page) {
    TRY(const TopicParent parent, topic_queries.parent(filter.app, *filter.group));
    std::int64_t row = parent.last;
    if (!filter.after.empty()) {
      const auto from = number(std::string_view(filter.after).substr(1));
      if (!from) return no_cursor(filter.after);
      row = *from;
    }
    for (std::size_t scanned = 0; row != 0; ++scanned) {
      page.next = "t" + std::to_string(row);
      if (is_full(filter, page) || scanned == kMaxScanned) return false;
      TRY(auto link, topic_queries.at(row));
      if (!link || link->parent != parent.row) return no_cursor(filter.after);
      row = link->before;
      add_fitting(filter, page, std::move(link->topic));
    }
    return true;
  }

  /// The topics that only their GroupId puts there; the cursor is "g" and the integer key of the
  /// last one looked at.
  Result<bool> page_by_given_group(const MirrorFilter& filter, std::int64_t after,
                                   MirrorPage<MirrorTopic>& page) {
    auto rows = topic_queries.given_to(filter.app, *filter.group, after);
    page.next = "g" + std::to_string(after);
    for (std::size_t scanned = 0;; ++scanned) {
      TRY(const bool more, rows.next());
      if (!more) return true;
      if (is_full(filter, page) || scanned == kMaxScanned) return false;
      TRY(auto topic_row, read_mirror_topic(rows));
      page.next = "g" + std::to_string(topic_row.row);
      add_fitting(filter, page, std::move(topic_row));
    }
  }

  Result<MirrorPage<MirrorTopic>> page_of_group(const MirrorFilter& filter) {
    MirrorPage<MirrorTopic> page;
    std::int64_t after = 0;
    if (filter.after.starts_with("g")) {
      const auto row = number(std::string_view(filter.after).substr(1));
      if (!row) return no_cursor(filter.after);
      after = *row;
    } else if (!filter.after.empty() && !filter.after.starts_with("t")) {
      return no_cursor(filter.after);
    } else {
      TRY(const bool all, page_by_chain(filter, page));
      if (!all) return page;
    }
    TRY(const bool all, page_by_given_group(filter, after, page));
    if (all) page.next.clear();
    return page;
  }

  /// The first id received at or after `ms`: times ascend with ids.
  Result<std::int64_t> first_id_since(std::int64_t ms) {
    TRY(std::int64_t low, database.integer("SELECT min(id) FROM inbox"));
    TRY(std::int64_t high, database.integer("SELECT max(id) FROM inbox"));
    ++high;  // none: behind the last
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      auto rows = inbox_at.query(middle);
      TRY(const bool found, rows.next());
      if (found && rows.integer(1) < ms) {
        low = rows.integer(0) + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

/// One connection for one call; it goes back at the end of it.
class MirrorSqliteReader::Lease {
 public:
  Lease() = default;
  Lease(MirrorSqliteReader& owner, std::unique_ptr<Connection> connection)
      : owner_(&owner), connection_(std::move(connection)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) noexcept = default;
  ~Lease() {
    if (!connection_) return;
    const std::lock_guard lock(owner_->mutex_);
    owner_->idle_.push_back(std::move(connection_));
  }
  Connection* operator->() const { return connection_.get(); }

 private:
  MirrorSqliteReader* owner_ = nullptr;
  std::unique_ptr<Connection> connection_;
};

MirrorSqliteReader::MirrorSqliteReader(std::string path) : path_(std::move(path)) {}
MirrorSqliteReader::~MirrorSqliteReader() = default;

Result<MirrorSqliteReader::Lease> MirrorSqliteReader::lease() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(connection));
    }
  }
  auto connection = std::make_unique<Connection>();
  TRY_VOID(connection->open(path_));
  return Lease(*this, std::move(connection));
}

Result<std::optional<MirrorTopic>> MirrorSqliteReader::topic(const store::MirrorTopicKey& key) {
  TRY(auto connection, lease());
  auto found = connection->topic_queries.find(key);
  return found;
}

Result<std::optional<MirrorGroup>> MirrorSqliteReader::group(const store::MirrorGroupKey& key) {
  TRY(auto connection, lease());
  auto rows = connection->group.query(key.app, key.group);
  TRY(const bool found, rows.next());
  if (!found) return std::optional<MirrorGroup>{};
  TRY(auto row, read_mirror_group(rows));
  return std::optional(std::move(row));
}

Result<MirrorPage<MirrorTopic>> MirrorSqliteReader::topics(const MirrorFilter& filter) {
  TRY(auto connection, lease());
  if (filter.group) return connection->page_of_group(filter);
  return connection->page_by_run(filter);
}

Result<MirrorPage<MirrorGroup>> MirrorSqliteReader::groups(const MirrorFilter& filter) {
  TRY(auto connection, lease());
  return groups_by_time(connection->groups_by_time, filter);
}

Result<InboxPage> MirrorSqliteReader::inbox(const InboxFilter& filter) {
  TRY(auto connection, lease());
  std::int64_t after = filter.after;
  if (filter.since_ms) {
    TRY(const std::int64_t first, connection->first_id_since(*filter.since_ms));
    after = std::max(after, first - 1);
  }
  InboxPage page;
  std::size_t bytes = 0;
  auto rows = connection->inbox.query(after);
  for (std::size_t scanned = 0;; ++scanned) {
    TRY(const bool more, rows.next());
    const bool over = more && rows.integer(4) >= filter.until_ms.value_or(kEnd);
    if (!more || over) {
      page.next = 0;
      return page;
    }
    const bool full = page.entries.size() == filter.limit || bytes >= filter.max_bytes;
    if (full || scanned == kMaxScanned) return page;
    page.next = page.last = rows.integer(0);
    if (filter.app && rows.integer(1) != filter.app->number()) continue;
    if (filter.command && rows.text(2) != *filter.command) continue;
    page.entries.push_back(read_inbox_entry(rows));
    bytes += page.entries.back().body.size();
  }
}

Result<std::pair<std::int64_t, std::int64_t>> MirrorSqliteReader::inbox_range() {
  TRY(auto connection, lease());
  TRY(const std::int64_t first, connection->database.integer("SELECT min(id) FROM inbox"));
  TRY(const std::int64_t last, connection->database.integer("SELECT max(id) FROM inbox"));
  return std::pair(first, last);
}

Result<std::vector<std::pair<SdkAppId, MirrorTally>>> MirrorSqliteReader::tallies() {
  TRY(auto connection, lease());
  std::vector<std::pair<SdkAppId, MirrorTally>> found;
  auto rows = connection->tallies.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    found.emplace_back(SdkAppId{static_cast<std::uint32_t>(rows.integer(0))},
                       read_mirror_tally(rows));
  }
}

Result<std::vector<std::pair<SdkAppId, store::MirrorSequences>>> MirrorSqliteReader::sequences() {
  TRY(auto connection, lease());
  std::vector<std::pair<SdkAppId, store::MirrorSequences>> found;
  auto rows = connection->sequences.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    TRY(auto row, read_mirror_sequences(rows));
    found.emplace_back(SdkAppId{static_cast<std::uint32_t>(rows.integer(0))}, std::move(row));
  }
}

Result<std::vector<std::pair<SdkAppId, MirrorTally>>> MirrorSqliteReader::recount() {
  TRY(auto found, tallies());
  for (auto& [app, tally] : found) tally = {};
  TRY(auto connection, lease());
  const auto tally_of = [&](std::int64_t number_of_app) -> MirrorTally& {
    const SdkAppId app{static_cast<std::uint32_t>(number_of_app)};
    for (auto& [known, tally] : found) {
      if (known == app) return tally;
    }
    return found.emplace_back(app, MirrorTally{}).second;
  };
  {
    auto rows = connection->topic_counts.query();
    for (;;) {
      TRY(const bool more, rows.next());
      if (!more) break;
      MirrorTally& tally = tally_of(rows.integer(0));
      tally.topics = rows.integer(1);
      tally.topic_tombstones = rows.integer(2);
    }
  }
  auto rows = connection->group_counts.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    MirrorTally& tally = tally_of(rows.integer(0));
    tally.groups = rows.integer(1);
    tally.group_tombstones = rows.integer(2);
  }
}

}  // namespace tidings::sqlite
