/// One log line for each refusal, but never more than a few a second: a stranger must not be able to
/// fill a disk. What was left out is told by the next line.
///
/// Threads: any.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/line_limit.h"
#include "receiver/refusal.h"

namespace tidings::receiver {

using LogFields = std::vector<std::pair<std::string_view, std::string>>;
/// `level`: "warn", "error", "info" or "debug". Values may hold anything; escaping is the sink's.
using Log = std::function<void(std::string_view level, std::string_view event, const LogFields&)>;

class RefusalLog {
 public:
  explicit RefusalLog(Log log) : log_(std::move(log)) {}

  void add(const Refused& refused, std::string_view source, std::int64_t now_s);

 private:
  const Log log_;
  LineLimit limit_;
};

}  // namespace tidings::receiver
