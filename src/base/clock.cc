#include "base/clock.h"

namespace tidings {

std::int64_t SystemClock::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Clock::Monotonic SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

}  // namespace tidings
