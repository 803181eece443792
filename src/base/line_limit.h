/// A stranger must not be able to fill a disk with log lines: so many a second are written, and how
/// many were left out is told by the next one.
///
///   if (const auto left_out = limit.admit(clock.now_s())) log(..., *left_out);
///
/// Threads: any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace tidings {

class LineLimit {
 public:
  explicit LineLimit(std::uint32_t lines_a_second = 10) : lines_a_second_(lines_a_second) {}

  /// None: this line is left out. Else it is written, and so many were left out since the one before.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::int64_t now_s) {
    const std::lock_guard lock(mutex_);
    if (second_ != now_s) {
      second_ = now_s;
      lines_ = 0;
    }
    if (lines_ == lines_a_second_) {
      ++left_out_;
      return std::nullopt;
    }
    ++lines_;
    return std::exchange(left_out_, 0);
  }

 private:
  const std::uint32_t lines_a_second_;

  std::mutex mutex_;  // protects what stands below
  std::int64_t second_ = 0;
  std::uint32_t lines_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace tidings
