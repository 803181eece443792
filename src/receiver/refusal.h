/// Why a callback was not accepted: one closed list for the answer, the counter and the log line.
///
/// A refusal leaves no trace but these (P7). The answer is a 4xx (5xx where it is the receiver's own
/// fault, so that a sender that can retry does) with the protocol's own form of body.
/// Threads: pure functions.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace tidings::receiver {

/// In the order of the checks (design.md, "Receiver"). The first two and `too_large` are the HTTP
/// server's own.
enum class Refusal {
  malformed,      ///< no HTTP, or of a kind that is not taken
  too_slow,       ///< head or body did not come in time
  method,
  too_large,
  query,          ///< not readable
  app,            ///< SdkAppid missing or not ours
  source,         ///< address not in the app's list
  certificate,    ///< no client certificate, or the wrong one
  signature,      ///< Sign or Standard Webhooks signature
  json,           ///< not JSON, or a known member of another type
  command,        ///< none, or query and body disagree
  overloaded,     ///< the queue is full, or the receiver stops
  store,          ///< the disk failed
  internal,       ///< a bug
};
inline constexpr std::array kRefusals = {
    Refusal::malformed, Refusal::too_slow,    Refusal::method,    Refusal::too_large,
    Refusal::query,     Refusal::app,         Refusal::source,    Refusal::certificate,
    Refusal::signature, Refusal::json,        Refusal::command,   Refusal::overloaded,
    Refusal::store,     Refusal::internal,
};

/// The metric's label, e.g. "too_large".
[[nodiscard]] std::string_view to_string(Refusal reason);
[[nodiscard]] unsigned http_status(Refusal reason);

struct Refused {
  Refusal reason = Refusal::query;
  std::string what;  ///< one sentence; never a secret
};

/// {"ActionStatus":"FAIL","ErrorCode":<status>,"ErrorInfo":"<what>"} with that status.
[[nodiscard]] net::HttpResponse refusal_response(const Refused& refused);
/// The same for what the HTTP server refuses by itself,
[[nodiscard]] net::HttpResponse error_body(unsigned status, std::string_view what);
/// and why that was.
[[nodiscard]] Refusal reason_of(unsigned status);

}  // namespace tidings::receiver
