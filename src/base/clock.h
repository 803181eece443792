/// Time as a seam: everything that decides by time takes a Clock, so that tests move it by hand.
///
/// Units: wall time in milliseconds since the Unix epoch (what the protocol calls EventTime) and
/// its seconds; monotonic time for deadlines.
/// Threads: every implementation is safe for concurrent use.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tidings {

class Clock {
 public:
  using Monotonic = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;  ///< Unix time, milliseconds
  [[nodiscard]] virtual Monotonic monotonic() const = 0;

  [[nodiscard]] std::int64_t now_s() const { return now_ms() / 1000; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override;
  [[nodiscard]] Monotonic monotonic() const override;
};

/// A clock that stands still until a test moves it. Wall and monotonic time move together;
/// jump() moves only wall time, as an operator setting the clock would.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t now_ms = 1'735'689'600'000) : now_ms_(now_ms) {}
  [[nodiscard]] std::int64_t now_ms() const override { return now_ms_; }
  [[nodiscard]] Monotonic monotonic() const override {
    return Monotonic{std::chrono::milliseconds{monotonic_ms_.load()}};
  }
  void advance(std::chrono::milliseconds by) {
    now_ms_ += by.count();
    monotonic_ms_ += by.count();
  }
  void jump(std::chrono::milliseconds by) { now_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ms_;
  std::atomic<std::int64_t> monotonic_ms_{1'000'000};
};

}  // namespace tidings
