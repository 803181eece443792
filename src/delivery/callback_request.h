/// One callback as an HTTP request, and what its answer means (protocol 6.1-6.4, 6.6, 6.8).
///
/// Every request carries the documented query (Sign and RequestTime where switched on, RequestID)
/// and, where the app has webhook secrets, the Standard Webhooks headers; `tidings-sequence` is the
/// event's number within its app.
///
/// Threads: values and pure functions; an Endpoint is immutable and shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "community/app.h"
#include "community/event.h"
#include "delivery/callback_tls.h"
#include "delivery/retry_policy.h"
#include "net/callback_transport.h"
#include "tidings/callback_url.h"
#include "tidings/standard_webhooks.h"

namespace tidings::delivery {

/// The whole exchange: connect, TLS, request and complete answer.
inline constexpr std::chrono::milliseconds kExchangeTimeout{2000};

/// Where an app's callbacks go, parsed once per version of its settings.
struct Endpoint {
  struct Key {
    WebhookSecret secret;
    std::int64_t valid_until_s = 0;  ///< 0 = no end
  };
  community::AppPtr app;
  CallbackUrl url;
  net::HttpOrigin origin;
  std::vector<Key> webhook_keys;
  std::shared_ptr<net::TlsClient> tls;  ///< nullptr: the transport's default

  /// Whom attempts of an app tell something about: all apps with this URL, unless the app believes
  /// authorities of its own; whether a certificate is trusted is its affair then.
  static std::string whose(const community::App& app);
  /// `tls`: nullptr is the transport's default for every app.
  /// Error: the app has no URL, or a setting that cannot be used (says which).
  static Result<std::shared_ptr<const Endpoint>> create(community::AppPtr app,
                                                        CallbackTls* tls = nullptr);
};

/// What a request says besides the endpoint. Views must outlive the request.
struct CallbackMessage {
  std::string_view command;
  std::string_view request_id;
  const community::Origin& origin;
  std::string_view body;
  std::int64_t app_sequence = 0;  ///< 0: none (before-callbacks)
};

/// What all callbacks of one endpoint say alike within a second.
struct SignedSecond {
  std::int64_t second = -1;  ///< since 1970; -1: none yet
  std::string text;          ///< decimal: RequestTime
  std::string sign;          ///< empty where the app does not sign
};
SignedSecond sign_second(const Endpoint& endpoint, std::int64_t now_s);

/// REQUIRES: `at` is of this endpoint.
net::OutboundRequest make_request(const Endpoint& endpoint, const CallbackMessage& message,
                                  const SignedSecond& at, runtime::Deadline deadline);
net::OutboundRequest make_request(const Endpoint& endpoint, const CallbackMessage& message,
                                  std::int64_t now_s, runtime::Deadline deadline);

/// An answer to an after-callback: only whether it arrived counts, not what it says.
AttemptResult classify(const net::HttpExchange& exchange, std::int64_t now_s);

/// One sentence for the attempt log: what happened, never a body or a secret; "" for success.
std::string describe(const net::HttpExchange& exchange, const AttemptResult& result);

/// Retry-After in either form, seconds or date (RFC 9110, 10.2.3), as a delay from now.
std::optional<std::int64_t> parse_retry_after(std::string_view text, std::int64_t now_s);

}  // namespace tidings::delivery
