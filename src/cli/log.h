/// The process's log: structured lines (log_line.h) to standard error or a file that can be moved
/// away and opened anew (SIGHUP).
///
/// Errors: open() and reopen() give Errc::unavailable with the path; writing never fails the
/// caller. Threads: every method from any thread. Lifetime: outlives whoever was given it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/config.h"
#include "cli/log_line.h"

namespace spdlog {
class logger;
}

namespace tidings::cli {

class Log {
 public:
  static Result<std::unique_ptr<Log>> open(const LogConfig& config, const Clock& clock);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Whether lines of that level are written; who makes many asks first. Constant.
  [[nodiscard]] bool takes_debug() const;
  void debug(std::string_view event, const LogFields& fields = {});
  void info(std::string_view event, const LogFields& fields = {});
  void warning(std::string_view event, const LogFields& fields = {});
  void error(std::string_view event, const LogFields& fields = {});

  /// The same path, opened again; lines go on in the old file when that fails.
  Result<void> reopen();

 private:
  class FileSink;
  Log(std::shared_ptr<spdlog::logger> logger, std::shared_ptr<FileSink> file, LogFormat format,
      const Clock& clock);

  std::shared_ptr<spdlog::logger> logger_;
  std::shared_ptr<FileSink> file_;  // nullptr: standard error
  LogFormat format_;
  const Clock& clock_;
};

}  // namespace tidings::cli
