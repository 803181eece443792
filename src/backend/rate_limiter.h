/// Token buckets: how often an app may call (protocol 4.4). A bucket holds one second's worth, so
/// that a burst as large as the limit passes at once, and refills evenly.
///
/// The limiter knows buckets, not commands: the caller numbers them (slot) and says the rate, which
/// may change from call to call with the configuration.
///
/// Threads: from any thread; buckets are spread over shards with a lock each, held for a few
/// nanoseconds. Memory: one entry per (app, slot) that was ever asked for; apps are few.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "tidings/ids.h"

namespace tidings::backend {

class RateLimiter {
 public:
  explicit RateLimiter(const Clock& clock) : clock_(clock) {}
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  /// Takes one token; false: none is left. `per_second` 0 = unlimited, always true.
  [[nodiscard]] bool take(SdkAppId app, std::uint32_t slot, std::uint32_t per_second);

 private:
  struct Bucket {
    double tokens = 0;
    Clock::Monotonic filled{};
  };
  struct alignas(64) Shard {
    std::mutex mutex;  // protects buckets
    std::unordered_map<std::uint64_t, Bucket> buckets;
  };

  const Clock& clock_;
  std::array<Shard, 16> shards_;
};

}  // namespace tidings::backend
