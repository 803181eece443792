/// How many members and topics a group has, and where its chain of topics begins (schema.cc, "counts
/// logged"): the row of `grp_count`, or, where that is newer, an entry of `grp_count_log`.
///
/// A batch changes some dozens of groups, each on a page of its own where there are many. So what they
/// have become goes into one row of the log, behind the one before; when enough has come together, it is
/// moved into `grp_count` in order, many groups a page, and over several commits, so that none of them
/// takes long.
///
/// Errors: as Database; Errc::corrupt for an entry that makes no sense. Threads: those of the
/// connection. Lifetime: the statements end before its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "community/rows.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

struct GroupCounts {
  std::int64_t member_num = 0;
  std::int64_t topic_num = 0;
  std::optional<std::int64_t> last_topic{};  ///< row of the topic created last; none: there is no topic
};

/// What the log says, as far as it was read. Of a group that was moved meanwhile it may go on saying what
/// its row says too.
struct RecentCounts {
  struct Entry {
    GroupCounts counts;
    std::int64_t id = 0;  ///< of its row in the log
  };
  std::unordered_map<std::int64_t, Entry> groups{};  ///< by grp.row; the newest of each
  std::size_t entries = 0;   ///< that were read, older ones of the same group included
  std::int64_t through = 0;  ///< id of the last row of the log; 0: none was read

  // The writer's: the part of the log that is being moved.
  std::vector<std::int64_t> moving{};  ///< rows of groups that are left, the next one stands last
  std::int64_t moving_through = 0;     ///< id of the part's last row; 0: nothing is being moved
  std::int64_t forgotten_through = 0;  ///< of the log's rows, those that are gone

  [[nodiscard]] const GroupCounts* find(std::int64_t row) const {
    const auto found = groups.find(row);
    return found == groups.end() ? nullptr : &found->second.counts;
  }
  /// Brings the figures of a group up to date that was read from `grp_count`.
  void correct(community::Group& group) const;
};

/// Reads the log on any connection. Snapshots of one connection follow each other.
class GroupCountsReader {
 public:
  static Result<GroupCountsReader> prepare(Database& database);

  GroupCountsReader() = default;

  /// Reads what has come since; begins anew when that cannot be told, or has become much.
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
  /// Moves all of the log into `grp_count` now, before statements that read or change that table itself.
  Result<void> move(RecentCounts& known);
  /// At the end of a commit: what was put goes into the log. Once that has more than `limit` entries, each
  /// commit moves a part of them.
  Result<void> finish(RecentCounts& known, std::size_t limit);

 private:
  Result<void> move_some(RecentCounts& known, std::size_t limit);
  /// A group that was dissolved since has no row to change.
  Result<void> move_one(std::int64_t row, const GroupCounts& counts) {
    return update_.run(counts.member_num, counts.topic_num, counts.last_topic, row);
  }
  Statement append_, update_, forget_;
  std::string entries_;  // of this commit, as they are stored
  bool moved_ = false;   // in this commit
};

}  // namespace tidings::sqlite
