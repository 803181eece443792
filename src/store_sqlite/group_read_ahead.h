/// Groups of a store that was opened: into the writer's cache before they are named.
///
/// A group that is met for the first time is read from an index and two tables, all over the file: 13 µs
/// where thousands read in their own order take one each. So with the groups that a batch has to read
/// come some of the others, the newest first, until all are in memory or as many as there is room for.
///
/// Errors: as Database. Threads: those of the connection. Lifetime: ends before its Database.
#pragma once

#include "store_sqlite/database.h"
#include "store_sqlite/row_cache.h"

namespace tidings::sqlite {

/// Where the chain of its topics begins, of a group that was read and is in the cache: the newest stands in
/// `column`. REQUIRES: `cache.recent` is up to date.
void keep_chain(const community::Group& group, const Rows& rows, int column, RowCache& cache);

class GroupReadAhead {
 public:
  static constexpr int kGroupsAtOnce = 256;       ///< some tenths of a millisecond
  static constexpr std::size_t kBytes = 64 << 20;  ///< of them all: profiles may be long

  static Result<GroupReadAhead> prepare(Database& database);

  GroupReadAhead() = default;

  /// Reads on. REQUIRES: a snapshot or a transaction is open, and `cache.recent` is up to date in it.
  Result<void> go_on(RowCache& cache);

 private:
  Statement next_;
};

}  // namespace tidings::sqlite
