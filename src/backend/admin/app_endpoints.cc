// The admin API's operations on apps, their keys and admins.
#include <algorithm>
#include <charconv>
#include <utility>

#include "backend/admin/admin_api.h"
#include "backend/admin/app_json.h"
#include "backend/admin/document.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::App;
using community::AppPtr;
using runtime::awaitable;

constexpr int kTriesWithoutIfMatch = 3;
constexpr int kTriesForAnId = 16;

// New apps count from here, as the protocol's do in practice (section 1: ten digits, 1400xxxxxx).
constexpr std::uint32_t kFirstAppId = 1'400'000'001;
constexpr std::uint32_t kAppIds = 99'999'999;

AdminReply shown(const App& app, unsigned status = 200) {
  return versioned(app_json(app), app, status);
}

AdminReply no_content() {
  AdminReply out;
  out.status = 204;
  return out;
}

json::object keys_json(const App& app) {
  json::object out;
  auto& keys = out["keys"].emplace_array();
  for (const auto& key : app.keys) keys.push_back(secret_json(key, true));
  return out;
}

json::object admins_json(const App& app) {
  json::object out;
  auto& admins = out["admins"].emplace_array();
  for (const auto& admin : app.admins) admins.emplace_back(admin.view());
  return out;
}

Error stale() {
  // Errc has no kind of its own for it; the door answers 412 where If-Match was given.
  return field_error(Errc::conflict, "If-Match",
                     "the app has changed since; read it again and repeat the change");
}

}  // namespace

Result<AppPtr> AdminApi::find_app(const AdminCall& call) const {
  const std::string& text = call.params.at(0);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  AppPtr app;
  if (error == std::errc() && end == text.data() + text.size()) {
    app = parts_.service.apps().find(SdkAppId(number));
  }
  if (!app) {
    return field_error(Errc::not_found, "sdkappid", "there is no app " + text.substr(0, 32));
  }
  return app;
}

awaitable<Result<AppPtr>> AdminApi::put(App app, std::int64_t expected_version) {
  community::PutApp command;
  command.app = std::move(app);
  command.expected_version = expected_version;
  CO_TRY(const auto reply, co_await parts_.service.execute(std::move(command)));
  co_return std::get<community::AppReply>(reply).app;
}

awaitable<Result<AppPtr>> AdminApi::change(const AdminCall& call, Edit edit) {
  for (int tries = 1;; ++tries) {
    CO_TRY(const auto now, find_app(call));
    if (call.if_match && *call.if_match != now->version) co_return stale();
    CO_TRY(auto next, edit(*now));
    if (next == *now) co_return now;
    const std::int64_t read_version = now->version;
    auto changed = co_await put(std::move(next), read_version);
    if (changed || changed.error().kind != Errc::conflict) co_return changed;
    if (call.if_match || tries == kTriesWithoutIfMatch) co_return stale();
  }
}

AdminApi::Answer AdminApi::change_and_show(AdminCall call, Edit edit) {
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return shown(*app);
}

AdminApi::Answer AdminApi::list_apps(AdminCall) {
  json::object body;
  auto& list = body["apps"].emplace_array();
  const auto apps = parts_.service.apps().all();
  for (const auto& [id, app] : *apps) list.push_back(app_json(*app));
  body["total"] = apps->size();
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::create_app(AdminCall call) {
  Service& service = parts_.service;
  CO_TRY(auto app, new_app(call.body, service.clock().now_s(), service.random()));
  const bool drawn = app.id == SdkAppId();
  for (int tries = 1;; ++tries) {
    if (drawn) {
      const auto offset = static_cast<std::uint32_t>(service.random().next_u64() % kAppIds);
      app.id = SdkAppId(kFirstAppId + offset);
    }
    auto created = co_await put(app, 0);
    if (created) {
      auto reply = shown(**created, 201);
      reply.location = std::string(kAdminPrefix) + "/apps/" + app.id.str();
      co_return reply;
    }
    if (created.error().kind != Errc::conflict || (drawn && tries == kTriesForAnId)) {
      co_return std::move(created).error();
    }
    if (!drawn) {
      co_return field_error(Errc::conflict, "sdkappid", "app " + app.id.str() + " exists already");
    }
  }
}

AdminApi::Answer AdminApi::get_app(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return shown(*app);
}

AdminApi::Answer AdminApi::patch_app(AdminCall call) {
  auto patch = call.body;
  Edit edit = [patch = std::move(patch), rules = rules_now()](App app) {
    return change_app(std::move(app), patch, rules);
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  if (!app->blocked_users.empty()) {
    parts_.hub.close_users(app->id, app->blocked_users, kBlockedReason);
  }
  co_return shown(*app);
}

AdminApi::Answer AdminApi::delete_app(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  if (call.if_match && *call.if_match != app->version) co_return stale();
  if (app->status != community::AppStatus::disabled) {
    co_return field_error(Errc::conflict, "status",
                          "only a disabled app can be deleted; disable it first");
  }
  community::DeleteApp command{app->id};
  CO_TRY_VOID(co_await parts_.service.execute(std::move(command)));
  parts_.hub.close_app(app->id, "the app was deleted");
  co_return no_content();
}

AdminApi::Answer AdminApi::enable_app(AdminCall call) {
  Edit edit = [](App app) { return set_status(std::move(app), community::AppStatus::enabled); };
  auto reply = co_await change_and_show(std::move(call), std::move(edit));
  co_return reply;
}

AdminApi::Answer AdminApi::disable_app(AdminCall call) {
  Edit edit = [](App app) { return set_status(std::move(app), community::AppStatus::disabled); };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  parts_.hub.close_app(app->id, "the app was disabled");
  co_return shown(*app);
}

AdminApi::Answer AdminApi::get_keys(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return versioned(keys_json(*app), *app);
}

AdminApi::Answer AdminApi::rotate_keys(AdminCall call) {
  CO_TRY(const auto overlap_s, read_overlap(call.body));
  Service& service = parts_.service;
  Edit edit = [&service, overlap_s](App app) {
    return rotate_key(std::move(app), overlap_s, service.clock().now_s(), service.random());
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return versioned(keys_json(*app), *app);
}

AdminApi::Answer AdminApi::list_admins(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return versioned(admins_json(*app), *app);
}

AdminApi::Answer AdminApi::add_admin(AdminCall call) {
  Document document(call.body);
  const std::string user = document.required_text("user_id", 1, kMaxUserIdBytes);
  CO_TRY_VOID(document.finish());
  Edit edit = [user](App app) { return backend::add_admin(std::move(app), user); };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return versioned(admins_json(*app), *app, 201);
}

AdminApi::Answer AdminApi::remove_admin(AdminCall call) {
  const std::string user = call.params.at(1);
  Edit edit = [user](App app) { return backend::remove_admin(std::move(app), user); };
  CO_TRY_VOID(co_await change(call, std::move(edit)));
  co_return no_content();
}

}  // namespace tidings::backend
