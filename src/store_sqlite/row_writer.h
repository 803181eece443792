/// Writes the changed rows of a View inside an open transaction: set changes first, then what is
/// dirty, then the counters.
///
/// Errors: as Database; the caller rolls back. Threads: the writer's. Lifetime: ends before its
/// Database, and its RowReader outlives it.
#pragma once

#include <cstdint>
#include <vector>

#include "community/view.h"
#include "store_sqlite/database.h"
#include "store_sqlite/deleted_rows.h"
#include "store_sqlite/row_cache.h"
#include "store_sqlite/row_reader.h"
#include "store_sqlite/topic_writer.h"

namespace tidings::sqlite {

class RowWriter {
 public:
  static Result<RowWriter> prepare(Database& database);

  RowWriter() = default;

  /// Draws integer keys from `counters`, which is stored by write_counters(). `counts_logged`: see
  /// EngineOptions.
  Result<void> write(community::View& view, RowReader& reader, RowCache& cache, Counters& counters,
                     std::size_t counts_logged);
  Result<void> write_counters(const Counters& counters);
  /// After the commit: the cache learns what is stored now.
  static void remember(const community::View& view, RowCache& cache);

 private:
  struct Work {
    community::View& view;
    RowReader& reader;
    RowCache& cache;
    Counters& counters;
    const community::GroupKey* group = nullptr;  ///< whose integer key was asked for last
    std::int64_t group_row = 0;
  };
  Result<void> apply(const community::DissolveGroup& change, Work& work);
  Result<void> apply(const community::ForgetAccount& change, Work& work);
  Result<void> apply(const community::DropApp& change, Work& work);
  Result<void> apply(const community::ForgetDeleted& change, Work& work);
  /// Events are EventWriter's.
  static Result<void> apply(const community::ForgetEvents&, Work&) { return {}; }
  Result<void> write_apps(Work& work);
  Result<void> write_accounts(const community::View& view);
  Result<void> write_groups(Work& work);
  Result<void> insert_group(community::Group& group, Work& work);
  Result<void> update_group(community::Group& group, Work& work);
  Result<void> write_members(Work& work);
  Result<void> write_member(std::int64_t group, const community::Member& member, bool stored,
                            Work& work);
  Result<void> write_counts(Work& work, std::size_t counts_logged);
  Result<void> write_count(const community::GroupKey& key, const community::Group& group,
                           bool stored, Work& work);
  Result<void> write_mutes(Work& work);
  static Result<std::int64_t> row_of(const community::GroupKey& group, Work& work);

  Statement counters_, put_app_, put_tally_, put_account_, erase_account_;
  Statement insert_group_, insert_count_, update_group_;
  TopicWriter topics_;
  GroupCountsWriter counts_;
  Statement insert_member_, update_member_, erase_member_;
  Statement put_mute_, erase_mute_;
  Statement erase_app_, empty_tally_;
  std::vector<Statement> forget_;  // run one after the other
  DeletedRows deleted_;
};

}  // namespace tidings::sqlite
