#include "delivery/retry_policy.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace tidings::delivery {

namespace {

constexpr std::array<std::int64_t, 3> kTimeoutDelaysMs = {1000, 5000, 30'000};
constexpr std::int64_t kFirstDelayMs = 1000;

/// "URL timeout" of 6.8: not resolvable, unreachable, no complete answer in time.
bool url_timeout(AttemptClass what) {
  return what == AttemptClass::dns || what == AttemptClass::connect_timeout ||
         what == AttemptClass::unreachable || what == AttemptClass::timeout;
}

std::int64_t full_jitter(int attempts_made, double jitter) {
  const int doublings = std::min(attempts_made - 1, 20);
  const std::int64_t ceiling = std::min(kFirstDelayMs << doublings, kMaxDelayMs);
  // Never below a tenth: "full" jitter that draws 0 would hammer an endpoint in lockstep.
  const auto drawn = static_cast<std::int64_t>(std::floor(jitter * static_cast<double>(ceiling)));
  return std::max(drawn, ceiling / 10);
}

}  // namespace

std::string_view to_string(AttemptClass what) {
  switch (what) {
    case AttemptClass::ok: return "ok";
    case AttemptClass::dns: return "dns";
    case AttemptClass::forbidden_address: return "forbidden_address";
    case AttemptClass::connect_timeout: return "connect_timeout";
    case AttemptClass::unreachable: return "unreachable";
    case AttemptClass::refused: return "refused";
    case AttemptClass::tls: return "tls";
    case AttemptClass::tls_expired: return "tls_expired";
    case AttemptClass::tls_untrusted: return "tls_untrusted";
    case AttemptClass::tls_host: return "tls_host";
    case AttemptClass::client_certificate: return "client_certificate";
    case AttemptClass::timeout: return "timeout";
    case AttemptClass::closed: return "closed";
    case AttemptClass::cut: return "cut";
    case AttemptClass::malformed: return "malformed";
    case AttemptClass::too_large: return "too_large";
    case AttemptClass::status: return "status";
    case AttemptClass::gone: return "gone";
    case AttemptClass::not_json: return "not_json";
    case AttemptClass::not_an_answer: return "not_an_answer";
  }
  return "unknown";
}

Verdict judge(community::RetryMode mode, const AttemptResult& result, int attempts_made,
              std::int64_t age_ms, double jitter) {
  CHECK(attempts_made >= 1 && jitter >= 0.0 && jitter < 1.0);
  using Kind = Verdict::Kind;
  if (result.what == AttemptClass::ok) return {Kind::delivered, 0};
  if (result.what == AttemptClass::gone) return {Kind::hold, 0};

  std::int64_t delay = 0;
  switch (mode) {
    case community::RetryMode::off: return {Kind::dead, 0};
    case community::RetryMode::timeouts: {
      const auto retry = static_cast<std::size_t>(attempts_made - 1);
      if (!url_timeout(result.what) || retry >= kTimeoutDelaysMs.size()) return {Kind::dead, 0};
      delay = kTimeoutDelaysMs[retry];
      break;
    }
    case community::RetryMode::durable: delay = full_jitter(attempts_made, jitter); break;
  }
  if (result.retry_after_ms) {
    delay = std::max(delay, std::min(*result.retry_after_ms, kMaxDelayMs));
  }
  if (age_ms + delay >= kMaxAgeMs) return {Kind::dead, 0};
  return {Kind::retry, delay};
}

bool endpoint_failing(const AttemptResult& result) {
  switch (result.what) {
    case AttemptClass::dns:
    case AttemptClass::connect_timeout:
    case AttemptClass::unreachable:
    case AttemptClass::timeout:
    case AttemptClass::refused:
    case AttemptClass::tls:
    case AttemptClass::tls_expired:
    case AttemptClass::tls_untrusted:
    case AttemptClass::tls_host:
    case AttemptClass::client_certificate:
    case AttemptClass::closed:
    case AttemptClass::cut: return true;
    case AttemptClass::status: return result.http_status >= 500;
    default: return false;
  }
}

bool endpoint_congested(const AttemptResult& result) {
  if (result.what == AttemptClass::timeout || result.what == AttemptClass::connect_timeout) {
    return true;
  }
  return result.what == AttemptClass::status &&
         (result.http_status >= 500 || result.http_status == 429);
}

}  // namespace tidings::delivery
