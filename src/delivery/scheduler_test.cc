// Goal: order within a group, independence between groups and URLs, holding, expiry (P3, P4, P5).
// Method: the Scheduler with hand-made time; each test plays the worker.
#include "delivery/scheduler.h"

#include <gtest/gtest.h>

#include <set>

namespace tidings::delivery {
namespace {

using community::RetryMode;
using store::EventState;

constexpr AttemptResult kOk{};
constexpr AttemptResult kRefused{AttemptClass::refused, 0, {}};

class SchedulerTest : public ::testing::Test {
 protected:
  void configure(std::uint32_t app, std::string url, RetryMode retry = RetryMode::durable) {
    scheduler_.configure(SdkAppId{app}, Target{std::move(url), true, retry});
  }
  std::int64_t add(std::uint32_t app, const std::string& group, bool fresh = true) {
    store::PendingEvent event;
    event.seq = ++seq_;
    event.app = SdkAppId{app};
    event.group = GroupId{group};
    event.since_ms = now_.wall_ms;
    scheduler_.add(event, fresh, now_);
    return event.seq;
  }
  std::vector<Scheduler::Ticket> start() {
    std::vector<Scheduler::Ticket> out;
    scheduler_.start(now_, out);
    return out;
  }
  Scheduler::Finished finish(const Scheduler::Ticket& ticket, AttemptResult result = kOk) {
    return scheduler_.finish(ticket, result, now_, 0.5);
  }
  void advance(std::int64_t ms) {
    now_.wall_ms += ms;
    now_.steady_ms += ms;
  }

  Scheduler scheduler_;
  Now now_{1'735'689'600'000, 1000};
  std::int64_t seq_ = 0;
};

TEST_F(SchedulerTest, OneGroupIsSentOneByOneInCommitOrder) {
  configure(1, "http://a");
  for (int i = 0; i < 5; ++i) add(1, "g");
  for (std::int64_t seq = 1; seq <= 5; ++seq) {
    const auto tickets = start();
    ASSERT_EQ(tickets.size(), 1U);
    EXPECT_EQ(tickets[0].seq, seq);
    EXPECT_TRUE(start().empty()) << "a second event of the group beside the first";
    EXPECT_EQ(finish(tickets[0]).outcome.state, EventState::delivered);
  }
  EXPECT_TRUE(start().empty());
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
  EXPECT_EQ(scheduler_.counts().queued, 0U);
}

TEST_F(SchedulerTest, GroupsDoNotWaitForEachOther) {
  configure(1, "http://a");
  add(1, "slow");
  add(1, "slow");
  add(1, "other");
  const auto tickets = start();
  ASSERT_EQ(tickets.size(), 2U);
  EXPECT_EQ(tickets[0].seq, 1);
  EXPECT_EQ(tickets[1].seq, 3);
}

TEST_F(SchedulerTest, ARetryKeepsItsPlaceAndBlocksOnlyItsGroup) {
  configure(1, "http://a");
  add(1, "g");
  add(1, "g");
  const auto first = start();
  const auto failed = finish(first[0], kRefused);
  EXPECT_EQ(failed.outcome.state, EventState::pending);
  EXPECT_EQ(failed.outcome.attempts, 1);
  EXPECT_EQ(failed.outcome.next_attempt_ms, now_.wall_ms + 500);
  EXPECT_TRUE(start().empty());
  ASSERT_EQ(scheduler_.next_wake(), now_.steady_ms + 500);
  advance(500);
  const auto again = start();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].seq, 1);
  EXPECT_EQ(again[0].attempts, 1);
  finish(again[0]);
  EXPECT_EQ(start()[0].seq, 2);
}

TEST_F(SchedulerTest, ADeadHeadLetsTheLaneGoOn) {
  configure(1, "http://a", RetryMode::off);
  add(1, "g");
  add(1, "g");
  EXPECT_EQ(finish(start()[0], kRefused).outcome.state, EventState::dead);
  EXPECT_EQ(start()[0].seq, 2);
}

TEST_F(SchedulerTest, TheWindowBoundsWhatIsInFlightPerUrl) {
  configure(1, "http://a");
  for (int i = 0; i < 100; ++i) add(1, "g" + std::to_string(i));
  const auto tickets = start();
  EXPECT_EQ(tickets.size(), 8U);
  finish(tickets[0]);
  EXPECT_EQ(start().size(), 2U) << "one place given back, one grown";
}

TEST_F(SchedulerTest, AppsThatShareAUrlShareItsWindowOthersDoNotWait) {
  configure(1, "http://a");
  configure(2, "http://a");
  configure(3, "http://b");
  for (int i = 0; i < 20; ++i) {
    add(1, "g" + std::to_string(i));
    add(2, "g" + std::to_string(i));
    add(3, "g" + std::to_string(i));
  }
  std::map<std::uint32_t, int> sent;
  for (const auto& ticket : start()) ++sent[ticket.app.number()];
  EXPECT_EQ(sent[1] + sent[2], 8);
  EXPECT_EQ(sent[3], 8);
}

TEST_F(SchedulerTest, WithoutUrlOrWhenDisabledEventsAreHeldAndGoOnInOrder) {
  configure(1, "");
  add(1, "g");
  add(1, "g");
  EXPECT_TRUE(start().empty());
  EXPECT_EQ(scheduler_.counts().queued, 2U);
  scheduler_.configure(SdkAppId{1}, Target{"http://a", false, RetryMode::durable});
  EXPECT_TRUE(start().empty());
  configure(1, "http://a");
  const auto tickets = start();
  ASSERT_EQ(tickets.size(), 1U);
  EXPECT_EQ(tickets[0].seq, 1);
}

TEST_F(SchedulerTest, AChangedUrlAppliesToTheNextAttempt) {
  configure(1, "http://old");
  for (int i = 0; i < 20; ++i) add(1, "g" + std::to_string(i));
  const auto before = start();
  EXPECT_EQ(before.size(), 8U);
  configure(1, "http://new");
  EXPECT_EQ(start().size(), 8U) << "the new URL has a window of its own";
  EXPECT_EQ(scheduler_.window_size("http://old"), 8);
  for (const auto& ticket : before) finish(ticket);
  EXPECT_EQ(scheduler_.window_size("http://old"), 0) << "forgotten when nobody uses it";
}

TEST_F(SchedulerTest, AChangedUrlEndsTheWaitForARetryAndItsWindowSpreadsThem) {
  configure(1, "http://old");
  configure(2, "http://other");
  for (int i = 0; i < 8; ++i) add(1, "g" + std::to_string(i));
  add(2, "g");
  for (const auto& ticket : start()) finish(ticket, {AttemptClass::status, 404, 3'600'000});
  EXPECT_TRUE(start().empty());
  configure(1, "http://old", RetryMode::timeouts);
  EXPECT_TRUE(start().empty()) << "the same URL: nothing says that it goes better now";
  configure(1, "");
  EXPECT_TRUE(start().empty());
  configure(1, "http://old");
  EXPECT_EQ(start().size(), 8U) << "it was taken away and set again";
}

TEST_F(SchedulerTest, ManyLanesThatAreDueAtOnceGoThroughTheWindow) {
  configure(1, "http://old");
  for (int i = 0; i < 40; ++i) {
    add(1, "g" + std::to_string(i));
    for (const auto& ticket : start()) finish(ticket, {AttemptClass::not_json, 200, {}});
  }
  EXPECT_TRUE(start().empty());
  configure(1, "http://new");
  EXPECT_EQ(start().size(), 8U) << "the window of a new URL, not forty at once";
}

TEST_F(SchedulerTest, OtherSettingsThatPromiseSomethingEndTheWaitAndProbeAnOpenBreaker) {
  configure(1, "http://a");
  for (int i = 0; i < 8; ++i) add(1, "g" + std::to_string(i));
  for (const auto& ticket : start()) finish(ticket, {AttemptClass::tls_untrusted, 0, {}});
  ASSERT_TRUE(scheduler_.breaker_open("http://a"));
  advance(1000);
  finish(start().at(0), {AttemptClass::tls_untrusted, 0, {}});
  EXPECT_TRUE(start().empty());
  scheduler_.configure(SdkAppId{1}, Target{"http://a", true, RetryMode::durable}, /*try_now=*/true);
  const auto probe = start();
  ASSERT_EQ(probe.size(), 1U) << "one, since the breaker is still open";
  finish(probe[0]);
  EXPECT_FALSE(scheduler_.breaker_open("http://a"));
  EXPECT_FALSE(start().empty());
}

TEST_F(SchedulerTest, WhatFailsAfterTheUrlHasChangedIsTriedAtTheNewOneAtOnce) {
  configure(1, "http://old");
  add(1, "g");
  add(1, "h");
  const auto flying = start();
  configure(1, "http://new");
  const auto failed = finish(flying[0], {AttemptClass::status, 429, 3'600'000});
  EXPECT_EQ(failed.outcome.next_attempt_ms, now_.wall_ms);
  const auto gone = finish(flying[1], {AttemptClass::gone, 410, {}});
  EXPECT_FALSE(gone.disable_endpoint) << "the new endpoint has not said so";
  EXPECT_EQ(gone.outcome.state, EventState::pending);
  const auto again = start();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(finish(again[0]).outcome.state, EventState::delivered);
}

TEST_F(SchedulerTest, EveryEventThatWaitsSaysForWhat) {
  using Why = Scheduler::Hold::Why;
  const auto hold = [this](const std::string& group, std::int64_t seq) {
    return scheduler_.hold({SdkAppId{1}, GroupId{group}, seq}, now_);
  };
  configure(1, "http://a");
  for (int i = 0; i < 8; ++i) add(1, "g" + std::to_string(i));
  add(1, "g0");  // 9
  add(1, "new");  // 10
  EXPECT_EQ(hold("g0", 77).why, Why::unknown);
  EXPECT_EQ(hold("g0", 1).why, Why::nothing);
  const auto flying = start();
  EXPECT_EQ(hold("g0", 1).why, Why::nothing) << "in flight";
  EXPECT_EQ(hold("g0", 9).why, Why::behind);
  EXPECT_EQ(hold("g0", 9).behind, 1);
  for (const auto& ticket : flying) finish(ticket, kRefused);
  EXPECT_EQ(hold("g0", 1).why, Why::retry);
  EXPECT_EQ(hold("g0", 1).until_ms, now_.wall_ms + 500);
  EXPECT_EQ(hold("g0", 9).behind, 1);
  EXPECT_TRUE(start().empty());
  EXPECT_EQ(hold("new", 10).why, Why::breaker);
  EXPECT_EQ(hold("new", 10).until_ms, now_.wall_ms + 1000);
  advance(1000);
  EXPECT_EQ(hold("new", 10).until_ms, 0) << "due";
  const auto on_disk = [this](const std::string& group) {
    return scheduler_.hold_unknown({SdkAppId{1}, GroupId{group}, 77}, now_);
  };
  EXPECT_EQ(on_disk("g0").behind, 1);
  EXPECT_EQ(on_disk("later").why, Why::breaker);
  EXPECT_EQ(start().size(), 1U);
  configure(1, "");
  EXPECT_EQ(hold("g1", 2).why, Why::settings);
  EXPECT_EQ(on_disk("later").why, Why::settings);
}

TEST_F(SchedulerTest, GoneHoldsEverythingUntilTheEndpointIsEnabledAgain) {
  configure(1, "http://a");
  add(1, "g");
  add(1, "h");
  const auto tickets = start();
  const auto gone = finish(tickets[0], {AttemptClass::gone, 410, {}});
  EXPECT_TRUE(gone.disable_endpoint);
  EXPECT_EQ(gone.outcome.state, EventState::pending);
  finish(tickets[1]);
  add(1, "i");
  advance(3'600'000);
  EXPECT_TRUE(start().empty());
  configure(1, "http://a");
  std::set<std::int64_t> seqs;
  for (const auto& ticket : start()) seqs.insert(ticket.seq);
  EXPECT_EQ(seqs, (std::set<std::int64_t>{1, 3}));
}

TEST_F(SchedulerTest, WhileTheBreakerIsOpenNoAttemptsAreBurntAndOneProbeClosesIt) {
  configure(1, "http://a");
  for (int i = 0; i < 40; ++i) add(1, "g" + std::to_string(i));
  for (const auto& ticket : start()) finish(ticket, kRefused);
  EXPECT_TRUE(scheduler_.breaker_open("http://a"));
  EXPECT_TRUE(start().empty());
  advance(999);
  EXPECT_TRUE(start().empty());
  advance(1);
  auto probe = start();
  ASSERT_EQ(probe.size(), 1U);
  finish(probe[0], kRefused);
  advance(1999);
  EXPECT_TRUE(start().empty());
  advance(1);
  probe = start();
  ASSERT_EQ(probe.size(), 1U);
  finish(probe[0]);
  EXPECT_FALSE(scheduler_.breaker_open("http://a"));
  EXPECT_LE(start().size(), 2U) << "the backlog starts slowly";
}

TEST_F(SchedulerTest, AfterAnOutageNewEventsKeepHalfOfTheWindow) {
  configure(1, "http://a");
  for (int i = 0; i < 100; ++i) add(1, "old" + std::to_string(i), /*fresh=*/false);
  for (int i = 0; i < 100; ++i) add(1, "new" + std::to_string(i));
  int fresh = 0;
  const auto tickets = start();
  for (const auto& ticket : tickets) fresh += ticket.seq > 100;
  EXPECT_EQ(fresh * 2, static_cast<int>(tickets.size()));
}

TEST_F(SchedulerTest, ARemovedAppIsForgottenAlsoInFlight) {
  configure(1, "http://a");
  add(1, "g");
  add(1, "g");
  add(1, "h");
  const auto tickets = start();
  scheduler_.remove(SdkAppId{1});
  EXPECT_EQ(scheduler_.counts().queued, 0U);
  for (const auto& ticket : tickets) EXPECT_TRUE(finish(ticket).app_gone);
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
}

TEST_F(SchedulerTest, AnAppThatIsMadeAnewDoesNotWaitForWhatItsPredecessorHasInFlight) {
  configure(1, "http://a");
  add(1, "g");
  const auto old = start();
  ASSERT_EQ(old.size(), 1U);
  EXPECT_FALSE(scheduler_.app_gone(old[0]));
  scheduler_.remove(SdkAppId{1});
  configure(1, "http://a");
  add(1, "g");
  const auto fresh = start();
  ASSERT_EQ(fresh.size(), 1U);
  EXPECT_TRUE(scheduler_.app_gone(old[0]));
  EXPECT_FALSE(scheduler_.app_gone(fresh[0]));
  EXPECT_TRUE(finish(old[0]).app_gone);
  const auto finished = finish(fresh[0]);
  EXPECT_FALSE(finished.app_gone);
  EXPECT_EQ(finished.outcome.state, EventState::delivered);
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
  EXPECT_EQ(scheduler_.counts().in_flight, 0U);
}

TEST_F(SchedulerTest, HeldEventsEndDeadAtSeventyTwoHoursVisibly) {
  configure(1, "");
  add(1, "g");
  advance(1000);
  add(1, "g");
  advance(kMaxAgeMs - 1000);
  std::vector<store::Outcome> dead;
  scheduler_.expire(now_, dead);
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].seq, 1);
  EXPECT_EQ(dead[0].state, EventState::dead);
  advance(1000);
  scheduler_.expire(now_, dead);
  EXPECT_EQ(dead.size(), 2U);
  EXPECT_EQ(scheduler_.counts().lanes, 0U);
}

TEST_F(SchedulerTest, AClockSetBackDoesNotTurnAWaitOfSecondsIntoHours) {
  configure(1, "http://a");
  store::PendingEvent event;
  event.seq = ++seq_;
  event.app = SdkAppId{1};
  event.group = GroupId{"g"};
  event.since_ms = now_.wall_ms;
  event.next_attempt_ms = now_.wall_ms + 48 * 3600 * 1000LL;
  scheduler_.add(event, false, now_);
  advance(kMaxDelayMs);
  EXPECT_EQ(start().size(), 1U);
}

TEST_F(SchedulerTest, WhatAClockPlannedThatWasSetBackSinceIsSentAtOnce) {
  configure(1, "http://a");
  store::PendingEvent event;
  event.seq = ++seq_;
  event.app = SdkAppId{1};
  event.group = GroupId{"g"};
  event.attempts = 2;
  event.since_ms = now_.wall_ms + 3600 * 1000;  // committed and tried an hour ahead of time
  event.next_attempt_ms = event.since_ms + 1500;
  scheduler_.add(event, false, now_);
  EXPECT_EQ(start().size(), 1U);
}

TEST_F(SchedulerTest, APostponedTicketComesBackWithoutAnAttempt) {
  configure(1, "http://a");
  add(1, "g");
  const auto tickets = start();
  scheduler_.postpone(tickets[0], 100, now_);
  EXPECT_TRUE(start().empty());
  advance(100);
  const auto again = start();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].attempts, 0);
}

TEST_F(SchedulerTest, EndpointsThatHangLeaveRoomForOthers) {
  Scheduler crowd{SchedulerOptions{.max_window = 8, .max_in_flight = 16}};
  std::int64_t seq = 0;
  const auto add_to = [&](std::uint32_t app, int count) {
    crowd.configure(SdkAppId{app}, Target{"http://" + std::to_string(app), true, RetryMode::off});
    for (int i = 0; i < count; ++i) {
      store::PendingEvent event;
      event.seq = ++seq;
      event.app = SdkAppId{app};
      event.group = GroupId{"g" + std::to_string(i)};
      event.since_ms = now_.wall_ms;
      crowd.add(event, true, now_);
    }
  };
  std::vector<Scheduler::Ticket> hanging;
  for (std::uint32_t app = 1; app <= 3; ++app) {
    add_to(app, 50);
    crowd.start(now_, hanging);
  }
  ASSERT_EQ(hanging.size(), 14U) << "8, 4, 2";
  add_to(4, 50);
  for (int i = 0; i < 50; ++i) {  // the healthy one goes on, one at a time
    std::vector<Scheduler::Ticket> out;
    crowd.start(now_, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].app, SdkAppId{4});
    (void)crowd.finish(out[0], kOk, now_, 0.5);
  }
  std::vector<Scheduler::Ticket> out;
  for (const std::uint32_t app : {5U, 6U, 7U, 8U}) add_to(app, 1);
  crowd.start(now_, out);
  ASSERT_EQ(out.size(), 2U) << "the limit is reached";
  crowd.remove(SdkAppId{7});  // and with it its endpoint, which waits for its share
  (void)crowd.finish(hanging[13], kOk, now_, 0.5);
  crowd.start(now_, out);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[2].app, SdkAppId{8}) << "who was crowded goes on when something has landed";
}

TEST_F(SchedulerTest, NoMoreThanTheTotalLimitIsInFlight) {
  Scheduler small{SchedulerOptions{.max_window = 256, .max_in_flight = 5}};
  for (std::uint32_t app = 1; app <= 10; ++app) {
    small.configure(SdkAppId{app}, Target{"http://" + std::to_string(app), true, RetryMode::off});
    store::PendingEvent event;
    event.seq = app;
    event.app = SdkAppId{app};
    event.group = GroupId{"g"};
    event.since_ms = now_.wall_ms;
    small.add(event, true, now_);
  }
  std::vector<Scheduler::Ticket> tickets;
  small.start(now_, tickets);
  ASSERT_EQ(tickets.size(), 5U);
  std::vector<Scheduler::Ticket> more;
  (void)small.finish(tickets[0], kOk, now_, 0.5);
  small.start(now_, more);
  EXPECT_EQ(more.size(), 1U);
}

}  // namespace
}  // namespace tidings::delivery
