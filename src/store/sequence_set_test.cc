// Goal: the set knows which numbers are in and which are missing, whatever their order, and stays
// small. Method: tables, and random orders against a plain std::set (the seed is printed).
#include "store/sequence_set.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>
#include <set>

namespace tidings::store {
namespace {

using Ranges = std::vector<SequenceRange>;

TEST(SequenceSet, NumbersInOrderLeaveNothingButTheirEnd) {
  SequenceSet set;
  for (std::int64_t n = 1; n <= 1000; ++n) EXPECT_EQ(set.add(n), 0);
  EXPECT_EQ(set.contiguous(), 1000);
  EXPECT_EQ(set.highest(), 1000);
  EXPECT_TRUE(set.beyond().empty());
  EXPECT_EQ(set.missing(1000), 0);
  EXPECT_EQ(set.missing(1003), 3);
}

TEST(SequenceSet, HolesAreNamedAndCloseWhenTheirNumbersCome) {
  SequenceSet set;
  for (const std::int64_t n : {2, 3, 7, 9, 3}) set.add(n);
  EXPECT_EQ(set.contiguous(), 0);
  EXPECT_EQ(set.highest(), 9);
  EXPECT_EQ(set.beyond(), (Ranges{{2, 3}, {7, 7}, {9, 9}}));
  EXPECT_EQ(set.missing(9), 5);
  EXPECT_EQ(set.missing(5), 3);
  EXPECT_EQ(set.holes(0, 11, 10), (Ranges{{1, 1}, {4, 6}, {8, 8}, {10, 11}}));
  EXPECT_EQ(set.holes(4, 8, 10), (Ranges{{5, 6}, {8, 8}}));
  EXPECT_EQ(set.holes(0, 9, 1), (Ranges{{1, 1}}));
  EXPECT_EQ(set.holes(9, 9, 10), Ranges{});
  set.add(8);
  EXPECT_EQ(set.beyond(), (Ranges{{2, 3}, {7, 9}}));
  set.add(1);
  EXPECT_EQ(set.contiguous(), 3);
  set.add(SequenceRange{4, 6});
  EXPECT_EQ(set.contiguous(), 9);
  EXPECT_TRUE(set.beyond().empty());
}

TEST(SequenceSet, WhatIsNoNumberIsIgnored) {
  SequenceSet set;
  set.add(0);
  set.add(-5);
  set.add(SequenceRange{7, 6});
  EXPECT_EQ(set, SequenceSet());
  EXPECT_FALSE(set.contains(0));
  EXPECT_FALSE(set.contains(-5));
}

TEST(SequenceSet, DamagedRangesArePutRight) {
  const Ranges ranges{{9, 12}, {3, 4}, {4, 5}, {11, 20}, {30, 2}};
  const SequenceSet set(2, ranges);
  EXPECT_EQ(set.contiguous(), 5);
  EXPECT_EQ(set.beyond(), (Ranges{{9, 20}}));
}

TEST(SequenceSet, OverItsBoundTheOldestHoleIsGivenUpAndCounted) {
  SequenceSet set;
  const auto ranges = static_cast<std::int64_t>(SequenceSet::kMaxRanges);
  for (std::int64_t i = 1; i <= ranges; ++i) ASSERT_EQ(set.add(3 * i), 0);
  EXPECT_EQ(set.beyond().size(), SequenceSet::kMaxRanges);
  EXPECT_EQ(set.add(3 * (ranges + 1)), 2) << "1 and 2 are given up";
  EXPECT_EQ(set.contiguous(), 3);
  EXPECT_EQ(set.beyond().size(), SequenceSet::kMaxRanges);
}

TEST(SequenceSet, AnyOrderAgreesWithAPlainSet) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 chance(seed);
  for (int round = 0; round < 50; ++round) {
    SequenceSet set;
    std::set<std::int64_t> plain;
    const auto draw = [&](std::int64_t below) {
      return std::uniform_int_distribution<std::int64_t>(1, below)(chance);
    };
    for (int i = 0; i < 120; ++i) {
      const std::int64_t first = draw(100);
      const std::int64_t last = first + draw(4) - 2;
      set.add(SequenceRange{first, last});
      for (std::int64_t n = first; n <= last; ++n) plain.insert(n);
      std::int64_t missing = 0;
      Ranges holes;
      for (std::int64_t n = 1; n <= 105; ++n) {
        ASSERT_EQ(set.contains(n), plain.contains(n)) << n;
        if (plain.contains(n)) continue;
        ++missing;
        if (!holes.empty() && holes.back().last == n - 1) {
          holes.back().last = n;
        } else {
          holes.push_back({n, n});
        }
      }
      ASSERT_EQ(set.missing(105), missing);
      ASSERT_EQ(set.holes(0, 105, 1000), holes);
      ASSERT_EQ(SequenceSet(set.contiguous(), set.beyond()), set);
    }
  }
}

TEST(SequenceSet, NumbersAboveTheLimitAreLeftOut) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  SequenceSet set;
  for (const std::int64_t n : {kMost, kMost - 1, kMaxSequence + 1}) {
    EXPECT_EQ(set.add(n), 0);
    EXPECT_EQ(set, SequenceSet());
  }
  set.add(3);
  set.add(kMaxSequence);
  set.add(kMost);
  set.add(kMaxSequence);
  EXPECT_EQ(set.highest(), kMaxSequence);
  EXPECT_EQ(set.missing(kMost), kMost - 2);
  EXPECT_EQ(set.holes(3, kMaxSequence, 10), (Ranges{{4, kMaxSequence - 1}}));
  // As a file from before the limit has it.
  const SequenceSet healed(4, Ranges{{7, 8}, {kMaxSequence + 5, kMost - 9}, {kMost, kMost}});
  EXPECT_EQ(healed, SequenceSet(4, Ranges{{7, 8}}));
  EXPECT_EQ(SequenceSet(kMost, {}).contiguous(), kMaxSequence);
}

}  // namespace
}  // namespace tidings::store
