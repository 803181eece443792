/// RestDoor: the REST API of an app's admins, /v4/{service}/{command} (protocol section 4).
///
/// Every answer is HTTP 200 with the documented envelope; `HEAD /` answers 200 for liveness probes.
/// Durability point: OK to a change is answered after its commit (P1). A call that takes longer than
/// `answer_within` is told so (60008, accounts 70169): its change may still be committed where it had
/// begun, and is not begun any more where it had not.
///
/// Threads: handle() from any lane, many at a time. Lifetime: outlives its requests; what the parts
/// name outlives the door.
#pragma once

#include <string_view>

#include "backend/metrics.h"
#include "backend/rest/access.h"
#include "backend/rest/call.h"
#include "backend/service.h"
#include "net/http_message.h"
#include "runtime/awaitable.h"
#include "runtime/deadline.h"

namespace tidings::backend::rest {

inline constexpr std::string_view kRequestsName = "tidings_rest_requests_total";
inline constexpr std::string_view kRequestsHelp = "REST calls answered, by command and ErrorCode.";

class RestDoor {
 public:
  struct Parts {
    Service& service;
    Authenticator& authenticator;  ///< shared with the client door: one throttle per identifier
    RateLimiter& limiter;
    Metrics* metrics = nullptr;  ///< optional
  };
  explicit RestDoor(Parts parts, const RestLimits& limits = {});

  runtime::awaitable<net::HttpResponse> handle(const net::HttpRequest& request);
  /// The same checks, for the pull feed.
  [[nodiscard]] Access& access() { return access_; }

  /// What the listener says about bytes that never became a request (net::HttpServerHandlers::
  /// error_body): HTTP 200 as well, 60008 for one that came too slowly, else 60002.
  [[nodiscard]] static net::HttpResponse refusal(unsigned status, std::string_view reason);

 private:
  /// Whom a failure concerns; known once access is granted.
  struct Handling {
    Family family = Family::group;
    const Route* route = nullptr;
  };
  Result<Call> begin(const net::HttpRequest& request, Handling& handling);
  runtime::awaitable<Result<std::string>> finish(Read read, runtime::Deadline deadline);
  net::HttpResponse answer(Result<std::string> body, const Handling& handling);
  void count(const Route* route, int code);

  Parts parts_;
  Access access_;
  std::chrono::milliseconds answer_within_;
  std::vector<Counter*> succeeded_;  // by slot; empty without metrics
};

}  // namespace tidings::backend::rest
