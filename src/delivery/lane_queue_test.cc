// Goal: a lane's events leave in the order of their seq, whatever order they come in, are put back
// or are cancelled.
// Method: cases by hand, then random operations beside a std::map, with printed seeds.
#include "delivery/lane_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tidings::delivery {
namespace {

LaneQueue::Item item(std::int64_t seq) {
  LaneQueue::Item made;
  made.seq = seq;
  return made;
}

std::vector<std::int64_t> drained(LaneQueue& queue) {
  std::vector<std::int64_t> seqs;
  while (!queue.empty()) seqs.push_back(queue.take().seq);
  return seqs;
}

TEST(LaneQueue, LateOnesTakeTheirPlace) {
  LaneQueue queue;
  for (const std::int64_t seq : {10, 20, 30, 15, 5, 25, 40}) EXPECT_TRUE(queue.insert(item(seq)));
  EXPECT_FALSE(queue.insert(item(20)));
  EXPECT_FALSE(queue.insert(item(15)));
  EXPECT_EQ(queue.size(), 7U);
  EXPECT_EQ(drained(queue), (std::vector<std::int64_t>{5, 10, 15, 20, 25, 30, 40}));
}

TEST(LaneQueue, WhatIsPutBackStandsBehindALowerOneThatCameMeanwhile) {
  LaneQueue queue;
  queue.insert(item(10));
  queue.insert(item(20));
  const auto flying = queue.take();
  queue.insert(item(5));
  queue.put_back(flying);
  EXPECT_EQ(queue.front().seq, 5);
  EXPECT_EQ(drained(queue), (std::vector<std::int64_t>{5, 10, 20}));
}

TEST(LaneQueue, CancelledOnesArePassedOverAndMayComeAgain) {
  LaneQueue queue;
  for (const std::int64_t seq : {1, 2, 3, 4}) queue.insert(item(seq));
  EXPECT_TRUE(queue.erase(2));
  EXPECT_FALSE(queue.erase(2));
  EXPECT_TRUE(queue.erase(1));
  EXPECT_EQ(queue.front().seq, 3);
  EXPECT_EQ(queue.find(2), nullptr);
  EXPECT_TRUE(queue.insert(item(2)));
  EXPECT_TRUE(queue.erase(3));
  EXPECT_TRUE(queue.erase(4));
  EXPECT_EQ(drained(queue), (std::vector<std::int64_t>{2}));
}

TEST(LaneQueue, BehavesAsASortedMapUnderRandomOperations) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 chance(seed);
    LaneQueue queue;
    std::map<std::int64_t, int> model;
    std::optional<LaneQueue::Item> flying;
    std::int64_t newest = 0;
    for (int step = 0; step < 600 && !::testing::Test::HasFailure(); ++step) {
      const std::int64_t any = static_cast<std::int64_t>(chance() % 200) + 1;
      switch (chance() % 8) {
        case 0: case 1: case 2: {
          const std::int64_t seq = chance() % 3 == 0 ? any : ++newest;
          if (flying && flying->seq == seq) break;
          EXPECT_EQ(queue.insert(item(seq)), model.emplace(seq, 0).second);
          break;
        }
        case 3: case 4:
          if (flying || model.empty()) break;
          flying = queue.take();
          EXPECT_EQ(flying->seq, model.begin()->first);
          model.erase(model.begin());
          break;
        case 5:
          if (flying && chance() % 2 == 0) {
            queue.put_back(*flying);
            model.emplace(flying->seq, 0);
          }
          flying.reset();
          break;
        default: EXPECT_EQ(queue.erase(any), model.erase(any) == 1);
      }
      ASSERT_EQ(queue.size(), model.size());
      if (!model.empty()) {
        EXPECT_EQ(queue.front().seq, model.begin()->first);
      }
      EXPECT_EQ(queue.find(any) != nullptr, model.contains(any));
    }
  }
}

}  // namespace
}  // namespace tidings::delivery
