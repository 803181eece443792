// Goal: waiting ends at the right moment for the right reason: time, notification, cancellation.
// Method: coroutines on one lane with deadlines of hours (must not matter) or milliseconds (must).
#include <gtest/gtest.h>

#include <csignal>

#include "runtime/notifier.h"
#include "runtime/run_on.h"
#include "runtime/signals.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"
#include "runtime/timeout_sweep.h"

namespace tidings::runtime {
namespace {

using namespace std::chrono_literals;

class TimingTest : public testing::Test {
 protected:
  TimingTest() { lane.start(); }
  ~TimingTest() override {
    lane.finish();
    lane.join();
  }
  Lane lane{"test"};
};

TEST(Deadline, ComparesAndNeverRunsOutWhenNever) {
  EXPECT_TRUE(Deadline::never().is_never());
  EXPECT_FALSE(Deadline::never().passed());
  EXPECT_TRUE(Deadline::after(0ns).passed());
  EXPECT_LT(Deadline::after(1s), Deadline::never());
  EXPECT_EQ(Deadline::never().sooner(Deadline::at({})), Deadline::at({}));
  EXPECT_EQ(Deadline::at({}).remaining(), 0ns);
}

awaitable<Result<int>> slow(std::chrono::milliseconds wait, int value) {
  auto slept = co_await sleep_for(wait);
  if (!slept) co_return std::move(slept).error();
  co_return value;
}

awaitable<void> race_deadlines() {
  auto in_time = co_await with_deadline(Deadline::after(1h), slow(1ms, 3));
  EXPECT_EQ(in_time.value(), 3);
  auto late = co_await with_deadline(Deadline::after(5ms), slow(3'600'000ms, 3));
  EXPECT_FALSE(late);
  EXPECT_EQ(late.error().kind, Errc::timeout);
  auto at_once = co_await with_deadline(Deadline::never(), slow(0ms, 4));
  EXPECT_EQ(at_once.value(), 4);
}

TEST_F(TimingTest, WithDeadlineCutsWhatTakesTooLong) { block_on(lane, race_deadlines()); }

awaitable<void> guarded(Result<int>* out) {
  auto result = co_await with_deadline(Deadline::after(1h), slow(3'600'000ms, 3));
  *out = result;
}

awaitable<void> cancel_guarded(Lane& lane) {
  TaskGroup group(lane);
  Result<int> out;
  EXPECT_TRUE(group.spawn("guarded", guarded(&out)));
  co_await sleep_for(1ms);
  co_await group.stop(1h);
  EXPECT_EQ(out.error().kind, Errc::cancelled);
}

TEST_F(TimingTest, WithDeadlinePassesCancellationOn) { block_on(lane, cancel_guarded(lane)); }

awaitable<Result<int>> breaks() {
  co_await sleep_for(1ms);
  throw std::runtime_error("on purpose");
}
awaitable<void> guard_breaking() { (void)co_await with_deadline(Deadline::after(1h), breaks()); }

TEST_F(TimingTest, WithDeadlineLetsExceptionsThrough) {
  EXPECT_THROW(block_on(lane, guard_breaking()), std::runtime_error);
}

awaitable<void> wait_and_count(Notifier& notifier, int* woken) {
  auto result = co_await notifier.wait();
  if (result) ++*woken;
}

awaitable<void> notify_in_turn(Lane& lane) {
  Notifier notifier(lane);
  TaskGroup group(lane);
  int woken = 0;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(group.spawn("w", wait_and_count(notifier, &woken)));
  while (notifier.waiting() < 3) co_await sleep_for(1ms);
  notifier.notify_one();
  EXPECT_EQ(woken, 0);  // never inline
  while (group.size() > 2) co_await sleep_for(1ms);
  EXPECT_EQ(woken, 1);
  notifier.notify_from_anywhere();
  while (group.size() > 0) co_await sleep_for(1ms);
  EXPECT_EQ(woken, 3);
  notifier.notify_all();  // nobody: no effect, nothing remembered
  auto none = co_await notifier.wait(Deadline::after(5ms));
  EXPECT_EQ(none.error().kind, Errc::timeout);
  EXPECT_TRUE(group.spawn("w", wait_and_count(notifier, &woken)));
  co_await group.stop(1h);
  EXPECT_EQ(woken, 3);
  EXPECT_EQ(notifier.waiting(), 0u);
}

TEST_F(TimingTest, NotifierWakesOneOrAllAndForgets) { block_on(lane, notify_in_turn(lane)); }

struct CountingEntry final : TimeoutSweep::Entry {
  CountingEntry(TimeoutSweep& sweep, int* fired_count) : Entry(sweep), fired(fired_count) {}
  void on_timeout() override { ++*fired; }
  int* fired;
};

awaitable<void> sweep_some(Lane& lane) {
  TimeoutSweep sweep(lane, 2ms);
  int fired = 0;
  {
    CountingEntry never(sweep, &fired), soon(sweep, &fired), moved(sweep, &fired);
    auto gone = std::make_unique<CountingEntry>(sweep, &fired);
    soon.arm(4ms);
    moved.arm(4ms);
    gone->arm(4ms);
    moved.arm(1h);
    gone.reset();
    EXPECT_EQ(sweep.size(), 3u);
    const auto before = Deadline::SteadyClock::now();
    while (fired == 0) co_await sleep_for(1ms);
    EXPECT_GE(Deadline::SteadyClock::now() - before, 4ms);
    co_await sleep_for(20ms);
    EXPECT_EQ(fired, 1);  // disarmed after it fired; the others were never due
    soon.arm(1ms);
    while (fired == 1) co_await sleep_for(1ms);
  }
  EXPECT_EQ(sweep.size(), 0u);
}

TEST_F(TimingTest, TimeoutSweepFiresWhatIsDueAndNothingElse) { block_on(lane, sweep_some(lane)); }

awaitable<void> catch_signals(Lane& lane) {
  Signals signals(lane);
  std::raise(SIGHUP);
  auto first = co_await signals.wait();
  EXPECT_EQ(first.value(), Signal::hangup);
  std::raise(SIGTERM);
  auto second = co_await signals.wait();
  EXPECT_EQ(second.value(), Signal::terminate);
}

TEST_F(TimingTest, SignalsAreValues) { block_on(lane, catch_signals(lane)); }

}  // namespace
}  // namespace tidings::runtime
