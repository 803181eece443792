#include "backend/event_waiters.h"

#include <string>

#include "base/shares.h"

namespace tidings::backend {
namespace {

Error too_many(SdkAppId app, std::size_t own, const std::string& of_whom) {
  return fail(Errc::rate_limited,
              "app " + app.str() + " has " + std::to_string(own) + " polls waiting already" +
                  of_whom + "; poll with wait=0, or end one of them",
              60007);
}

}  // namespace

struct EventWaiters::Waiting::Seat {
  explicit Seat(runtime::Lane& home) : lane(home), notifier(home) {}

  runtime::Lane& lane;
  std::atomic<bool> told = false;  // a wake-up is on its way
  // Lane only.
  runtime::Notifier notifier;
  std::uint64_t generation = 0;
};

EventWaiters::Waiting::Waiting(EventWaiters& owner, SdkAppId app)
    : owner_(owner), app_(app), seat_(std::make_shared<Seat>(*runtime::Lane::current())) {}

EventWaiters::Waiting::~Waiting() { owner_.leave(app_, seat_); }

std::uint64_t EventWaiters::Waiting::generation() const { return seat_->generation; }

runtime::awaitable<Result<void>> EventWaiters::Waiting::wait(runtime::Deadline deadline) {
  auto seat = seat_;
  auto woken = co_await seat->notifier.wait(deadline);
  co_return woken;
}

Result<std::unique_ptr<EventWaiters::Waiting>> EventWaiters::enter(SdkAppId app) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(app);
  const std::size_t own = found == seats_.end() ? 0 : found->second.size();
  if (own > 0 && own >= limits_.per_app) return too_many(app, own, "");
  if (own > 0 && own >= half_of_rest(limits_.total, waiting() - own)) {
    return too_many(app, own, ", its share of " + std::to_string(limits_.total));
  }
  std::unique_ptr<Waiting> made(new Waiting(*this, app));
  seats_[app].push_back(made->seat_);
  waiting_.fetch_add(1);
  return made;
}

void EventWaiters::leave(SdkAppId app, const std::shared_ptr<Waiting::Seat>& seat) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(app);
  found->second.remove(seat);
  if (found->second.empty()) seats_.erase(found);
  waiting_.fetch_sub(1);
}

// A poll that enters after this looked has not read the log yet, and will find the events there.
void EventWaiters::committed(std::span<const community::Event> events) {
  if (waiting() == 0) return;
  const std::lock_guard lock(mutex_);
  SdkAppId last;
  for (const community::Event& event : events) {
    if (event.app == last) continue;  // most batches are of few apps
    last = event.app;
    const auto found = seats_.find(event.app);
    if (found == seats_.end()) continue;
    for (const auto& seat : found->second) {
      if (seat->told.exchange(true)) continue;
      seat->lane.post([seat] {
        seat->told = false;
        ++seat->generation;
        seat->notifier.notify_all();
      });
    }
  }
}

}  // namespace tidings::backend
