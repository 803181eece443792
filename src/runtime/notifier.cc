#include "runtime/notifier.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"

namespace tidings::runtime {

/// Lives in the waiting coroutine. A notification cancels the timer, whose completion the loop
/// runs later: nobody is resumed inside notify.
struct Notifier::Waiter {
  Waiter(Notifier& owner, Deadline deadline)
      : notifier(&owner), timer(owner.lane_.io(), deadline.time()) {
    place = owner.waiters_.insert(owner.waiters_.end(), this);
  }
  ~Waiter() {
    if (notifier) notifier->waiters_.erase(place);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void notify() {
    notifier = nullptr;
    notified = true;
    timer.cancel();
  }

  Notifier* notifier;
  std::list<Waiter*>::iterator place;
  asio::steady_timer timer;
  bool notified = false;
};

Notifier::~Notifier() {
  for (Waiter* waiter : waiters_) waiter->notifier = nullptr;
}

awaitable<Result<void>> Notifier::wait() { return wait(Deadline::never()); }

awaitable<Result<void>> Notifier::wait(Deadline deadline) {
  CHECK(Lane::current() == &lane_);
  const auto before = co_await asio::this_coro::cancellation_state;
  if (before.cancelled() != asio::cancellation_type::none) {
    co_return fail(Errc::cancelled, "stopped while waiting");
  }
  Waiter waiter(*this, deadline);
  const auto [error] = co_await waiter.timer.async_wait(kAsTuple);
  if (waiter.notified) co_return Result<void>{};
  if (error) co_return fail(Errc::cancelled, "stopped while waiting");
  co_return fail(Errc::timeout, "nothing happened before the deadline");
}

void Notifier::notify_one() {
  if (waiters_.empty()) return;
  Waiter* waiter = waiters_.front();
  waiters_.pop_front();
  waiter->notify();
}

void Notifier::notify_all() {
  while (!waiters_.empty()) notify_one();
}

void Notifier::notify_from_anywhere() {
  lane_.post([this] { notify_all(); });
}

}  // namespace tidings::runtime
