// Goal: who rests is woken once, by the call that wakes, and a group that is stopped ends once all
// were woken. Method: coroutines that count their pieces of work, on a real lane.
#include "runtime/resting.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "runtime/run_on.h"
#include "runtime/task_group.h"

namespace tidings::runtime {
namespace {

using namespace std::chrono_literals;

struct Bench {
  Resting resting;
  int laid_ready = 0;  // 0: the end
  int done = 0;
  int ended = 0;
};

awaitable<void> work(Bench& bench, int piece) {
  while (piece != 0) {
    bench.done += piece;
    co_await bench.resting.rest();
    piece = std::exchange(bench.laid_ready, 0);
  }
  ++bench.ended;
}

awaitable<void> hand_out(Lane& lane) {
  Bench bench;
  TaskGroup group(lane);
  EXPECT_FALSE(bench.resting.wake_one()) << "nobody is there";
  EXPECT_TRUE(group.spawn("one", work(bench, 1)));
  EXPECT_TRUE(group.spawn("two", work(bench, 10)));
  EXPECT_EQ(bench.done, 11);
  EXPECT_EQ(bench.resting.count(), 2u);
  for (int i = 0; i < 1000; ++i) {
    bench.laid_ready = 100;
    EXPECT_TRUE(bench.resting.wake_one());
    EXPECT_EQ(bench.laid_ready, 0) << "taken within the call";
    EXPECT_EQ(bench.resting.count(), 2u) << "and rests again";
  }
  EXPECT_EQ(bench.done, 100'011);
  while (bench.resting.wake_one()) {
  }
  EXPECT_EQ(bench.ended, 2);
  co_await group.stop(1h);
  EXPECT_EQ(group.size(), 0u);
}

TEST(Resting, WorkIsTakenWithinTheCallThatWakes) {
  Lane lane{"test"};
  lane.start();
  block_on(lane, hand_out(lane));
  lane.finish();
  lane.join();
}

}  // namespace
}  // namespace tidings::runtime
