#include "store_sqlite/recent_keys.h"

#include <algorithm>
#include <bit>

namespace tidings::sqlite {

RecentKeys::RecentKeys(std::size_t expected)
    : places_(std::bit_ceil(2 * std::max<std::size_t>(expected, 8))) {}

/// Where the key stands, or where it would.
std::size_t RecentKeys::place_of(const store::InboxKey& key) const {
  // The bytes of the hash need not be spread evenly: UUIDs of one moment share some of them.
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = store::InboxKeyHash{}(key) * kOdd;
  hash ^= hash >> 32;
  std::size_t at = hash & (places_.size() - 1);
  while (places_[at].second != kFree && places_[at].first != key) {
    at = (at + 1) & (places_.size() - 1);
  }
  return at;
}

bool RecentKeys::contains(const store::InboxKey& key) const {
  return places_[place_of(key)].second > 0;
}

void RecentKeys::put(const store::InboxKey& key, std::int64_t id) {
  Entry& entry = places_[place_of(key)];
  if (entry.second <= 0) ++size_;
  if (entry.second == kFree) ++taken_;
  entry = {key, id};
  if (2 * taken_ > places_.size()) grow();
}

void RecentKeys::erase(const store::InboxKey& key, std::int64_t id) {
  Entry& entry = places_[place_of(key)];
  if (entry.second != id) return;
  entry.second = kErased;
  --size_;
}

std::vector<RecentKeys::Entry> RecentKeys::take() {
  std::vector<Entry> all;
  all.reserve(size_);
  for (Entry& entry : places_) {
    if (entry.second > 0) all.push_back(entry);
    entry = {};
  }
  taken_ = size_ = 0;
  return all;
}

void RecentKeys::grow() {
  std::vector<Entry> old(2 * places_.size());
  old.swap(places_);
  taken_ = size_ = 0;
  for (const auto& [key, id] : old) {
    if (id > 0) put(key, id);
  }
}

}  // namespace tidings::sqlite
