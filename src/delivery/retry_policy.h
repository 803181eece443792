/// Decides what becomes of an event after an attempt. Pure: no clock, no I/O, no hidden chance.
///
/// Modes (design.md, "Delivery"; protocol 6.8, 6.10, R-22):
///   off       one attempt; any failure is final (the cloud service's default)
///   timeouts  after a failure of the URL-timeout class 3 more, after 1 s, 5 s and 30 s
///   durable   any failure: full jitter, doubling from 1 s to 1 h, until the event is 72 h old
/// Retry-After is honoured up to 1 h. 410 holds the endpoint: nothing is lost, nothing is sent.
/// An event older than 72 h is dead in every mode, held or not: visible, and replayable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "community/app.h"

namespace tidings::delivery {

/// How an attempt ended, finer than protocol 6.8.
enum class AttemptClass {
  ok,
  dns,                 ///< name not resolvable
  forbidden_address,   ///< the name led to an address that is not allowed
  connect_timeout,     ///< no TCP connection within the deadline
  unreachable,         ///< no route, network down
  refused,             ///< TCP connection refused
  tls,                 ///< the handshake, or a certificate fault that has no class of its own
  tls_expired,         ///< the receiver's certificate is expired, or not valid yet
  tls_untrusted,       ///< it is of an authority that is not trusted
  tls_host,            ///< it is for another host
  client_certificate,  ///< the receiver refused ours, or wants one and we have none
  timeout,             ///< connected, but no complete answer within the deadline
  closed,              ///< connection closed without one byte of an answer
  cut,                 ///< connection closed in the middle of the answer
  malformed,           ///< no HTTP answer
  too_large,           ///< answer over 64 KiB
  status,              ///< HTTP status other than 200
  gone,                ///< HTTP 410
  not_json,            ///< HTTP 200, but the body is not JSON
  not_an_answer,       ///< JSON, but no object with an integer ErrorCode
};
inline constexpr std::size_t kAttemptClasses = 20;
std::string_view to_string(AttemptClass what);

struct AttemptResult {
  AttemptClass what = AttemptClass::ok;
  int http_status = 0;
  std::optional<std::int64_t> retry_after_ms;
};

inline constexpr std::int64_t kMaxAgeMs = 72LL * 3600 * 1000;
inline constexpr std::int64_t kMaxDelayMs = 3600LL * 1000;

struct Verdict {
  enum class Kind { delivered, retry, dead, hold } kind = Kind::delivered;
  std::int64_t delay_ms = 0;  ///< retry only
};

/// REQUIRES: attempts_made >= 1 (this one included), 0 <= jitter < 1.
[[nodiscard]] Verdict judge(community::RetryMode mode, const AttemptResult& result,
                            int attempts_made, std::int64_t age_ms, double jitter);

/// Signs of an endpoint in trouble: what the breaker counts (timeout, refused, TLS, 5xx).
[[nodiscard]] bool endpoint_failing(const AttemptResult& result);
/// Signs of too much at once: what halves the window (timeout, 5xx, 429).
[[nodiscard]] bool endpoint_congested(const AttemptResult& result);

}  // namespace tidings::delivery
