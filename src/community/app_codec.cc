/// An app's settings as JSON and back. What is missing keeps its default, so that settings stored
/// by an older version are read; what is unknown is refused, so that nothing is lost unnoticed.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <limits>
#include <type_traits>
#include <utility>

#include "community/app.h"
#include "tidings/json.h"

namespace tidings::community {
namespace {

namespace json = boost::json;

// Writing.

json::value to_json(const Secret& secret) {
  return json::object{{"text", secret.text},
                      {"created_s", secret.created_s},
                      {"valid_until_s", secret.valid_until_s}};
}

std::string_view level_text(FieldLevel level) {
  switch (level) {
    case FieldLevel::app_admin:
      return "app_admin";
    case FieldLevel::owner:
      return "owner";
    case FieldLevel::admin:
      return "admin";
    case FieldLevel::member:
      return "member";
    case FieldLevel::anyone:
      return "anyone";
  }
  return "app_admin";
}

json::value to_json(const FieldScope& scope) {
  return json::object{{"type", to_string(scope.type)},
                      {"read", level_text(scope.read)},
                      {"write", level_text(scope.write)},
                      {"self_read", scope.self_read},
                      {"self_write", scope.self_write}};
}

json::value to_json(const UserId& user) { return json::string(user.view()); }
json::value to_json(const std::string& text) { return json::string(text); }

template <class T>
json::array to_array(const std::vector<T>& items);

json::value to_json(const FieldDeclaration& declaration) {
  return json::object{{"key", declaration.key}, {"scopes", to_array(declaration.scopes)}};
}

template <class T>
json::array to_array(const std::vector<T>& items) {
  json::array result;
  result.reserve(items.size());
  for (const T& item : items) result.push_back(to_json(item));
  return result;
}

json::value to_json(const CallbackSettings& settings) {
  json::array switches;
  for (const CallbackSwitch which : all_callback_switches()) {
    if (settings.on(which)) switches.emplace_back(to_string(which));
  }
  return json::object{{"url", settings.url},
                      {"sign", settings.sign},
                      {"token", settings.token},
                      {"webhook_secrets", to_array(settings.webhook_secrets)},
                      {"switches", std::move(switches)},
                      {"retry", to_string(settings.retry)},
                      {"dead_head", to_string(settings.dead_head)},
                      {"before_failure", to_string(settings.before_failure)},
                      {"additive", to_string(settings.additive)},
                      {"endpoint_disabled", settings.endpoint_disabled},
                      {"trusted_pem", settings.trusted_pem}};
}

json::value to_json(const Quotas& quotas) {
  return json::object{{"new_groups_per_day", quotas.new_groups_per_day},
                      {"av_chat_rooms", quotas.av_chat_rooms}};
}

json::value to_json(const TextLimits& limits) {
  return json::object{{"topic_name", limits.topic_name}, {"topic_face_url", limits.topic_face_url}};
}

// Reading. read(value, out) fills one value; assign(name, value, out) one member of an object and
// says false to a name it does not know.

Error mismatch(std::string_view expected) {
  return fail(Errc::invalid_argument, "must be " + std::string{expected});
}

Result<void> read(const json::value& value, std::string& out) {
  if (!value.is_string()) return mismatch("a string");
  out.assign(value.get_string().data(), value.get_string().size());
  return {};
}

Result<void> read(const json::value& value, bool& out) {
  if (!value.is_bool()) return mismatch("true or false");
  out = value.get_bool();
  return {};
}

template <class Integer>
  requires std::is_integral_v<Integer>
Result<void> read(const json::value& value, Integer& out) {
  boost::system::error_code error;
  if (value.is_double()) return mismatch("a whole number");
  out = value.to_number<Integer>(error);
  if (error) return mismatch("a whole number in its range");
  return {};
}

Result<void> read(const json::value& value, SdkAppId& out) {
  std::uint32_t number = 0;
  TRY_VOID(read(value, number));
  out = SdkAppId{number};
  return {};
}

Result<void> read(const json::value& value, UserId& out) {
  std::string text;
  TRY_VOID(read(value, text));
  out = UserId{std::move(text)};
  return {};
}

std::optional<FieldLevel> parse_level(std::string_view text) {
  for (const FieldLevel level : {FieldLevel::app_admin, FieldLevel::owner, FieldLevel::admin,
                                 FieldLevel::member, FieldLevel::anyone}) {
    if (text == level_text(level)) return level;
  }
  return std::nullopt;
}

template <class E>
Result<void> read_name(const json::value& value, std::optional<E> (*parse)(std::string_view),
                       E& out) {
  std::string text;
  TRY_VOID(read(value, text));
  const std::optional<E> parsed = parse(text);
  if (!parsed) return fail(Errc::invalid_argument, "does not know the value '" + text + "'");
  out = *parsed;
  return {};
}

Result<void> read(const json::value& value, AppStatus& out) {
  return read_name(value, &parse_app_status, out);
}
Result<void> read(const json::value& value, Edition& out) {
  return read_name(value, &parse_edition, out);
}
Result<void> read(const json::value& value, RetryMode& out) {
  return read_name(value, &parse_retry_mode, out);
}
Result<void> read(const json::value& value, DeadHead& out) {
  return read_name(value, &parse_dead_head, out);
}
Result<void> read(const json::value& value, BeforeFailure& out) {
  return read_name(value, &parse_before_failure, out);
}
Result<void> read(const json::value& value, AdditiveMembers& out) {
  return read_name(value, &parse_additive_members, out);
}
Result<void> read(const json::value& value, FieldLevel& out) {
  return read_name(value, &parse_level, out);
}
Result<void> read(const json::value& value, GroupType& out) {
  return read_name(value, &parse_group_type, out);
}
Result<void> read(const json::value& value, CallbackSwitch& out) {
  return read_name(value, &parse_callback_switch, out);
}

Result<bool> assign(std::string_view name, const json::value& value, Secret& out);
Result<bool> assign(std::string_view name, const json::value& value, FieldScope& out);
Result<bool> assign(std::string_view name, const json::value& value, FieldDeclaration& out);
Result<bool> assign(std::string_view name, const json::value& value, CallbackSettings& out);
Result<bool> assign(std::string_view name, const json::value& value, TextLimits& out);
Result<bool> assign(std::string_view name, const json::value& value, Quotas& out);
Result<bool> assign(std::string_view name, const json::value& value, App& out);

template <class T>
concept Object =
    requires(const json::value& value, T& out) { assign(std::string_view{}, value, out); };
template <Object T>
Result<void> read(const json::value& value, T& out);

template <class T>
Result<void> read(const json::value& value, std::vector<T>& out) {
  if (!value.is_array()) return mismatch("an array");
  out.clear();
  for (const json::value& item : value.get_array()) {
    T read_item{};
    auto done = read(item, read_item);
    if (!done) {
      Error error = std::move(done).error();
      error.what = "[" + std::to_string(out.size()) + "] " + error.what;
      return error;
    }
    out.push_back(std::move(read_item));
  }
  return {};
}

template <Object T>
Result<void> read(const json::value& value, T& out) {
  if (!value.is_object()) return mismatch("an object");
  for (const auto& member : value.get_object()) {
    const std::string_view name{member.key().data(), member.key().size()};
    auto known = assign(name, member.value(), out);
    if (!known) {
      Error error = std::move(known).error();
      error.what = "'" + std::string{name} + "' " + error.what;  // a path of names, then why
      return error;
    }
    if (!*known) {
      return fail(Errc::invalid_argument,
                  "'" + std::string{name} + "' is not a member that this version knows");
    }
  }
  return {};
}

/// Reads into `out` and says that the name was known.
template <class T>
Result<bool> filled(const json::value& value, T& out) {
  TRY_VOID(read(value, out));
  return true;
}

Result<bool> assign(std::string_view name, const json::value& value, Secret& out) {
  if (name == "text") return filled(value, out.text);
  if (name == "created_s") return filled(value, out.created_s);
  if (name == "valid_until_s") return filled(value, out.valid_until_s);
  return false;
}

Result<bool> assign(std::string_view name, const json::value& value, FieldScope& out) {
  if (name == "type") return filled(value, out.type);
  if (name == "read") return filled(value, out.read);
  if (name == "write") return filled(value, out.write);
  if (name == "self_read") return filled(value, out.self_read);
  if (name == "self_write") return filled(value, out.self_write);
  return false;
}

Result<bool> assign(std::string_view name, const json::value& value, FieldDeclaration& out) {
  if (name == "key") return filled(value, out.key);
  if (name == "scopes") return filled(value, out.scopes);
  return false;
}

Result<bool> assign(std::string_view name, const json::value& value, CallbackSettings& out) {
  if (name == "url") return filled(value, out.url);
  if (name == "sign") return filled(value, out.sign);
  if (name == "token") return filled(value, out.token);
  if (name == "webhook_secrets") return filled(value, out.webhook_secrets);
  if (name == "switches") {
    std::vector<CallbackSwitch> on;
    TRY_VOID(read(value, on));
    out.switches = 0;
    for (const CallbackSwitch which : on) out.set(which, true);
    return true;
  }
  if (name == "retry") return filled(value, out.retry);
  if (name == "dead_head") return filled(value, out.dead_head);
  if (name == "before_failure") return filled(value, out.before_failure);
  if (name == "additive") return filled(value, out.additive);
  if (name == "endpoint_disabled") return filled(value, out.endpoint_disabled);
  if (name == "trusted_pem") return filled(value, out.trusted_pem);
  return false;
}

Result<bool> assign(std::string_view name, const json::value& value, TextLimits& out) {
  if (name == "topic_name") return filled(value, out.topic_name);
  if (name == "topic_face_url") return filled(value, out.topic_face_url);
  return false;
}

Result<bool> assign(std::string_view name, const json::value& value, Quotas& out) {
  if (name == "new_groups_per_day") return filled(value, out.new_groups_per_day);
  if (name == "av_chat_rooms") return filled(value, out.av_chat_rooms);
  return false;
}

Result<bool> assign(std::string_view name, const json::value& value, App& out) {
  if (name == "id") return filled(value, out.id);
  if (name == "name") return filled(value, out.name);
  if (name == "introduction") return filled(value, out.introduction);
  if (name == "status") return filled(value, out.status);
  if (name == "edition") return filled(value, out.edition);
  if (name == "keys") return filled(value, out.keys);
  if (name == "admins") return filled(value, out.admins);
  if (name == "community_on") return filled(value, out.community_on);
  if (name == "topic_on") return filled(value, out.topic_on);
  if (name == "group_fields") return filled(value, out.group_fields);
  if (name == "member_fields") return filled(value, out.member_fields);
  if (name == "rest_allow") return filled(value, out.rest_allow);
  if (name == "rest_disabled") return filled(value, out.rest_disabled);
  if (name == "blocked_users") return filled(value, out.blocked_users);
  if (name == "refused_words") return filled(value, out.refused_words);
  if (name == "callback") return filled(value, out.callback);
  if (name == "text_limits") return filled(value, out.text_limits);
  if (name == "quotas") return filled(value, out.quotas);
  if (name == "created_s") return filled(value, out.created_s);
  if (name == "version") return filled(value, out.version);
  if (name == "events_before") return filled(value, out.events_before);
  return false;
}

}  // namespace

std::string write_app(const App& app) {
  return json::serialize(json::object{{"id", app.id.number()},
                                      {"name", app.name},
                                      {"introduction", app.introduction},
                                      {"status", to_string(app.status)},
                                      {"edition", to_string(app.edition)},
                                      {"keys", to_array(app.keys)},
                                      {"admins", to_array(app.admins)},
                                      {"community_on", app.community_on},
                                      {"topic_on", app.topic_on},
                                      {"group_fields", to_array(app.group_fields)},
                                      {"member_fields", to_array(app.member_fields)},
                                      {"rest_allow", to_array(app.rest_allow)},
                                      {"rest_disabled", to_array(app.rest_disabled)},
                                      {"blocked_users", to_array(app.blocked_users)},
                                      {"refused_words", to_array(app.refused_words)},
                                      {"callback", to_json(app.callback)},
                                      {"text_limits", to_json(app.text_limits)},
                                      {"quotas", to_json(app.quotas)},
                                      {"created_s", app.created_s},
                                      {"version", app.version},
                                      {"events_before", app.events_before}});
}

Result<App> read_app(std::string_view text) {
  auto parsed = parse_json_strict(text);
  if (!parsed) {
    Error error = std::move(parsed).error();
    error.what = "app settings: " + error.what;
    return error;
  }
  App app;
  auto done = read(*parsed, app);
  if (!done) {
    Error error = std::move(done).error();
    error.what = "app settings: " + error.what;
    return error;
  }
  if (app.id == SdkAppId{}) {
    return fail(Errc::invalid_argument, "app settings: 'id' is missing or 0");
  }
  return app;
}

}  // namespace tidings::community
