/// Delivers committed events: drives the Scheduler with real time, bodies and connections, and
/// commits what became of each event.
///
/// The event log is the queue (promise P2): at start everything undelivered is paged in, without
/// bodies; new events are offered after their commit and skip the disk while memory allows. An app whose
/// share of it is full waits on disk with the rest (Backlog), and no other app with it. Bodies of fresh
/// events are kept up to `fresh_bytes`, the others are read when their turn comes.
///
/// Durability: an outcome is handed to the committer as soon as it is known. A crash between answer
/// and commit delivers that event again: at least once, still in order.
/// Threads: offer(), settings_changed(), app_removed() and stats() from any thread; everything else
/// on the lane. Lifetime: parts outlive the dispatcher; stop() before the committer stops.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "delivery/attempt_log.h"
#include "delivery/backlog.h"
#include "delivery/callback_request.h"
#include "delivery/fresh_events.h"
#include "delivery/scheduler.h"
#include "net/callback_transport.h"
#include "runtime/blocking_pool.h"
#include "runtime/notifier.h"
#include "runtime/resting.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"
#include "store/committer.h"
#include "store/store.h"

namespace tidings::delivery {

/// An event reached an end state or was tried; for metrics and logs.
struct Tried {
  SdkAppId app;
  store::EventState state = store::EventState::pending;
  AttemptClass what = AttemptClass::ok;
  std::int64_t created_to_now_ms = 0;
  std::int64_t duration_us = 0;
};

struct DispatcherOptions {
  SchedulerOptions scheduler;
  std::size_t max_queued_of_app = 1'000'000;  ///< events known in memory; the rest waits on disk
  std::size_t max_queued = 5'000'000;  ///< of all apps; then each may still have a page of them
  std::size_t fresh_bytes = 128 * 1024 * 1024;
  std::size_t page = 20'000;                 ///< events paged in at a time
  std::chrono::milliseconds exchange_timeout = kExchangeTimeout;  ///< another one only in tests
  std::chrono::milliseconds read_retry{1000};  ///< after a store that could not be read
};

struct DispatcherStats {
  std::uint64_t attempts = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t queued = 0;
  std::uint64_t open_breakers = 0;
  std::uint64_t parked = 0;  ///< groups that wait for an operator
  bool behind = false;  ///< more waits on disk than is known here
};

class Dispatcher {
 public:
  struct Parts {
    runtime::Lane& lane;
    store::EventReader& events;
    store::Committer& committer;
    runtime::BlockingPool& readers;
    net::CallbackTransport& transport;
    const Clock& clock;
    Random& random;
    std::function<community::AppPtr(SdkAppId)> app;  ///< any thread; nullptr: no such app
    CallbackTls* tls = nullptr;                      ///< nullptr: the transport's default
    std::function<void(SdkAppId)> disable_endpoint;  ///< answered 410: make it durable
    std::function<void(const Tried&)> observe;       ///< on the lane; may be empty
    std::function<void(std::string_view)> log;       ///< one line; may be empty
    AttemptTrace trace = {};                         ///< on the lane; may be empty
  };

  Dispatcher(Parts parts, DispatcherOptions options = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Begins to page in what is undelivered and to send it. Doors may open before it is done.
  void start();
  /// Claims no more, lets attempts in flight end within `grace`, hands their outcomes over.
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);

  void offer(std::vector<community::Event> events);
  void settings_changed(SdkAppId app);
  void app_removed(SdkAppId app);
  [[nodiscard]] DispatcherStats stats() const;

  // The operator's hands (dispatcher_operator.cc); on the lane. Deciding and committing happen in
  // one go: decide_*(), counts into the job's row, commit().
  struct Decision {
    std::vector<store::Outcome> outcomes;
    std::vector<store::EventJob> jobs;            ///< rows to be written with the outcomes
    struct Replayed {
      store::PendingEvent event;
      std::int64_t app_sequence = 0;
    };
    std::vector<Replayed> replayed;               ///< enter their lanes after the commit
    std::vector<Scheduler::Place> retried;        ///< parked ones, tried again after the commit
    std::int64_t moved = 0;
    std::int64_t skipped = 0;    ///< on their way, ended, or gone since they were read
    std::int64_t in_flight = 0;  ///< cancel: ends with their attempt, unless that succeeds
  };
  void decide_replay(const std::vector<store::EventRecord>& events, Decision& decision);
  void decide_cancel(const std::vector<store::EventRecord>& events, store::EventState as,
                     Decision& decision);
  /// Returns after the fsync, with replayed events in their lanes.
  runtime::awaitable<Result<void>> commit(Decision decision);
  [[nodiscard]] std::size_t queued_now(SdkAppId app) const { return scheduler_.queued(app); }
  [[nodiscard]] Scheduler::Hold hold(const Scheduler::Place& place) const;

 private:
  /// Where an app's events go, and what they all say in this second.
  struct Route {
    std::shared_ptr<const Endpoint> endpoint;
    SignedSecond at;
  };
  struct Sending {
    Scheduler::Ticket ticket;
    EventPtr event;
  };

  runtime::awaitable<void> page_in();
  runtime::awaitable<bool> page_apps();
  runtime::awaitable<bool> page_events(Backlog::Turn turn);
  runtime::awaitable<bool> read_failed(Error error);
  [[nodiscard]] std::size_t share() const;
  [[nodiscard]] std::size_t room_of(SdkAppId app) const;
  void read_on(SdkAppId app);
  runtime::awaitable<void> load_bodies();
  runtime::awaitable<void> run_timers();
  runtime::awaitable<void> make_attempts(Sending sending);
  net::OutboundRequest request_of(Route& route, const community::Event& event);
  void settle(const Sending& sending, const Endpoint& endpoint, const net::HttpExchange& exchange);
  void tell_breaker(std::size_t open_before, const Endpoint& endpoint, const AttemptResult& result,
                    const net::HttpExchange& exchange, Now at);
  void tell_dead(Now at);
  void accept(std::vector<community::Event> events);
  bool knows(SdkAppId app);
  void add(const store::PendingEvent& event);
  void know(const store::PendingEvent& event);
  void take_in(const Decision& decision);
  void configure(SdkAppId app);
  void send(Sending sending);
  void give_back(const Scheduler::Ticket& ticket, std::int64_t delay_ms);
  void schedule_turn();
  void turn();
  void send_started();
  [[nodiscard]] Now now() const;
  void log(std::string_view line) const;

  // Constant after construction.
  Parts parts_;
  const DispatcherOptions options_;

  // Lane only.
  Scheduler scheduler_;
  std::unordered_map<SdkAppId, Route> routes_;
  FreshEvents fresh_;
  std::vector<store::PendingEvent> arrived_;  // of the commit that is being taken in
  std::vector<Scheduler::Ticket> tickets_;
  std::vector<Scheduler::Ticket> bodiless_;
  std::vector<EventPtr> leaving_;  // the events of tickets_, in a turn
  std::vector<store::Outcome> outcomes_;
  Sending handed_;  // to the coroutine that is being woken
  Backlog backlog_;
  std::unordered_set<std::int64_t> coming_;  // replays that are being committed
  bool paging_ = false;
  bool loading_ = false;
  bool turn_scheduled_ = false;
  bool stopping_ = false;
  std::int64_t armed_ms_ = INT64_MAX;
  std::int64_t next_expire_ms_ = 0;
  std::int64_t next_dead_line_ms_ = 0;
  std::uint64_t dead_told_ = 0;
  std::int64_t breaker_minute_ = 0;  // of the lines about breakers, and how many there were in it
  int breaker_lines_ = 0;

  // Written on the lane, read anywhere.
  std::atomic<std::uint64_t> attempts_ = 0, delivered_ = 0, dead_ = 0, in_flight_ = 0, queued_ = 0,
                             open_breakers_ = 0, parked_ = 0;
  std::atomic<bool> behind_shown_ = false;

  runtime::Notifier timers_;
  runtime::Resting resting_;  // coroutines that have made an attempt
  runtime::TaskGroup group_;  // last: stopped before anything it uses goes
};

}  // namespace tidings::delivery
