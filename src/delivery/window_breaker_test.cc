// Goal: the window grows and halves as its header says; the breaker opens, probes and closes.
#include <gtest/gtest.h>

#include "delivery/breaker.h"
#include "delivery/window.h"

namespace tidings::delivery {
namespace {

TEST(Window, StartsAtEightDoublesPerRoundAndStopsAtTheCap) {
  Window window{256};
  EXPECT_EQ(window.size(), 8);
  for (int round = 0, expected = 16; round < 5; ++round, expected *= 2) {
    const int in_flight = window.size();
    for (int i = 0; i < in_flight; ++i) window.sent();
    EXPECT_FALSE(window.room());
    for (int i = 0; i < in_flight; ++i) window.succeeded();
    EXPECT_EQ(window.size(), std::min(expected, 256));
  }
  for (int i = 0; i < 10'000; ++i) {
    window.sent();
    window.succeeded();
  }
  EXPECT_EQ(window.size(), 256);
}

TEST(Window, OneBurstOfCongestionHalvesOnceAndNeverBelowOne) {
  Window window{256};
  for (int i = 0; i < 8; ++i) window.sent();
  for (int i = 0; i < 8; ++i) window.congested();
  EXPECT_EQ(window.size(), 4);
  for (int i = 0; i < 100; ++i) {
    window.sent();
    window.congested();
  }
  EXPECT_EQ(window.size(), 1);
  EXPECT_TRUE(window.room());
}

TEST(Window, AfterCongestionItGrowsByOnePerRound) {
  Window window{256};
  window.sent();
  window.congested();
  EXPECT_EQ(window.size(), 4);
  for (int i = 0; i < 5; ++i) {
    window.sent();
    window.succeeded();
  }
  EXPECT_EQ(window.size(), 5);
}

TEST(Breaker, OpensAfterEightFailuresInARowNotBefore) {
  Breaker breaker;
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(breaker.failed(0));
  breaker.succeeded();
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(breaker.failed(0));
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.failed(0));
  EXPECT_TRUE(breaker.open());
}

TEST(Breaker, ProbesOneAtATimeAfterOneSecondDoublingToSixty) {
  Breaker breaker;
  std::int64_t now = 0;
  for (int i = 0; i < 8; ++i) breaker.failed(now);
  for (std::int64_t wait = 1000; wait <= 120'000; wait *= 2) {
    const std::int64_t expected = std::min<std::int64_t>(wait, 60'000);
    EXPECT_FALSE(breaker.may_send(now + expected - 1)) << wait;
    now += expected;
    ASSERT_TRUE(breaker.may_send(now)) << wait;
    breaker.sent();
    EXPECT_FALSE(breaker.may_send(now + 100'000)) << "a second probe beside the first";
    EXPECT_FALSE(breaker.failed(now));
  }
  ASSERT_TRUE(breaker.may_send(now + 60'000));
  breaker.sent();
  EXPECT_TRUE(breaker.succeeded());
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.may_send(now));
}

TEST(Breaker, FailuresSentBeforeItOpenedDoNotDelayTheProbe) {
  Breaker breaker;
  for (int i = 0; i < 8; ++i) breaker.failed(0);
  const auto probe_at = breaker.probe_at_ms();
  breaker.failed(500);
  EXPECT_EQ(breaker.probe_at_ms(), probe_at);
}

}  // namespace
}  // namespace tidings::delivery
