// Goal: the last minute is the last 60 full seconds, per app and in total, whatever the pauses; and
// delays give the quantiles they should. Method: a clock of the test's own.
#include "backend/delivery_figures.h"

#include <gtest/gtest.h>

namespace tidings::backend::delivery_figures_test {
namespace {

const SdkAppId kOne{1};
const SdkAppId kTwo{2};

std::vector<community::Event> events(SdkAppId app, std::size_t count) {
  std::vector<community::Event> made(count);
  for (auto& each : made) each.app = app;
  return made;
}

TEST(DeliveryFigures, the_last_minute_is_counted_by_app_and_in_total) {
  ManualClock clock{1'735'689'600'000};
  DeliveryFigures figures(clock);
  figures.accepted(events(kOne, 3));
  figures.accepted(events(kTwo, 2));
  EXPECT_EQ(figures.total().accepted_last_minute, 0U) << "the second that runs is not full";
  clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(figures.of(kOne).accepted_last_minute, 3U);
  EXPECT_EQ(figures.of(kTwo).accepted_last_minute, 2U);
  EXPECT_EQ(figures.total().accepted_last_minute, 5U);
  for (int second = 0; second < 59; ++second) {
    figures.accepted(events(kOne, 1));
    clock.advance(std::chrono::seconds{1});
  }
  EXPECT_EQ(figures.of(kOne).accepted_last_minute, 62U);
  clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(figures.of(kOne).accepted_last_minute, 59U) << "the first second has left";
  EXPECT_EQ(figures.of(kTwo).accepted_last_minute, 0U);
  clock.advance(std::chrono::hours{5});
  EXPECT_EQ(figures.total().accepted_last_minute, 0U);
}

TEST(DeliveryFigures, delays_give_quantiles_and_a_forgotten_app_leaves_the_total) {
  ManualClock clock{1'735'689'600'000};
  DeliveryFigures figures(clock);
  for (int i = 0; i < 99; ++i) figures.delivered(kOne, 2);
  figures.delivered(kOne, 4'000);
  clock.advance(std::chrono::seconds{1});
  const auto one = figures.of(kOne);
  EXPECT_EQ(one.delivered, 100U);
  EXPECT_EQ(one.delivered_last_minute, 100U);
  EXPECT_GT(one.delay_p50_s, 0.001);
  EXPECT_LE(one.delay_p50_s, 0.0025);
  EXPECT_LE(one.delay_p99_s, 0.0025);
  figures.delivered(kOne, 4'000);
  EXPECT_GT(figures.of(kOne).delay_p99_s, 2.5);
  figures.forget(kOne);
  EXPECT_EQ(figures.of(kOne).delivered, 0U);
  EXPECT_EQ(figures.total().delivered, 101U);
}

TEST(Histogram, quantiles_interpolate_within_a_bucket_and_end_at_the_last_bound) {
  Histogram histogram({1, 2, 4});
  EXPECT_EQ(histogram.quantile(0.5), 0);
  for (int i = 0; i < 4; ++i) histogram.observe(1.5);
  EXPECT_DOUBLE_EQ(histogram.quantile(0.5), 1.5);
  EXPECT_DOUBLE_EQ(histogram.quantile(1), 2);
  for (int i = 0; i < 96; ++i) histogram.observe(100);
  EXPECT_DOUBLE_EQ(histogram.quantile(0.99), 4);
  EXPECT_EQ(histogram.count(), 100U);
}

}  // namespace
}  // namespace tidings::backend::delivery_figures_test
