/// The figures of a listener under the names that both daemons show at /metrics.
#pragma once

#include "net/http_server.h"

namespace tidings::net {

/// Calls counter(name, help, value) and gauge(name, help, value) for each.
template <class Counter, class Gauge>
void each_figure(const HttpServerStatistics& now, Counter counter, Gauge gauge) {
  counter("tidings_http_connections_total", "Connections accepted.", now.accepted);
  counter("tidings_http_connections_refused_total",
          "Connections over a limit for which nobody could make room.", now.refused_connections);
  counter("tidings_http_strangers_closed_total",
          "Connections that had proven nothing, closed to make room.", now.closed_strangers);
  counter("tidings_http_idle_closed_total", "Idle connections closed to make room.",
          now.closed_idle);
  counter("tidings_http_requests_total", "HTTP requests.", now.requests);
  counter("tidings_http_malformed_total", "Requests that were no HTTP.", now.malformed);
  counter("tidings_http_too_large_total", "Requests over a limit of size.", now.too_large);
  counter("tidings_http_timeouts_total", "Requests that came too slowly.", now.timeouts);
  counter("tidings_http_tls_failures_total", "TLS handshakes that failed.", now.tls_failures);
  gauge("tidings_http_connections_open", "Connections open now.", now.open);
}

}  // namespace tidings::net
