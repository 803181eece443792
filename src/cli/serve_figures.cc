#include "cli/serve_figures.h"

#include <string>

#include "net/http_server_figures.h"

namespace tidings::cli {

using backend::MetricLabels;
using backend::Metrics;
using backend::MetricSink;

Metrics::Collecting collect_server_figures(Metrics& metrics, std::string_view listener,
                                           const net::HttpServer& server) {
  return metrics.collect([&server, labels = MetricLabels{{"listener", std::string(listener)}}](
                             MetricSink& sink) {
    net::each_figure(
        server.statistics(),
        [&](std::string_view name, std::string_view help, std::uint64_t value) {
          sink.counter(name, help, labels, static_cast<double>(value));
        },
        [&](std::string_view name, std::string_view help, std::uint64_t value) {
          sink.gauge(name, help, labels, static_cast<double>(value));
        });
  });
}

Metrics::Collecting collect_dispatcher_figures(Metrics& metrics,
                                               const delivery::Dispatcher& dispatcher) {
  return metrics.collect([&dispatcher](MetricSink& sink) {
    const delivery::DispatcherStats now = dispatcher.stats();
    sink.gauge("tidings_delivery_in_flight", "Callbacks being sent now.", {},
               static_cast<double>(now.in_flight));
    sink.gauge("tidings_delivery_queued", "Events known in memory and waiting.", {},
               static_cast<double>(now.queued));
    sink.gauge("tidings_delivery_open_breakers", "Endpoints not asked because they fail.", {},
               static_cast<double>(now.open_breakers));
    sink.gauge("tidings_delivery_parked_groups", "Groups that wait for an operator (park).", {},
               static_cast<double>(now.parked));
    sink.gauge("tidings_delivery_behind", "1: more events wait on disk than are known in memory.",
               {}, now.behind ? 1 : 0);
  });
}

std::function<void(const delivery::Tried&)> delivery_observer(
    Metrics& metrics, backend::DeliveryFigures& figures) {
  return [&metrics, &figures,
          &created = metrics.histogram("tidings_callback_delay_seconds",
                                       "From an event's creation to its delivery.", {},
                                       backend::delay_bounds()),
          &took = metrics.histogram("tidings_callback_attempt_seconds",
                                    "From the first step of an attempt to its end.", {},
                                    backend::latency_bounds())](const delivery::Tried& tried) {
    metrics
        .counter("tidings_callback_attempts_total", "Callbacks sent, by what came of it.",
                 {{"outcome", std::string(to_string(tried.what))}})
        .add();
    took.observe_microseconds(tried.duration_us);
    if (tried.state == store::EventState::delivered) {
      created.observe_microseconds(tried.created_to_now_ms * 1000);
      figures.delivered(tried.app, tried.created_to_now_ms);
    }
  };
}

std::function<void(std::chrono::microseconds, std::size_t)> commit_observer(Metrics& metrics) {
  return [&took = metrics.histogram("tidings_commit_seconds",
                                    "A batch from loading its rows to its fsync.", {},
                                    backend::latency_bounds()),
          &size = metrics.histogram("tidings_commit_batch_commands",
                                    "Writes that shared one commit; 0: outcomes alone.", {},
                                    {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})](
             std::chrono::microseconds duration, std::size_t commands) {
    took.observe_microseconds(duration.count());
    size.observe(static_cast<double>(commands));
  };
}

Metrics::Collecting collect_retention_figures(Metrics& metrics,
                                              const backend::Retention& retention) {
  return metrics.collect([&retention](MetricSink& sink) {
    sink.counter("tidings_events_purged_total", "Ended events that retention took out.", {},
                 static_cast<double>(retention.purged()));
  });
}

}  // namespace tidings::cli
