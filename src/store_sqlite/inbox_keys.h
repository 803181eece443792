/// Which callbacks were seen before: the keys of the inbox's entries (store::InboxKey).
///
/// Keys are random, so in a B-tree each would touch a page of its own, and every page that a commit
/// touches costs a log frame. So new keys wait in memory until there are many; then they are sorted
/// and written, a share with each commit, and many share a page. What waits is not lost: it is in the
/// inbox's rows, and read back from there at the start.
///
/// Exact at any moment: a key is in memory, in `inbox_seen`, or in both. Memory: up to 1.5 times
/// `most_waiting` keys, 5 MiB, and the filter's; a start reads as many rows of the inbox.
/// Errors, threads: those of the connection. Lifetime: ends before its Database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "store/mirror_rows.h"
#include "store_sqlite/database.h"
#include "store_sqlite/multi_insert.h"
#include "store_sqlite/recent_keys.h"
#include "store_sqlite/seen_filter.h"

namespace tidings::sqlite {

class InboxKeys {
 public:
  static constexpr std::size_t kMostWaiting = 32'768;

  /// Reads back what was waiting. `most_waiting`: so many are written together. `filter_share`: see
  /// SeenFilter::open().
  Result<void> open(Database& database, std::size_t most_waiting = kMostWaiting,
                    std::size_t filter_share = SeenFilter::kShare);

  /// Those of `asked` that were seen, in no order.
  Result<std::vector<store::InboxKey>> known(std::span<const store::InboxKey> asked);

  /// Of entries that are written in the open transaction.
  Result<void> write(std::span<const store::InboxEntry> added);
  /// Forgets the keys of entries up to this id, whose rows go in the open transaction. REQUIRES: the
  /// rows are still there.
  Result<void> purge(std::int64_t last_id);
  /// The transaction is on disk.
  void committed(std::span<const store::InboxEntry> added);
  /// The transaction was rolled back.
  void rolled_back();

  /// No key was forgotten of an entry that was received at this time or later; 0: none at all. Not what
  /// retention says now, which may have been longer or shorter, by a clock that was wrong too. Up to a
  /// minute too late: so few commits have to write it.
  [[nodiscard]] std::int64_t forgotten_ms() const { return forgotten_ms_; }

  /// Keys in memory.
  [[nodiscard]] std::size_t waiting() const { return recent_.size() + sorted_.size() - written_; }

 private:
  using Entry = RecentKeys::Entry;
  Result<void> find_written(std::span<const store::InboxKey> asked,
                            std::vector<store::InboxKey>& found);
  void sort_recent();
  void forget(const Entry& entry);
  Result<void> write_share(std::size_t added);
  [[nodiscard]] std::vector<Entry>::iterator sorted_place(const store::InboxKey& key);

  MultiInsert add_;
  Statement has_, remove_, first_, through_, forgotten_;
  std::size_t most_waiting_ = kMostWaiting;
  SeenFilter filter_;
  RecentKeys recent_;
  std::int64_t last_id_ = 0;  // highest id of an entry that is or was recent

  // Being written: no longer recent, and in the table up to written_. id 0: purged meanwhile.
  std::vector<Entry> sorted_;
  std::size_t written_ = 0;          // of sorted_, committed
  std::size_t writing_ = 0;          // of sorted_, with the open transaction
  std::int64_t sorted_through_ = 0;  // highest id of an entry in sorted_ or before
  std::vector<Entry> purged_;        // with the open transaction

  std::int64_t forgotten_ms_ = 0;
  std::int64_t forgetting_ms_ = 0;  // with the open transaction
};

}  // namespace tidings::sqlite
