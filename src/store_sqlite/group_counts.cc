#include "store_sqlite/group_counts.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "store_sqlite/varint.h"

namespace tidings::sqlite {
namespace {

/// Of a topic's row. No topic has row 0, those with an id of their own are below: small numbers of
/// either sign take few bytes.
std::int64_t to_entry(std::optional<std::int64_t> row) {
  const std::int64_t value = row.value_or(0);
  return value < 0 ? -2 * value - 1 : 2 * value;
}

std::optional<std::int64_t> from_entry(std::int64_t value) {
  if (value == 0) return std::nullopt;
  return value % 2 == 0 ? value / 2 : -(value / 2) - 1;
}

/// Commits that the moving of a full log is spread over.
constexpr std::size_t kSteps = 16;
/// Of a reader's connection: far more than a log has.
constexpr std::size_t kMostRead = 65'536;

Result<void> take_entries(std::int64_t id, std::string_view bytes, RecentCounts& known) {
  while (!bytes.empty()) {
    std::int64_t row = 0;
    std::int64_t last_topic = 0;
    GroupCounts counts;
    if (!read_varint(bytes, row) || !read_varint(bytes, counts.member_num) ||
        !read_varint(bytes, counts.topic_num) || !read_varint(bytes, last_topic)) {
      return fail(Errc::corrupt, "counts of groups in the store are damaged: restore a backup");
    }
    counts.last_topic = from_entry(last_topic);
    known.groups.insert_or_assign(row, RecentCounts::Entry{counts, id});
    ++known.entries;
  }
  return {};
}

/// Of groups whose newest entry stands in the log's rows up to `through`, the highest first.
std::vector<std::int64_t> rows_of(const RecentCounts& known, std::int64_t through) {
  std::vector<std::int64_t> rows;
  for (const auto& [row, entry] : known.groups) {
    if (entry.id <= through) rows.push_back(row);
  }
  std::ranges::sort(rows, std::greater{});
  return rows;
}

}  // namespace

void RecentCounts::correct(community::Group& group) const {
  const GroupCounts* const newer = find(group.row);
  if (newer == nullptr) return;
  group.member_num = newer->member_num;
  group.topic_num = newer->topic_num;
}

Result<GroupCountsReader> GroupCountsReader::prepare(Database& database) {
  GroupCountsReader reader;
  TRY(reader.since_,
      database.prepare("SELECT id, entries FROM grp_count_log WHERE id >= ? ORDER BY id"));
  TRY(reader.stored_, database.prepare("SELECT member_num, topic_num, last_topic FROM grp_count "
                                       "WHERE row = ?"));
  return reader;
}

Result<void> GroupCountsReader::catch_up(RecentCounts& known) {
  if (known.entries > kMostRead) known = {};
  TRY(const bool followed, read_on(known));
  if (followed) return {};
  known = {};
  TRY_VOID(read_on(known));
  return {};
}

/// False: the row that was read last is gone, so it was moved, and rows of `grp_count` may have changed
/// without the log.
Result<bool> GroupCountsReader::read_on(RecentCounts& known) {
  bool met = known.through == 0;
  auto rows = since_.query(known.through);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return met;
    if (!met) {
      if (rows.integer(0) != known.through) return false;
      met = true;
      continue;
    }
    known.through = rows.integer(0);
    if (known.entries == 0) known.forgotten_through = known.through - 1;
    TRY_VOID(take_entries(known.through, rows.text(1), known));
  }
}

Result<GroupCounts> GroupCountsReader::of(std::int64_t row, const RecentCounts& known) {
  if (const GroupCounts* newer = known.find(row)) return *newer;
  GroupCounts counts;
  auto rows = stored_.query(row);
  TRY(const bool exists, rows.next());
  if (!exists) return counts;
  counts.member_num = rows.integer(0);
  counts.topic_num = rows.integer(1);
  if (!rows.is_null(2)) counts.last_topic = rows.integer(2);
  return counts;
}

Result<GroupCountsWriter> GroupCountsWriter::prepare(Database& database) {
  GroupCountsWriter writer;
  TRY(writer.append_, database.prepare("INSERT INTO grp_count_log VALUES(?, ?)"));
  TRY(writer.update_, database.prepare("UPDATE grp_count SET member_num = ?, topic_num = ?, "
                                       "last_topic = ? WHERE row = ?"));
  TRY(writer.forget_, database.prepare("DELETE FROM grp_count_log WHERE id <= ?"));
  return writer;
}

void GroupCountsWriter::begin() {
  entries_.clear();
  moved_ = false;
}

void GroupCountsWriter::put(std::int64_t row, const GroupCounts& counts, RecentCounts& known) {
  append_varint(entries_, row);
  append_varint(entries_, counts.member_num);
  append_varint(entries_, counts.topic_num);
  append_varint(entries_, to_entry(counts.last_topic));
  known.groups.insert_or_assign(row, RecentCounts::Entry{counts, known.through + 1});
  ++known.entries;
}

Result<void> GroupCountsWriter::move(RecentCounts& known) {
  if (known.groups.empty()) return {};
  for (const std::int64_t row : rows_of(known, std::numeric_limits<std::int64_t>::max())) {
    TRY_VOID(move_one(row, known.groups.at(row).counts));
  }
  TRY_VOID(forget_.run(known.through));
  known = {.through = known.through, .forgotten_through = known.through};
  entries_.clear();
  moved_ = true;
  return {};
}

Result<void> GroupCountsWriter::finish(RecentCounts& known, std::size_t limit) {
  const std::string entries = std::exchange(entries_, {});
  // A log that was moved as a whole keeps one row: its id tells readers that what they know was moved.
  if (!std::exchange(moved_, false) && entries.empty()) return {};
  TRY_VOID(append_.run(++known.through, Blob{entries}));
  return move_some(known, limit);
}

Result<void> GroupCountsWriter::move_some(RecentCounts& known, std::size_t limit) {
  if (known.moving_through == 0) {
    if (known.entries <= limit) return {};
    known.moving_through = known.through - 1;  // what this commit put stays: the log is never empty
    known.moving = rows_of(known, known.moving_through);
    known.entries = 0;
  }
  std::size_t left = limit / kSteps + 1;
  for (; left > 0 && !known.moving.empty(); --left) {
    const std::int64_t row = known.moving.back();
    known.moving.pop_back();
    TRY_VOID(move_one(row, known.groups.at(row).counts));  // what came since stays in the log too
  }
  if (left == 0) return {};
  // Then the rows of the log go, the oldest first: what is left of a group says what its row says.
  known.forgotten_through =
      std::min(known.forgotten_through + static_cast<std::int64_t>(left), known.moving_through);
  TRY_VOID(forget_.run(known.forgotten_through));
  if (known.forgotten_through < known.moving_through) return {};
  known.moving_through = 0;
  std::erase_if(known.groups,
                [&known](const auto& each) { return each.second.id <= known.forgotten_through; });
  return {};
}

}  // namespace tidings::sqlite
