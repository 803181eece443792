#include "cli/serve_figures.h"

#include <string>

namespace tidings::cli {

using backend::MetricLabels;
using backend::Metrics;
using backend::MetricSink;

Metrics::Collecting collect_server_figures(Metrics& metrics, std::string_view listener,
                                           const net::HttpServer& server) {
  return metrics.collect([&server, labels = MetricLabels{{"listener", std::string(listener)}}](
                             MetricSink& sink) {
    const net::HttpServerStatistics now = server.statistics();
    const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
      sink.counter(name, help, labels, static_cast<double>(value));
    };
    counter("tidings_http_connections_total", "Connections accepted.", now.accepted);
    counter("tidings_http_connections_refused_total", "Connections over a limit.",
            now.refused_connections);
    counter("tidings_http_requests_total", "HTTP requests.", now.requests);
    counter("tidings_http_malformed_total", "Requests that were no HTTP.", now.malformed);
    counter("tidings_http_too_large_total", "Requests over a limit of size.", now.too_large);
    counter("tidings_http_timeouts_total", "Requests that came too slowly.", now.timeouts);
    counter("tidings_http_tls_failures_total", "TLS handshakes that failed.", now.tls_failures);
    sink.gauge("tidings_http_connections_open", "Connections open now.", labels,
               static_cast<double>(now.open));
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
    sink.gauge("tidings_delivery_behind", "1: more events wait on disk than are known in memory.",
               {}, now.behind ? 1 : 0);
  });
}

std::function<void(const delivery::Tried&)> delivery_observer(Metrics& metrics) {
  return [&metrics,
          &created = metrics.histogram(
              "tidings_callback_delay_seconds", "From an event's commit to its delivery.", {},
              backend::latency_bounds())](const delivery::Tried& tried) {
    metrics
        .counter("tidings_callback_attempts_total", "Callbacks sent, by what came of it.",
                 {{"outcome", std::string(to_string(tried.what))}})
        .add();
    if (tried.state == store::EventState::delivered) {
      created.observe_microseconds(tried.created_to_now_ms * 1000);
    }
  };
}

}  // namespace tidings::cli
