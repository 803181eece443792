#include "backend/admin/admin_door.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

#include "tidings/json.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using net::HttpResponse;
using runtime::awaitable;

constexpr int kWrongTokensPerMinute = 20;
constexpr std::size_t kAddressesWatched = 4096;
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kOpenApiPath = "/admin/v1/openapi.json";

struct Status {
  unsigned http;
  std::string_view code;
};

Status status_of(Errc kind) {
  switch (kind) {
    case Errc::invalid_argument: return {400, "invalid_argument"};
    case Errc::unauthenticated: return {401, "unauthenticated"};
    case Errc::forbidden: return {403, "forbidden"};
    case Errc::not_found: return {404, "not_found"};
    case Errc::conflict: return {409, "conflict"};
    case Errc::too_large: return {413, "too_large"};
    case Errc::rate_limited: return {429, "rate_limited"};
    case Errc::timeout:
    case Errc::cancelled:
    case Errc::unavailable: return {503, "unavailable"};
    case Errc::corrupt:
    case Errc::internal: break;
  }
  return {500, "internal"};
}

/// "callback.url: no such ..." names its field before the first ": "; a sentence does not.
std::string_view field_of(std::string_view what) {
  const auto end = what.find(": ");
  if (end == std::string_view::npos || end == 0) return {};
  const auto field = what.substr(0, end);
  for (const char c : field) {
    const bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '[' || c == ']' || c == '-';
    if (!part) return {};
  }
  return field;
}

HttpResponse problem(Status status, std::string_view what) {
  json::object error;
  error["code"] = status.code;
  const auto field = field_of(what);
  error["field"] = nullptr;
  if (!field.empty()) error["field"] = field;
  error["message"] = what;
  json::object body;
  body["error"] = std::move(error);
  HttpResponse out;
  out.status = status.http;
  out.body = json::serialize(body);
  return out;
}

HttpResponse problem(const Error& error) { return problem(status_of(error.kind), error.what); }

HttpResponse token_refused(const Error& error) {
  auto out = problem(error);
  if (out.status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

HttpResponse plain(unsigned status, std::string text) {
  HttpResponse out;
  out.status = status;
  out.content_type = kPlainText;
  out.body = std::move(text);
  return out;
}

/// "7" or W/"7" as a version; * and absence: none.
Result<std::optional<std::int64_t>> read_if_match(std::string_view text) {
  std::optional<std::int64_t> none;
  if (text.empty() || text == "*") return none;
  if (text.starts_with("W/")) text.remove_prefix(2);
  std::int64_t version = 0;
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error == std::errc() && end == text.data() + text.size()) {
      return std::optional<std::int64_t>(version);
    }
  }
  return fail(Errc::invalid_argument, "If-Match: give one ETag as it was answered");
}

Result<json::object> read_body(const AdminRoute& route, std::string_view text) {
  if (!route.has_body || text.empty()) return json::object();
  auto value = parse_json_strict(text);
  if (!value) return fail(Errc::invalid_argument, "the body is not JSON: " + value.error().what);
  if (!value->is_object()) return fail(Errc::invalid_argument, "the body is not a JSON object");
  return std::move(value->get_object());
}

Result<AdminCall> read_call(const net::HttpRequest& request, RouteMatch& match) {
  AdminCall call;
  call.params = std::move(match.params);
  TRY(call.query, parse_admin_query(request.query));
  TRY(call.if_match, read_if_match(request.header("If-Match")));
  TRY(call.body, read_body(*match.route, request.body));
  return call;
}

HttpResponse written(const AdminReply& reply) {
  HttpResponse out;
  out.status = reply.status;
  if (!reply.body.is_null()) out.body = json::serialize(reply.body);
  if (reply.version) out.headers.emplace_back("ETag", '"' + std::to_string(*reply.version) + '"');
  if (!reply.location.empty()) out.headers.emplace_back("Location", reply.location);
  return out;
}

}  // namespace

AdminDoor::AdminDoor(Parts parts)
    : parts_(std::move(parts)),
      api_(parts_.api),
      refused_(parts_.metrics.counter("tidings_admin_unauthenticated_total",
                                      "Admin requests without the right token.")) {}

net::HttpHandler AdminDoor::handler() {
  return [this](const net::HttpRequest& request) { return handle(request); };
}

HttpResponse AdminDoor::error_body(unsigned status, std::string_view reason) {
  if (status == 413) return problem({413, "too_large"}, reason);
  if (status >= 500) return problem({status, "internal"}, reason);
  return problem({status, "invalid_argument"}, reason);
}

awaitable<HttpResponse> AdminDoor::handle(const net::HttpRequest& request) {
  HttpResponse response;
  if (request.path == "/healthz") {
    response = plain(200, "ok\n");
  } else if (request.path == "/readyz") {
    const auto ready = parts_.ready ? parts_.ready() : Result<void>{};
    response = ready ? plain(200, "ready\n") : plain(503, ready.error().what + "\n");
  } else if (request.path == "/metrics") {
    response = co_await metrics_text();
  } else if (request.path == kAdminPrefix ||
             request.path.starts_with(std::string(kAdminPrefix) + "/")) {
    const auto authenticated = authenticate(request);
    if (authenticated) {
      response = co_await handle_api(request);
      response.proven = true;
    } else {
      response = token_refused(authenticated.error());
    }
  } else {
    response = problem({404, "not_found"}, "no such path on the admin listener");
  }
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

awaitable<HttpResponse> AdminDoor::metrics_text() {
  struct Scrape {
    const Metrics& metrics;
    Result<std::string> operator()() const { return metrics.text(); }
  };
  Scrape scrape{parts_.metrics};
  auto text = co_await parts_.readers.run(std::move(scrape));
  if (!text) co_return plain(503, text.error().what + "\n");
  HttpResponse out = plain(200, std::move(*text));
  out.content_type = kPrometheusText;
  co_return out;
}

bool AdminDoor::one_more_failure(std::string_view address) {
  const std::int64_t minute = parts_.api.service.clock().now_s() / 60;
  const std::lock_guard lock(mutex_);
  auto place = failures_.find(address);
  if (place == failures_.end()) {
    if (failures_.size() >= kAddressesWatched) {
      std::erase_if(failures_, [&](const auto& entry) { return entry.second.minute != minute; });
    }
    if (failures_.size() >= kAddressesWatched) return true;
    place = failures_.emplace(std::string(address), Failures{}).first;
  }
  Failures& failures = place->second;
  if (failures.minute != minute) failures = {minute, 0};
  return ++failures.count > kWrongTokensPerMinute;
}

Result<void> AdminDoor::authenticate(const net::HttpRequest& request) {
  const auto presented = AdminToken::bearer(request.header("Authorization"));
  if (presented && parts_.token.matches(*presented)) return {};
  refused_.add();
  // The right token always passes: nobody can lock the operator out by guessing from his address.
  if (presented && one_more_failure(request.peer_address)) {
    return fail(Errc::rate_limited, "too many wrong tokens from this address; wait a minute");
  }
  return fail(Errc::unauthenticated,
              presented ? "Authorization: this is not the admin token; it stands in the token file "
                          "of the data folder"
                        : "Authorization: send 'Bearer ' and the admin token, which stands in the "
                          "token file of the data folder");
}

awaitable<HttpResponse> AdminDoor::handle_api(const net::HttpRequest& request) {
  if (request.path == kOpenApiPath && request.method == net::HttpMethod::get) {
    HttpResponse document;
    document.body = std::string(openapi_document());
    co_return document;
  }
  auto match = match_admin_route(request.method, request.path);
  if (match.route == nullptr) {
    if (match.allowed.empty()) co_return problem({404, "not_found"}, "no such path in /admin/v1");
    auto refusal = problem({405, "method_not_allowed"}, "this path takes " + match.allowed);
    refusal.headers.emplace_back("Allow", match.allowed);
    co_return refusal;
  }
  auto call = read_call(request, match);
  if (!call) co_return problem(call.error());
  const bool conditional = call->if_match.has_value();
  auto reply = co_await (api_.*match.route->run)(std::move(*call));
  if (reply) co_return written(*reply);
  if (conditional && reply.error().what.starts_with("If-Match: ")) {
    co_return problem({412, "precondition_failed"}, reply.error().what);
  }
  co_return problem(reply.error());
}

}  // namespace tidings::backend
