/// The seam for test deliveries: the admin door asks, whoever wires the process sends (the backend
/// does not know delivery; design.md, "Layers").
///
/// Threads: plain values; the function is called on any lane and resumes there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "community/app.h"
#include "runtime/awaitable.h"

namespace tidings::backend {

/// What came of one test delivery.
struct CallbackTestReport {
  bool delivered = false;
  std::string outcome;  ///< "ok" or a failure class, as in the attempt log
  std::string meaning;  ///< what the class means
  std::string way_out;  ///< what to do about it; empty when delivered
  std::string detail;   ///< what happened this time; may be empty
  std::string command;
  std::string request_id;
  std::string body;
  std::string address;
  int http_status = 0;    ///< 0: none arrived
  int answered_code = 0;  ///< the answer's ErrorCode, when delivered
  std::int64_t response_bytes = 0;
  /// Microseconds since the start; 0 where a step was not reached or not needed.
  std::int64_t resolved_us = 0, connected_us = 0, secured_us = 0, total_us = 0;
};

/// Sends a marked sample to the app's callback URL. Error: a setting that cannot be used, or the
/// server is stopping.
using CallbackTester =
    std::function<runtime::awaitable<Result<CallbackTestReport>>(community::AppPtr)>;

}  // namespace tidings::backend
