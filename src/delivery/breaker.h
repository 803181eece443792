/// Stops hammering a dead endpoint: after 8 failures in a row it opens, lets one probe through
/// after 1 s, then doubling to 60 s, and closes on the first success. While it is open no event
/// but the probe's spends an attempt.
///
/// Units: milliseconds of monotonic time. Threads: on its owner's lane.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tidings::delivery {

class Breaker {
 public:
  static constexpr int kFailuresToOpen = 8;
  static constexpr std::int64_t kFirstProbeMs = 1000;
  static constexpr std::int64_t kLastProbeMs = 60'000;

  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] std::int64_t probe_at_ms() const { return probe_at_ms_; }
  [[nodiscard]] bool may_send(std::int64_t now_ms) const {
    return !open_ || (!probing_ && now_ms >= probe_at_ms_);
  }
  void sent() { probing_ = open_; }
  /// The probe never left: another may go.
  void probe_not_sent() { probing_ = false; }
  /// The next probe need not wait.
  void probe_now() { probe_at_ms_ = 0; }

  /// True when this success closed an open breaker.
  bool succeeded() {
    const bool was_open = open_;
    *this = Breaker{};
    return was_open;
  }
  /// True when this failure opened it.
  bool failed(std::int64_t now_ms) {
    ++failures_;
    if (open_) {
      if (!probing_) return false;  // sent before it opened; it has had its say
      probing_ = false;
      wait_ms_ = std::min(wait_ms_ * 2, kLastProbeMs);
      probe_at_ms_ = now_ms + wait_ms_;
      return false;
    }
    if (failures_ < kFailuresToOpen) return false;
    open_ = true;
    probe_at_ms_ = now_ms + wait_ms_;
    return true;
  }
  /// An answer that shows the endpoint is alive, though not content (a 4xx, a bad body).
  bool alive() { return succeeded(); }

 private:
  int failures_ = 0;
  bool open_ = false;
  bool probing_ = false;
  std::int64_t wait_ms_ = kFirstProbeMs;
  std::int64_t probe_at_ms_ = 0;
};

}  // namespace tidings::delivery
