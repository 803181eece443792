/// How many requests one endpoint may have in flight: additive increase, multiplicative decrease,
/// as TCP learnt it. Starts at 8, grows by success, halves on congestion, between 1 and the cap.
///
/// Threads: on its owner's lane.
#pragma once

#include <algorithm>

namespace tidings::delivery {

class Window {
 public:
  static constexpr double kStart = 8;

  explicit Window(int cap = 256) : cap_(cap), size_(std::min<double>(kStart, cap)) {}

  [[nodiscard]] int size() const { return static_cast<int>(size_); }
  [[nodiscard]] bool room() const { return in_flight_ < size(); }
  [[nodiscard]] int in_flight() const { return in_flight_; }

  void sent() { ++in_flight_; }
  /// Doubles in one window's worth of successes until the first congestion, then +1 per window.
  void succeeded() {
    --in_flight_;
    size_ = std::min<double>(cap_, size_ + (slow_start_ ? 1.0 : 1.0 / size_));
    ignore_ = std::max(0, ignore_ - 1);
  }
  /// Halves once for one burst: what was already in flight then does not halve again.
  void congested() {
    --in_flight_;
    slow_start_ = false;
    if (ignore_ > 0) {
      --ignore_;
      return;
    }
    size_ = std::max(1.0, size_ / 2);
    ignore_ = in_flight_;
  }
  /// A failure that says nothing about load.
  void failed() {
    --in_flight_;
    ignore_ = std::max(0, ignore_ - 1);
  }
  /// After an outage: start over, gently.
  void restart() {
    size_ = std::min<double>(2, cap_);
    slow_start_ = true;
    ignore_ = 0;
  }

 private:
  int cap_;
  double size_;
  int in_flight_ = 0;
  int ignore_ = 0;
  bool slow_start_ = true;
};

}  // namespace tidings::delivery
