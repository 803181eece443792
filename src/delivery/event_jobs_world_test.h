/// For tests: dispatcher and jobs on a real lane with a real committer over the in-memory engine; the network
/// is a scripted transport. A restart makes everything but the engine anew.
#pragma once

#include "delivery/event_jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <set>

#include "runtime/run_on.h"
#include "store/memory_engine.h"
#include "support/eventually.h"
#include "support/events.h"

namespace tidings::delivery {
using store::EventFilter;
using store::EventJob;
using store::EventState;
using store::StateSet;
using test::eventually;

inline const SdkAppId kElsewhere{8};  // an app whose endpoint is switched off

/// Answers 400 while `failing`, waits while `held`; remembers host and body of each request.
class JobTransport final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    {
      const std::lock_guard lock(mutex_);
      sent_.emplace_back(request.origin.host, request.body);
    }
    while (held) {
      auto slept = co_await runtime::sleep_for(std::chrono::milliseconds{1});
      if (!slept) break;
    }
    net::HttpExchange exchange;
    // 400 opens no breaker: the next event is tried at once.
    exchange.status = request.origin.host == "broken.test" ? 500 : failing ? 400 : 200;
    exchange.body = kCallbackOk;
    if (request.origin.host == "inside.test") {
      exchange.failure = net::ExchangeFailure::address_forbidden;
    } else if (request.origin.host == "crowded.test" && crowded > 0) {
      --crowded;
      exchange.failure = net::ExchangeFailure::overloaded;
    }
    co_return exchange;
  }
  std::vector<std::string> bodies_at(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const auto& [to, body] : sent_) {
      if (to == host) found.push_back(body);
    }
    return found;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    sent_.clear();
  }
  std::atomic<bool> failing = false;
  std::atomic<bool> held = false;
  std::atomic<int> crowded = 0;  ///< how often no connection is left

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> sent_;
};

class EventJobsTest : public ::testing::Test {
 protected:
  EventJobsTest() {
    app_.id = SdkAppId{7};
    app_.callback.url = "http://own.test/";
    app_.callback.retry = community::RetryMode::off;
    community::View view(clock_.now_ms(), random_);
    community::Needs needs;
    needs.apps.push_back(app_.id);
    (void)engine_.load(needs, view);
    view.put(app_);
    EXPECT_TRUE(engine_.commit(view, {}));
    lane_.start();
    start();
  }
  ~EventJobsTest() override {
    stop();
    lane_.finish();
    lane_.join();
  }

  void start(DispatcherOptions options = {}) {
    committer_.emplace(engine_, clock_, random_, listener_);
    committer_->start();
    Dispatcher::Parts parts{lane_, engine_, *committer_, readers_, transport_, clock_, random_,
                            [this](SdkAppId id) { return find(id); }, nullptr, {}, {}, {}};
    dispatcher_.emplace(std::move(parts), options);
    EventJobsOptions quick;
    quick.breath = std::chrono::milliseconds{20};
    quick.max_queued = 100;
    quick.retry = std::chrono::milliseconds{20};
    jobs_.emplace(EventJobs::Parts{lane_, *dispatcher_, engine_, readers_, transport_, clock_,
                                   [this](SdkAppId id) { return find(id); }, nullptr, {}},
                  quick);
    dispatcher_->start();
    jobs_->start();
  }
  void stop() {
    if (!jobs_) return;
    runtime::block_on(lane_, jobs_->stop(std::chrono::seconds{3}));
    runtime::block_on(lane_, dispatcher_->stop(std::chrono::seconds{3}));
    committer_->stop();
    jobs_.reset();
    dispatcher_.reset();
    committer_.reset();
  }
  void change(std::function<void(community::App&)> edit) {
    {
      const std::lock_guard lock(mutex_);
      edit(app_);
    }
    if (dispatcher_) dispatcher_->settings_changed(app_.id);
  }
  community::AppPtr find(SdkAppId id) {
    const std::lock_guard lock(mutex_);
    if (id == app_.id) return std::make_shared<const community::App>(app_);
    if (id != kElsewhere) return nullptr;
    auto other = std::make_shared<community::App>(app_);
    other->id = kElsewhere;
    other->callback.endpoint_disabled = true;
    return other;
  }
  /// Commits events, bodies "<group>/<app_sequence>".
  void commit(const std::string& group, int count) { commit_of(app_.id, group, count); }
  void commit_of(SdkAppId app, const std::string& group, int count) {
    community::View view(clock_.now_ms(), random_);
    ASSERT_TRUE(engine_.load({}, view));
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      view.events.push_back(test::topic_event(app, sequence_, group,
                                              group + "/" + std::to_string(sequence_),
                                              clock_.now_ms(), random_));
    }
    ASSERT_TRUE(engine_.commit(view, {}));
    dispatcher_->offer(view.events);
  }
  store::Ledger ledger() {
    const store::Ledger counted = *engine_.ledger(app_.id);
    EXPECT_TRUE(counted.balanced());
    return counted;
  }
  /// `count` dead events in one group, never sent again by themselves.
  void make_dead(const std::string& group, int count) {
    transport_.failing = true;
    const std::int64_t before = ledger().dead;
    commit(group, count);
    ASSERT_TRUE(eventually([&] { return ledger().dead == before + count; }));
    transport_.failing = false;
    transport_.forget();
  }
  [[nodiscard]] EventJob job(StateSet states, EventJob::Kind kind = EventJob::Kind::replay) const {
    EventJob made;
    made.kind = kind;
    made.filter.app = app_.id;
    made.filter.states = states;
    return made;
  }
  EventJob create(EventJob spec) {
    auto made = runtime::block_on(lane_, jobs_->create(std::move(spec)));
    EXPECT_TRUE(made) << made.error().what;
    return made ? *made : EventJob{};
  }
  EventJob state_of(std::int64_t id) {
    auto found = runtime::block_on(lane_, jobs_->find(app_.id, id));
    return found ? *found : EventJob{};
  }
  EventJob ended(std::int64_t id) {
    EXPECT_TRUE(eventually([&] { return state_of(id).state != EventJob::State::running; }));
    return state_of(id);
  }
  static std::vector<std::string> numbered(const std::string& group, int first, int last) {
    std::vector<std::string> bodies;
    for (int i = first; i <= last; ++i) bodies.push_back(group + "/" + std::to_string(i));
    return bodies;
  }

  SystemClock clock_;
  SystemRandom random_;
  store::MemoryEngine engine_;
  test::NoListener listener_;
  std::optional<store::Committer> committer_;
  runtime::Lane lane_{"delivery"};
  runtime::BlockingPool readers_{2};
  JobTransport transport_;
  std::mutex mutex_;
  community::App app_;
  std::int64_t sequence_ = 0;
  std::optional<Dispatcher> dispatcher_;
  std::optional<EventJobs> jobs_;
};

inline const StateSet kUndelivered =
    StateSet{EventState::dead}.add(EventState::cancelled).add_parked();

}  // namespace tidings::delivery
