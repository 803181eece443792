// Goal: a task group lets nobody in once it stops, tells its children in two steps, and ends only
// after the last of them. Method: children that wait, that finish their unit, and that ignore
// everything but terminal cancellation, on a real lane under the sanitizers.
#include "runtime/task_group.h"

#include <gtest/gtest.h>

#include "runtime/one_shot.h"
#include "runtime/run_on.h"
#include "runtime/sleep.h"

namespace tidings::runtime {
namespace {

using namespace std::chrono_literals;

class TaskGroupTest : public testing::Test {
 protected:
  TaskGroupTest() { lane.start(); }
  ~TaskGroupTest() override {
    lane.finish();
    lane.join();
  }
  Lane lane{"test"};
};

awaitable<void> loop_until_cancelled(int* ended) {
  for (;;) {
    auto slept = co_await sleep_for(1h);
    if (!slept) break;
  }
  // Cleaning up may still await.
  auto again = co_await sleep_for(1h);
  EXPECT_EQ(again.error().kind, Errc::cancelled);
  ++*ended;
}

awaitable<void> stop_ten_loops(Lane& lane) {
  TaskGroup group(lane);
  int ended = 0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(group.spawn("loop " + std::to_string(i), loop_until_cancelled(&ended)));
  }
  EXPECT_EQ(group.size(), 10u);
  EXPECT_EQ(group.names().front(), "loop 0");
  co_await group.stop(1h);
  EXPECT_EQ(ended, 10);
  EXPECT_EQ(group.size(), 0u);
  auto late = group.spawn("late", loop_until_cancelled(&ended));
  EXPECT_FALSE(late);
  EXPECT_EQ(late.error().kind, Errc::cancelled);
  co_await group.stop(1h);  // a second stop returns as well
}

TEST_F(TaskGroupTest, StopEndsSleepingLoopsWithinTheGrace) { block_on(lane, stop_ten_loops(lane)); }

awaitable<void> finish_unit(OneShot<int>* shot, Result<int>* got) {
  auto value = co_await shot->wait();
  *got = value;
}

awaitable<void> send_after_total(Lane& lane) {
  TaskGroup group(lane);
  OneShot<int> shot(lane);
  auto sender = shot.sender();
  Result<int> got;
  EXPECT_TRUE(group.spawn("unit", finish_unit(&shot, &got)));
  TaskGroup stopper(lane);
  EXPECT_TRUE(stopper.spawn("stopper", group.stop(1h)));
  while (!group.stopping()) co_await sleep_for(1ms);
  EXPECT_EQ(group.size(), 1u);  // total cancellation does not take an answer away
  sender.complete(5);
  co_await stopper.stop(1h);
  EXPECT_EQ(group.size(), 0u);
  EXPECT_EQ(got.value(), 5);
}

TEST_F(TaskGroupTest, GraceLetsAUnitFinish) { block_on(lane, send_after_total(lane)); }

awaitable<void> cut_after_grace(Lane& lane) {
  TaskGroup group(lane);
  OneShot<int> shot(lane);
  auto sender = shot.sender();
  Result<int> got;
  EXPECT_TRUE(group.spawn("unit", finish_unit(&shot, &got)));
  const auto before = Deadline::SteadyClock::now();
  co_await group.stop(30ms);
  EXPECT_GE(Deadline::SteadyClock::now() - before, 30ms);
  EXPECT_FALSE(got);
  EXPECT_EQ(got.error().kind, Errc::cancelled);
}

TEST_F(TaskGroupTest, WhatOutlastsTheGraceIsCutTerminally) { block_on(lane, cut_after_grace(lane)); }

awaitable<void> fails() {
  co_await sleep_for(1ms);
  throw std::runtime_error("on purpose");
}

awaitable<void> catch_exceptions(Lane& lane) {
  std::vector<std::string> reports;
  TaskGroupOptions options;
  options.error_sink = [&](std::string_view child, std::string_view what) {
    reports.push_back(std::string(child) + ": " + std::string(what));
  };
  TaskGroup group(lane, std::move(options));
  EXPECT_TRUE(group.spawn("breaks", fails()));
  while (group.size() > 0) co_await sleep_for(1ms);
  EXPECT_EQ(reports, std::vector<std::string>{"breaks: on purpose"});
  co_await group.stop(1h);
}

TEST_F(TaskGroupTest, AnExceptionEndsOnlyItsChildAndIsReported) {
  block_on(lane, catch_exceptions(lane));
}

awaitable<void> respect_limit(Lane& lane) {
  TaskGroupOptions options;
  options.max_children = 2;
  TaskGroup group(lane, std::move(options));
  int ended = 0;
  EXPECT_TRUE(group.spawn("one", loop_until_cancelled(&ended)));
  EXPECT_TRUE(group.spawn("two", loop_until_cancelled(&ended)));
  auto third = group.spawn("three", loop_until_cancelled(&ended));
  EXPECT_FALSE(third);
  EXPECT_EQ(third.error().kind, Errc::too_large);
  co_await group.stop(1h);
}

TEST_F(TaskGroupTest, HasALimitOfChildren) { block_on(lane, respect_limit(lane)); }

awaitable<void> brief() { co_return; }

awaitable<void> count_loop(int* begun, int* ended) {
  ++*begun;
  co_await loop_until_cancelled(ended);
}

awaitable<void> churn(Lane& lane) {
  // Children that end at the same moment as the cancellation arrives (asio issue 1332).
  for (int round = 0; round < 50; ++round) {
    TaskGroup group(lane);
    int begun = 0;
    int ended = 0;
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(group.spawn("brief", brief()));
      EXPECT_TRUE(group.spawn("loop", count_loop(&begun, &ended)));
    }
    if (round % 2 == 0) co_await sleep_for(0ns);
    co_await group.stop(round % 3 == 0 ? 0ms : 1000ms);
    EXPECT_EQ(ended, begun);  // also where the stop came before the first step
    if (round % 2 == 0) {
      EXPECT_EQ(begun, 20);
    }
  }
}

TEST_F(TaskGroupTest, ChildrenMayEndWhileTheyAreBeingCancelled) { block_on(lane, churn(lane)); }

TEST(TaskGroupDeathTest, DestroyingARunningGroupIsABug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        Lane lane("dies");
        TaskGroup group(lane);
        auto spawned = group.spawn("left over", brief());
        (void)spawned;
      },
      "invariant broken");
}

}  // namespace
}  // namespace tidings::runtime
