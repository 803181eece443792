/// Asks an app backend before an event: one request, 2 s, never retried (protocol 6.7, 6.10).
///
/// Threads: ask() on any lane; it runs on the transport's lane and resumes on the caller's.
/// Lifetime: parts outlive every ask().
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "community/command.h"
#include "community/decide.h"
#include "delivery/callback_request.h"
#include "net/callback_transport.h"
#include "runtime/lane.h"
#include "tidings/callback_answer.h"

namespace tidings::delivery {

class BeforeCaller {
 public:
  struct Parts {
    runtime::Lane& lane;  ///< the transport's
    net::CallbackTransport& transport;
    const Clock& clock;
    Random& random;
    CallbackTls* tls = nullptr;  ///< nullptr: the transport's default
  };
  explicit BeforeCaller(Parts parts) : parts_(std::move(parts)) {}

  /// Errc::unavailable: no valid answer in time (6.8); `what` says why. The app's policy decides.
  runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question& question,
                                                 const community::Caller& caller);

 private:
  runtime::awaitable<Result<CallbackAnswer>> ask_on_lane(const community::Question& question,
                                                         const community::Caller& caller);
  Parts parts_;
};

}  // namespace tidings::delivery
