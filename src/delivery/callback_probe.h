/// A test delivery: one real callback with a documented sample body, sent like any other (Sign,
/// webhook signature, TLS, address policy, deadline), never recorded as an event, never retried.
///
/// It is marked by the header `tidings-test: 1` and by names that say so; `tidings receive` checks it
/// like any other and stores nothing. It carries no tidings-sequence: it has no place in the app's.
///
/// Threads: send() on any lane; it runs on the transport's lane and resumes on the caller's.
/// Lifetime: parts outlive every send().
#pragma once

#include <cstdint>
#include <string>

#include "delivery/before_caller.h"
#include "delivery/callback_request.h"

namespace tidings::delivery {

inline constexpr std::string_view kTestHeader = "tidings-test";

struct ProbeReport {
  AttemptResult result;
  std::string what;  ///< as the attempt log would say it
  std::string command;
  std::string request_id;
  std::string body;     ///< what was sent
  std::string address;  ///< "ip:port", empty where none was found
  int answered_code = 0;  ///< ErrorCode of a valid answer; refusing is not failing (6.6)
  std::uint32_t response_bytes = 0;
  net::ExchangeTimings timings;
};

class CallbackProbe {
 public:
  explicit CallbackProbe(BeforeCaller::Parts parts) : parts_(std::move(parts)) {}

  /// To the app's URL. Error: the app has none, or a setting that cannot be used.
  runtime::awaitable<Result<ProbeReport>> send(community::AppPtr app);

 private:
  runtime::awaitable<Result<ProbeReport>> send_on_lane(community::AppPtr app);
  BeforeCaller::Parts parts_;
};

}  // namespace tidings::delivery
