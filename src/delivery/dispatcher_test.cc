// Goal: what was committed is delivered, in order, whatever was going on (P2, P3, P4); nothing is
// sent where nothing may be sent; what became of an event is committed.
// Method: a real lane, committer and blocking pool over the in-memory engine; the network is a
// scripted transport that remembers what it was asked to send.
#include "delivery/dispatcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "runtime/run_on.h"
#include "store/memory_engine.h"
#include "support/eventually.h"
#include "support/events.h"

namespace tidings::delivery {
namespace {

using test::eventually;

class ScriptedTransport final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    net::HttpExchange exchange;
    exchange.status = 200;
    exchange.body = kCallbackOk;
    const std::lock_guard lock(mutex_);
    sent_.emplace_back(request.body);
    if (!script_.empty()) {
      exchange = script_.front();
      script_.pop_front();
    }
    co_return exchange;
  }
  void next(unsigned status, net::ExchangeFailure failure = net::ExchangeFailure::none,
            std::string retry_after = {}) {
    const std::lock_guard lock(mutex_);
    net::HttpExchange exchange;
    exchange.status = status;
    exchange.failure = failure;
    exchange.retry_after = std::move(retry_after);
    script_.push_back(exchange);
  }
  std::vector<std::string> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> sent_;
  std::deque<net::HttpExchange> script_;
};

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    app_.id = SdkAppId{7};
    app_.callback.url = "http://receiver.test/";
    lane_.start();
    committer_.start();
  }
  ~DispatcherTest() override {
    stop();
    committer_.stop();
    lane_.finish();
    lane_.join();
  }

  /// Commits `count` events of a group as earlier work; `offer` as the committer would.
  void commit(const std::string& group, int count, bool offer) {
    community::View view(clock_.now_ms(), random_);
    ASSERT_TRUE(engine_.load({}, view));
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      view.events.push_back(test::topic_event(app_.id, sequence_, group,
                                              group + "/" + std::to_string(sequence_),
                                              clock_.now_ms(), random_));
    }
    ASSERT_TRUE(engine_.commit(view, {}));
    if (offer) dispatcher_->offer(view.events);
  }
  void start(DispatcherOptions options = {}) {
    Dispatcher::Parts parts{lane_, engine_, committer_, readers_, transport_, clock_, random_,
                            [this](SdkAppId id) { return find(id); }, nullptr,
                            [this](SdkAppId) { ++disabled_; }, {},
                            [this](std::string_view line) {
                              const std::lock_guard lock(mutex_);
                              lines_.emplace_back(line);
                            }};
    dispatcher_ = std::make_unique<Dispatcher>(std::move(parts), options);
    dispatcher_->start();
  }
  void stop() {
    if (!dispatcher_) return;
    runtime::block_on(lane_, dispatcher_->stop(std::chrono::seconds{3}));
    dispatcher_.reset();
  }
  void change(std::function<void(community::App&)> edit) {
    {
      const std::lock_guard lock(mutex_);
      edit(app_);
    }
    dispatcher_->settings_changed(app_.id);
  }
  community::AppPtr find(SdkAppId id) {
    const std::lock_guard lock(mutex_);
    return id == app_.id ? std::make_shared<const community::App>(app_) : nullptr;
  }
  store::Ledger ledger() { return *engine_.ledger(SdkAppId{7}); }
  int logged(std::string_view part) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::ranges::count_if(
        lines_, [part](const std::string& line) { return line.find(part) != line.npos; }));
  }
  /// Until `go_on` nothing is read.
  void hold_readers(std::shared_future<void> go_on) {
    std::atomic<int> held = 0;
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(readers_.post([&held, go_on] {
        ++held;
        go_on.wait();
      }));
    }
    while (held != 2) std::this_thread::yield();
  }
  /// Deletes the app and makes one with its number.
  void make_anew() {
    dispatcher_->app_removed(app_.id);
    dispatcher_->settings_changed(app_.id);
  }
  bool delivered(std::int64_t count) {
    return eventually([&] { return ledger().delivered == count; });
  }

  SystemClock clock_;
  SystemRandom random_;
  store::MemoryEngine engine_;
  test::NoListener listener_;
  store::Committer committer_{engine_, clock_, random_, listener_};
  runtime::Lane lane_{"delivery"};
  runtime::BlockingPool readers_{2};
  ScriptedTransport transport_;
  std::mutex mutex_;
  community::App app_;
  std::int64_t sequence_ = 0;
  std::atomic<int> disabled_ = 0;
  std::vector<std::string> lines_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(DispatcherTest, WhatAnEarlierRunLeftIsDeliveredInOrderAndCommitted) {
  commit("g", 50, /*offer=*/false);
  start();
  ASSERT_TRUE(delivered(50));
  const auto sent = transport_.sent();
  ASSERT_EQ(sent.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(sent[static_cast<std::size_t>(i)], "g/" + std::to_string(i + 1));
  EXPECT_TRUE(ledger().balanced());
}

TEST_F(DispatcherTest, FreshEventsFollowWhatWasLeftOverAndNoneIsSentTwice) {
  commit("g", 10, /*offer=*/false);
  start();
  for (int i = 0; i < 20; ++i) commit("g", 5, /*offer=*/true);
  ASSERT_TRUE(delivered(110));
  const auto sent = transport_.sent();
  ASSERT_EQ(sent.size(), 110U);
  for (int i = 0; i < 110; ++i) EXPECT_EQ(sent[static_cast<std::size_t>(i)], "g/" + std::to_string(i + 1));
}

TEST_F(DispatcherTest, MoreThanMemoryMayHoldIsDeliveredAllTheSame) {
  commit("g", 40, /*offer=*/false);
  DispatcherOptions options;
  options.max_queued_of_app = 16;
  options.page = 8;
  options.fresh_bytes = 0;
  start(options);
  for (int i = 0; i < 40; ++i) commit("h" + std::to_string(i % 3), 5, /*offer=*/true);
  ASSERT_TRUE(delivered(240));
  EXPECT_EQ(transport_.sent().size(), 240U);
}

TEST_F(DispatcherTest, WithoutAUrlNothingIsSentAndAllOfItOnceThereIsOne) {
  app_.callback.url.clear();
  start();
  commit("g", 3, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().queued == 3; }));
  EXPECT_TRUE(transport_.sent().empty());
  change([](community::App& app) { app.callback.url = "http://receiver.test/"; });
  EXPECT_TRUE(delivered(3));
}

TEST_F(DispatcherTest, TheLogSaysThatAUrlFailsAndThatItAnswersAgain) {
  for (int i = 0; i < 8; ++i) transport_.next(500);
  start();
  for (int i = 0; i < 8; ++i) commit("g" + std::to_string(i), 1, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return logged("http://receiver.test:80 fails") == 1; }));
  ASSERT_TRUE(delivered(8));
  EXPECT_TRUE(eventually([&] { return logged("http://receiver.test:80 answers again") == 1; }));
  EXPECT_EQ(logged("dead"), 0);
}

TEST_F(DispatcherTest, TheLogSaysThatEventsEndDeadAndNotMoreThanOnceAMinute) {
  app_.callback.retry = community::RetryMode::off;
  for (int i = 0; i < 4; ++i) transport_.next(400);
  start();
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return logged("1 event has ended dead") == 1; }));
  commit("g", 3, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return ledger().dead == 4; }));
  EXPECT_EQ(logged("dead"), 1);
}

TEST_F(DispatcherTest, AFailedAttemptIsCommittedAndTriedAgain) {
  transport_.next(500);
  start();
  commit("g", 2, /*offer=*/true);
  ASSERT_TRUE(delivered(2));
  const auto sent = transport_.sent();
  EXPECT_EQ(sent, (std::vector<std::string>{"g/1", "g/1", "g/2"}));
  const auto attempts = *engine_.attempts(1);
  ASSERT_FALSE(attempts.empty());
  EXPECT_EQ(attempts[0].outcome, "status");
  EXPECT_EQ(attempts[0].http_status, 500);
}

TEST_F(DispatcherTest, GoneDisablesTheEndpointAndHoldsUntilItIsEnabledAgain) {
  transport_.next(410);
  start();
  commit("g", 3, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return disabled_ == 1; }));
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().queued == 3; }));
  EXPECT_EQ(transport_.sent().size(), 1U);
  change([](community::App& app) { app.callback.endpoint_disabled = false; });
  EXPECT_TRUE(delivered(3));
}

TEST_F(DispatcherTest, AnotherTokenMakesAnAttemptWorthWhileAndAnotherNameDoesNot) {
  transport_.next(404, net::ExchangeFailure::none, "3600");
  start();
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return !engine_.attempts(1)->empty(); }));
  change([](community::App& app) { app.name = "Riverside"; });
  change([](community::App& app) { app.callback.retry = community::RetryMode::timeouts; });
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().queued == 1; }));
  EXPECT_EQ(transport_.sent().size(), 1U);
  change([](community::App& app) { app.callback.token = "the-right-one"; });
  EXPECT_TRUE(delivered(1));
}

TEST_F(DispatcherTest, WithRetryOffAFailedEventEndsDeadAndIsCounted) {
  app_.callback.retry = community::RetryMode::off;
  transport_.next(0, net::ExchangeFailure::refused);
  start();
  commit("g", 2, /*offer=*/true);
  ASSERT_TRUE(delivered(1));
  EXPECT_EQ(ledger().dead, 1);
  EXPECT_TRUE(ledger().balanced());
}

TEST_F(DispatcherTest, AnExchangeWeGaveUpOurselvesIsNoAttempt) {
  app_.callback.retry = community::RetryMode::off;
  transport_.next(0, net::ExchangeFailure::overloaded);
  start();
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(delivered(1));
  EXPECT_EQ(ledger().dead, 0);
}

TEST_F(DispatcherTest, ABodyThatIsReadWhileItsAppIsMadeAnewIsNotSent) {
  DispatcherOptions options;
  options.fresh_bytes = 0;  // each is read
  start(options);
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(delivered(1)) << "what the disk had is known";
  std::promise<void> go_on;
  hold_readers(go_on.get_future().share());
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return readers_.queued() == 1; }));
  make_anew();
  go_on.set_value();
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(delivered(2));
  EXPECT_EQ(transport_.sent(), (std::vector<std::string>{"g/1", "g/3"}));
}

TEST_F(DispatcherTest, APageThatIsReadWhileItsAppIsMadeAnewIsNotTakenIn) {
  DispatcherOptions options;
  options.max_queued_of_app = 1;
  start(options);
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(delivered(1)) << "what the disk had is known";
  change([](community::App& app) { app.callback.url.clear(); });
  commit("g", 3, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return dispatcher_->stats().behind; })) << "two wait on disk";
  std::promise<void> go_on;
  hold_readers(go_on.get_future().share());
  change([](community::App& app) { app.callback.url = "http://receiver.test/"; });
  ASSERT_TRUE(eventually([&] { return transport_.sent().size() == 2 && readers_.queued() == 1; }));
  make_anew();
  go_on.set_value();
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(delivered(3));
  EXPECT_EQ(transport_.sent(), (std::vector<std::string>{"g/1", "g/2", "g/5"}));
}

TEST_F(DispatcherTest, AReplayIsNotSentForAnAppThatIsMadeAnewWhileItIsCommitted) {
  commit("g", 1, /*offer=*/false);
  start();
  ASSERT_TRUE(delivered(1));
  store::EventFilter all;
  all.app = app_.id;
  const auto records = engine_.list(all).value();
  ASSERT_EQ(records.size(), 1U);
  Dispatcher::Decision decision;
  const auto decided = [&]() -> runtime::awaitable<Result<void>> {
    dispatcher_->decide_replay(records, decision);
    {
      const std::lock_guard lock(mutex_);
      app_.events_before = records[0].event.app_sequence;
    }
    auto stored = co_await dispatcher_->commit(std::move(decision));
    co_return stored;
  };
  ASSERT_TRUE(runtime::block_on(lane_, decided()));
  commit("g", 1, /*offer=*/true);
  ASSERT_TRUE(delivered(2));
  EXPECT_EQ(transport_.sent(), (std::vector<std::string>{"g/1", "g/2"}));
}

TEST_F(DispatcherTest, OutcomesKnownAtTheStopAreCommitted) {
  start();
  commit("g", 30, /*offer=*/true);
  ASSERT_TRUE(eventually([&] { return transport_.sent().size() >= 5; }));
  stop();
  committer_.stop();
  EXPECT_EQ(ledger().delivered, static_cast<std::int64_t>(transport_.sent().size()));
}

}  // namespace
}  // namespace tidings::delivery
