#include "store/sequence_set.h"

#include <algorithm>

namespace tidings::store {

SequenceSet::SequenceSet(std::int64_t contiguous, std::span<const SequenceRange> beyond)
    : contiguous_(std::clamp<std::int64_t>(contiguous, 0, kMaxSequence)) {
  for (const SequenceRange& range : beyond) add(range);
}

std::int64_t SequenceSet::add(SequenceRange range) {
  range.first = std::max(range.first, contiguous_ + 1);
  range.last = std::min(range.last, kMaxSequence);
  if (range.last < range.first) return 0;
  if (beyond_.empty() && range.first == contiguous_ + 1) {  // the usual case
    contiguous_ = range.last;
    return 0;
  }
  // Everything that touches the range melts into it.
  const auto begin = std::lower_bound(
      beyond_.begin(), beyond_.end(), range.first,
      [](const SequenceRange& each, std::int64_t first) { return each.last + 1 < first; });
  auto end = begin;
  for (; end != beyond_.end() && end->first <= range.last + 1; ++end) {
    range.first = std::min(range.first, end->first);
    range.last = std::max(range.last, end->last);
  }
  if (begin == end) {
    beyond_.insert(begin, range);
  } else {
    *begin = range;
    beyond_.erase(begin + 1, end);
  }
  std::int64_t given_up = 0;
  if (beyond_.size() > kMaxRanges) {
    given_up = beyond_.front().first - contiguous_ - 1;
    contiguous_ = beyond_.front().first - 1;
  }
  if (beyond_.front().first == contiguous_ + 1) {
    contiguous_ = beyond_.front().last;
    beyond_.erase(beyond_.begin());
  }
  return given_up;
}

bool SequenceSet::contains(std::int64_t number) const {
  if (number <= contiguous_) return number > 0;
  const auto range = std::lower_bound(
      beyond_.begin(), beyond_.end(), number,
      [](const SequenceRange& each, std::int64_t wanted) { return each.last < wanted; });
  return range != beyond_.end() && range->first <= number;
}

std::int64_t SequenceSet::missing(std::int64_t last) const {
  std::int64_t count = std::max<std::int64_t>(last - contiguous_, 0);
  for (const SequenceRange& range : beyond_) {
    if (range.first > last) break;
    count -= std::min(range.last, last) - range.first + 1;
  }
  return count;
}

std::vector<SequenceRange> SequenceSet::holes(std::int64_t after, std::int64_t last,
                                              std::size_t limit) const {
  std::vector<SequenceRange> found;
  std::int64_t next = std::max(after, contiguous_) + 1;  // the first number that may be missing
  auto range = std::lower_bound(
      beyond_.begin(), beyond_.end(), next,
      [](const SequenceRange& each, std::int64_t wanted) { return each.last < wanted; });
  while (next <= last && found.size() < limit) {
    const bool more = range != beyond_.end();
    const std::int64_t end = more ? std::min(range->first - 1, last) : last;
    if (end >= next) found.push_back({next, end});
    if (!more) break;
    next = std::max(next, range->last + 1);
    ++range;
  }
  return found;
}

}  // namespace tidings::store
