/// The operator's hands on events: replay and cancel, one event or all that a filter finds, and
/// what they wait for (docs/delivery.md).
///
/// A job is durable: its row says what it is about and how far it has come, and is written in the
/// same transaction as the events it moves. After a restart it goes on at its cursor; events are
/// taken in the app's sequence, in chunks, at the rate it was given.
///
/// A replay to the app's own URL makes events pending again; they go through their lanes in commit
/// order. A replay to an alternate URL sends them there one after the other, signed as the app's,
/// once each, and changes neither state nor order; a crash sends at most one chunk twice.
///
/// Errors: Errc::not_found (event or job), conflict (too many jobs; a job that has ended),
/// unavailable (stopping), and those of the store.
/// Threads: everything on the delivery lane, except preview(), one() and list(), which any lane may
/// call. Lifetime: parts outlive it; stop() before the dispatcher stops.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "delivery/dispatcher.h"

namespace tidings::delivery {

struct EventJobsOptions {
  std::size_t max_running = 32;            ///< jobs at a time, over all apps
  std::size_t max_running_of_app = 8;      ///< of one: those of a dead endpoint may wait for days
  std::size_t max_queued = 100'000;        ///< a replay waits while more of its app is queued
  std::int64_t window = 20'000;            ///< events looked at in one read
  std::int64_t chunk = 500;                ///< events moved in one commit
  std::chrono::milliseconds commit_after{1000};  ///< a chunk for an alternate URL ends
  int failures_to_stop = 10;               ///< in a row, of an alternate URL
  std::chrono::milliseconds breath{100};   ///< between chunks that are held back by the rate
  std::chrono::milliseconds retry{1000};   ///< after a read that failed
};

class EventJobs {
 public:
  struct Parts {
    runtime::Lane& lane;
    Dispatcher& dispatcher;
    store::EventReader& events;
    runtime::BlockingPool& readers;
    net::CallbackTransport& transport;
    const Clock& clock;
    std::function<community::AppPtr(SdkAppId)> app;  ///< nullptr: no such app
    CallbackTls* tls = nullptr;
    std::function<void(std::string_view)> log;       ///< one line; may be empty
  };
  explicit EventJobs(Parts parts, EventJobsOptions options = {});
  ~EventJobs();
  EventJobs(const EventJobs&) = delete;
  EventJobs& operator=(const EventJobs&) = delete;

  [[nodiscard]] runtime::Lane& lane() const { return parts_.lane; }

  /// Goes on with the jobs an earlier run left.
  void start();
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);

  // Any lane.
  runtime::awaitable<Result<store::EventSummary>> preview(store::EventFilter filter);
  runtime::awaitable<Result<std::vector<store::EventJob>>> list(SdkAppId app);
  runtime::awaitable<Result<store::EventJob>> find(SdkAppId app, std::int64_t id);

  // The delivery lane.
  /// Of `job`: kind, filter, url, rate, end_as. It is stored, with its preview, when this returns.
  runtime::awaitable<Result<store::EventJob>> create(store::EventJob job);
  /// It moves nothing more; what it has moved stays moved.
  runtime::awaitable<Result<store::EventJob>> cancel_job(SdkAppId app, std::int64_t id);

  /// What became of one event.
  struct OneDone {
    bool moved = false;
    bool in_flight = false;         ///< cancel: ends with its attempt, unless that succeeds
    std::optional<store::Attempt> attempt;  ///< at the alternate URL
  };
  /// `url` "": the app's own.
  runtime::awaitable<Result<OneDone>> replay_one(SdkAppId app, std::int64_t app_sequence,
                                                 std::string url);
  runtime::awaitable<Result<OneDone>> cancel_one(SdkAppId app, std::int64_t app_sequence,
                                                 store::EventState as);

  struct Waiting {
    Scheduler::Place place;
    std::int64_t app_sequence = 0;
  };
  /// By seq, what each waits for; `behind` is a number of the app's sequence (0: not readable).
  using Holds = std::unordered_map<std::int64_t, Scheduler::Hold>;
  runtime::awaitable<Holds> holds(std::vector<Waiting> events);

 private:
  struct Running {
    store::EventJob job;
    bool cancelled = false;
    int failures_in_row = 0;
  };
  using RunningPtr = std::shared_ptr<Running>;
  using Records = std::vector<store::EventRecord>;

  runtime::awaitable<void> resume();
  runtime::awaitable<Result<std::int64_t>> next_id();
  runtime::awaitable<void> run(RunningPtr running);
  runtime::awaitable<Result<bool>> step(RunningPtr running);
  runtime::awaitable<Result<void>> send_elsewhere(RunningPtr running, const Records& page,
                                                  Dispatcher::Decision& decision);
  runtime::awaitable<Result<store::Attempt>> post(std::shared_ptr<const Endpoint> endpoint,
                                                  const community::Event& event,
                                                  bool& endpoint_failed);
  runtime::awaitable<Result<store::EventRecord>> read_one(SdkAppId app, std::int64_t app_sequence,
                                                          bool with_body);
  [[nodiscard]] Result<std::shared_ptr<const Endpoint>> endpoint_at(SdkAppId app,
                                                                    const std::string& url) const;
  /// False as well for what belongs to an app that was deleted before this one had its number.
  [[nodiscard]] bool of_app_now(SdkAppId app, std::int64_t app_sequence) const;
  [[nodiscard]] store::EventFilter without_former_app(store::EventFilter filter) const;
  [[nodiscard]] store::EventFilter next_page(const store::EventJob& job) const;
  [[nodiscard]] std::chrono::milliseconds pause(const store::EventJob& job,
                                                std::int64_t taken) const;
  void log(std::string_view line) const;

  // Constant after construction.
  Parts parts_;
  const EventJobsOptions options_;

  // Lane only.
  std::map<std::int64_t, RunningPtr> running_;
  std::int64_t last_id_ = 0;  // 0: not read yet
  bool stopping_ = false;

  runtime::TaskGroup group_;  // last: stopped before anything it uses goes
};

}  // namespace tidings::delivery
