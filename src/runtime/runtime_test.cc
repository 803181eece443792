// Goal: values cross threads to the coroutine that waits for them, in order, once, with few
// wake-ups, and whatever is dropped is noticed. Method: real lanes, real threads; the sanitizers
// see every hand-over. Conditions are awaited, never slept for.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "runtime/blocking_pool.h"
#include "runtime/lane.h"
#include "runtime/one_shot.h"
#include "runtime/run_on.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"

namespace tidings::runtime {
namespace {

using namespace std::chrono_literals;

class RunningLanes : public testing::Test {
 protected:
  RunningLanes() { lanes.start(); }
  ~RunningLanes() override { lanes.stop(); }
  Lanes lanes{2};
};

using LaneTest = RunningLanes;

awaitable<std::string> where_am_i() { co_return Lane::current()->name(); }

TEST_F(LaneTest, JobsRunInTheOrderOfPostingOnTheLanesThread) {
  std::vector<int> seen;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) {
    lanes[0].post([&seen, i] { seen.push_back(i); });
  }
  std::vector<Job> batch;
  for (int i = 100; i < 200; ++i) batch.emplace_back([&seen, i] { seen.push_back(i); });
  batch.emplace_back([&done] { done.set_value(); });
  lanes[0].post_batch(std::move(batch));
  done.get_future().wait();
  ASSERT_EQ(seen.size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST_F(LaneTest, WhatIsPutOffToTheEndOfARoundComesAfterAllThatWasReady) {
  std::vector<int> seen;
  std::promise<void> done;
  std::promise<void> ready;
  lanes[0].post([&ready] { ready.get_future().wait(); });  // the others are ready together
  for (int i = 0; i < 3; ++i) {
    asio::post(lanes[0].executor(), [&, i] {
      if (i == 0) {
        lanes[0].after_round([&] {
          seen.push_back(3);
          done.set_value();
        });
      }
      seen.push_back(i);
    });
  }
  ready.set_value();
  done.get_future().wait();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(LaneTest, ManyThreadsMayPostAtOnce) {
  int count = 0;  // touched on the lane only
  std::promise<void> done;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        lanes[1].post([&] {
          if (++count == 4000) done.set_value();
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  done.get_future().wait();
  EXPECT_EQ(count, 4000);
}

TEST_F(LaneTest, KnowsWhereItIs) {
  EXPECT_EQ(Lane::current(), nullptr);
  EXPECT_FALSE(lanes[0].is_home());
  EXPECT_EQ(block_on(lanes[1], where_am_i()), "lane-1");
  EXPECT_NE(&lanes.next(), &lanes.next());
}

TEST(Lane, WhatIsPostedAfterTheEndIsDestroyedUnrun) {
  auto alive = std::make_shared<int>(1);
  bool ran = false;
  {
    Lane lane("ended");
    lane.start();
    lane.finish();
    lane.join();
    lane.post([alive, &ran] { ran = true; });
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(ran);
}

awaitable<std::string> call_other_lane(Lane& other) {
  auto there = co_await run_on(other, where_am_i());
  co_return there + " then " + Lane::current()->name();
}

TEST_F(LaneTest, RunOnGoesThereAndComesBack) {
  EXPECT_EQ(block_on(lanes[0], call_other_lane(lanes[1])), "lane-1 then lane-0");
}

awaitable<int> throws() {
  throw std::runtime_error("on purpose");
  co_return 1;
}

awaitable<int> call_throwing(Lane& other) { co_return co_await run_on(other, throws()); }

TEST_F(LaneTest, RunOnBringsExceptionsHome) {
  EXPECT_THROW(block_on(lanes[0], call_throwing(lanes[1])), std::runtime_error);
}

using OneShotTest = RunningLanes;

using Senders = std::vector<OneShotSender<int>>;

awaitable<Result<int>> wait_for_one(std::function<void(OneShotSender<int>)> give) {
  OneShot<int> shot;
  give(shot.sender());
  auto value = co_await shot.wait();
  co_return value;
}

TEST_F(OneShotTest, AValueSentFromAnotherThreadArrives) {
  std::thread thread;
  const auto value = block_on(lanes[0], wait_for_one([&](OneShotSender<int> sender) {
                                thread = std::thread(
                                    [s = std::move(sender)]() mutable { s.complete(42); });
                              }));
  thread.join();
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 42);
}

TEST_F(OneShotTest, AValueSentBeforeTheWaitIsNotLost) {
  const auto value = block_on(
      lanes[0], wait_for_one([](OneShotSender<int> sender) { sender.complete(7); }));
  EXPECT_EQ(value.value(), 7);
}

TEST_F(OneShotTest, ADroppedSenderIsCancelled) {
  const auto value = block_on(lanes[0], wait_for_one([](OneShotSender<int>) {}));
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, Errc::cancelled);
}

awaitable<Result<std::string>> wait_for_refusal() {
  OneShot<Result<std::string>> shot;
  shot.sender().complete(fail(Errc::conflict, "exists"));
  auto value = co_await shot.wait();
  co_return value;
}

TEST_F(OneShotTest, AResultInsideIsFlat) {
  const auto value = block_on(lanes[0], wait_for_refusal());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, Errc::conflict);
}

awaitable<void> wait_with_an_end() {
  OneShot<int> never;
  auto held = never.sender();
  const auto before = Deadline::SteadyClock::now();
  const auto late = co_await never.wait_until(Deadline::after(5ms));
  EXPECT_EQ(late.error().kind, Errc::timeout);
  EXPECT_GE(Deadline::SteadyClock::now() - before, 5ms);
  held.complete(1);  // nobody waits any more: dropped

  OneShot<int> soon;
  auto sender = soon.sender();
  std::thread thread([&sender] { sender.complete(2); });
  const auto in_time = co_await soon.wait_until(Deadline::after(1h));
  thread.join();
  EXPECT_EQ(in_time.value(), 2);

  OneShot<int> there;
  there.sender().complete(3);
  const auto passed = co_await there.wait_until(Deadline::after(-1h));
  EXPECT_EQ(passed.value(), 3) << "an answer that is there is no timeout";

  OneShot<int> dropped;
  (void)dropped.sender();
  const auto cancelled = co_await dropped.wait_until(Deadline::after(1h));
  EXPECT_EQ(cancelled.error().kind, Errc::cancelled);
  EXPECT_EQ(Lane::current()->timeouts().size(), 0U);
}

TEST_F(OneShotTest, AWaitMayHaveAnEnd) { block_on(lanes[0], wait_with_an_end()); }

awaitable<void> note_error(OneShot<int>* shot, Errc* kind) {
  auto value = co_await shot->wait_until(Deadline::after(1h));
  *kind = value ? Errc::internal : value.error().kind;
}

awaitable<void> cut_a_wait_with_an_end() {
  OneShot<int> shot;
  auto sender = shot.sender();
  Errc kind = Errc::internal;
  TaskGroup group(*Lane::current());
  EXPECT_TRUE(group.spawn("waits", note_error(&shot, &kind)));
  while (Lane::current()->timeouts().size() == 0) co_await sleep_for(1ms);
  co_await group.stop(0ms);
  EXPECT_EQ(kind, Errc::cancelled);
}

TEST_F(OneShotTest, ALimitDoesNotHideTerminalCancellation) {
  block_on(lanes[0], cut_a_wait_with_an_end());
}

awaitable<void> add_when_answered(OneShotSender<int>* sender, int* sum, std::promise<void>* ready,
                                  std::promise<void>* done, int* left) {
  OneShot<int> shot;
  *sender = shot.sender();
  if (--*left == 0) ready->set_value();
  auto value = co_await shot.wait();
  *sum += value ? *value : 1'000'000;
  if (++*left == 1000) done->set_value();
}

TEST_F(OneShotTest, ABatchAnswersWaitersOnTwoLanes) {
  struct PerLane {
    Senders senders{1000};
    int sum = 0;
    int left = 1000;
    std::promise<void> ready, done;
    std::unique_ptr<TaskGroup> group;
  };
  PerLane sides[2];
  for (std::size_t i = 0; i < 2; ++i) {
    lanes[i].post([&, i] {
      auto& side = sides[i];
      side.group = std::make_unique<TaskGroup>(lanes[i]);
      for (auto& sender : side.senders) {
        auto spawned = side.group->spawn(
            "adder", add_when_answered(&sender, &side.sum, &side.ready, &side.done, &side.left));
        EXPECT_TRUE(spawned);
      }
    });
  }
  for (auto& side : sides) side.ready.get_future().wait();
  std::thread committer([&] {
    CompletionBatch batch;
    for (std::size_t i = 0; i < 1000; ++i) {
      for (auto& side : sides) batch.add(std::move(side.senders[i]), static_cast<int>(i));
    }
    batch.flush();
  });
  for (auto& side : sides) side.done.get_future().wait();
  committer.join();
  for (std::size_t i = 0; i < 2; ++i) {
    block_on(lanes[i], sides[i].group->stop(1s));
    EXPECT_EQ(sides[i].sum, 499'500);
  }
}

using BlockingPoolTest = RunningLanes;

awaitable<Result<std::string>> ask_pool(BlockingPool& pool) {
  auto name = co_await pool.run(+[] { return std::this_thread::get_id(); });
  if (!name) co_return std::move(name).error();
  if (*name == std::this_thread::get_id()) co_return fail(Errc::internal, "ran on the lane");
  co_return Lane::current()->name();
}

TEST_F(BlockingPoolTest, RunsElsewhereAndResumesOnTheCallersLane) {
  BlockingPool pool(2);
  EXPECT_EQ(block_on(lanes[1], ask_pool(pool)).value(), "lane-1");
}

awaitable<Result<int>> throw_in_pool(BlockingPool& pool) {
  auto result = co_await pool.run(+[]() -> int { throw std::runtime_error("in the pool"); });
  co_return result;
}

TEST_F(BlockingPoolTest, AnExceptionLeavesRunOnTheLane) {
  BlockingPool pool(1);
  EXPECT_THROW((void)block_on(lanes[0], throw_in_pool(pool)), std::runtime_error);
}

struct HoldUntil {
  std::shared_future<void> gate;
  std::atomic<int>* started;
  void operator()() const {
    ++*started;
    gate.wait();
  }
};

awaitable<void> ask_with_a_limit(BlockingPool& pool) {
  std::promise<void> open;
  std::atomic<int> started = 0;
  HoldUntil call{open.get_future().share(), &started};
  auto held = co_await pool.run(call, Deadline::after(5ms));
  EXPECT_EQ(held.error().kind, Errc::timeout);
  open.set_value();
  auto quick = co_await pool.run(+[] { return 4; }, Deadline::after(1h));
  EXPECT_EQ(quick.value(), 4);
}

TEST_F(BlockingPoolTest, ACallMayHaveADeadline) {
  BlockingPool pool(1);
  block_on(lanes[0], ask_with_a_limit(pool));
}

awaitable<void> hold(BlockingPool& pool, HoldUntil call, std::vector<Errc>* errors,
                     std::promise<void>* all_ended) {
  auto result = co_await pool.run(call);
  errors->push_back(result ? Errc::internal : result.error().kind);
  if (errors->size() == 3) all_ended->set_value();
}

TEST_F(BlockingPoolTest, IsBoundedAndDropsTheQueueWhenItStops) {
  std::promise<void> open, ended;
  std::atomic<int> started = 0;
  std::vector<Errc> errors;
  HoldUntil call{open.get_future().share(), &started};
  BlockingPool pool(1, 1);
  TaskGroup* group = nullptr;
  lanes[0].post([&] {
    group = new TaskGroup(lanes[0]);
    EXPECT_TRUE(group->spawn("running", hold(pool, call, &errors, &ended)));
  });
  while (started == 0) std::this_thread::yield();
  lanes[0].post([&] {
    EXPECT_TRUE(group->spawn("queued", hold(pool, call, &errors, &ended)));
    EXPECT_TRUE(group->spawn("refused", hold(pool, call, &errors, &ended)));
  });
  while (pool.queued() == 0) std::this_thread::yield();
  std::thread stopper([&] { pool.stop(); });
  while (pool.queued() != 0) std::this_thread::yield();
  open.set_value();
  stopper.join();
  ended.get_future().wait();
  block_on(lanes[0], group->stop(1s));
  delete group;
  std::multiset<Errc> kinds(errors.begin(), errors.end());
  EXPECT_EQ(kinds, (std::multiset<Errc>{Errc::internal, Errc::cancelled, Errc::unavailable}));
}

}  // namespace
}  // namespace tidings::runtime
