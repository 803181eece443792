// Goal: ended events leave the store in the background by age and by number, pending ones never,
// whatever the batches; a disk that fails stops a round, not the retention.
// Method: the backend in memory with a clock of the test's own; rounds follow each other at once.
#include "backend/retention.h"

#include "backend/rest/rest_fixture.h"
#include "support/eventually.h"

namespace tidings::backend::retention_test {
namespace {

using rest::kApp;

class RetentionTest : public rest::RestFixture {
 protected:
  ~RetentionTest() override {
    if (retention) runtime::block_on(lane, retention->stop(std::chrono::seconds{1}));
  }
  /// Commits `count` events and ends them but for the last `pending`.
  void record(int count, int pending, SdkAppId app = kApp) {
    community::View view(clock.now_ms(), random);
    community::Needs needs;
    needs.apps.push_back(app);
    ASSERT_TRUE(engine.load(needs, view));
    for (int i = 0; i < count; ++i) {
      community::Event event;
      event.app = app;
      event.app_sequence = ++view.tallies.change(app).event_sequence;
      event.request_id = random.uuid();
      event.time_ms = clock.now_ms();
      view.events.push_back(event);
    }
    ASSERT_TRUE(engine.commit(view, {}));
    std::vector<store::Outcome> outcomes;
    for (int i = 0; i < count - pending; ++i) {
      store::Outcome outcome;
      outcome.seq = view.events[static_cast<std::size_t>(i)].seq;
      outcome.app = app;
      outcome.state = i % 2 == 0 ? store::EventState::delivered : store::EventState::dead;
      outcomes.push_back(outcome);
    }
    community::View later(clock.now_ms(), random);
    ASSERT_TRUE(engine.commit(later, outcomes));
  }
  void start(RetentionOptions options) {
    options.between_rounds = std::chrono::milliseconds{1};
    options.least_pause = std::chrono::milliseconds{0};
    options.batch = 3;
    retention = std::make_unique<Retention>(lane, service, options);
    lane.post([this] { retention->start(); });
  }
  std::size_t stored(SdkAppId app = kApp) {
    store::EventFilter filter;
    filter.app = app;
    filter.limit = 1000;
    return engine.list(filter).value().size();
  }
  void expect_ledger_unchanged(std::int64_t accepted) {
    const store::Ledger ledger = engine.ledger(kApp).value();
    EXPECT_EQ(ledger.accepted, accepted);
    EXPECT_EQ(ledger, engine.recount(kApp).value());
    EXPECT_TRUE(ledger.balanced());
  }

  std::unique_ptr<Retention> retention;
};

TEST_F(RetentionTest, takes_what_ended_longer_ago_than_the_age_and_leaves_the_rest) {
  record(20, 4);
  clock.advance(std::chrono::hours{2});
  record(10, 0);
  RetentionOptions options;
  options.age = std::chrono::hours{1};
  start(options);
  ASSERT_TRUE(test::eventually([&] { return stored() == 14; })) << stored();
  clock.advance(std::chrono::hours{2});
  ASSERT_TRUE(test::eventually([&] { return stored() == 4; })) << "pending ones stay for ever";
  ASSERT_TRUE(test::eventually([&] { return retention->purged() == 26; })) << "counted a step later";
  expect_ledger_unchanged(30);
}

TEST_F(RetentionTest, takes_the_oldest_beyond_the_number_at_any_age) {
  record(30, 5);
  RetentionOptions options;
  options.count = 10;
  start(options);
  ASSERT_TRUE(test::eventually([&] { return stored() == 15; })) << stored();
  record(8, 0);
  ASSERT_TRUE(test::eventually([&] { return retention->purged() == 23; })) << stored();
  EXPECT_EQ(stored(), 15U);
  expect_ledger_unchanged(38);
}

TEST_F(RetentionTest, a_busy_app_pushes_out_none_of_anothers) {
  const SdkAppId quiet{kApp.number() + 1};
  record(6, 2, quiet);
  record(40, 0);
  record(3, 0, quiet);
  RetentionOptions options;
  options.count = 6;
  start(options);
  ASSERT_TRUE(test::eventually([&] { return retention->purged() == 35; })) << stored();
  EXPECT_EQ(stored(), 6U);
  EXPECT_EQ(stored(quiet), 8U) << "its newest six that have ended, and two that are pending";
}

TEST_F(RetentionTest, does_nothing_when_neither_is_set) {
  record(10, 0);
  clock.advance(std::chrono::hours{24 * 365});
  start({});
  runtime::block_on(lane, retention->stop(std::chrono::seconds{1}));
  EXPECT_EQ(stored(), 10U);
  EXPECT_EQ(retention->purged(), 0U);
}

}  // namespace
}  // namespace tidings::backend::retention_test
