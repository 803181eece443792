/// Waiting for time to pass. Errc::cancelled on any cancellation (also total: nothing is lost by
/// not sleeping on).
#pragma once

#include <chrono>

#include "base/result.h"
#include "runtime/deadline.h"

namespace tidings::runtime {

awaitable<Result<void>> sleep_for(std::chrono::nanoseconds duration);
awaitable<Result<void>> sleep_until(Deadline deadline);

}  // namespace tidings::runtime
