// Goal: what an operator does to a lane: a parked head stops it until it is decided about, a replayed
// event takes its place and never overtakes, a cancelled one leaves, in flight or not (P3, P4).
// Method: the Scheduler with hand-made time; each test plays the worker and the operator.
#include <gtest/gtest.h>

#include "delivery/scheduler.h"

namespace tidings::delivery {
namespace {

using community::DeadHead;
using community::RetryMode;
using store::EventState;
using Standing = Scheduler::Standing;

constexpr AttemptResult kDone{};
constexpr AttemptResult kBroken{AttemptClass::status, 500, {}};
const SdkAppId kApp{1};

class OperatorTest : public ::testing::Test {
 protected:
  OperatorTest() { configure(RetryMode::off, DeadHead::park); }

  void configure(RetryMode retry, DeadHead dead_head) {
    scheduler_.configure(kApp, Target{"http://a", true, retry, dead_head});
  }
  void add(std::int64_t seq, std::int64_t next_attempt_ms = 0) {
    scheduler_.add({seq, kApp, GroupId{"g"}, now_.wall_ms, 0, next_attempt_ms}, false, now_);
  }
  [[nodiscard]] static Scheduler::Place at(std::int64_t seq) { return {kApp, GroupId{"g"}, seq}; }
  /// The ticket of the one event that is to be sent now; seq 0: none.
  Scheduler::Ticket next() {
    std::vector<Scheduler::Ticket> out;
    scheduler_.start(now_, out);
    EXPECT_LE(out.size(), 1U) << "two events of one group in flight";
    return out.empty() ? Scheduler::Ticket{} : out[0];
  }
  store::Outcome finish(const Scheduler::Ticket& ticket, const AttemptResult& result) {
    return scheduler_.finish(ticket, result, now_, 0.5).outcome;
  }
  std::vector<std::int64_t> rest() {
    std::vector<std::int64_t> seqs;
    for (auto ticket = next(); ticket.seq != 0; ticket = next()) {
      seqs.push_back(ticket.seq);
      finish(ticket, kDone);
    }
    return seqs;
  }
  void advance(std::int64_t ms) {
    now_.wall_ms += ms;
    now_.steady_ms += ms;
  }
  using Seqs = std::vector<std::int64_t>;

  Scheduler scheduler_;
  Now now_{1'735'689'600'000, 1000};
};

TEST_F(OperatorTest, AHeadThatWouldEndDeadParksItsLaneUntilItIsRetried) {
  for (const std::int64_t seq : {1, 2, 3}) add(seq);
  const store::Outcome outcome = finish(next(), kBroken);
  EXPECT_EQ(outcome.state, EventState::pending);
  EXPECT_EQ(outcome.next_attempt_ms, store::kParked);
  EXPECT_EQ(outcome.attempts, 1);
  advance(80LL * 3600 * 1000);
  EXPECT_EQ(next().seq, 0);
  std::vector<store::Outcome> expired;
  scheduler_.expire(now_, expired);
  EXPECT_TRUE(expired.empty()) << "a parked lane does not expire by age";
  EXPECT_EQ(scheduler_.counts().parked, 1U);
  EXPECT_EQ(scheduler_.hold(at(1), now_).why, Scheduler::Hold::Why::parked);
  EXPECT_EQ(scheduler_.hold(at(3), now_).behind, 1);
  EXPECT_EQ(scheduler_.counts().queued, 3U);
  EXPECT_FALSE(scheduler_.next_wake()) << "nothing will happen by itself";

  EXPECT_FALSE(scheduler_.retry_parked(at(2), now_));
  EXPECT_TRUE(scheduler_.retry_parked(at(1), now_));
  EXPECT_EQ(scheduler_.counts().parked, 0U);
  const auto again = next();
  EXPECT_EQ(again.seq, 1);
  EXPECT_EQ(again.attempts, 0) << "its policy begins anew";
  EXPECT_EQ(finish(again, kBroken).next_attempt_ms, store::kParked) << "and parks it anew";
}

TEST_F(OperatorTest, AParkedHeadThatIsGivenUpLetsItsLaneGoOn) {
  for (const std::int64_t seq : {1, 2, 3}) add(seq);
  finish(next(), kBroken);
  EXPECT_EQ(scheduler_.cancel(at(1), EventState::dead), Standing::parked);
  EXPECT_EQ(rest(), (Seqs{2, 3}));
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
}

TEST_F(OperatorTest, ParkedIsAsStoredAfterARestartAndWhateverTheSettingSaysBythen) {
  configure(RetryMode::off, DeadHead::go_on);
  add(1, store::kParked);
  add(2);
  EXPECT_EQ(next().seq, 0);
  EXPECT_EQ(scheduler_.standing(at(1)), Standing::parked);
  EXPECT_TRUE(scheduler_.retry_parked(at(1), now_));
  EXPECT_EQ(finish(next(), kBroken).state, EventState::dead);
  EXPECT_EQ(rest(), (Seqs{2}));
}

TEST_F(OperatorTest, AnAppWithoutParkGoesOn) {
  configure(RetryMode::off, DeadHead::go_on);
  add(1);
  add(2);
  EXPECT_EQ(finish(next(), kBroken).state, EventState::dead);
  EXPECT_EQ(rest(), (Seqs{2}));
}

TEST_F(OperatorTest, AHeldHeadThatGrowsTooOldIsParkedInsteadOfDead) {
  scheduler_.configure(kApp, Target{"", true, RetryMode::durable, DeadHead::park});
  add(1);
  add(2);
  advance(kMaxAgeMs);
  std::vector<store::Outcome> outcomes;
  scheduler_.expire(now_, outcomes);
  ASSERT_EQ(outcomes.size(), 1U) << "only the head";
  EXPECT_EQ(outcomes[0].seq, 1);
  EXPECT_EQ(outcomes[0].state, EventState::pending);
  EXPECT_EQ(outcomes[0].next_attempt_ms, store::kParked);
  configure(RetryMode::durable, DeadHead::park);
  EXPECT_EQ(next().seq, 0);
}

TEST_F(OperatorTest, AReplayedEventTakesItsPlaceByCommitOrder) {
  for (const std::int64_t seq : {10, 20}) add(seq);
  const auto flying = next();
  for (const std::int64_t seq : {15, 5, 25, 5, 10}) add(seq);
  EXPECT_EQ(next().seq, 0) << "beside the one in flight";
  EXPECT_EQ(scheduler_.counts().queued, 4U) << "what is here already is not added again";
  finish(flying, kDone);
  EXPECT_EQ(rest(), (Seqs{5, 15, 20, 25}));
}

TEST_F(OperatorTest, AReplayedEventGoesBeforeTheRetryOfALaterOne) {
  configure(RetryMode::durable, DeadHead::go_on);
  add(10);
  const auto flying = next();
  add(5);
  finish(flying, kBroken);
  const auto first = next();
  EXPECT_EQ(first.seq, 5) << "it waits for nobody's backoff";
  finish(first, kDone);
  EXPECT_EQ(rest(), (Seqs{10}));
}

TEST_F(OperatorTest, AReplayedEventGoesBeforeAWaitingAndBeforeAParkedHead) {
  configure(RetryMode::durable, DeadHead::go_on);
  add(10);
  finish(next(), kBroken);
  EXPECT_EQ(next().seq, 0);
  add(5);
  EXPECT_EQ(rest(), (Seqs{5, 10}));

  configure(RetryMode::off, DeadHead::park);
  add(30);
  add(40);
  finish(next(), kBroken);
  add(35);
  EXPECT_EQ(next().seq, 0) << "behind the parked one";
  add(25);
  EXPECT_EQ(rest(), (Seqs{25}));
  EXPECT_EQ(scheduler_.standing(at(30)), Standing::parked);
  EXPECT_EQ(scheduler_.cancel(at(30), EventState::cancelled), Standing::parked);
  EXPECT_EQ(rest(), (Seqs{35, 40}));
}

TEST_F(OperatorTest, TheAgeOfAReplayedEventCountsFromItsReplay) {
  configure(RetryMode::durable, DeadHead::go_on);
  add(1);
  advance(kMaxAgeMs - 60'000);
  EXPECT_EQ(finish(next(), kBroken).state, EventState::pending);
  add(0);
  advance(120'000);
  std::vector<store::Outcome> outcomes;
  scheduler_.expire(now_, outcomes);
  EXPECT_TRUE(outcomes.empty()) << "0 is the head, and two minutes old";
}

TEST_F(OperatorTest, CancelledEventsLeaveWithoutDisturbingTheOthers) {
  for (std::int64_t seq = 1; seq <= 5; ++seq) add(seq);
  EXPECT_EQ(scheduler_.cancel(at(3), EventState::cancelled), Standing::queued);
  EXPECT_EQ(scheduler_.cancel(at(3), EventState::cancelled), Standing::unknown);
  EXPECT_EQ(scheduler_.cancel(at(1), EventState::cancelled), Standing::queued);
  EXPECT_EQ(scheduler_.cancel({kApp, GroupId{"h"}, 2}, EventState::dead), Standing::unknown);
  EXPECT_EQ(rest(), (Seqs{2, 4, 5}));
  add(6);
  EXPECT_EQ(scheduler_.cancel(at(6), EventState::cancelled), Standing::queued);
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
}

TEST_F(OperatorTest, ACancelledRetryDoesNotKeepTheNextOneWaiting) {
  configure(RetryMode::durable, DeadHead::go_on);
  add(1);
  add(2);
  finish(next(), kBroken);
  EXPECT_EQ(next().seq, 0);
  EXPECT_EQ(scheduler_.cancel(at(1), EventState::cancelled), Standing::queued);
  EXPECT_EQ(rest(), (Seqs{2}));
}

TEST_F(OperatorTest, WhatIsInFlightIsCancelledAfterItsAttemptUnlessThatSucceeds) {
  configure(RetryMode::durable, DeadHead::park);
  for (std::int64_t seq = 1; seq <= 4; ++seq) add(seq);
  auto flying = next();
  EXPECT_EQ(scheduler_.cancel(at(1), EventState::cancelled), Standing::in_flight);
  EXPECT_EQ(finish(flying, kDone).state, EventState::delivered) << "it arrived";
  flying = next();
  EXPECT_EQ(scheduler_.cancel(at(2), EventState::dead), Standing::in_flight);
  const store::Outcome ended = finish(flying, kBroken);
  EXPECT_EQ(ended.state, EventState::dead);
  EXPECT_EQ(ended.attempts, 1);
  flying = next();
  EXPECT_EQ(flying.seq, 3);
  EXPECT_EQ(scheduler_.cancel(at(3), EventState::cancelled), Standing::in_flight);
  const auto given_back = scheduler_.postpone(flying, 100, now_);
  ASSERT_TRUE(given_back);
  EXPECT_EQ(given_back->state, EventState::cancelled);
  EXPECT_EQ(rest(), (Seqs{4}));
}

TEST_F(OperatorTest, ACancelledEventThatIsAnswered410StillDisablesTheEndpoint) {
  add(1);
  add(2);
  const auto flying = next();
  scheduler_.cancel(at(1), EventState::cancelled);
  const auto finished =
      scheduler_.finish(flying, AttemptResult{AttemptClass::gone, 410, {}}, now_, 0.5);
  EXPECT_TRUE(finished.disable_endpoint);
  EXPECT_EQ(finished.outcome.state, EventState::cancelled);
  EXPECT_EQ(next().seq, 0) << "2 is held";
  EXPECT_EQ(scheduler_.standing(at(2)), Standing::queued);
}

TEST_F(OperatorTest, AnEventThatIsNotInTheLogAnyMoreLetsItsLaneGoOn) {
  add(1);
  add(2);
  scheduler_.forget(next());
  EXPECT_EQ(rest(), (Seqs{2}));
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
}

TEST_F(OperatorTest, AProbeThatNeverLeftDoesNotKeepTheBreakerOpenForEver) {
  configure(RetryMode::durable, DeadHead::go_on);
  for (std::int64_t i = 0; i < Breaker::kFailuresToOpen; ++i) {
    scheduler_.add({100 + i, kApp, GroupId{"g" + std::to_string(i)}, now_.wall_ms, 0, 0}, false,
                   now_);
  }
  std::vector<Scheduler::Ticket> out;
  scheduler_.start(now_, out);
  ASSERT_EQ(out.size(), static_cast<std::size_t>(Breaker::kFailuresToOpen));
  for (const auto& ticket : out) finish(ticket, {AttemptClass::refused, 0, {}});
  ASSERT_TRUE(scheduler_.breaker_open("http://a"));
  advance(Breaker::kFirstProbeMs + 1000);
  const auto probe = next();
  ASSERT_NE(probe.seq, 0);
  (void)scheduler_.postpone(probe, 100, now_);
  advance(100);
  const auto another = next();
  ASSERT_NE(another.seq, 0) << "nobody would ever ask again";
  finish(another, kDone);
  EXPECT_FALSE(scheduler_.breaker_open("http://a"));
}

TEST_F(OperatorTest, ARemovedAppTakesItsParkedLanesAlong) {
  add(1);
  add(2);
  finish(next(), kBroken);
  scheduler_.remove(kApp);
  EXPECT_EQ(scheduler_.counts().parked, 0U);
  EXPECT_EQ(scheduler_.counts().queued, 0U);
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
}

}  // namespace
}  // namespace tidings::delivery
