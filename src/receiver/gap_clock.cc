#include "receiver/gap_clock.h"

#include <algorithm>

namespace tidings::receiver {

void GapClock::heard_of(std::int64_t highest, Clock::Monotonic now) {
  if (highest <= (heard_.empty() ? overdue_ : heard_.back().highest)) return;
  // The newest entry takes in what comes close behind it: its time moves on, so nothing counts as
  // missed too early.
  if (heard_.size() > 1 && now - heard_[heard_.size() - 2].at < settle_ / 16) {
    heard_.back() = {now, highest};
  } else {
    heard_.push_back({now, highest});
  }
}

std::int64_t GapClock::overdue(Clock::Monotonic now) {
  while (!heard_.empty() && now - heard_.front().at >= settle_) {
    overdue_ = std::max(overdue_, heard_.front().highest);
    heard_.pop_front();
  }
  return overdue_;
}

std::optional<Clock::Monotonic> GapClock::next_due() const {
  if (heard_.empty()) return std::nullopt;
  return heard_.front().at + settle_;
}

}  // namespace tidings::receiver
