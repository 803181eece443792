/// A Bloom filter of inbox keys: says of a key that it was never put, or that it may have been.
/// Blocks of 32 bytes, one bit of each of their eight words a key (split block Bloom filter, as Apache
/// Parquet specifies it), so that a question is one cache line. Keys are random or digests: some of
/// their bytes are hash enough.
///
/// With a byte a key 2 of 100 that were not put may have been, with two bytes 1 of 1,000.
/// Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "store/mirror_rows.h"

namespace tidings::sqlite {

class KeyFilter {
 public:
  /// Takes so much memory, in whole blocks, at least one.
  explicit KeyFilter(std::size_t bytes = 0);

  void put(const store::InboxKey& key);
  [[nodiscard]] bool may_hold(const store::InboxKey& key) const;

  /// Keys put, each time counted.
  [[nodiscard]] std::size_t puts() const { return puts_; }

 private:
  using Block = std::array<std::uint32_t, 8>;

  /// Of all bits of a block those that are the key's.
  static Block mask_of(const store::InboxKey& key);
  [[nodiscard]] std::size_t place_of(const store::InboxKey& key) const;

  std::vector<Block> blocks_;
  std::size_t puts_ = 0;
};

}  // namespace tidings::sqlite
