/// Long polls of the pull feed that wait for the next event of their app. A commit wakes those of
/// the apps it has events of, and nobody else; nothing is polled.
///
/// Bounded: so many for one app, and at most half of what the others leave of so many in all; but an
/// app's first poll is always let in, so that no crowd of others keeps it out. What is over a bound is
/// refused, never queued.
/// Errors: Errc::rate_limited with 60007 and the bound.
/// Threads: committed() from any thread (the committer's), quick where nobody waits; a Waiting on
/// its lane. Lifetime: outlives every Waiting.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>

#include "base/result.h"
#include "community/event.h"
#include "runtime/deadline.h"
#include "runtime/notifier.h"

namespace tidings::backend {

class EventWaiters {
 public:
  struct Limits {
    std::size_t per_app = 32;
    std::size_t total = 1024;
  };
  /// One poll's place, given back on destruction.
  class Waiting {
   public:
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    /// Grows with every commit that has events of the app. Read it, read the log, and wait only if
    /// it has not grown.
    [[nodiscard]] std::uint64_t generation() const;
    /// Until the next such commit. Errc::timeout, Errc::cancelled.
    runtime::awaitable<Result<void>> wait(runtime::Deadline deadline);

   private:
    friend class EventWaiters;
    struct Seat;
    Waiting(EventWaiters& owner, SdkAppId app);
    EventWaiters& owner_;
    const SdkAppId app_;
    std::shared_ptr<Seat> seat_;
  };

  explicit EventWaiters(Limits limits) : limits_(limits) {}
  EventWaiters() : EventWaiters(Limits{}) {}
  EventWaiters(const EventWaiters&) = delete;
  EventWaiters& operator=(const EventWaiters&) = delete;

  /// REQUIRES: on a lane.
  Result<std::unique_ptr<Waiting>> enter(SdkAppId app);
  void committed(std::span<const community::Event> events);
  [[nodiscard]] std::size_t waiting() const { return waiting_.load(); }

 private:
  using Seats = std::list<std::shared_ptr<Waiting::Seat>>;
  void leave(SdkAppId app, const std::shared_ptr<Waiting::Seat>& seat);

  const Limits limits_;
  std::atomic<std::size_t> waiting_ = 0;
  std::mutex mutex_;  // protects seats_
  std::unordered_map<SdkAppId, Seats> seats_;
};

}  // namespace tidings::backend
