/// Which event is sent next: the pure core of delivery.
///
/// A lane per (app, GroupId) keeps the commit order of a group: its head is in flight, waiting for
/// a retry, ready or held, and nothing behind it moves (promise P4). Lanes of one callback URL
/// share a window and a breaker; URLs do not wait for each other (P5): one takes at most half of what the
/// others leave of the total, so that some that hang do not have all of it. Events come in once and
/// leave delivered, dead, cancelled or with their app (P3). A replayed event takes its place by
/// seq. Where the app says `park`, a head that would end dead stays and its lane with it, until an
/// operator retries or cancels it.
///
/// Memory: 24 bytes an event and a small constant a lane; bodies are the worker's affair.
/// Threads: one lane's. Time comes in with every call; chance comes in with finish().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "delivery/breaker.h"
#include "delivery/retry_policy.h"
#include "delivery/window.h"
#include "store/event_log.h"

namespace tidings::delivery {

/// One moment on both clocks: wall time for what is stored, steady time for what is waited for.
struct Now {
  std::int64_t wall_ms = 0;
  std::int64_t steady_ms = 0;
};

/// Where an app's events go. No URL, a disabled app or endpoint: they are held.
struct Target {
  std::string url;  ///< a name: apps that share it share window and breaker
  bool enabled = true;
  community::RetryMode retry = community::RetryMode::durable;
  community::DeadHead dead_head = community::DeadHead::go_on;
};

struct SchedulerOptions {
  int max_window = 256;      ///< requests in flight per callback URL
  int max_in_flight = 1024;  ///< over all URLs
};

class Scheduler {
 public:
  struct Lane;
  /// Leave to send one event now. Every ticket is given back by finish() exactly once.
  struct Ticket {
    Lane* lane = nullptr;
    std::int64_t seq = 0;
    SdkAppId app;
    std::int32_t attempts = 0;  ///< made before this one
  };
  struct Finished {
    store::Outcome outcome;         ///< to be committed
    bool disable_endpoint = false;  ///< 410: the app's endpoint is to be disabled, durably
    bool app_gone = false;          ///< the app was removed meanwhile: nothing to commit
  };
  struct Counts {
    std::size_t queued = 0;     ///< known here and not in flight
    std::size_t in_flight = 0;
    std::size_t lanes = 0;
    std::size_t parked = 0;     ///< lanes that wait for an operator
    std::size_t open_breakers = 0;
  };

  explicit Scheduler(SchedulerOptions options = {});
  ~Scheduler();

  /// The app's target as of now; moves held lanes on, or holds them. Where it goes elsewhere than
  /// before, or from nowhere, and where `try_now` says that an attempt is worth while again, what
  /// waits for a retry is due at once, and an open breaker of the URL may probe.
  void configure(SdkAppId app, Target target, bool try_now = false);
  /// Forgets the app and its events (they were cancelled with it).
  void remove(SdkAppId app);
  [[nodiscard]] bool knows(SdkAppId app) const { return apps_.contains(app); }

  /// In its place by seq; one that is here already is left as it is. REQUIRES: the app was
  /// configured. `fresh`: committed just now, not left over from before.
  void add(const store::PendingEvent& event, bool fresh, Now now) {
    add(std::span{&event, 1}, fresh, now);
  }
  /// Many at once: lanes are all over memory, and waiting for many takes as long as for one.
  void add(std::span<const store::PendingEvent> events, bool fresh, Now now);

  // The operator's hands.
  struct Place {
    SdkAppId app;
    GroupId group;
    std::int64_t seq = 0;
  };
  enum class Standing { unknown, queued, parked, in_flight };
  [[nodiscard]] Standing standing(const Place& place) const;
  /// What an event that is known here waits for.
  struct Hold {
    enum class Why {
      unknown,   ///< not known here
      nothing,   ///< being sent, or as soon as its URL's window has room
      parked,    ///< an operator's decision
      settings,  ///< the app's: no URL, disabled
      retry,     ///< the time of its retry
      breaker,   ///< its URL's breaker
      behind,    ///< another event of its group
    };
    Why why = Why::unknown;
    std::int64_t until_ms = 0;  ///< wall time of the retry, or of the next probe (0: now)
    std::int64_t behind = 0;    ///< seq of the one in front
  };
  [[nodiscard]] Hold hold(const Place& place, Now now) const;
  /// The same of a pending event that is not known here yet, because others are in memory in its stead.
  [[nodiscard]] Hold hold_unknown(const Place& place, Now now) const;
  /// Takes an event out of its lane; the caller commits `as`. One in flight is let end: unless it
  /// is delivered, finish() or postpone() then says `as`. Returns where it stood.
  Standing cancel(const Place& place, store::EventState as);
  /// A parked event is tried again, as if new. False: it is not parked (any more).
  bool retry_parked(const Place& place, Now now);

  /// Appends the events to be sent now.
  void start(Now now, std::vector<Ticket>& out);
  /// The attempt of a ticket ended. REQUIRES: 0 <= jitter < 1.
  Finished finish(const Ticket& ticket, const AttemptResult& result, Now now, double jitter);
  /// The worker could not even try (body not readable): try again after `delay_ms`. An outcome if
  /// it was cancelled meanwhile.
  std::optional<store::Outcome> postpone(const Ticket& ticket, std::int64_t delay_ms, Now now);
  /// The event of the ticket is not in the log any more: its lane goes on without it.
  void forget(const Ticket& ticket);
  /// The app of the ticket was removed, whether or not another one has its number by now.
  [[nodiscard]] bool app_gone(const Ticket& ticket) const;
  /// Events that grew too old while they waited or were held: dead, or parked. Call now and then.
  void expire(Now now, std::vector<store::Outcome>& out);

  /// Steady time at which start() may have something to do; nullopt: only after another call.
  [[nodiscard]] std::optional<std::int64_t> next_wake() const;
  [[nodiscard]] Counts counts() const;
  /// Of one app, as Counts::queued.
  [[nodiscard]] std::size_t queued(SdkAppId app) const;
  /// For the admin door and the simulation.
  [[nodiscard]] bool breaker_open(const std::string& url) const;
  [[nodiscard]] int window_size(const std::string& url) const;

 private:
  struct Endpoint;
  struct AppState;
  struct LaneKey {
    SdkAppId app;
    GroupId group;
  };
  struct LaneName {  // a key without a string of its own
    SdkAppId app;
    std::string_view group;
  };
  static LaneName name_of(const LaneKey& key) { return {key.app, key.group.view()}; }
  static LaneName name_of(const LaneName& name) { return name; }
  struct LaneKeyHash {
    using is_transparent = void;
    std::size_t operator()(const auto& key) const noexcept {
      const LaneName name = name_of(key);
      return std::hash<std::string_view>{}(name.group) * 31 + name.app.number();
    }
  };
  struct SameLane {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const noexcept {
      return name_of(a).app == name_of(b).app && name_of(a).group == name_of(b).group;
    }
  };
  struct Found {
    Lane* lane = nullptr;
    bool is_new = false;
  };

  Endpoint& endpoint(const std::string& url);
  Found lane_of(const store::PendingEvent& event);
  void enqueue(const store::PendingEvent& event, Found found, bool fresh, Now now);
  void count_queued(Lane& lane, std::ptrdiff_t change);
  void make_ready(Lane& lane);
  void wake(Endpoint& endpoint);
  void landed();
  [[nodiscard]] bool has_share(const Endpoint& endpoint) const;
  void wait_until(Lane& lane, std::int64_t steady_ms);
  void leave_waiting(Lane& lane);
  void follow(AppState& state, bool moved);
  void probe_now(Endpoint& endpoint);
  void land(Lane& lane);
  void go_on(Lane& lane);
  void put_back(Lane& lane, std::int64_t due_ms);
  bool expire_heads(Lane& lane, Now now, std::vector<store::Outcome>& out);
  void erase(Lane& lane);
  [[nodiscard]] Lane* find_lane(const Place& place) const;
  void timers_due(std::int64_t steady_ms);
  Lane* next_ready(Endpoint& endpoint);
  void closed(Endpoint& endpoint);
  void settle_endpoint(Lane& lane, const AttemptResult& result, Now now);
  void release_unused(const std::string& url);

  SchedulerOptions options_;
  std::unordered_map<SdkAppId, std::unique_ptr<AppState>> apps_;
  std::map<std::string, std::unique_ptr<Endpoint>, std::less<>> endpoints_;
  std::unordered_map<LaneKey, std::unique_ptr<Lane>, LaneKeyHash, SameLane> lanes_;
  std::unordered_map<const Lane*, std::unique_ptr<Lane>> orphans_;  // in flight, of apps that were removed
  std::vector<Found> found_;  // of the events that are being added
  std::multimap<std::int64_t, Lane*> waiting_;       // by due time
  std::multimap<std::int64_t, Endpoint*> probing_;   // open breakers by probe time
  std::deque<Endpoint*> runnable_;
  std::vector<Endpoint*> crowded_;  // runnable but for their share: until something lands
  std::size_t queued_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t parked_ = 0;
  std::size_t open_breakers_ = 0;
};

}  // namespace tidings::delivery
