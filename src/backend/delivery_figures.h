/// DeliveryFigures: how many events came and went in the last minute, and how long they took from
/// their creation to their delivery, per app and in total, for the operator's door and /metrics.
///
/// Figures of this process: they start at nothing with it. What must survive is the ledger.
/// Threads: any; one short lock. Memory: about 700 bytes an app.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "backend/metrics.h"
#include "base/clock.h"
#include "community/event.h"

namespace tidings::backend {

/// From a millisecond to three days, which is as long as an event is tried.
std::vector<double> delay_bounds();

class DeliveryFigures {
 public:
  struct Snapshot {
    std::uint64_t accepted_last_minute = 0;  ///< of the last 60 full seconds
    std::uint64_t delivered_last_minute = 0;
    std::uint64_t delivered = 0;             ///< since the start of the process
    double delay_p50_s = 0;                  ///< created to delivered, since the start
    double delay_p90_s = 0;
    double delay_p99_s = 0;
  };

  explicit DeliveryFigures(const Clock& clock) : clock_(clock) {}

  void accepted(std::span<const community::Event> events);
  void delivered(SdkAppId app, std::int64_t delay_ms);
  void forget(SdkAppId app);

  [[nodiscard]] Snapshot of(SdkAppId app) const;
  [[nodiscard]] Snapshot total() const;

 private:
  static constexpr std::size_t kSeconds = 61;  // the one that runs, and 60 full ones
  /// Counts by second.
  struct Ring {
    std::array<std::uint32_t, kSeconds> counts{};
    std::int64_t newest_s = 0;
    void add(std::int64_t now_s, std::uint32_t count);
    [[nodiscard]] std::uint64_t last_minute(std::int64_t now_s) const;
    void advance(std::int64_t now_s);
  };
  struct Figures {
    Ring accepted;
    Ring delivered;
    Histogram delay{delay_bounds()};
  };
  [[nodiscard]] std::int64_t now_s() const;
  [[nodiscard]] Snapshot read(const Figures& figures) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  // Protected by mutex_.
  std::map<SdkAppId, Figures> apps_;
  Figures total_;
};

}  // namespace tidings::backend
