/// What is kept of an exchange in an event's attempt log.
///
/// Threads: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "delivery/callback_request.h"
#include "store/event_log.h"

namespace tidings::delivery {

/// One exchange with an app backend, for whoever watches them one by one. Views and references are the
/// caller's, for the length of the call.
struct Attempted {
  SdkAppId app;
  std::int64_t app_sequence = 0;  ///< 0: a before-callback
  std::string_view command;
  std::string_view request_id;
  const net::HttpOrigin& origin;
  const store::Attempt& attempt;
  std::string_view state;  ///< of the event after it; empty: a before-callback
};
using AttemptTrace = std::function<void(const Attempted&)>;

/// "203.0.113.7:443", "[2001:db8::1]:443"; empty where `ip` is.
std::string address_text(const std::string& ip, std::uint16_t port);

/// `ended_ms`: wall time.
store::Attempt log_of(const net::HttpExchange& exchange, const AttemptResult& result,
                      const net::HttpOrigin& origin, std::int64_t ended_ms);

/// Keeps the attempt with its event and says nothing about the event's state.
store::Outcome attempt_note(const store::EventRecord& record, store::Attempt attempt);

}  // namespace tidings::delivery
