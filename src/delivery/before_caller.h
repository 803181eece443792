/// Asks an app backend before an event: one request, 2 s, never retried (protocol 6.7, 6.10). Only so
/// many at a time: a URL takes at most `max_per_url`, and half of what the others leave of
/// `max_in_flight`, so that one app whose backend hangs leaves the others' writes alone (promise P5).
///
/// Threads: ask() on any lane; it runs on the transport's lane and resumes on the caller's.
/// Lifetime: parts outlive every ask().
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"
#include "community/command.h"
#include "community/decide.h"
#include "delivery/attempt_log.h"
#include "delivery/callback_request.h"
#include "net/callback_transport.h"
#include "runtime/lane.h"
#include "tidings/callback_answer.h"

namespace tidings::delivery {

struct BeforeCallerOptions {
  int max_per_url = 256;
  int max_in_flight = 1024;  ///< over all URLs
};

class BeforeCaller {
 public:
  struct Parts {
    runtime::Lane& lane;  ///< the transport's
    net::CallbackTransport& transport;
    const Clock& clock;
    Random& random;
    CallbackTls* tls = nullptr;  ///< nullptr: the transport's default
    AttemptTrace trace = {};     ///< on the lane; may be empty
  };
  explicit BeforeCaller(Parts parts, BeforeCallerOptions options = {})
      : parts_(std::move(parts)), options_(options) {}

  /// Errc::unavailable: no valid answer in time (6.8); `what` says why. The app's policy decides.
  /// Errc::rate_limited: too many are asked already, nobody was: try again.
  runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question& question,
                                                 const community::Caller& caller);

 private:
  runtime::awaitable<Result<CallbackAnswer>> ask_on_lane(const community::Question& question,
                                                         const community::Caller& caller);
  class Place;
  [[nodiscard]] bool has_room(const std::string& url) const;

  Parts parts_;
  const BeforeCallerOptions options_;
  // The lane's.
  std::unordered_map<std::string, int> asking_;  // by URL
  int in_flight_ = 0;
};

}  // namespace tidings::delivery
