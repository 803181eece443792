// Goal: what an operator does by filter or to one event is done in order, counted, durable and
// resumed: replay, to the app's URL or another, and cancel; the ledger is balanced all the time.
// Method: event_jobs_world_test.h.
#include "delivery/event_jobs_world_test.h"

namespace tidings::delivery {
namespace {

TEST_F(EventJobsTest, AReplayBringsDeadEventsToTheAppInCommitOrderAndCountsThem) {
  make_dead("g", 20);
  make_dead("h", 5);
  commit("g", 1);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 1; }));
  transport_.forget();
  const EventJob made = create(job(kUndelivered));
  EXPECT_EQ(made.planned.count, 25);
  EXPECT_EQ(made.planned.groups, 2);
  const EventJob done = ended(made.id);
  EXPECT_EQ(done.state, EventJob::State::done);
  EXPECT_EQ(done.done, 25);
  EXPECT_EQ(done.skipped, 0);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 26; }));
  std::vector<std::string> g;
  for (const std::string& body : transport_.bodies_at("own.test")) {
    if (body.starts_with("g/")) g.push_back(body);
  }
  EXPECT_EQ(g, numbered("g", 1, 20));
  EXPECT_EQ(ledger().dead, 0);
}

TEST_F(EventJobsTest, EventsThatWereNeverTriedAreReplayedToo) {
  change([](community::App& app) { app.callback.endpoint_disabled = true; });
  commit("g", 6);
  const EventJob cancelled = create(job(EventState::pending, EventJob::Kind::cancel));
  EXPECT_EQ(ended(cancelled.id).done, 6);
  EXPECT_EQ(ledger().cancelled, 6);
  change([](community::App& app) { app.callback.endpoint_disabled = false; });
  EXPECT_TRUE(transport_.bodies_at("own.test").empty());
  const EventJob replay = create(job(kUndelivered));
  EXPECT_EQ(ended(replay.id).done, 6);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 6; }));
  EXPECT_EQ(transport_.bodies_at("own.test"), numbered("g", 1, 6));
}

TEST_F(EventJobsTest, AHalfDoneReplayGoesOnAfterARestartWhereItWas) {
  make_dead("g", 60);
  EventJob spec = job(kUndelivered);
  spec.rate = 100;
  const EventJob made = create(spec);
  ASSERT_TRUE(eventually([&] { return state_of(made.id).done >= 10; }));
  stop();
  const EventJob half = engine_.jobs(app_.id).value().at(0);
  ASSERT_EQ(half.state, EventJob::State::running);
  ASSERT_LT(half.done, 60);
  EXPECT_EQ(half.cursor, half.done) << "every event of the app is its business, in order";
  EXPECT_EQ(ledger().dead, 60 - half.done) << "the row and what it moved are one commit";

  start();
  const EventJob done = ended(made.id);
  EXPECT_EQ(done.state, EventJob::State::done);
  EXPECT_EQ(done.done, 60);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 60; }));
  EXPECT_EQ(transport_.bodies_at("own.test"), numbered("g", 1, 60)) << "each once, in order";
}

TEST_F(EventJobsTest, WhatAnAppHadThatWasDeletedIsNoneOfTheBusinessOfTheOneMadeAfterIt) {
  make_dead("g", 3);
  change([](community::App& app) { app.events_before = 3; });
  make_dead("g", 2);
  EXPECT_EQ(runtime::block_on(lane_, jobs_->preview(job(kUndelivered).filter))->count, 2);
  const EventJob done = ended(create(job(kUndelivered)).id);
  EXPECT_EQ(done.planned.count, 2);
  EXPECT_EQ(done.done, 2);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 2; }));
  EXPECT_EQ(transport_.bodies_at("own.test"), numbered("g", 4, 5));
  EventJob elsewhere = job({});
  elsewhere.url = "http://staging.test/in";
  EXPECT_EQ(ended(create(elsewhere).id).done, 2);
  EXPECT_EQ(transport_.bodies_at("staging.test"), numbered("g", 4, 5));
  for (const char* url : {"", "http://staging.test/in"}) {
    const auto one = runtime::block_on(lane_, jobs_->replay_one(app_.id, 3, url));
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().kind, Errc::not_found);
    EXPECT_EQ(one.error().what, "seq: event 3 is of an app with this number that was deleted");
  }
  const auto cancelled =
      runtime::block_on(lane_, jobs_->cancel_one(app_.id, 3, EventState::cancelled));
  EXPECT_EQ(cancelled.error().kind, Errc::not_found);
  EXPECT_EQ(transport_.bodies_at("staging.test").size(), 2U);
  EXPECT_EQ(ledger().dead, 3);
}

TEST_F(EventJobsTest, AJobEndsWithItsAppAlsoWhenItsNumberIsUsedAgain) {
  make_dead("g", 40);
  for (const char* url : {"", "http://staging.test/in"}) {
    EventJob spec = job(kUndelivered);
    spec.rate = 50;
    spec.url = url;
    const EventJob made = create(spec);
    ASSERT_TRUE(eventually([&] { return state_of(made.id).done >= 2; }));
    change([](community::App& app) { app.events_before = 40; });
    const EventJob failed = ended(made.id);
    EXPECT_EQ(failed.state, EventJob::State::failed);
    EXPECT_EQ(failed.note, "the app was deleted");
    EXPECT_LT(failed.done, 40);
    change([](community::App& app) { app.events_before = 0; });
  }
}

TEST_F(EventJobsTest, ARateIsNotExceededAndACancelledJobMovesNothingMore) {
  make_dead("g", 50);
  EventJob spec = job(kUndelivered);
  spec.rate = 50;
  const auto began = std::chrono::steady_clock::now();
  const EventJob made = create(spec);
  ASSERT_TRUE(eventually([&] { return state_of(made.id).done >= 5; }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{4 * 1000 / 50});
  const auto stopped = runtime::block_on(lane_, jobs_->cancel_job(app_.id, made.id));
  ASSERT_TRUE(stopped) << stopped.error().what;
  EXPECT_EQ(stopped->state, EventJob::State::cancelled);
  ASSERT_TRUE(eventually([&] { return ledger().pending == 0; }));
  const store::Ledger after = ledger();
  EXPECT_EQ(after.delivered, stopped->done);
  EXPECT_EQ(after.dead, 50 - stopped->done);
  EXPECT_EQ(state_of(made.id).state, EventJob::State::cancelled);
  const auto again = runtime::block_on(lane_, jobs_->cancel_job(app_.id, made.id));
  EXPECT_EQ(again.error().kind, Errc::conflict);
  const auto unknown = runtime::block_on(lane_, jobs_->cancel_job(app_.id, 99));
  EXPECT_EQ(unknown.error().kind, Errc::not_found);
}

TEST_F(EventJobsTest, AnAlternateUrlGetsEverythingInOrderAndNothingChangesState) {
  make_dead("g", 3);
  commit("h", 2);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 2; }));
  const store::Ledger before = ledger();
  transport_.forget();
  EventJob spec = job({});
  spec.url = "http://staging.test/in";
  const EventJob done = ended(create(spec).id);
  EXPECT_EQ(done.state, EventJob::State::done);
  EXPECT_EQ(done.done, 5);
  EXPECT_EQ(ledger(), before);
  EXPECT_EQ(transport_.bodies_at("staging.test"),
            (std::vector<std::string>{"g/1", "g/2", "g/3", "h/4", "h/5"}));
  EXPECT_TRUE(transport_.bodies_at("own.test").empty());
  EventFilter all;
  all.app = app_.id;
  const auto records = engine_.list(all).value();
  const auto attempts = engine_.attempts(records[0].event.seq).value();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[1].outcome, "ok");
  EXPECT_NE(attempts[1].detail.find("replay job"), std::string::npos);
}

TEST_F(EventJobsTest, AnAlternateUrlThatFailsIsCountedShownAndGivenUp) {
  make_dead("g", 30);
  EventJob spec = job(EventState::dead);
  spec.url = "http://broken.test/";
  const EventJob failed = ended(create(spec).id);
  EXPECT_EQ(failed.state, EventJob::State::failed);
  EXPECT_EQ(failed.failed, 10);
  EXPECT_EQ(failed.done, 0);
  EXPECT_EQ(failed.cursor, 10);
  EXPECT_EQ(failed.note, "event 10: status 500; stopped after 10 failures of the URL in a row");
  EXPECT_EQ(ledger().dead, 30);
}

TEST_F(EventJobsTest, AParkedEventIsRetriedOrGivenUpAndItsGroupGoesOn) {
  change([](community::App& app) { app.callback.dead_head = community::DeadHead::park; });
  transport_.failing = true;
  commit("g", 3);
  EventFilter parked;
  parked.app = app_.id;
  parked.states.add_parked();
  ASSERT_TRUE(eventually([&] { return engine_.list(parked).value().size() == 1; }));
  EXPECT_EQ(ledger().pending, 3);
  EXPECT_EQ(transport_.bodies_at("own.test").size(), 1U);
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().parked == 1; }));

  stop();
  start();
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().parked == 1; })) << "as it was";
  EXPECT_EQ(transport_.bodies_at("own.test").size(), 1U);

  const auto retried = runtime::block_on(lane_, jobs_->replay_one(app_.id, 1, ""));
  ASSERT_TRUE(retried && retried->moved);
  ASSERT_TRUE(eventually([&] { return transport_.bodies_at("own.test").size() == 2; }));
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().parked == 1; })) << "it failed again";
  transport_.failing = false;
  const auto given_up =
      runtime::block_on(lane_, jobs_->cancel_one(app_.id, 1, EventState::dead));
  ASSERT_TRUE(given_up && given_up->moved);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 2; }));
  EXPECT_EQ(ledger().dead, 1);
  const auto late = runtime::block_on(lane_, jobs_->cancel_one(app_.id, 1, EventState::dead));
  EXPECT_FALSE(late->moved) << "it has ended";
}

TEST_F(EventJobsTest, WhatIsInFlightIsCancelledWhenItsAttemptFails) {
  app_.callback.retry = community::RetryMode::durable;
  change([](community::App&) {});
  transport_.held = true;
  transport_.failing = true;
  commit("g", 2);
  ASSERT_TRUE(eventually([&] { return transport_.bodies_at("own.test").size() == 1; }));
  const auto flying =
      runtime::block_on(lane_, jobs_->cancel_one(app_.id, 1, EventState::cancelled));
  ASSERT_TRUE(flying);
  EXPECT_TRUE(flying->in_flight);
  EXPECT_FALSE(flying->moved);
  const auto on_its_way = runtime::block_on(lane_, jobs_->replay_one(app_.id, 1, ""));
  EXPECT_FALSE(on_its_way->moved);
  transport_.held = false;
  ASSERT_TRUE(eventually([&] { return ledger().cancelled == 1; }));
  transport_.failing = false;
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 1; }));
}

TEST_F(EventJobsTest, AWishToEndWhatIsInFlightIsStoredAndGrantedAfterACrash) {
  transport_.held = true;
  commit("g", 3);
  ASSERT_TRUE(eventually([&] { return transport_.bodies_at("own.test").size() == 1; }));
  const auto flying = runtime::block_on(lane_, jobs_->cancel_one(app_.id, 1, EventState::dead));
  ASSERT_TRUE(flying && flying->in_flight);
  const auto stored = engine_.pending(app_.id, 0, 1).value().at(0);
  EXPECT_EQ(stored.next_attempt_ms, store::kWillBeDead) << "before the operator is answered";
  EXPECT_EQ(ledger().pending, 3);
  // What a killed process leaves: the mark, and no outcome.
  transport_.held = false;
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 3; })) << "success goes before the wish";
  change([](community::App& app) { app.callback.endpoint_disabled = true; });
  commit("g", 2);
  stop();
  community::View nothing(clock_.now_ms(), random_);
  store::Outcome mark{4, app_.id, EventState::pending, 1, store::kWillBeCancelled, {}};
  ASSERT_TRUE(engine_.commit(nothing, {{mark}}));
  change([](community::App& app) { app.callback.endpoint_disabled = false; });
  start();
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 4; }));
  EXPECT_EQ(ledger().cancelled, 1);
  EXPECT_EQ(transport_.bodies_at("own.test").back(), "g/5");
  EXPECT_EQ(transport_.bodies_at("own.test").size(), 4U) << "the cancelled one was not sent again";
}

TEST_F(EventJobsTest, EventsSayWhichOneTheyWaitBehind) {
  transport_.held = true;
  commit("g", 1);
  commit("h", 1);
  commit("g", 1);
  ASSERT_TRUE(eventually([&] { return transport_.bodies_at("own.test").size() == 2; }));
  const EventJobs::Waiting last{{app_.id, GroupId{"g"}, 3}, 3};
  const auto holds = runtime::block_on(lane_, jobs_->holds({last}));
  ASSERT_EQ(holds.size(), 1U);
  EXPECT_EQ(holds.at(3).why, Scheduler::Hold::Why::behind);
  EXPECT_EQ(holds.at(3).behind, 1) << "found, though it was not asked about";
  transport_.held = false;
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 3; }));
}

TEST_F(EventJobsTest, ADeliveredEventCanBeSentAgainAndOneAtAnotherUrl) {
  commit("g", 1);
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 1; }));
  const auto again = runtime::block_on(lane_, jobs_->replay_one(app_.id, 1, ""));
  ASSERT_TRUE(again && again->moved);
  ASSERT_TRUE(eventually([&] { return transport_.bodies_at("own.test").size() == 2; }));
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 1; }));
  const auto elsewhere =
      runtime::block_on(lane_, jobs_->replay_one(app_.id, 1, "http://staging.test/"));
  ASSERT_TRUE(elsewhere && elsewhere->attempt);
  EXPECT_EQ(elsewhere->attempt->outcome, "ok");
  EXPECT_EQ(transport_.bodies_at("staging.test").size(), 1U);
  const auto missing = runtime::block_on(lane_, jobs_->replay_one(app_.id, 2, ""));
  EXPECT_EQ(missing.error().kind, Errc::not_found);
}

TEST_F(EventJobsTest, EventsThatStillWaitOnDiskAreCancelledAndReplayedWithoutBeingSentTwice) {
  stop();
  DispatcherOptions small;
  small.max_queued_of_app = 3;
  small.page = 2;
  change([](community::App& app) { app.callback.endpoint_disabled = true; });
  start(small);
  commit("g", 40);
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().behind; }));
  EventJob some = job(EventState::pending, EventJob::Kind::cancel);
  some.filter.after_app_sequence = 20;
  EXPECT_EQ(ended(create(some).id).done, 20);
  EventJob back = job(kUndelivered);
  back.filter.after_app_sequence = 30;
  EXPECT_EQ(ended(create(back).id).done, 10);
  EXPECT_EQ(ledger().pending, 30);
  change([](community::App& app) { app.callback.endpoint_disabled = false; });
  ASSERT_TRUE(eventually([&] { return ledger().delivered == 30; }));
  const auto sent = transport_.bodies_at("own.test");
  EXPECT_EQ(std::set<std::string>(sent.begin(), sent.end()).size(), 30U);
  EXPECT_EQ(sent.size(), 30U) << "each once";
  EXPECT_EQ(ledger().cancelled, 10);
}

TEST_F(EventJobsTest, AJobOfADeletedAppEndsAndSaysSo) {
  make_dead("g", 100);
  EventJob spec = job(kUndelivered);
  spec.rate = 50;
  const EventJob made = create(spec);
  {
    const std::lock_guard lock(mutex_);
    app_.id = SdkAppId{8};
  }
  EXPECT_TRUE(eventually([&] {
    return engine_.jobs(SdkAppId{7}).value().at(0).state == EventJob::State::failed;
  }));
  EXPECT_EQ(engine_.jobs(SdkAppId{7}).value().at(0).note, "the app was deleted");
  EXPECT_EQ(engine_.jobs(SdkAppId{7}).value().at(0).id, made.id);
}

}  // namespace
}  // namespace tidings::delivery
