// Goal: a number counts as missed after the settle time, not before, and never by one that was
// heard of later. Method: times as values.
#include "receiver/gap_clock.h"

#include <gtest/gtest.h>

namespace tidings::receiver {
namespace {

using std::chrono::milliseconds;

Clock::Monotonic at(int ms) { return Clock::Monotonic{milliseconds(1'000'000 + ms)}; }

TEST(GapClock, ANumberIsOverdueAfterTheSettleTime) {
  GapClock clock(milliseconds(100));
  EXPECT_EQ(clock.overdue(at(0)), 0);
  EXPECT_FALSE(clock.next_due());
  clock.heard_of(9, at(0));
  EXPECT_EQ(clock.next_due(), at(100));
  EXPECT_EQ(clock.overdue(at(99)), 0);
  EXPECT_EQ(clock.overdue(at(100)), 9);
  EXPECT_FALSE(clock.next_due());
  clock.heard_of(7, at(200));
  EXPECT_FALSE(clock.next_due()) << "a lower number says nothing new";
  EXPECT_EQ(clock.overdue(at(500)), 9);
}

TEST(GapClock, LaterNumbersHaveTheirOwnTime) {
  GapClock clock(milliseconds(160));
  clock.heard_of(1, at(0));
  clock.heard_of(2, at(50));
  clock.heard_of(3, at(100));
  EXPECT_EQ(clock.overdue(at(160)), 1);
  EXPECT_EQ(clock.next_due(), at(210));
  EXPECT_EQ(clock.overdue(at(210)), 2);
  EXPECT_EQ(clock.overdue(at(259)), 2);
  EXPECT_EQ(clock.overdue(at(260)), 3);
}

TEST(GapClock, ManyNumbersShareEntriesAndNoneIsOverdueTooEarly) {
  GapClock clock(milliseconds(160));
  for (int ms = 0; ms < 1000; ++ms) {
    clock.heard_of(ms + 1, at(ms));
    const std::int64_t overdue = clock.overdue(at(ms));
    EXPECT_LE(overdue, std::max(ms - 159, 0)) << ms;
    EXPECT_GE(overdue, ms - 160 - 30) << ms;  // two entries of a sixteenth each
  }
}

TEST(GapClock, WhatExistedForLongNeedsNoTime) {
  GapClock clock(milliseconds(100));
  clock.heard_of(12, at(0));
  clock.heard_of_long_ago(10);
  EXPECT_EQ(clock.overdue(at(1)), 10);
  EXPECT_EQ(clock.overdue(at(100)), 12);
  clock.heard_of_long_ago(5);
  EXPECT_EQ(clock.overdue(at(101)), 12);
}

}  // namespace
}  // namespace tidings::receiver
