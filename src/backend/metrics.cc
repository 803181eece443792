#include "backend/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/check.h"

namespace tidings::backend {
namespace {

enum Kind { kCounter, kGauge, kHistogram };

prometheus::MetricType wire_kind(int kind) {
  if (kind == kCounter) return prometheus::MetricType::Counter;
  return kind == kGauge ? prometheus::MetricType::Gauge : prometheus::MetricType::Histogram;
}

prometheus::ClientMetric labelled(const MetricLabels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

prometheus::ClientMetric::Histogram snapshot(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram out;
  for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
    out.sample_count += histogram.count_at(i);
    out.bucket.push_back({out.sample_count, histogram.bounds()[i]});
  }
  out.sample_count += histogram.count_at(histogram.bounds().size());
  out.sample_sum = histogram.sum();
  return out;  // the text serializer adds the +Inf bucket
}

/// Collected values, grouped into families under their names.
class FamilySink final : public MetricSink {
 public:
  explicit FamilySink(std::map<std::string, prometheus::MetricFamily>& families)
      : families_(families) {}
  void counter(std::string_view name, std::string_view help, MetricLabels labels,
               double value) override {
    auto metric = labelled(labels);
    metric.counter.value = value;
    add(name, help, kCounter, std::move(metric));
  }
  void gauge(std::string_view name, std::string_view help, MetricLabels labels,
             double value) override {
    auto metric = labelled(labels);
    metric.gauge.value = value;
    add(name, help, kGauge, std::move(metric));
  }

 private:
  void add(std::string_view name, std::string_view help, int kind,
           prometheus::ClientMetric metric) {
    auto& family = families_[std::string(name)];
    if (family.metric.empty()) {
      family.name = name;
      family.help = help;
      family.type = wire_kind(kind);
    }
    CHECK(family.type == wire_kind(kind));
    family.metric.push_back(std::move(metric));
  }

  std::map<std::string, prometheus::MetricFamily>& families_;
};

}  // namespace

struct Metrics::Family {
  int kind = kCounter;
  std::string help;
  std::map<MetricLabels, std::unique_ptr<Counter>> counters;
  std::map<MetricLabels, std::unique_ptr<Gauge>> gauges;
  std::map<MetricLabels, std::unique_ptr<Histogram>> histograms;

  [[nodiscard]] prometheus::MetricFamily snapshot_of(const std::string& name) const {
    prometheus::MetricFamily out;
    out.name = name;
    out.help = help;
    out.type = wire_kind(kind);
    for (const auto& [labels, counter] : counters) {
      out.metric.push_back(labelled(labels));
      out.metric.back().counter.value = static_cast<double>(counter->value());
    }
    for (const auto& [labels, gauge] : gauges) {
      out.metric.push_back(labelled(labels));
      out.metric.back().gauge.value = static_cast<double>(gauge->value());
    }
    for (const auto& [labels, histogram] : histograms) {
      out.metric.push_back(labelled(labels));
      out.metric.back().histogram = snapshot(*histogram);
    }
    return out;
  }
};

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
}

void Histogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) sum += count_at(i);
  return sum;
}

double Histogram::quantile(double share) const {
  const auto wanted = share * static_cast<double>(count());
  double below = 0;
  double lower = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    const auto here = static_cast<double>(count_at(i));
    if (here > 0 && below + here >= wanted) {
      return lower + (bounds_[i] - lower) * (wanted - below) / here;
    }
    below += here;
    lower = bounds_[i];
  }
  return below == 0 && count_at(bounds_.size()) == 0 ? 0 : lower;
}

std::vector<double> latency_bounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, int kind) {
  auto place = families_.find(name);
  if (place == families_.end()) {
    auto made = std::make_unique<Family>();
    made->kind = kind;
    made->help = help;
    place = families_.emplace(std::string(name), std::move(made)).first;
  }
  CHECK(place->second->kind == kind);
  return *place->second;
}

Counter& Metrics::counter(std::string_view name, std::string_view help,
                          const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, kCounter).counters[labels];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, kGauge).gauges[labels];
  if (!slot) slot = std::make_unique<Gauge>();
  return *slot;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              const MetricLabels& labels, std::vector<double> bounds) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, kHistogram).histograms[labels];
  if (!slot) {
    slot = std::make_unique<Histogram>(bounds.empty() ? latency_bounds() : std::move(bounds));
  }
  return *slot;
}

Metrics::Collecting Metrics::collect(Collector collector) {
  const std::lock_guard lock(collecting_);
  Collecting handle;
  handle.metrics_ = this;
  handle.place_ = collectors_.insert(collectors_.end(), std::move(collector));
  return handle;
}

Metrics::Collecting& Metrics::Collecting::operator=(Collecting&& other) noexcept {
  if (this != &other) {
    stop();
    metrics_ = std::exchange(other.metrics_, nullptr);
    place_ = other.place_;
  }
  return *this;
}

void Metrics::Collecting::stop() {
  if (metrics_ == nullptr) return;
  const std::lock_guard lock(metrics_->collecting_);
  metrics_->collectors_.erase(place_);
  metrics_ = nullptr;
}

std::string Metrics::text() const {
  std::map<std::string, prometheus::MetricFamily> families;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
      families.emplace(name, family->snapshot_of(name));
    }
  }
  {
    const std::lock_guard lock(collecting_);
    FamilySink sink(families);
    for (const auto& collector : collectors_) collector(sink);
  }
  std::vector<prometheus::MetricFamily> list;
  list.reserve(families.size());
  for (auto& [name, family] : families) list.push_back(std::move(family));
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, list);
  return std::move(out).str();
}

}  // namespace tidings::backend
