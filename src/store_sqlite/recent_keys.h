/// Keys of inbox entries with the entries' ids: a table without gaps between cache lines, so that a
/// look-up is one of them. Keys are random or digests, so some of their bytes are hash enough.
///
/// Memory: 32 bytes a place, at most half of the places taken; grows by doubling, never shrinks.
/// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "store/mirror_rows.h"

namespace tidings::sqlite {

class RecentKeys {
 public:
  using Entry = std::pair<store::InboxKey, std::int64_t>;

  /// Room for so many without growing.
  explicit RecentKeys(std::size_t expected = 0);

  [[nodiscard]] bool contains(const store::InboxKey& key) const;
  /// REQUIRES: id > 0. A later id takes the place of an earlier one.
  void put(const store::InboxKey& key, std::int64_t id);
  /// Nothing happens where the key has another id.
  void erase(const store::InboxKey& key, std::int64_t id);
  /// All of them, in no order; none are left.
  std::vector<Entry> take();

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::int64_t kFree = 0;
  static constexpr std::int64_t kErased = -1;  // looked past: others may stand behind it

  [[nodiscard]] std::size_t place_of(const store::InboxKey& key) const;
  void grow();

  std::vector<Entry> places_;  // a power of two; an entry stands at its hash or behind it
  std::size_t taken_ = 0;      // with those that were erased
  std::size_t size_ = 0;
};

}  // namespace tidings::sqlite
