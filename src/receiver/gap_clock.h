/// When a number that has not arrived counts as missed. Events of different groups overtake each
/// other on their way, so a hole is normal at first; one that is still there after the settle time
/// is a gap.
///
///   clock.heard_of(9, now);           // numbers up to 9 exist
///   clock.overdue(now + settle)       // 9: what is missing up to it is missed
///
/// Pure; times come from outside. Bounded: numbers heard of within a sixteenth of the settle time
/// share one entry. Threads: a plain value.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace tidings::receiver {

class GapClock {
 public:
  explicit GapClock(std::chrono::milliseconds settle) : settle_(settle) {}

  /// Numbers up to this one exist. Lower ones than before say nothing new.
  void heard_of(std::int64_t highest, Clock::Monotonic now);
  /// The same, without a settle time: they have existed for long.
  void heard_of_long_ago(std::int64_t highest) { overdue_ = std::max(overdue_, highest); }

  /// Numbers up to this one have existed for the settle time. Never falls.
  std::int64_t overdue(Clock::Monotonic now);
  /// When overdue() will rise next; none: nothing waits.
  [[nodiscard]] std::optional<Clock::Monotonic> next_due() const;

 private:
  struct Heard {
    Clock::Monotonic at;
    std::int64_t highest;
  };
  const std::chrono::milliseconds settle_;
  std::int64_t overdue_ = 0;
  std::deque<Heard> heard_;  // both members ascend
};

}  // namespace tidings::receiver
