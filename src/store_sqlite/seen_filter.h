/// Which keys `inbox_seen` certainly does not hold, told from memory: nearly every key that comes is
/// new, and to find that out in the table is to go down its B-tree, to a page of its own for each,
/// from the disk where the table is larger than memory.
///
/// It is not kept: it is read from the table again, in the order of the keys, a share with each commit.
/// What is behind the place it came to is asked of the table. So a start waits for nothing.
/// It only ever holds too much: keys that were removed, or whose transaction was rolled back. Once it was
/// read and then took as many keys again as the inbox had entries it is made anew, with the commit that is
/// next: 20 MB to be cleared where there are ten million.
///
/// Memory: 64 KiB, or twice as many bytes as the inbox has entries, but 64 MiB at most.
/// Errors, threads: those of the connection. Lifetime: ends before its Database.
#pragma once

#include <cstddef>
#include <optional>

#include "store_sqlite/database.h"
#include "store_sqlite/key_filter.h"

namespace tidings::sqlite {

class SeenFilter {
 public:
  static constexpr std::size_t kShare = 256;
  static constexpr std::size_t kFewest = 32'768;

  /// `share`: so many keys are read with each commit, or four times what it adds where that is more: the
  /// end is reached however fast the table grows. `fewest`: it is made for that many at least.
  Result<void> open(Database& database, std::size_t share = kShare, std::size_t fewest = kFewest);

  [[nodiscard]] bool excludes(const store::InboxKey& key) const {
    return knows(key) && !filter_.may_hold(key);
  }
  /// This key comes into the table, with the open transaction.
  void added(const store::InboxKey& key) { filter_.put(key); }
  /// Reads a share of the table, beside a commit that adds so many entries.
  Result<void> read_on(std::size_t adding);

 private:
  Result<void> start();
  [[nodiscard]] bool knows(const store::InboxKey& key) const {
    return complete_ || (read_to_ && key <= *read_to_);
  }

  Statement behind_, entries_;
  std::size_t share_ = kShare;
  std::size_t fewest_ = kFewest;
  KeyFilter filter_;
  std::size_t entries_then_ = 0;     // of the inbox, when it was made
  std::size_t puts_when_read_ = 0;  // when it was complete
  bool complete_ = false;
  std::optional<store::InboxKey> read_to_;
};

}  // namespace tidings::sqlite
