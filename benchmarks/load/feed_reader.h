/// Reads the receiver's live feed on a thread of its own and notes when each topic of a run was seen.
///
/// Topics are told by their names, `<prefix><number>`. The feed writes whole events at a time, so a
/// name is never cut by HTTP's chunks; only by recv, which is provided for.
/// Threads: start, stop and the rest on one; arrivals are written by the reader's thread before it
/// counts them in seen(). REQUIRES: read arrived() after stop() only.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace tidings::bench {

class FeedReader {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  FeedReader(std::string prefix, std::size_t count) : needle_("\"Name\":\"" + prefix), arrived_(count) {}
  ~FeedReader() { stop(); }

  /// Returns once the feed has answered its head; what is committed later is seen.
  bool start(const std::string& host, std::uint16_t port);
  void stop();

  [[nodiscard]] std::int64_t seen() const { return seen_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t twice() const { return twice_; }
  /// By number; a default TimePoint: never.
  [[nodiscard]] const std::vector<TimePoint>& arrived() const { return arrived_; }

 private:
  void read();
  void note(std::size_t number);

  std::string needle_;
  std::vector<TimePoint> arrived_;
  std::atomic<std::int64_t> seen_ = 0;
  std::int64_t twice_ = 0;
  int fd_ = -1;
  std::string text_;
  std::thread thread_;
};

}  // namespace tidings::bench
