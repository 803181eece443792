/// Rows of apps that were deleted and of groups that were dissolved (schema.cc, "deleted apart").
///
/// To delete one of a million rows would keep everybody's commits waiting. So the commit that deletes only
/// marks it, after which nobody sees its rows, and commits of their own take them out, some each. Which
/// of them are left is stored with the rows: a crash or restart costs nothing.
///
/// An app's accounts, groups and waiting events go first, its groups as any that were dissolved: what is
/// left of those is found by a number that is never drawn again, so it is in nobody's way.
///
/// Errors: as Database; the caller rolls back. Threads: the writer's. Lifetime: ends before its Database.
/// REQUIRES of all but prepare(): a transaction is open.
#pragma once

#include <cstdint>

#include "store_sqlite/database.h"
#include "store_sqlite/row_cache.h"
#include "store_sqlite/row_reader.h"

namespace tidings::sqlite {

class DeletedRows {
 public:
  static Result<DeletedRows> prepare(Database& database);

  DeletedRows() = default;

  /// Lets `cache` know which apps have rows left. Before anything else of a commit.
  Result<void> learn(RowCache& cache);
  /// Marks an app whose own row has gone. Its waiting events are cancelled as of `now_ms`.
  Result<void> drop(SdkAppId app, std::int64_t now_ms, RowCache& cache);
  /// REQUIRES: the reader's recent_counts() was asked for in this transaction.
  Result<void> dissolve(std::int64_t group, RowReader& reader);
  /// Takes out about so many rows, of one app or, when `app` is 0, of anything. REQUIRES: as dissolve().
  Result<void> take_out(SdkAppId app, std::int64_t rows, RowReader& reader, RowCache& cache);
  /// Before an app is made: takes out all that one of the same number would find. Whoever makes it sees
  /// to it that little is left (Service::execute). REQUIRES: as dissolve().
  Result<void> make_way(SdkAppId app, RowReader& reader, RowCache& cache);

 private:
  /// These give how many rows they took; fewer than `rows`: nothing is left.
  Result<std::int64_t> take_out_app(SdkAppId app, std::int64_t rows, RowReader& reader,
                                    RowCache& cache);
  Result<std::int64_t> end_waiting(SdkAppId app, std::int64_t rows);
  Result<std::int64_t> dissolve_groups(SdkAppId app, std::int64_t rows, RowReader& reader);
  Result<std::int64_t> take_out_group(std::int64_t group, std::int64_t rows);
  Result<std::int64_t> take_out_topics(std::int64_t group, std::int64_t rows);

  Statement apps_, mark_app_, unmark_app_;
  Statement waiting_, end_waiting_, erase_waiting_, erase_accounts_, groups_of_;
  Statement mark_group_, erase_group_, erase_count_;
  Statement group_, last_topic_, erase_mutes_, erase_members_, erase_topic_, go_on_, unmark_group_;
};

}  // namespace tidings::sqlite
