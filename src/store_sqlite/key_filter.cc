#include "store_sqlite/key_filter.h"

#include <algorithm>
#include <cstring>

namespace tidings::sqlite {
namespace {

/// The bytes that are random also in a UUID that begins with its time.
struct Hashes {
  std::uint32_t block;
  std::uint32_t bits;
};

Hashes hashes_of(const store::InboxKey& key) {
  std::uint64_t random = 0;
  std::memcpy(&random, key.data() + key.size() - sizeof random, sizeof random);
  random *= 0x9E3779B97F4A7C15;  // keys of a stranger's making need not be so random
  return {static_cast<std::uint32_t>(random >> 32), static_cast<std::uint32_t>(random)};
}

}  // namespace

KeyFilter::KeyFilter(std::size_t bytes) : blocks_(std::max<std::size_t>(bytes / sizeof(Block), 1)) {}

KeyFilter::Block KeyFilter::mask_of(const store::InboxKey& key) {
  static constexpr std::array<std::uint32_t, 8> kSalts = {0x47b6137b, 0x44974d91, 0x8824ad5b,
                                                          0xa2b7289d, 0x705495c7, 0x2df1424b,
                                                          0x9efc4947, 0x5c6bfb31};
  const std::uint32_t bits = hashes_of(key).bits;
  Block mask{};
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = 1U << ((bits * kSalts[i]) >> 27);
  return mask;
}

std::size_t KeyFilter::place_of(const store::InboxKey& key) const {
  return static_cast<std::size_t>((std::uint64_t{hashes_of(key).block} * blocks_.size()) >> 32);
}

void KeyFilter::put(const store::InboxKey& key) {
  Block& block = blocks_[place_of(key)];
  const Block mask = mask_of(key);
  for (std::size_t i = 0; i < mask.size(); ++i) block[i] |= mask[i];
  ++puts_;
}

bool KeyFilter::may_hold(const store::InboxKey& key) const {
  const Block& block = blocks_[place_of(key)];
  const Block mask = mask_of(key);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if ((block[i] & mask[i]) == 0) return false;
  }
  return true;
}

}  // namespace tidings::sqlite
