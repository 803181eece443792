#include "store_sqlite/group_counts.h"

#include <algorithm>
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

Result<void> take_entries(std::string_view bytes, RecentCounts& known) {
  while (!bytes.empty()) {
    std::int64_t row = 0;
    std::int64_t last_topic = 0;
    GroupCounts counts;
    if (!read_varint(bytes, row) || !read_varint(bytes, counts.member_num) ||
        !read_varint(bytes, counts.topic_num) || !read_varint(bytes, last_topic)) {
      return fail(Errc::corrupt, "counts of groups in the store are damaged: restore a backup");
    }
    counts.last_topic = from_entry(last_topic);
    known.groups.insert_or_assign(row, counts);
    ++known.entries;
  }
  return {};
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
  TRY(const bool followed, read_on(known));
  if (followed) return {};
  known = {};
  TRY_VOID(read_on(known));
  return {};
}

/// False: the row that was read last is gone, so everything before it was moved.
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
    TRY_VOID(take_entries(rows.text(1), known));
    known.through = rows.integer(0);
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
  TRY(writer.empty_, database.prepare("DELETE FROM grp_count_log"));
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
  known.groups.insert_or_assign(row, counts);
  ++known.entries;
}

Result<void> GroupCountsWriter::move(RecentCounts& known) {
  if (known.groups.empty()) return {};
  std::vector<std::pair<std::int64_t, GroupCounts>> sorted{known.groups.begin(), known.groups.end()};
  std::ranges::sort(sorted, {}, [](const auto& each) { return each.first; });
  for (const auto& [row, counts] : sorted) {  // one that was dissolved since has no row to change
    TRY_VOID(update_.run(counts.member_num, counts.topic_num, counts.last_topic, row));
  }
  TRY_VOID(empty_.run());
  known.groups.clear();
  known.entries = 0;
  entries_.clear();
  moved_ = true;
  return {};
}

Result<void> GroupCountsWriter::finish(RecentCounts& known, std::size_t limit) {
  if (known.entries > limit) {
    TRY_VOID(move(known));
  }
  const std::string entries = std::exchange(entries_, {});
  // A moved log keeps one row: its id tells readers that what they know was moved.
  if (!std::exchange(moved_, false) && entries.empty()) return {};
  return append_.run(++known.through, Blob{entries});
}

}  // namespace tidings::sqlite
