/// What `tidings serve` adds to its log at level "debug": a line for each exchange with an app backend.
/// (The receiver makes its own, receiver/callback_trace.h.)
///
/// Bounded: a line's values are cut. No query, no header and no body stands in it.
/// Threads: the returned function on delivery's lane. Lifetime: the log outlives it.
#pragma once

#include "cli/log.h"
#include "delivery/attempt_log.h"

namespace tidings::cli {

/// Empty where the log takes no such lines: then nothing is made for them.
delivery::AttemptTrace attempt_lines(Log& log);

}  // namespace tidings::cli
