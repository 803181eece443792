#include "receiver/feed_hub.h"

#include <atomic>

namespace tidings::receiver {

struct FeedHub::Subscription::Waiter {
  explicit Waiter(runtime::Lane& home) : lane(home), notifier(home) {}

  runtime::Lane& lane;
  std::atomic<bool> told = false;  // a wake-up is on its way
  // Lane only.
  runtime::Notifier notifier;
  std::uint64_t generation = 0;
};

FeedHub::Subscription::Subscription(FeedHub& hub)
    : hub_(hub), waiter_(std::make_shared<Waiter>(*runtime::Lane::current())) {
  const std::lock_guard lock(hub_.mutex_);
  hub_.waiters_.push_back(waiter_);
}

FeedHub::Subscription::~Subscription() {
  const std::lock_guard lock(hub_.mutex_);
  hub_.waiters_.remove(waiter_);
}

std::uint64_t FeedHub::Subscription::generation() const { return waiter_->generation; }

runtime::awaitable<Result<void>> FeedHub::Subscription::wait(runtime::Deadline deadline) {
  auto waiter = waiter_;
  auto woken = co_await waiter->notifier.wait(deadline);
  co_return woken;
}

void FeedHub::committed() {
  const std::lock_guard lock(mutex_);
  for (const auto& waiter : waiters_) {
    if (waiter->told.exchange(true)) continue;
    waiter->lane.post([waiter] {
      waiter->told = false;
      ++waiter->generation;
      waiter->notifier.notify_all();
    });
  }
}

std::size_t FeedHub::clients() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace tidings::receiver
