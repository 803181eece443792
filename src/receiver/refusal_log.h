/// One log line for each refusal, but never more than a few a second: a stranger must not be able to
/// fill a disk. What was left out is told by the next line.
///
/// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "receiver/refusal.h"

namespace tidings::receiver {

using LogFields = std::vector<std::pair<std::string_view, std::string>>;
/// `level`: "warn", "error" or "info". Values may hold anything; escaping is the sink's.
using Log = std::function<void(std::string_view level, std::string_view event, const LogFields&)>;

class RefusalLog {
 public:
  explicit RefusalLog(Log log, std::uint32_t lines_a_second = 10)
      : log_(std::move(log)), lines_a_second_(lines_a_second) {}

  void add(const Refused& refused, std::string_view source, std::int64_t now_s);

 private:
  const Log log_;
  const std::uint32_t lines_a_second_;

  std::mutex mutex_;  // protects what stands below
  std::int64_t second_ = 0;
  std::uint32_t lines_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace tidings::receiver
