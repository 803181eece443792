/// A started daemon, and the loop that keeps it until a signal ends it.
///
/// SIGTERM, SIGINT: stop in order, within the grace; another one, a second or more after it, ends the
/// process at once, and so does a stop that hangs (both as safe as a crash). SIGHUP: log opened anew,
/// certificates reread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/ready_file.h"
#include "runtime/deadline.h"

namespace tidings::cli {

class Running {
 public:
  virtual ~Running() = default;
  [[nodiscard]] virtual Ready addresses() const = 0;
  /// SIGHUP: files that may change are read again. On an error the old ones stay in use.
  virtual Result<void> reload() = 0;
  /// Takes no more, finishes what is in flight, releases everything. Idempotent.
  virtual void stop() = 0;
};

/// What is left of a stop's grace, but never nothing: every step may at least look around.
Milliseconds time_left(runtime::Deadline until);

struct RunOptions {
  std::string ready_file;  ///< "": none
  Milliseconds stop_limit{5000};  ///< then the process ends whatever hangs
};

/// Returns after the stop. REQUIRES: main thread, and no other signal handling in the process.
ExitCode run_until_stopped(std::unique_ptr<Running> running, Log& log, const RunOptions& options);

}  // namespace tidings::cli
