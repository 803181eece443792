/// AdminDoor: the admin listener's HTTP side (design.md "Doors"): /admin/v1 behind a bearer token,
/// and /metrics, /healthz, /readyz without one, for whoever may reach the listener.
///
/// Errors are JSON: {"error":{"code","field","message"}}, `field` null where no field is to blame:
/// 400 invalid_argument, 401 unauthenticated, 404 not_found, 405, 409 conflict, 412 (If-Match),
/// 413 too_large, 429 rate_limited (many wrong tokens from one address in a minute), 500, 503.
/// Every answer carries Cache-Control: no-store, since some hold secrets.
/// Threads: the handler runs on each connection's lane. Lifetime: outlives the server.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "backend/admin/admin_api.h"
#include "backend/admin/admin_token.h"
#include "backend/metrics.h"
#include "net/http_server.h"

namespace tidings::backend {

class AdminDoor {
 public:
  struct Parts {
    AdminApi::Parts api;
    AdminToken token;
    Metrics& metrics;
    runtime::BlockingPool& readers;  ///< collectors read the store
    /// Ready to serve? The error's text is shown. Any lane; must be quick.
    std::function<Result<void>()> ready;
  };
  explicit AdminDoor(Parts parts);
  AdminDoor(const AdminDoor&) = delete;
  AdminDoor& operator=(const AdminDoor&) = delete;

  [[nodiscard]] net::HttpHandler handler();
  runtime::awaitable<net::HttpResponse> handle(const net::HttpRequest& request);
  /// For HttpServerHandlers::error_body.
  static net::HttpResponse error_body(unsigned status, std::string_view reason);

 private:
  runtime::awaitable<net::HttpResponse> handle_api(const net::HttpRequest& request);
  runtime::awaitable<net::HttpResponse> metrics_text();
  Result<void> authenticate(const net::HttpRequest& request);
  /// Counts a wrong token. True: there were too many from this address in this minute.
  bool one_more_failure(std::string_view address);

  Parts parts_;
  AdminApi api_;
  Counter& refused_;

  struct Failures {
    std::int64_t minute = 0;
    int count = 0;
  };
  std::mutex mutex_;  // protects failures_
  std::map<std::string, Failures, std::less<>> failures_;
};

/// The OpenAPI 3.1 document, as built in from docs/openapi.json.
std::string_view openapi_document();

}  // namespace tidings::backend
