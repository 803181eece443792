#include "receiver/refusal.h"

#include <utility>

#include "tidings/json.h"

namespace tidings::receiver {

std::string_view to_string(Refusal reason) {
  switch (reason) {
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
  }
  return "unknown";
}

unsigned http_status(Refusal reason) {
  switch (reason) {
    case Refusal::method:
      return 405;
    case Refusal::too_large:
      return 413;
    case Refusal::app:
    case Refusal::source:
    case Refusal::certificate:
    case Refusal::signature:
      return 403;
    case Refusal::query:
    case Refusal::json:
    case Refusal::command:
      return 400;
    case Refusal::overloaded:
    case Refusal::store:
      return 503;
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

net::HttpResponse refusal_response(const Refused& refused) {
  net::HttpResponse response = error_body(http_status(refused.reason), refused.what);
  if (refused.reason == Refusal::method) response.headers.emplace_back("Allow", "POST");
  if (http_status(refused.reason) == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace tidings::receiver
