// Goal: jobs of one app, what waits of it and a crowd of connections are in no other job's way (P5).
// Method: event_jobs_world_test.h.
#include "delivery/event_jobs_world_test.h"

namespace tidings::delivery {
namespace {

TEST_F(EventJobsTest, WhatWaitsOfAnotherAppHoldsUpNoReplay) {
  make_dead("g", 10);
  sequence_ = 0;
  commit_of(kElsewhere, "g", 200);
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().queued == 200; }));
  EXPECT_EQ(ended(create(job(kUndelivered)).id).done, 10);
  EXPECT_TRUE(eventually([&] { return ledger().delivered == 10; }));
}

TEST_F(EventJobsTest, AnAlternateUrlThatIsNotAllowedEndsTheJobAndACrowdDoesNot) {
  make_dead("g", 30);
  EventJob spec = job(kUndelivered);
  spec.url = "http://inside.test/";
  const EventJob failed = ended(create(spec).id);
  EXPECT_EQ(failed.state, EventJob::State::failed);
  EXPECT_EQ(failed.failed, 10) << failed.note;
  transport_.crowded = 12;
  spec.url = "http://crowded.test/";
  const EventJob done = ended(create(spec).id);
  EXPECT_EQ(done.state, EventJob::State::done) << done.note;
  EXPECT_EQ(done.done, 30);
  EXPECT_EQ(done.failed, 0);
}

TEST_F(EventJobsTest, AnAppHasEightJobsAtATimeAndLeavesTheOthersTheirs) {
  make_dead("g", 10);
  EventJob slow = job(kUndelivered);
  slow.rate = 1;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(create(slow).state, EventJob::State::running);
  const auto ninth = runtime::block_on(lane_, jobs_->create(slow));
  ASSERT_FALSE(ninth);
  EXPECT_EQ(ninth.error().kind, Errc::conflict);
  EXPECT_NE(ninth.error().what.find("8 jobs of the app"), std::string::npos) << ninth.error().what;
  EventJob elsewhere = slow;
  elsewhere.filter.app = kElsewhere;
  EXPECT_TRUE(runtime::block_on(lane_, jobs_->create(elsewhere)));
}

}  // namespace
}  // namespace tidings::delivery
