/// Metrics: counters, gauges and histograms that the parts of the process register and change, and
/// their Prometheus text (exposition format 0.0.4) for /metrics.
///
///   auto& refused = metrics.counter("tidings_refused_total", "Refused calls.", {{"code", "1"}});
///   refused.add();
///   auto handle = metrics.collect([&](MetricSink& sink) { sink.gauge("tidings_queue", ...); });
///
/// Changing a metric is one relaxed atomic addition. The same name and labels give the same object,
/// so callers on several lanes need not share a pointer. Units stand in the name: _seconds, _bytes.
/// Threads: everything from any thread. Collectors run on the thread that calls text() and may
/// block (they read the store); do not call text() on a lane.
/// Lifetime: references stay valid as long as the Metrics; what collectors capture outlives it, or
/// the collector is removed by destroying its Collecting.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tidings::backend {

using MetricLabels = std::map<std::string, std::string>;

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

class Histogram {
 public:
  /// `bounds`: upper bounds, ascending; the last bucket (+Inf) is added.
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  /// A duration in seconds.
  void observe_microseconds(std::int64_t value) { observe(static_cast<double>(value) / 1e6); }

  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }
  [[nodiscard]] std::uint64_t count_at(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t count() const;
  /// The value that a `share` (0 to 1) of the observations does not exceed, by linear interpolation
  /// within its bucket, as Prometheus does; what is above the last bound counts as the last bound.
  /// 0 where nothing was observed.
  [[nodiscard]] double quantile(double share) const;

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

/// Buckets for latencies of this process: 0.1 ms to 10 s.
std::vector<double> latency_bounds();

/// What a collector writes into; values are read at the moment of the scrape.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void counter(std::string_view name, std::string_view help, MetricLabels labels,
                       double value) = 0;
  virtual void gauge(std::string_view name, std::string_view help, MetricLabels labels,
                     double value) = 0;
};

class Metrics {
 public:
  using Collector = std::function<void(MetricSink&)>;
  /// Keeps a collector registered; its destructor waits for a running scrape.
  class [[nodiscard]] Collecting {
   public:
    Collecting() = default;
    Collecting(Collecting&& other) noexcept { *this = std::move(other); }
    Collecting& operator=(Collecting&& other) noexcept;
    ~Collecting() { stop(); }
    void stop();

   private:
    friend class Metrics;
    Metrics* metrics_ = nullptr;
    std::list<Collector>::iterator place_;
  };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// REQUIRES: one kind, and for histograms one list of bounds, per name.
  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help,
                       const MetricLabels& labels = {}, std::vector<double> bounds = {});
  Collecting collect(Collector collector);

  [[nodiscard]] std::string text() const;

 private:
  struct Family;
  Family& family(std::string_view name, std::string_view help, int kind);

  mutable std::mutex mutex_;  // protects families_
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
  mutable std::mutex collecting_;  // protects collectors_, held while they run; never with mutex_
  std::list<Collector> collectors_;
};

}  // namespace tidings::backend
