/// Which numbers of an app have arrived. A source numbers its events 1, 2, 3, ... without gaps
/// (`tidings-sequence`); they arrive in any order, and nearly all of them.
///
/// Shape: everything up to contiguous() is in, and beyond it some ranges, usually none. Bounded:
/// over kMaxRanges the oldest hole is closed as if it had been filled, which add() reports.
/// Cost of add(): constant in order, else logarithmic in the ranges.
/// Threads: a plain value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tidings::store {

/// The highest number there is: what every JSON reader can hold, and more events than a source will
/// ever have. Whoever takes in a number from outside takes a higher one as not sent.
inline constexpr std::int64_t kMaxSequence = (std::int64_t{1} << 53) - 1;

/// Both ends are part of it.
struct SequenceRange {
  std::int64_t first = 0;
  std::int64_t last = 0;

  [[nodiscard]] std::int64_t count() const { return last - first + 1; }
  friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

class SequenceSet {
 public:
  static constexpr std::size_t kMaxRanges = 10'000;

  SequenceSet() = default;
  /// As stored. Ranges that overlap, touch or do not ascend are put right; what is above
  /// kMaxSequence is left out.
  SequenceSet(std::int64_t contiguous, std::span<const SequenceRange> beyond);

  /// Numbers below 1 and above kMaxSequence are ignored. Returns how many numbers were given up to
  /// stay within the bound.
  std::int64_t add(std::int64_t number) { return add(SequenceRange{number, number}); }
  std::int64_t add(SequenceRange range);

  [[nodiscard]] bool contains(std::int64_t number) const;
  [[nodiscard]] std::int64_t contiguous() const { return contiguous_; }
  /// The highest number that is in; 0 = none.
  [[nodiscard]] std::int64_t highest() const {
    return beyond_.empty() ? contiguous_ : beyond_.back().last;
  }
  [[nodiscard]] const std::vector<SequenceRange>& beyond() const { return beyond_; }

  /// How many numbers up to `last` are not in.
  [[nodiscard]] std::int64_t missing(std::int64_t last) const;
  /// The first `limit` holes between `after` and `last`, `after` excluded, `last` included.
  [[nodiscard]] std::vector<SequenceRange> holes(std::int64_t after, std::int64_t last,
                                                 std::size_t limit) const;

  friend bool operator==(const SequenceSet&, const SequenceSet&) = default;

 private:
  std::int64_t contiguous_ = 0;
  std::vector<SequenceRange> beyond_;  // ascending, apart from each other and from contiguous_
};

}  // namespace tidings::store
