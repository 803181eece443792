/// A load generator for HTTP/1.1 over TCP that costs little itself: one thread, epoll, one request
/// in flight per connection, answers checked.
///
/// Closed loop (`rate` 0): every connection sends its next request when its answer came. Open loop:
/// requests are due at even intervals, and latency counts from the moment one was due, so that a
/// stall is measured and not hidden (no coordinated omission).
///
/// When the time is up nothing more is sent and what is under way is waited for, so that `accepted`
/// is exactly what the server said yes to.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tidings::bench {

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  int connections = 32;
  std::int64_t count = 0;     ///< requests in all
  std::int64_t warm_up = 0;   ///< the first ones, not counted
  double warm_up_seconds = 0; ///< nor what is answered in the first seconds
  double seconds = 0;         ///< after the warm-up; 0 = until `count` is done
  double rate = 0;            ///< per second; 0 = as fast as it goes
  double max_seconds = 600;   ///< then it gives up
  /// Told, if set, when a request is sent, and since when it counts: the moment it was due.
  std::function<void(std::int64_t index, std::chrono::steady_clock::time_point since)> on_sent;
};

struct LoadResult {
  std::int64_t answered = 0;  ///< counted ones
  std::int64_t accepted = 0;  ///< all that `accept` liked, warm-up and those under way at the end too
  std::int64_t refused = 0;   ///< answered, but `accept` said no
  std::int64_t broken = 0;    ///< connection lost or no HTTP
  double seconds = 0;
  std::string first_refusal;
  std::vector<std::uint32_t> latency_us;  ///< sorted

  [[nodiscard]] double rate() const { return seconds > 0 ? double(answered) / seconds : 0; }
  /// 0 < share <= 1, in milliseconds.
  [[nodiscard]] double percentile_ms(double share) const;
};

/// Of sorted microseconds, in milliseconds; 0 for none.
double percentile_ms(const std::vector<std::uint32_t>& sorted_us, double share);

/// `request(i)` gives the bytes of request i; `accept(i, body)` looks at the answer's body.
LoadResult run_load(const LoadOptions& options,
                    const std::function<std::string(std::int64_t)>& request,
                    const std::function<bool(std::int64_t, std::string_view)>& accept);

/// One request with the usual head.
std::string post_request(std::string_view host, std::string_view target, std::string_view body);

}  // namespace tidings::bench
