// Goal: a bucket passes a burst of its size, refills evenly and never holds more than its size;
// apps and slots do not share.
// Method: a clock that is moved by hand.
#include "backend/rate_limiter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tidings::backend::rate_limiter_test {
namespace {

const SdkAppId kOne{1400000001};
const SdkAppId kTwo{1400000002};

int take_all(RateLimiter& limiter, SdkAppId app, std::uint32_t slot, std::uint32_t rate) {
  int taken = 0;
  while (taken < 100'000 && limiter.take(app, slot, rate)) ++taken;
  return taken;
}

TEST(RateLimiterTest, a_burst_of_the_limit_passes_and_no_more) {
  ManualClock clock;
  RateLimiter limiter(clock);
  EXPECT_EQ(take_all(limiter, kOne, 2, 200), 200);
  EXPECT_EQ(take_all(limiter, kOne, 2, 200), 0);
  EXPECT_EQ(take_all(limiter, kOne, 3, 200), 200) << "another slot";
  EXPECT_EQ(take_all(limiter, kTwo, 2, 200), 200) << "another app";
}

TEST(RateLimiterTest, it_refills_evenly_up_to_the_limit) {
  ManualClock clock;
  RateLimiter limiter(clock);
  EXPECT_EQ(take_all(limiter, kOne, 2, 10), 10);
  for (int i = 0; i < 20; ++i) {
    clock.advance(std::chrono::milliseconds(100));
    EXPECT_EQ(take_all(limiter, kOne, 2, 10), 1) << i;
  }
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(take_all(limiter, kOne, 2, 10), 10);
  EXPECT_EQ(take_all(limiter, kOne, 4, 1), 1);
  clock.advance(std::chrono::milliseconds(999));
  EXPECT_FALSE(limiter.take(kOne, 4, 1));
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(limiter.take(kOne, 4, 1));
}

TEST(RateLimiterTest, zero_is_unlimited_and_a_lowered_limit_holds_at_once) {
  ManualClock clock;
  RateLimiter limiter(clock);
  EXPECT_EQ(take_all(limiter, kOne, 2, 0), 100'000);
  EXPECT_TRUE(limiter.take(kOne, 2, 1000));
  EXPECT_EQ(take_all(limiter, kOne, 2, 5), 5);
}

TEST(RateLimiterTest, a_wall_clock_that_jumps_changes_nothing) {
  ManualClock clock;
  RateLimiter limiter(clock);
  EXPECT_EQ(take_all(limiter, kOne, 2, 5), 5);
  clock.jump(std::chrono::hours(5));
  EXPECT_FALSE(limiter.take(kOne, 2, 5));
}

TEST(RateLimiterTest, threads_together_get_no_more_than_the_limit) {
  ManualClock clock;
  RateLimiter limiter(clock);
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { taken += take_all(limiter, kOne, 2, 1000); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace tidings::backend::rate_limiter_test
