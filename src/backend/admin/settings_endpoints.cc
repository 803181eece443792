// The admin API's operations on custom fields and on the callback configuration.
#include <utility>

#include "backend/admin/admin_api.h"
#include "backend/admin/app_json.h"
#include "backend/admin/callback_change.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::App;
using community::FieldLists;

AdminReply fields_reply(const App& app, FieldLists list) {
  const bool group = list == FieldLists::group;
  json::object body;
  body["fields"] = fields_json(group ? app.group_fields : app.member_fields, list);
  body["limit"] = group ? community::kGroupFieldKeys : community::kMemberFieldKeys;
  return versioned(std::move(body), app);
}

json::object secrets_json(const App& app) {
  json::object out;
  auto& list = out["webhook_secrets"].emplace_array();
  for (const auto& secret : app.callback.webhook_secrets) {
    list.push_back(secret_json(secret, false));
  }
  return out;
}

/// The new secret with its text, this once.
AdminReply new_secret_reply(const App& app) {
  json::object body = secret_json(app.callback.webhook_secrets.front(), true);
  return versioned(std::move(body), app, 201);
}

}  // namespace

AdminApi::Answer AdminApi::list_group_fields(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return fields_reply(*app, FieldLists::group);
}

AdminApi::Answer AdminApi::declare_group_field(AdminCall call) {
  Edit edit = [body = call.body](App app) {
    return declare_field(std::move(app), FieldLists::group, body);
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return fields_reply(*app, FieldLists::group);
}

AdminApi::Answer AdminApi::list_member_fields(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return fields_reply(*app, FieldLists::member);
}

AdminApi::Answer AdminApi::declare_member_field(AdminCall call) {
  Edit edit = [body = call.body](App app) {
    return declare_field(std::move(app), FieldLists::member, body);
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return fields_reply(*app, FieldLists::member);
}

AdminApi::Answer AdminApi::get_callback(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return versioned(callback_json(app->callback), *app);
}

AdminApi::Answer AdminApi::patch_callback(AdminCall call) {
  Edit edit = [patch = call.body, rules = rules_now()](App app) -> Result<App> {
    TRY(app.callback, change_callback(std::move(app.callback), patch, rules));
    return app;
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return versioned(callback_json(app->callback), *app);
}

AdminApi::Answer AdminApi::list_switches(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  json::object body;
  body["switches"] = switches_json(app->callback);
  co_return versioned(std::move(body), *app);
}

AdminApi::Answer AdminApi::list_webhook_secrets(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  co_return versioned(secrets_json(*app), *app);
}

AdminApi::Answer AdminApi::create_webhook_secret(AdminCall call) {
  Service& service = parts_.service;
  Edit edit = [&service](App app) {
    return add_webhook_secret(std::move(app), service.clock().now_s(), service.random());
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return new_secret_reply(*app);
}

AdminApi::Answer AdminApi::rotate_webhook_secret(AdminCall call) {
  CO_TRY(const auto overlap_s, read_overlap(call.body));
  Service& service = parts_.service;
  Edit edit = [&service, overlap_s](App app) {
    return backend::rotate_webhook_secret(std::move(app), overlap_s, service.clock().now_s(),
                                          service.random());
  };
  CO_TRY(const auto app, co_await change(call, std::move(edit)));
  co_return new_secret_reply(*app);
}

AdminApi::Answer AdminApi::delete_webhook_secrets(AdminCall call) {
  Edit edit = [](App app) -> Result<App> {
    app.callback.webhook_secrets.clear();
    return app;
  };
  CO_TRY_VOID(co_await change(call, std::move(edit)));
  AdminReply out;
  out.status = 204;
  co_return out;
}

}  // namespace tidings::backend
