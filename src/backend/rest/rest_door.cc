#include "backend/rest/rest_door.h"

#include <utility>

#include "backend/rest/reply_text.h"
#include "community/code.h"
#include "runtime/deadline.h"

namespace tidings::backend::rest {
namespace {

constexpr int kInternal = 10002;
constexpr int kAccountInternal = 70500;
constexpr int kTimeout = 60008;
constexpr int kAccountTimeout = 70169;

/// The vendor's sample headers (4.2).
net::HttpResponse response_with(std::string body) {
  net::HttpResponse response;
  response.body = std::move(body);
  response.headers.reserve(3);
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back("Access-Control-Allow-Headers", "X-Requested-With");
  response.headers.emplace_back("Access-Control-Allow-Methods", "POST");
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
  TRY(auto granted, access_.check(request));
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

runtime::awaitable<Result<std::string>> RestDoor::finish(Call call) {
  if (Write* write = std::get_if<Write>(&call)) {
    auto reply = co_await parts_.service.execute(std::move(write->command));
    if (!reply) co_return std::move(reply).error();
    co_return write->answer(*reply);
  }
  Service& service = parts_.service;
  PooledRead read{std::move(std::get<Read>(call)),
                  {service.community(), service.clock().now_ms(), service.random()}};
  auto body = co_await service.read(std::move(read));
  co_return body;
}

runtime::awaitable<Result<std::string>> RestDoor::finish_in_time(Call call, Family family) {
  auto work = finish(std::move(call));
  if (answer_within_.count() == 0) {
    auto finished = co_await std::move(work);
    co_return finished;
  }
  auto finished =
      co_await runtime::with_deadline(runtime::Deadline::after(answer_within_), std::move(work));
  if (finished || finished.error().kind != Errc::timeout || finished.error().code != 0) {
    co_return finished;
  }
  co_return fail(Errc::timeout,
                 "not answered within " + std::to_string(answer_within_.count()) +
                     " ms; a change may still take effect: read it back before you repeat it",
                 family == Family::account ? kAccountTimeout : kTimeout);
}

runtime::awaitable<net::HttpResponse> RestDoor::handle(const net::HttpRequest& request) {
  if (request.method == net::HttpMethod::head && request.path == "/") {
    co_return response_with({});
  }
  Handling handling;
  auto call = begin(request, handling);
  Result<std::string> body;
  if (call) {
    auto finished = co_await finish_in_time(std::move(*call), handling.family);
    body = std::move(finished);
  } else {
    body = std::move(call).error();
  }
  if (body && body->size() > kMaxReplyBytes) {
    body = fail(Errc::too_large, "the response is over 1 MB; ask for less in one request",
                kReplyTooLarge);
  }
  const int code = body ? 0 : answered_code(body.error(), handling.family);
  count(handling.route, code);
  if (body) co_return response_with(std::move(*body));
  co_return response_with(failure_reply(code, body.error().what));
}

net::HttpResponse RestDoor::refusal(unsigned status, std::string_view reason) {
  net::HttpResponse response = response_with(failure_reply(status == 408 ? kTimeout : 60002, reason));
  response.close = true;
  return response;
}

}  // namespace tidings::backend::rest
