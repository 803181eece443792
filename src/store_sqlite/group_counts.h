/// How many members and topics a group has, and where its chain of topics begins (schema.cc, "counts
/// apart"): the row of `grp_count`, or, where that is newer, an entry of `grp_count_log`.
///
/// A batch changes some dozens of groups, each on a page of its own where there are many. So what they
/// have become goes into one row of the log, behind the one before; when enough has come together, all
/// of it is moved into `grp_count` at once, in order, many groups a page.
///
/// Errors: as Database; Errc::corrupt for an entry that makes no sense. Threads: those of the
/// connection. Lifetime: the statements end before its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "community/rows.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

struct GroupCounts {
  std::int64_t member_num = 0;
  std::int64_t topic_num = 0;
  std::optional<std::int64_t> last_topic{};  ///< row of the topic created last; none: there is no topic
};

/// What the log says, as far as it was read.
struct RecentCounts {
  std::unordered_map<std::int64_t, GroupCounts> groups{};  ///< by grp.row; the newest of each
  std::size_t entries = 0;   ///< in the log, older ones of the same group included
  std::int64_t through = 0;  ///< id of the last row of the log; 0: none was read

  [[nodiscard]] const GroupCounts* find(std::int64_t row) const {
    const auto found = groups.find(row);
    return found == groups.end() ? nullptr : &found->second;
  }
  /// Brings the figures of a group up to date that was read from `grp_count`.
  void correct(community::Group& group) const;
};

/// Reads the log on any connection. Snapshots of one connection follow each other.
class GroupCountsReader {
 public:
  static Result<GroupCountsReader> prepare(Database& database);

  GroupCountsReader() = default;

  /// Reads what has come since; begins anew when it was moved meanwhile.
  /// REQUIRES: a snapshot or a transaction is open, in which the figures are used.
  Result<void> catch_up(RecentCounts& known);
  /// `known` is up to date.
  Result<GroupCounts> of(std::int64_t row, const RecentCounts& known);

 private:
  Result<bool> read_on(RecentCounts& known);
  Statement since_, stored_;
};

/// Writes the log inside the writer's transaction. After an error `known` is void.
class GroupCountsWriter {
 public:
  static Result<GroupCountsWriter> prepare(Database& database);

  GroupCountsWriter() = default;

  /// Forgets what was put for a commit that failed.
  void begin();
  /// What a group's figures have become.
  void put(std::int64_t row, const GroupCounts& counts, RecentCounts& known);
  /// Moves all of the log into `grp_count`, before statements that read or change that table itself.
  Result<void> move(RecentCounts& known);
  /// At the end of a commit: what was put goes into the log; when it would have more than `limit`
  /// entries, all of them go into `grp_count`.
  Result<void> finish(RecentCounts& known, std::size_t limit);

 private:
  Statement append_, update_, empty_;
  std::string entries_;  // of this commit, as they are stored
  bool moved_ = false;   // in this commit
};

}  // namespace tidings::sqlite
