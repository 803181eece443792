// Goal: lanes as configured, else two a core and at most 8; the bounds of a batch as configured; a listener
// of any size keeps places for others than those who are logged in or poll.
#include "cli/serve_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace tidings::cli {
namespace {

TEST(LaneCount, IsWhatWasConfigured) {
  EXPECT_EQ(lane_count(1), 1U);
  EXPECT_EQ(lane_count(64), 64U);
}

TEST(LaneCount, IsTwoACoreAndAtMostEightByDefault) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t lanes = lane_count(0);
  EXPECT_LE(lanes, 8U);
  if (cores <= 4) {
    EXPECT_EQ(lanes, 2 * cores);
  } else {
    EXPECT_EQ(lanes, 8U);
  }
}

TEST(CommitterOptions, BoundABatchByCommandsAsConfiguredAndByTwiceAsManyRows) {
  ServeConfig config;
  config.max_batch = 100;
  config.max_queued = 5000;
  const store::CommitterOptions options = committer_options(config);
  EXPECT_EQ(options.max_batch, 100U);
  EXPECT_EQ(options.max_weight, 200U);
  EXPECT_EQ(options.max_queued, 5000U);
}

TEST(Places, AnEighthOfTheConnectionsStaysForCallsAndNewcomers) {
  EXPECT_EQ(client_places(20'000), 17'500U);
  EXPECT_EQ(client_places(1), 1U);
  EXPECT_EQ(poll_limits(20'000).total, 1'024U);
  EXPECT_EQ(poll_limits(512).total, 32U);
  EXPECT_EQ(poll_limits(1).total, 1U);
  for (const std::size_t all : {16U, 512U, 20'000U, 1'000'000U}) {
    EXPECT_LT(client_places(all) + poll_limits(all).total, all) << all;
  }
}

TEST(Places, TheOperatorsListenerFitsIntoTheFilesThatAreKeptForIt) {
  const ServeConfig config;
  EXPECT_LT(admin_server_options(config)->max_connections,
            files_besides_clients(config.callbacks) - 2 * 1024);
}

}  // namespace
}  // namespace tidings::cli
