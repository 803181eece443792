#include "backend/delivery_figures.h"

#include <algorithm>

namespace tidings::backend {

std::vector<double> delay_bounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,   0.5,     1,
          2.5,   5,      10,    30,   60,    300,  1800, 3600.0, 21600.0, 86400.0,
          259200.0};
}

void DeliveryFigures::Ring::advance(std::int64_t now_s) {
  if (now_s <= newest_s) return;
  const std::int64_t steps = std::min<std::int64_t>(now_s - newest_s, kSeconds);
  for (std::int64_t i = 1; i <= steps; ++i) {
    counts[static_cast<std::size_t>((now_s - steps + i) % static_cast<std::int64_t>(kSeconds))] = 0;
  }
  newest_s = now_s;
}

void DeliveryFigures::Ring::add(std::int64_t now_s, std::uint32_t count) {
  advance(now_s);
  counts[static_cast<std::size_t>(newest_s % static_cast<std::int64_t>(kSeconds))] += count;
}

std::uint64_t DeliveryFigures::Ring::last_minute(std::int64_t now_s) const {
  Ring now = *this;
  now.advance(now_s);
  std::uint64_t sum = 0;
  for (const std::uint32_t count : now.counts) sum += count;
  return sum - now.counts[static_cast<std::size_t>(now.newest_s %
                                                   static_cast<std::int64_t>(kSeconds))];
}

// Steady time: a clock that is set back must not stop the count.
std::int64_t DeliveryFigures::now_s() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.monotonic().time_since_epoch())
      .count();
}

void DeliveryFigures::accepted(std::span<const community::Event> events) {
  const std::int64_t now = now_s();
  const std::lock_guard lock(mutex_);
  for (const community::Event& event : events) apps_[event.app].accepted.add(now, 1);
  total_.accepted.add(now, static_cast<std::uint32_t>(events.size()));
}

void DeliveryFigures::delivered(SdkAppId app, std::int64_t delay_ms) {
  const std::int64_t now = now_s();
  const auto delay_s = static_cast<double>(std::max<std::int64_t>(0, delay_ms)) / 1e3;
  const std::lock_guard lock(mutex_);
  for (Figures* figures : {&apps_[app], &total_}) {
    figures->delivered.add(now, 1);
    figures->delay.observe(delay_s);
  }
}

void DeliveryFigures::forget(SdkAppId app) {
  const std::lock_guard lock(mutex_);
  apps_.erase(app);
}

DeliveryFigures::Snapshot DeliveryFigures::read(const Figures& figures) const {
  const std::int64_t now = now_s();
  Snapshot out;
  out.accepted_last_minute = figures.accepted.last_minute(now);
  out.delivered_last_minute = figures.delivered.last_minute(now);
  out.delivered = figures.delay.count();
  out.delay_p50_s = figures.delay.quantile(0.5);
  out.delay_p90_s = figures.delay.quantile(0.9);
  out.delay_p99_s = figures.delay.quantile(0.99);
  return out;
}

DeliveryFigures::Snapshot DeliveryFigures::of(SdkAppId app) const {
  const std::lock_guard lock(mutex_);
  const auto found = apps_.find(app);
  return found == apps_.end() ? Snapshot{} : read(found->second);
}

DeliveryFigures::Snapshot DeliveryFigures::total() const {
  const std::lock_guard lock(mutex_);
  return read(total_);
}

}  // namespace tidings::backend
