#include "backend/rest/access.h"

#include <algorithm>
#include <charconv>
#include <forward_list>
#include <optional>
#include <utility>

#include "net/cidr.h"
#include "tidings/identifier.h"
#include "tidings/json.h"

namespace tidings::backend::rest {
namespace {

constexpr std::string_view kPrefix = "/v4/";
constexpr std::uint32_t kUnknownCommandLimit = 200;

Error unparsable(std::string what) { return fail(Errc::invalid_argument, std::move(what), 60002); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// '+' stays: a UserSig holds none, and an identifier must mean itself (4.1).
std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

struct Target {
  std::string_view service;
  std::string_view command;
};

/// Check 1: POST, and a path of the form /v4/{service}/{command}.
Result<Target> parse_target(const net::HttpRequest& request) {
  if (request.method != net::HttpMethod::post) {
    return unparsable("the method is " + std::string(request.method_text) + "; it must be POST");
  }
  std::string_view rest = request.path;
  if (!rest.starts_with(kPrefix)) {
    return unparsable("the path does not begin with /v4/; it must be /v4/{service}/{command}");
  }
  rest.remove_prefix(kPrefix.size());
  const std::size_t slash = rest.find('/');
  const Target target{rest.substr(0, slash),
                      slash == std::string_view::npos ? "" : rest.substr(slash + 1)};
  if (target.service.empty() || target.command.empty() ||
      target.command.find('/') != std::string_view::npos) {
    return unparsable("the path is not of the form /v4/{service}/{command}");
  }
  return target;
}

Result<void> check_source(const community::App& app, std::string_view client_ip) {
  if (app.rest_allow.empty()) return {};
  // What cannot be read allows nobody: the list is there to keep others out.
  boost::system::error_code bad;
  const auto address = boost::asio::ip::make_address(std::string(client_ip), bad);
  auto networks = net::parse_networks(app.rest_allow);
  if (!bad && networks && net::any_contains(*networks, address)) return {};
  return fail(Errc::forbidden,
              "address " + std::string(client_ip) + " is not on the source list of app " +
                  app.id.str() + "; add its network to the REST allow list",
              60021);
}

Result<boost::json::object> parse_body(std::string_view body, boost::json::storage_ptr memory) {
  if (body.empty()) {
    return fail(Errc::invalid_argument,
                "the request body is empty; a call without arguments sends {}", 60003);
  }
  auto value = parse_json_strict(body, kMaxJsonDepth, std::move(memory));
  if (!value) {
    return fail(Errc::invalid_argument, "the request body is not valid JSON: " + value.error().what,
                60003);
  }
  boost::json::object* object = value->if_object();
  if (object == nullptr) {
    return fail(Errc::invalid_argument,
                "the request body is " + describe(*value) + "; it must be a JSON object", 60003);
  }
  return std::move(*object);
}

Error unknown_command(Family family, std::string_view command) {
  if (is_message_command(command)) {
    return fail(Errc::not_found,
                "command " + std::string(command) + " is about messages, which this service does "
                "not carry; topics and groups only",
                10003);
  }
  return fail(Errc::not_found,
              "there is no command '" + std::string(command.substr(0, 64)) + "' in this service",
              family == Family::group ? 10003 : 60009);
}

bool is_disabled(const community::App& app, std::string_view call) {
  return std::find(app.rest_disabled.begin(), app.rest_disabled.end(), call) !=
         app.rest_disabled.end();
}

/// Check 18.
Result<void> check_switched_on(const community::App& app, Family family, const Target& target) {
  if (app.rest_disabled.empty()) return {};
  const std::string call = std::string(target.service) + "/" + std::string(target.command);
  if (!is_disabled(app, call)) return {};
  return fail(Errc::forbidden,
              call + " is switched off for app " + app.id.str() + " (rest_disabled)",
              family == Family::account ? 60017 : 10026);
}

}  // namespace

struct Access::Query {
  Query() = default;
  Query(Query&&) = default;  // a copy's views would point into the original

  std::optional<std::string_view> sdkappid, identifier, usersig, contenttype;

  [[nodiscard]] Result<void> check_content_type() const {
    if (!contenttype || net::equal_ignoring_case(*contenttype, "json")) return {};
    return fail(Errc::invalid_argument, "contenttype must be json", 60025);
  }

  static Result<Query> parse(std::string_view text);

 private:
  std::optional<std::string_view>* member(std::string_view name) {
    if (name == "sdkappid") return &sdkappid;
    if (name == "identifier") return &identifier;
    if (name == "usersig") return &usersig;
    if (name == "contenttype") return &contenttype;
    return nullptr;  // `random` identifies a request, nobody checks it; others are not ours
  }
  std::forward_list<std::string> decoded_;  // values that held an escape; the views point here
};

Result<Access::Query> Access::Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    std::optional<std::string_view>* const value = query.member(pair.substr(0, equals));
    if (value == nullptr) continue;
    const auto name = [&pair, equals] { return std::string(pair.substr(0, equals)); };
    if (*value) return unparsable("query parameter " + name() + " is given twice; give it once");
    *value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    if ((*value)->find('%') == std::string_view::npos) continue;
    auto decoded = percent_decode(**value);
    if (!decoded) return unparsable("query parameter " + name() + " has a broken percent escape");
    *value = query.decoded_.emplace_front(std::move(*decoded));
  }
  return query;
}

Access::Access(Parts parts, const RestLimits& limits)
    : parts_(parts), app_limit_(limits.app_per_second) {
  limits_.assign(feed_slot() + 1, kUnknownCommandLimit);
  const auto set = [&](std::uint32_t slot, std::string_view command, std::uint32_t per_second) {
    const auto configured = limits.per_command.find(command);
    limits_[slot] = configured == limits.per_command.end() ? per_second : configured->second;
  };
  for (const Route& route : all_routes()) set(route.slot, route.command, route.per_second);
  set(feed_slot(), kFeedCommand, kFeedPerSecond);
}

// Checks 3 to 9.
Result<community::AppPtr> Access::check_app(const Query& query, const net::HttpRequest& request,
                                            std::string_view service) {
  if (!query.sdkappid) {
    return fail(Errc::invalid_argument, "query parameter sdkappid is missing", 60012);
  }
  const std::string_view text = *query.sdkappid;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.find_first_not_of('0') == std::string_view::npos) {
    return fail(Errc::invalid_argument, "sdkappid must be a positive decimal integer", 60006);
  }
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  community::AppPtr app =
      parsed.ec == std::errc{} ? parts_.apps.find(SdkAppId(number)) : nullptr;
  if (!app) {
    return fail(Errc::not_found,
                "there is no app " + std::string(text.substr(0, 20)) + "; check sdkappid", 70020);
  }
  if (app->status == community::AppStatus::disabled) {
    return fail(Errc::forbidden, "app " + app->id.str() + " is disabled; enable it first", 60016);
  }
  if (is_disabled(*app, service)) {
    return fail(Errc::forbidden,
                "service " + std::string(service) + " is switched off for app " + app->id.str() +
                    " (rest_disabled)",
                60017);
  }
  if (app->status == community::AppStatus::expired) {
    return fail(Errc::forbidden, "the plan of app " + app->id.str() + " has expired; renew it",
                60020);
  }
  TRY_VOID(check_source(*app, request.client_ip));
  if (!parts_.limiter.take(app->id, kAppSlot, app_limit_)) {
    return fail(Errc::rate_limited,
                "app " + app->id.str() + " called more than " + std::to_string(app_limit_) +
                    " times a second; slow down and try again",
                60011);
  }
  return app;
}

// Checks 10 to 13.
Result<void> Access::check_caller(const Query& query, const community::App& app, Family family) {
  if (!query.identifier || query.identifier->empty()) {
    return fail(Errc::invalid_argument, "query parameter identifier is missing or empty", 60004);
  }
  const std::string_view identifier = *query.identifier;
  if (identifier.size() > kMaxUserIdBytes) {
    return fail(Errc::invalid_argument,
                "identifier is " + std::to_string(identifier.size()) + " bytes, at most " +
                    std::to_string(kMaxUserIdBytes) + " are allowed",
                60004);
  }
  if (!query.usersig) {
    return fail(Errc::unauthenticated, "query parameter usersig is missing", 60005);
  }
  TRY_VOID(parts_.authenticator.verify(app, identifier, *query.usersig));
  if (app.is_admin(identifier)) return {};
  return fail(Errc::forbidden,
              "'" + std::string(identifier) + "' is not an admin of app " + app.id.str() +
                  "; only admins may call the REST API",
              family == Family::account ? 70403 : 60010);
}

Result<void> Access::check_command_rate(const community::App& app, std::uint32_t slot) {
  if (parts_.limiter.take(app.id, slot, limits_[slot])) return {};
  return fail(Errc::rate_limited,
              "app " + app.id.str() + " called this command more than " +
                  std::to_string(limits_[slot]) + " times a second; slow down and try again",
              60007);
}

Result<Granted> Access::check(const net::HttpRequest& request, boost::json::storage_ptr memory) {
  TRY(const Target target, parse_target(request));
  TRY(const Query query, Query::parse(request.query));
  const std::optional<Family> family = family_of(target.service);
  if (!family) {
    return fail(Errc::not_found,
                "there is no service '" + std::string(target.service.substr(0, 64)) + "'", 60009);
  }
  const Route* route = find_route(target.service, target.command);
  TRY(auto app, check_app(query, request, target.service));
  TRY_VOID(check_caller(query, *app, *family));
  TRY_VOID(check_command_rate(*app, route == nullptr ? kUnknownCommandSlot : route->slot));
  TRY_VOID(query.check_content_type());
  TRY(auto body, parse_body(request.body, std::move(memory)));
  TRY_VOID(check_account_types(body));
  if (route == nullptr) return unknown_command(*family, target.command);
  TRY_VOID(check_switched_on(*app, *family, target));
  // Made in one piece: assigned to a member, the body would be copied out of `memory`.
  return Granted{std::move(app), std::string(*query.identifier), *family, route, target.command,
                 std::move(body)};
}

Result<GrantedFeed> Access::check_feed(const net::HttpRequest& request) {
  if (request.method != net::HttpMethod::get) {
    return unparsable("the method is " + std::string(request.method_text) +
                      "; events are read with GET");
  }
  TRY(const Query query, Query::parse(request.query));
  GrantedFeed granted;
  TRY(granted.app, check_app(query, request, kFeedService));
  TRY_VOID(check_caller(query, *granted.app, Family::group));
  granted.identifier = *query.identifier;
  TRY_VOID(check_command_rate(*granted.app, feed_slot()));
  TRY_VOID(query.check_content_type());
  return granted;
}

std::optional<std::uint32_t> documented_limit(std::string_view command) {
  if (command == kFeedCommand) return kFeedPerSecond;
  for (const Route& route : all_routes()) {
    if (route.command == command) return route.per_second;
  }
  return std::nullopt;
}

}  // namespace tidings::backend::rest
