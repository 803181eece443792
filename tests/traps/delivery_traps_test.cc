// Goal: the traps that senders of webhooks fall into (docs/traps.md, T1, T2, T4, T5, T7, T9, T10, T11,
// T14, T15) do not catch delivery. Method: the real committer, dispatcher and embedded engine; what
// is said to have been lost really is: a crash leaves the store's files and nothing else.
#include <sqlite3.h>

#include <climits>

#include "traps/delivery_world.h"

namespace tidings::delivery {
namespace {

using test::eventually;
using Seen = std::map<std::string, int>;

void run_sql(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

// T1: the store has the message, the write to the queue behind it never happened.
TEST(TrapT01, WhatIsCommittedIsDeliveredThoughNobodyWasTold) {
  World before;
  before.put_app(1);
  before.start();
  before.commit(1, "g", "told");
  ASSERT_TRUE(before.delivered(1, 1));
  before.commit(1, "g", "not told", /*offer=*/false);
  const auto after = before.crash();
  after->start();
  ASSERT_TRUE(after->delivered(1, 2));
  EXPECT_EQ(after->network.seen("host1.test"), (Seen{{"not told", 1}}));
  EXPECT_TRUE(after->agrees());
}

// T2: the retry lives only in a queue beside the store.
TEST(TrapT02, ARetryAndItsCountSurviveEverythingButTheStore) {
  World before;
  before.put_app(1);
  before.network.tell([](const std::string&, int) { return answered(500); });
  before.start();
  const std::int64_t seq = before.commit(1, "g", "late");
  ASSERT_TRUE(eventually([&] { return !before.engine().attempts(seq).value().empty(); }));
  const auto after = before.crash();
  EXPECT_EQ(after->ledger(1).pending, 1);
  const int made = static_cast<int>(after->engine().attempts(seq).value().size());
  after->start();
  ASSERT_TRUE(after->delivered(1, 1));
  const auto attempts = after->engine().attempts(seq).value();
  EXPECT_EQ(attempts.size(), static_cast<std::size_t>(made) + 1);
  EXPECT_EQ(attempts.front().outcome, "status");
  EXPECT_EQ(attempts.back().outcome, "ok");
}

// T4: the fan-out is acknowledged as one, so one bad endpoint repeats it at all the good ones.
TEST(TrapT04, ABadEndpointRepeatsNothingAtAGoodOne) {
  World world;
  world.put_app(1);
  world.put_app(2);
  world.network.tell([](const std::string& host, int seen) {
    return answered(host == "host2.test" && seen < 3 ? 500 : 200);
  });
  world.start();
  for (int i = 0; i < 20; ++i) {
    world.commit(1, "g", "good " + std::to_string(i));
    if (i < 2) world.commit(2, "g", "bad " + std::to_string(i));
  }
  ASSERT_TRUE(world.delivered(1, 20));
  ASSERT_TRUE(world.delivered(2, 2));
  for (const auto& [body, times] : world.network.seen("host1.test")) EXPECT_EQ(times, 1) << body;
  for (const auto& [body, times] : world.network.seen("host2.test")) EXPECT_EQ(times, 3) << body;
}

// T5: minutes without the store send messages to a dead-letter queue that waits for a person.
TEST(TrapT05, AStoreThatFailsForAWhileKillsNothingAndHealsByItself) {
  World world;
  world.put_app(1, [](community::App& app) { app.callback.retry = community::RetryMode::off; });
  world.disk->commits_to_fail = 3;
  world.disk->reads_to_fail = 3;
  world.commit(1, "g", "left from before", /*offer=*/false);
  world.start();
  for (int i = 0; i < 5; ++i) world.commit(1, "g", "event " + std::to_string(i));
  ASSERT_TRUE(world.delivered(1, 6)) << world.ledger(1).delivered;
  EXPECT_EQ(world.disk->failures, 6) << "the disk did not fail as it should have";
  EXPECT_EQ(world.ledger(1).dead, 0);
  EXPECT_TRUE(world.agrees());
}

// T7: a limit is stored and shown, and nothing obeys it.
TEST(TrapT07, TheLimitOfAnEndpointIsObeyed) {
  Scheduler scheduler({.max_window = 3, .max_in_flight = 1000});
  scheduler.configure(SdkAppId{1}, {"http://one.test/", true, community::RetryMode::durable});
  for (std::int64_t seq = 1; seq <= 50; ++seq) {
    store::PendingEvent event;
    event.seq = seq;
    event.app = SdkAppId{1};
    event.group = GroupId{"g" + std::to_string(seq)};
    scheduler.add(event, /*fresh=*/true, {});
  }
  std::vector<Scheduler::Ticket> tickets;
  std::size_t sent = 0;
  while (sent < 50) {
    scheduler.start({}, tickets);
    ASSERT_FALSE(tickets.empty());
    ASSERT_LE(tickets.size(), 3U) << "grown beyond what was set";
    sent += tickets.size();
    for (const auto& ticket : tickets) (void)scheduler.finish(ticket, {}, {}, 0.5);
    tickets.clear();
  }
}

// T9: a retry reads its message back from a log that is written later, or not at all.
TEST(TrapT09, ARetryNeedsNoAttemptLog) {
  World before;
  before.put_app(1);
  before.network.tell([](const std::string&, int) { return answered(500); });
  before.start();
  const std::int64_t seq = before.commit(1, "g", "body of its own");
  ASSERT_TRUE(eventually([&] { return !before.engine().attempts(seq).value().empty(); }));
  const auto after = before.crash();
  run_sql(after->file(), "DELETE FROM attempt");
  ASSERT_TRUE(after->engine().attempts(seq).value().empty());
  after->start();
  ASSERT_TRUE(after->delivered(1, 1));
  EXPECT_EQ(after->network.seen("host1.test"), (Seen{{"body of its own", 1}}));
}

// T10: an endpoint that is disabled makes its messages vanish without a trace.
TEST(TrapT10, WhatIsDisabledHoldsItsEventsVisiblyAndLosesNone) {
  World world;
  world.put_app(1, [](community::App& app) { app.callback.endpoint_disabled = true; });
  world.put_app(2, [](community::App& app) { app.status = community::AppStatus::disabled; });
  world.start();
  for (const std::uint32_t id : {1U, 2U}) {
    for (int i = 0; i < 3; ++i) world.commit(id, "g", "event " + std::to_string(i));
  }
  ASSERT_TRUE(eventually([&] { return world.stats().queued == 6; }));
  EXPECT_EQ(world.ledger(1).pending, 3);
  EXPECT_EQ(world.ledger(2).pending, 3);
  EXPECT_TRUE(world.network.seen("host1.test").empty());
  EXPECT_TRUE(world.network.seen("host2.test").empty());
  world.put_app(1, [](community::App& app) { app.callback.endpoint_disabled = false; });
  world.put_app(2, [](community::App& app) { app.status = community::AppStatus::enabled; });
  EXPECT_TRUE(world.delivered(1, 3));
  EXPECT_TRUE(world.delivered(2, 3));
}

// T11: after ten errors in a row the worker is gone, and only a restart brings it back.
TEST(TrapT11, NoNumberOfErrorsEndsDelivery) {
  World world;
  world.put_app(1);
  world.commit(1, "g", "left from before", /*offer=*/false);
  world.disk->reads_to_fail = 30;
  world.start();
  ASSERT_TRUE(world.delivered(1, 1)) << "the store could not be read 30 times, then it could";
  EXPECT_EQ(world.disk->failures, 30);
  // Ten in a row: the breaker opens, and its probes fail too, until one finds the endpoint again.
  auto failures = std::make_shared<std::atomic<int>>(0);
  world.network.tell([failures](const std::string&, int) {
    net::HttpExchange unreached;
    unreached.failure = net::ExchangeFailure::refused;
    return ++*failures <= 10 ? unreached : answered(200);
  });
  for (int i = 0; i < 20; ++i) world.commit(1, "g" + std::to_string(i), std::to_string(i));
  ASSERT_TRUE(eventually([&] { return world.ledger(1).delivered == 21; }, std::chrono::seconds{60}));
  EXPECT_GT(*failures, 20);
  EXPECT_EQ(world.ledger(1).dead, 0);
}

// T14: after a restart the queue lacks what its readers expect, and all stands still.
TEST(TrapT14, TheStoreAloneIsEnoughToGoOn) {
  World before;
  before.put_app(1);
  before.network.tell([](const std::string&, int) { return answered(503); });
  before.start();
  for (int i = 0; i < 5; ++i) before.commit(1, "g" + std::to_string(i), "old " + std::to_string(i));
  ASSERT_TRUE(eventually([&] { return before.stats().attempts >= 5; }));
  const auto after = before.crash();
  after->start();
  after->commit(1, "new", "new");
  ASSERT_TRUE(after->delivered(1, 6)) << "old and new, without a hand";
  EXPECT_TRUE(after->agrees());
}

// T15: what is deleted is still in the queue, and goes round and round until it is a dead letter.
TEST(TrapT15, ADeletedAppsEventsAreCancelledOnceAndForAll) {
  World world;
  world.put_app(1);
  world.put_app(2);
  world.network.tell([](const std::string& host, int) {
    return answered(host == "host1.test" ? 500 : 200);
  });
  world.start();
  for (int i = 0; i < 4; ++i) world.commit(1, "g" + std::to_string(i), std::to_string(i));
  ASSERT_TRUE(eventually([&] { return world.stats().attempts >= 4; }));
  world.delete_app(1);
  ASSERT_TRUE(eventually([&] { return world.stats().queued == 0 && world.stats().in_flight == 0; }));
  EXPECT_EQ(world.ledger(1).cancelled, 4);
  EXPECT_EQ(world.ledger(1).pending, 0);
  const Seen then = world.network.seen("host1.test");
  for (int i = 0; i < 5; ++i) world.commit(2, "g", std::to_string(i));
  ASSERT_TRUE(world.delivered(2, 5));
  EXPECT_EQ(world.network.seen("host1.test"), then) << "nothing more is sent to it";
  EXPECT_TRUE(world.agrees());
  const auto after = world.crash();
  after->start();
  after->commit(2, "g", "after");
  ASSERT_TRUE(after->delivered(2, 6));
  EXPECT_TRUE(after->network.seen("host1.test").empty()) << "not after a restart either";
}

// Neither among the fifteen nor far from them: a setting that changes while events are under way.
TEST(SettingsChange, AChangedUrlAppliesToTheNextAttemptAndLosesAndDoublesNothing) {
  World world;
  world.put_app(1, [](community::App& app) { app.callback.url = "http://old.test/"; });
  world.network.tell([](const std::string& host, int) {
    return answered(host == "old.test" ? 500 : 200);
  });
  world.start();
  for (int i = 0; i < 6; ++i) world.commit(1, "g" + std::to_string(i % 2), std::to_string(i));
  ASSERT_TRUE(eventually([&] { return world.network.seen("old.test").size() == 2; }));
  world.put_app(1, [](community::App& app) { app.callback.url = "http://new.test/"; });
  ASSERT_TRUE(world.delivered(1, 6));
  Seen arrived;
  for (int i = 0; i < 6; ++i) arrived[std::to_string(i)] = 1;
  EXPECT_EQ(world.network.seen("new.test"), arrived) << "each once, at the new URL";
  EXPECT_TRUE(world.agrees());
}

TEST(SettingsChange, TakesEffectAtOnceForWhatWaitsForItsBody) {
  World world;
  world.put_app(1);
  for (int i = 0; i < 50; ++i) {
    world.commit(1, "g" + std::to_string(i), std::to_string(i), /*offer=*/false);
  }
  world.disk->bodies_to_fail = INT_MAX;
  world.start();
  ASSERT_TRUE(eventually([&] { return world.disk->failures > 3; })) << "events wait for bodies";
  world.put_app(1, [](community::App& app) { app.status = community::AppStatus::disabled; });
  world.disk->bodies_to_fail = 0;
  ASSERT_TRUE(eventually([&] { return world.stats().queued == 50 && !world.stats().behind; }));
  EXPECT_TRUE(world.network.seen("host1.test").empty()) << "sent although the app was disabled";
  world.put_app(1, [](community::App& app) { app.status = community::AppStatus::enabled; });
  ASSERT_TRUE(world.delivered(1, 50));
  for (const auto& [body, times] : world.network.seen("host1.test")) EXPECT_EQ(times, 1) << body;
}

// P5 where the events of one app are more than it may have in memory, or than all apps may.
class FullMemory : public ::testing::TestWithParam<std::size_t DispatcherOptions::*> {};

TEST_P(FullMemory, OfOneAppsEventsHoldsUpNobodyElse) {
  World world;
  world.put_app(1, [](community::App& app) { app.callback.endpoint_disabled = true; });
  world.put_app(2);
  for (int i = 0; i < 30; ++i) world.commit(1, "g" + std::to_string(i), std::to_string(i));
  DispatcherOptions options;
  options.*GetParam() = 20;
  options.page = 8;
  world.start(options);
  for (int i = 30; i < 60; ++i) world.commit(1, "g" + std::to_string(i), std::to_string(i));
  for (int i = 0; i < 60; ++i) world.commit(2, "g", std::to_string(i));
  ASSERT_TRUE(world.delivered(2, 60));
  world.put_app(1, [](community::App& app) { app.callback.endpoint_disabled = false; });
  ASSERT_TRUE(world.delivered(1, 60));
  for (const auto& [body, times] : world.network.seen("host1.test")) EXPECT_EQ(times, 1) << body;
  EXPECT_TRUE(eventually([&] { return !world.stats().behind; }));
  EXPECT_TRUE(world.agrees());
}

INSTANTIATE_TEST_SUITE_P(OfAnApp, FullMemory,
                         ::testing::Values(&DispatcherOptions::max_queued_of_app));
INSTANTIATE_TEST_SUITE_P(OfAllApps, FullMemory, ::testing::Values(&DispatcherOptions::max_queued));

}  // namespace
}  // namespace tidings::delivery
