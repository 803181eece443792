/// Figures of listeners and of delivery for /metrics.
///
/// Threads: called at wiring time; observers on delivery's lane. Lifetime: destroy the returned
/// handles before what they read.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "backend/delivery_figures.h"
#include "backend/metrics.h"
#include "backend/retention.h"
#include "delivery/dispatcher.h"
#include "net/http_server.h"

namespace tidings::cli {

backend::Metrics::Collecting collect_server_figures(backend::Metrics& metrics,
                                                    std::string_view listener,
                                                    const net::HttpServer& server);
backend::Metrics::Collecting collect_dispatcher_figures(backend::Metrics& metrics,
                                                        const delivery::Dispatcher& dispatcher);
/// Counts attempts by outcome, measures them, and from the event's creation to its delivery.
std::function<void(const delivery::Tried&)> delivery_observer(backend::Metrics& metrics,
                                                              backend::DeliveryFigures& figures);
/// For CommitterOptions::observe.
std::function<void(std::chrono::microseconds, std::size_t)> commit_observer(
    backend::Metrics& metrics);
backend::Metrics::Collecting collect_retention_figures(backend::Metrics& metrics,
                                                       const backend::Retention& retention);

}  // namespace tidings::cli
