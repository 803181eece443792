/// Resting: coroutines that are done with one piece of work and wait for the next. Waking one costs
/// less than spawning one: no frame, no child of a group, no post.
///
///   for (;;) {                              // the coroutine
///     work_on(piece);
///     co_await resting.rest();
///     piece = take what wake_one()'s caller has laid ready, or end
///   }
///
/// Nothing cancels the wait: whoever stops the coroutines' TaskGroup wakes them all first, and then
/// they end by themselves.
/// Threads: one lane's. Lifetime: outlives the coroutines; nobody rests when it goes.
#pragma once

#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.h"
#include "runtime/awaitable.h"

namespace tidings::runtime {

class Resting {
 public:
  Resting() = default;
  Resting(const Resting&) = delete;
  Resting& operator=(const Resting&) = delete;
  ~Resting() { CHECK(waiters_.empty()); }

  awaitable<void> rest() {
    const Suspend suspend{this};
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(suspend,
                                                                               kUseAwaitable);
  }
  /// The one that began to rest last goes on within this call, until it waits for something. False:
  /// nobody rests.
  bool wake_one() {
    if (waiters_.empty()) return false;
    Waiter waiter = std::move(waiters_.back());
    waiters_.pop_back();
    std::move(waiter)();
    return true;
  }
  [[nodiscard]] std::size_t count() const { return waiters_.size(); }

 private:
  using Waiter = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;
  struct Suspend {
    Resting* resting;
    void operator()(Waiter waiter) const { resting->waiters_.push_back(std::move(waiter)); }
  };

  std::vector<Waiter> waiters_;
};

}  // namespace tidings::runtime
