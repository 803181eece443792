/// One log line of level "debug" for each request at the callback door: which callback it was, what it was
/// answered and how long that took. For the night on which counters are not enough.
///
/// Bounded: a line's values are cut; how many lines strangers get is the caller's affair. Of the query it has
/// SdkAppid, CallbackCommand and RequestID as they stand there, never the Sign; of the body its size.
/// Threads: any. Lifetime: the request outlives the trace.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "net/http_message.h"
#include "receiver/refusal_log.h"

namespace tidings::receiver {

class CallbackTrace {
 public:
  /// Begins now. Without `log` nothing is noted and nothing told.
  CallbackTrace(const Log* log, const Clock& clock, const net::HttpRequest& request);

  /// `outcome`: "accepted", "duplicate", "test", "allowed", "denied", or why it was refused.
  void tell(unsigned status, std::string_view outcome) const;

 private:
  const Log* const log_;
  const Clock& clock_;
  const net::HttpRequest& request_;
  Clock::Monotonic began_{};
};

}  // namespace tidings::receiver
