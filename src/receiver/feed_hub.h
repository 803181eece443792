/// Wakes open feeds when something was committed. A feed reads the inbox by itself, at the pace of
/// its client; the hub only says "look again", so no client can make a queue grow.
///
/// Threads: committed(), clients() from any thread; a Subscription on its lane only.
/// Lifetime: subscriptions may outlive the hub's calls, not the hub.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "runtime/deadline.h"
#include "runtime/notifier.h"

namespace tidings::receiver {

class FeedHub {
 public:
  class Subscription {
   public:
    explicit Subscription(FeedHub& hub);  ///< REQUIRES: on a lane
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Grows with what was committed. Read it, read the inbox, and wait only if it has not grown.
    [[nodiscard]] std::uint64_t generation() const;
    /// Until the next commit. Errc::timeout, Errc::cancelled.
    runtime::awaitable<Result<void>> wait(runtime::Deadline deadline);

   private:
    friend class FeedHub;
    struct Waiter;
    FeedHub& hub_;
    std::shared_ptr<Waiter> waiter_;
  };

  /// Called by the committer, once per batch.
  void committed();
  [[nodiscard]] std::size_t clients() const;

 private:
  mutable std::mutex mutex_;  // protects waiters_
  std::list<std::shared_ptr<Subscription::Waiter>> waiters_;
};

}  // namespace tidings::receiver
