#include "backend/admin/app_change.h"

#include <algorithm>
#include <utility>

#include "backend/admin/app_json.h"
#include "backend/admin/callback_change.h"
#include "backend/admin/document.h"
#include "backend/rest/routes.h"
#include "net/cidr.h"
#include "tidings/identifier.h"
#include "tidings/standard_webhooks.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::App;
using community::Secret;

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxIntroductionBytes = 400;
constexpr std::size_t kMaxNetworks = 100;
constexpr std::size_t kMaxDisabledCalls = 100;
constexpr std::int64_t kMaxTopicName = 150;     // appendix C: the newest SDK's limits
constexpr std::int64_t kMaxTopicFaceUrl = 500;
constexpr std::size_t kKeyBytes = 32;  // 64 hex characters (3.1)
constexpr std::size_t kWebhookSecretBytes = 32;
constexpr std::string_view kEditions = "trial, pro, ultimate";

/// The first becomes former until now + overlap; those that ended, or all when overlap is 0, go.
Result<void> rotate(std::vector<Secret>& secrets, std::string text, std::int64_t overlap_s,
                    std::int64_t now_s, std::string_view field) {
  std::vector<Secret> kept;
  for (auto& secret : secrets) {
    const std::int64_t end = now_s + overlap_s;
    secret.valid_until_s =
        secret.valid_until_s == 0 ? end : std::min(secret.valid_until_s, end);
    if (secret.valid_until_s > now_s) kept.push_back(std::move(secret));
  }
  if (kept.size() >= kMaxValidSecrets) {
    return field_error(Errc::conflict, field,
                       std::to_string(kept.size()) +
                           " former ones are still valid, the limit; wait for their end or rotate "
                           "with overlap_s 0, which ends them at once");
  }
  kept.insert(kept.begin(), Secret{std::move(text), now_s, 0});
  secrets = std::move(kept);
  return {};
}

Result<void> change_features(App& app, Document& patch) {
  app.community_on = patch.boolean("community").value_or(app.community_on);
  app.topic_on = patch.boolean("topic").value_or(app.topic_on);
  if (app.topic_on && !app.community_on) {
    return field_error(Errc::conflict, "topic",
                       "topics need the community feature; set community to true as well, or topic "
                       "to false");
  }
  return {};
}

Result<void> change_edition(App& app, Document& patch) {
  const auto edition = patch.choice("edition", community::parse_edition, kEditions);
  if (!edition) return {};
  if (*edition < app.edition) {
    return field_error(Errc::conflict, "edition", "an app can only be upgraded");
  }
  app.edition = *edition;
  return {};
}

void change_networks(App& app, Document& patch) {
  auto networks = patch.texts("rest_allow", kMaxNetworks);
  if (!networks) return;
  for (const auto& text : *networks) {
    const auto network = net::Network::parse(text);
    if (!network) patch.complain("rest_allow", network.error().what);
  }
  app.rest_allow = std::move(*networks);
}

void change_disabled_calls(App& app, Document& patch) {
  auto calls = patch.texts("rest_disabled", kMaxDisabledCalls);
  if (!calls) return;
  for (const auto& text : *calls) {
    const std::size_t slash = text.find('/');
    const std::string service = text.substr(0, slash);
    const bool known = slash == std::string::npos
                           ? rest::family_of(service) || service == rest::kFeedService
                           : rest::find_route(service, text.substr(slash + 1)) != nullptr;
    if (!known) {
      patch.complain("rest_disabled", "there is no call '" + text.substr(0, 80) +
                                          "'; give a service, as group_open_http_svc, or "
                                          "service/command, as group_open_http_svc/destroy_group");
    }
  }
  app.rest_disabled = std::move(*calls);
}

Result<void> change_text_limits(App& app, Document& patch) {
  const auto* given = patch.object("text_limits");
  if (given == nullptr) return {};
  Document limits(*given, "text_limits.");
  const auto name = limits.integer("topic_name", 1, kMaxTopicName);
  const auto face = limits.integer("topic_face_url", 1, kMaxTopicFaceUrl);
  TRY_VOID(limits.finish());
  if (name) app.text_limits.topic_name = static_cast<std::size_t>(*name);
  if (face) app.text_limits.topic_face_url = static_cast<std::size_t>(*face);
  return {};
}

Result<void> change_quotas(App& app, Document& patch) {
  const auto* given = patch.object("quotas");
  if (given == nullptr) return {};
  Document quotas(*given, "quotas.");
  const auto groups = quotas.integer("new_groups_per_day", 0, community::kMaxQuota);
  const auto rooms = quotas.integer("av_chat_rooms", 0, community::kMaxQuota);
  TRY_VOID(quotas.finish());
  if (groups) app.quotas.new_groups_per_day = *groups;
  if (rooms) app.quotas.av_chat_rooms = *rooms;
  return {};
}

/// Users that are kept out, and words; each list is replaced as a whole.
void change_kept_out(App& app, Document& patch) {
  if (auto users = patch.texts("blocked_users", community::kBlockedUsers)) {
    app.blocked_users.clear();
    for (auto& user : *users) {
      auto checked = check_user_id(user);
      if (!checked) patch.complain("blocked_users", checked.error().what);
      app.blocked_users.emplace_back(std::move(user));
    }
  }
  if (auto words = patch.texts("refused_words", community::kRefusedWords)) {
    for (const auto& word : *words) {
      if (!word.empty() && word.size() <= community::kRefusedWordBytes) continue;
      patch.complain("refused_words", "a word of " + std::to_string(word.size()) + " bytes; 1 to " +
                                          std::to_string(community::kRefusedWordBytes) +
                                          " are allowed");
    }
    app.refused_words = std::move(*words);
  }
}

Result<community::FieldScope> read_scope(const json::value& value, community::FieldLists list,
                                         const std::string& path) {
  if (!value.is_object()) return field_error(Errc::invalid_argument, path, "give an object");
  constexpr std::string_view kLevelNames = "app_admin, owner, admin, member, anyone";
  Document row(value.get_object(), path + ".");
  community::FieldScope scope;
  const auto type = row.choice("type", parse_group_type,
                               "Private, Public, ChatRoom, AVChatRoom, Community");
  if (!type) row.complain("type", "required");
  const auto read = row.choice("read", parse_level, kLevelNames);
  if (!read) row.complain("read", "required");
  const auto write = row.choice("write", parse_level, kLevelNames);
  if (!write) row.complain("write", "required");
  if (list == community::FieldLists::member) {
    scope.self_read = row.boolean("self_read").value_or(true);
    scope.self_write = row.boolean("self_write").value_or(true);
  }
  TRY_VOID(row.finish());
  scope.type = *type;
  scope.read = *read;
  scope.write = *write;
  return scope;
}

Result<community::FieldDeclaration> read_declaration(const json::object& body,
                                                     community::FieldLists list) {
  Document document(body);
  community::FieldDeclaration out;
  out.key = document.required_text("key", 1, community::kFieldKeyBytes);
  const auto* types = document.array("types");
  if (types == nullptr || types->empty()) document.complain("types", "give at least one row");
  TRY_VOID(document.finish());
  for (std::size_t i = 0; i < types->size(); ++i) {
    TRY(auto scope, read_scope((*types)[i], list, "types[" + std::to_string(i) + "]"));
    out.scopes.push_back(std::move(scope));
  }
  return out;
}

}  // namespace

Result<App> new_app(const json::object& body, std::int64_t now_s, Random& random) {
  Document document(body);
  App app;
  app.name = document.required_text("name", 1, kMaxNameBytes);
  app.introduction =
      document.text("introduction", 0, kMaxIntroductionBytes).value_or(std::string());
  app.edition =
      document.choice("edition", community::parse_edition, kEditions).value_or(app.edition);
  const auto id = document.integer("sdkappid", 1, UINT32_MAX);
  TRY_VOID(document.finish());
  if (id) app.id = SdkAppId(static_cast<std::uint32_t>(*id));
  app.keys.push_back({random.hex(kKeyBytes), now_s, 0});
  app.admins.emplace_back("administrator");
  app.created_s = now_s;
  return app;
}

Result<App> change_app(App app, const json::object& patch, const ChangeRules& rules) {
  Document document(patch);
  if (auto name = document.text("name", 1, kMaxNameBytes)) app.name = std::move(*name);
  if (auto text = document.text("introduction", 0, kMaxIntroductionBytes)) {
    app.introduction = std::move(*text);
  }
  TRY_VOID(change_edition(app, document));
  TRY_VOID(change_features(app, document));
  change_networks(app, document);
  change_disabled_calls(app, document);
  TRY_VOID(change_text_limits(app, document));
  TRY_VOID(change_quotas(app, document));
  change_kept_out(app, document);
  const auto* callback = document.object("callback");
  TRY_VOID(document.finish());
  if (callback != nullptr) {
    TRY(app.callback, change_callback(std::move(app.callback), *callback, rules));
  }
  return app;
}

Result<App> add_admin(App app, std::string_view user) {
  auto checked = check_user_id(user);
  if (!checked) return field_error(Errc::invalid_argument, "user_id", checked.error().what);
  if (app.is_admin(user)) {
    return field_error(Errc::conflict, "user_id", std::string(user) + " is an admin already");
  }
  if (app.admins.size() >= community::kAdminsPerApp) {
    return field_error(Errc::conflict, "user_id",
                       "the app has " + std::to_string(app.admins.size()) +
                           " admins, the limit; remove one first");
  }
  app.admins.push_back(std::move(*checked));
  return app;
}

Result<App> remove_admin(App app, std::string_view user) {
  const auto gone = std::erase(app.admins, UserId(user));
  if (gone == 0) {
    return field_error(Errc::not_found, "user_id",
                       "'" + std::string(user.substr(0, 64)) + "' is no admin of this app");
  }
  return app;
}

Result<App> declare_field(App app, community::FieldLists list, const json::object& body) {
  TRY(const auto change, read_declaration(body, list));
  const bool group = list == community::FieldLists::group;
  auto& own = group ? app.group_fields : app.member_fields;
  const auto& other = group ? app.member_fields : app.group_fields;
  auto changed = community::change_declarations(list, own, other, change);
  if (!changed) {
    auto error = std::move(changed).error();
    if (error.kind == Errc::too_large) error.kind = Errc::conflict;
    error.what.insert(0, "key: ");
    return error;
  }
  own = std::move(*changed);
  return app;
}

Result<App> rotate_key(App app, std::int64_t overlap_s, std::int64_t now_s, Random& random) {
  TRY_VOID(rotate(app.keys, random.hex(kKeyBytes), overlap_s, now_s, "keys"));
  return app;
}

namespace {

std::string new_webhook_secret(Random& random) {
  WebhookSecret secret;
  secret.bytes.resize(kWebhookSecretBytes);
  random.fill({reinterpret_cast<unsigned char*>(secret.bytes.data()), secret.bytes.size()});
  return webhook_secret_text(secret);
}

}  // namespace

Result<App> add_webhook_secret(App app, std::int64_t now_s, Random& random) {
  if (!app.callback.webhook_secrets.empty()) {
    return field_error(Errc::conflict, "webhook_secrets",
                       "there is one already; rotate it to get a new one");
  }
  app.callback.webhook_secrets.push_back({new_webhook_secret(random), now_s, 0});
  return app;
}

Result<App> rotate_webhook_secret(App app, std::int64_t overlap_s, std::int64_t now_s,
                                  Random& random) {
  if (app.callback.webhook_secrets.empty()) {
    return field_error(Errc::conflict, "webhook_secrets", "there is none to rotate; create one");
  }
  TRY_VOID(rotate(app.callback.webhook_secrets, new_webhook_secret(random), overlap_s, now_s,
                  "webhook_secrets"));
  return app;
}

App renew_secrets(App app, std::int64_t now_s, Random& random) {
  app.keys = {{random.hex(kKeyBytes), now_s, 0}};
  auto& callback = app.callback;
  if (!callback.token.empty()) callback.token = random.hex(kKeyBytes / 2);
  if (!callback.webhook_secrets.empty()) {
    callback.webhook_secrets = {{new_webhook_secret(random), now_s, 0}};
  }
  if (!callback.token.empty() || !callback.webhook_secrets.empty()) {
    callback.endpoint_disabled = true;
  }
  ++app.version;
  return app;
}

Result<App> set_status(App app, community::AppStatus status) {
  app.status = status;
  return app;
}

Result<std::int64_t> read_overlap(const json::object& body) {
  Document document(body);
  const auto overlap = document.integer("overlap_s", 0, kMaxOverlapSeconds);
  TRY_VOID(document.finish());
  return overlap.value_or(kDefaultOverlapSeconds);
}

}  // namespace tidings::backend
