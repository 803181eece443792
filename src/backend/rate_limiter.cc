#include "backend/rate_limiter.h"

#include <algorithm>
#include <chrono>

namespace tidings::backend {

bool RateLimiter::take(SdkAppId app, std::uint32_t slot, std::uint32_t per_second) {
  if (per_second == 0) return true;
  const double limit = per_second;
  const std::uint64_t key = (std::uint64_t{app.number()} << 32U) | slot;
  // Mixed by multiplication: neighbouring apps and slots land on different shards.
  Shard& shard = shards_[(key * 0x9E3779B97F4A7C15ULL) >> 60U];
  const Clock::Monotonic now = clock_.monotonic();

  const std::lock_guard lock(shard.mutex);
  const auto [entry, fresh] = shard.buckets.try_emplace(key, Bucket{limit, now});
  Bucket& bucket = entry->second;
  if (!fresh && now > bucket.filled) {
    const std::chrono::duration<double> passed = now - bucket.filled;
    bucket.tokens = std::min(limit, bucket.tokens + passed.count() * limit);
    bucket.filled = now;
  }
  bucket.tokens = std::min(bucket.tokens, limit);  // the limit may have been lowered
  // A hair below one counts as one: ten additions of 0.1 are not quite 1.
  if (bucket.tokens < 1.0 - 1e-9) return false;
  bucket.tokens -= 1.0;
  return true;
}

}  // namespace tidings::backend
