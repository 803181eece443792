#include "backend/rest/rest_door.h"

#include <boost/json/monotonic_resource.hpp>
#include <utility>

#include "backend/rest/reply_text.h"
#include "community/code.h"

namespace tidings::backend::rest {
namespace {

constexpr int kInternal = 10002;
constexpr int kAccountInternal = 70500;
constexpr int kTimeout = 60008;
constexpr int kAccountTimeout = 70169;

/// The vendor's sample headers (4.2).
constexpr std::string_view kHeaders =
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Headers: X-Requested-With\r\n"
    "Access-Control-Allow-Methods: POST\r\n";

net::HttpResponse response_with(std::string body) {
  net::HttpResponse response;
  response.body = std::move(body);
  response.constant_headers = kHeaders;
  return response;
}

/// The number the caller sees. Failures of ours that have none, or have the group services'
/// "internal, retry", get the number of the service that was called.
int answered_code(const Error& error, Family family) {
  if (error.code != 0 && error.code != kInternal) return error.code;
  return family == Family::account ? kAccountInternal : kInternal;
}

/// A Read with what it needs, for the pool.
struct PooledRead {
  Read read;
  ReadSources sources;
  Result<std::string> operator()() const { return read(sources); }
};

}  // namespace

RestDoor::RestDoor(Parts parts, const RestLimits& limits)
    : parts_(parts),
      access_({parts.service.apps(), parts.authenticator, parts.limiter}, limits),
      answer_within_(limits.answer_within) {
  if (parts_.metrics == nullptr) return;
  succeeded_.resize(kFirstCommandSlot + all_routes().size());
  for (const Route& route : all_routes()) {
    succeeded_[route.slot] =
        &parts_.metrics->counter(kRequestsName, kRequestsHelp,
                                 {{"command", std::string(route.command)}, {"code", "0"}});
  }
}

void RestDoor::count(const Route* route, int code) {
  if (parts_.metrics == nullptr) return;
  if (route != nullptr && code == 0) return succeeded_[route->slot]->add();
  const std::string command(route == nullptr ? "none" : route->command);
  // Codes come from the protocol's tables and a before-callback's 10100..10200: bounded.
  parts_.metrics
      ->counter(kRequestsName, kRequestsHelp,
                {{"command", command}, {"code", std::to_string(code)}})
      .add();
}

Result<Call> RestDoor::begin(const net::HttpRequest& request, Handling& handling) {
  // The body is read and let go here: most need no heap.
  unsigned char room[4096];
  boost::json::monotonic_resource memory(room, sizeof room);
  TRY(auto granted, access_.check(request, &memory));
  handling = {granted.family, granted.route};
  community::Caller caller;
  caller.app = granted.app->id;
  caller.user = UserId(std::move(granted.identifier));
  caller.app_admin = true;
  caller.origin = {std::string(request.client_ip), "RESTAPI"};
  const int bad_parameter =
      granted.family == Family::account ? kBadAccountParameter : kBadParameter;
  const CallContext context{std::move(granted.app), std::move(caller), granted.command,
                            Fields(granted.body, bad_parameter)};
  return granted.route->read(context);
}

runtime::awaitable<Result<std::string>> RestDoor::finish(Read read, runtime::Deadline deadline) {
  Service& service = parts_.service;
  return service.read(
      PooledRead{std::move(read),
                 {service.community(), service.clock().now_ms(), service.random()}},
      deadline);
}

runtime::awaitable<net::HttpResponse> RestDoor::handle(const net::HttpRequest& request) {
  if (request.method == net::HttpMethod::head && request.path == "/") {
    co_return response_with({});
  }
  Handling handling;
  auto call = begin(request, handling);
  if (!call) co_return answer(std::move(call).error(), handling);
  const auto deadline = answer_within_.count() == 0 ? runtime::Deadline::never()
                                                    : runtime::Deadline::after(answer_within_);
  if (Write* write = std::get_if<Write>(&*call)) {
    auto reply = co_await parts_.service.execute(std::move(write->command), deadline);
    if (!reply) co_return answer(std::move(reply).error(), handling);
    co_return answer(write->answer(*reply), handling);
  }
  auto body = co_await finish(std::move(std::get<Read>(*call)), deadline);
  co_return answer(std::move(body), handling);
}

net::HttpResponse RestDoor::answer(Result<std::string> body, const Handling& handling) {
  if (body && body->size() > kMaxReplyBytes) {
    body = fail(Errc::too_large, "the response is over 1 MB; ask for less in one request",
                kReplyTooLarge);
  }
  net::HttpResponse response = response_with({});
  response.proven = handling.route != nullptr;  // access was granted
  if (body) {
    count(handling.route, 0);
    response.body = std::move(*body);
    return response;
  }
  const Error& error = body.error();
  if (error.kind == Errc::timeout && error.code == 0 && answer_within_.count() != 0) {
    const int code = handling.family == Family::account ? kAccountTimeout : kTimeout;
    count(handling.route, code);
    response.body = failure_reply(
        code, "not answered within " + std::to_string(answer_within_.count()) +
                  " ms; a change may still take effect: read it back before you repeat it");
    return response;
  }
  const int code = answered_code(error, handling.family);
  count(handling.route, code);
  response.body = failure_reply(code, error.what);
  return response;
}

net::HttpResponse RestDoor::refusal(unsigned status, std::string_view reason) {
  net::HttpResponse response = response_with(failure_reply(status == 408 ? kTimeout : 60002, reason));
  response.close = true;
  return response;
}

}  // namespace tidings::backend::rest
