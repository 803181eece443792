#include "receiver/refusal.h"

#include <utility>

#include "tidings/json.h"

namespace tidings::receiver {

std::string_view to_string(Refusal reason) {
  switch (reason) {
    case Refusal::malformed:
      return "malformed";
    case Refusal::too_slow:
      return "too_slow";
    case Refusal::method:
      return "method";
    case Refusal::too_large:
      return "too_large";
    case Refusal::query:
      return "query";
    case Refusal::app:
      return "app";
    case Refusal::source:
      return "source";
    case Refusal::certificate:
      return "certificate";
    case Refusal::signature:
      return "signature";
    case Refusal::json:
      return "json";
    case Refusal::command:
      return "command";
    case Refusal::overloaded:
      return "overloaded";
    case Refusal::store:
      return "store";
    case Refusal::internal:
      return "internal";
  }
  return "unknown";
}

unsigned http_status(Refusal reason) {
  switch (reason) {
    case Refusal::too_slow:
      return 408;
    case Refusal::method:
      return 405;
    case Refusal::too_large:
      return 413;
    case Refusal::app:
    case Refusal::source:
    case Refusal::certificate:
    case Refusal::signature:
      return 403;
    case Refusal::malformed:
    case Refusal::query:
    case Refusal::json:
    case Refusal::command:
      return 400;
    case Refusal::overloaded:
    case Refusal::store:
      return 503;
    case Refusal::internal:
      return 500;
  }
  return 500;
}

net::HttpResponse error_body(unsigned status, std::string_view what) {
  net::HttpResponse response;
  response.status = status;
  response.body = R"({"ActionStatus":"FAIL","ErrorCode":)" + std::to_string(status) +
                  R"(,"ErrorInfo":)";
  append_json_string(response.body, what);
  response.body += '}';
  return response;
}

Refusal reason_of(unsigned status) {
  switch (status) {
    case 408:
      return Refusal::too_slow;
    case 413:
    case 414:
    case 431:
      return Refusal::too_large;
    case 500:
      return Refusal::internal;
    default:
      return Refusal::malformed;
  }
}

net::HttpResponse refusal_response(const Refused& refused) {
  net::HttpResponse response = error_body(http_status(refused.reason), refused.what);
  if (refused.reason == Refusal::method) response.headers.emplace_back("Allow", "POST");
  if (http_status(refused.reason) == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace tidings::receiver
