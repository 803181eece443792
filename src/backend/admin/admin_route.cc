// The route table of /admin/v1, and matching.
#include <algorithm>
#include <array>

#include "backend/admin/admin_api.h"

namespace tidings::backend {
namespace {

using net::HttpMethod;

constexpr std::array kRoutes = {
    AdminRoute{HttpMethod::get, "/admin/v1/apps", &AdminApi::list_apps},
    AdminRoute{HttpMethod::post, "/admin/v1/apps", &AdminApi::create_app, true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}", &AdminApi::get_app},
    AdminRoute{HttpMethod::patch, "/admin/v1/apps/{sdkappid}", &AdminApi::patch_app, true},
    AdminRoute{HttpMethod::delete_, "/admin/v1/apps/{sdkappid}", &AdminApi::delete_app},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/enable", &AdminApi::enable_app},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/disable", &AdminApi::disable_app},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/keys", &AdminApi::get_keys},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/keys/rotate", &AdminApi::rotate_keys,
               true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/admins", &AdminApi::list_admins},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/admins", &AdminApi::add_admin, true},
    AdminRoute{HttpMethod::delete_, "/admin/v1/apps/{sdkappid}/admins/{user_id}",
               &AdminApi::remove_admin},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/group-fields",
               &AdminApi::list_group_fields},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/group-fields",
               &AdminApi::declare_group_field, true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/member-fields",
               &AdminApi::list_member_fields},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/member-fields",
               &AdminApi::declare_member_field, true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/callback", &AdminApi::get_callback},
    AdminRoute{HttpMethod::patch, "/admin/v1/apps/{sdkappid}/callback", &AdminApi::patch_callback,
               true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/callback/switches",
               &AdminApi::list_switches},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/callback/webhook-secrets",
               &AdminApi::list_webhook_secrets},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/callback/webhook-secrets",
               &AdminApi::create_webhook_secret},
    AdminRoute{HttpMethod::delete_, "/admin/v1/apps/{sdkappid}/callback/webhook-secrets",
               &AdminApi::delete_webhook_secrets},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/callback/webhook-secrets/rotate",
               &AdminApi::rotate_webhook_secret, true},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/callback/test",
               &AdminApi::test_callback, true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/ledger", &AdminApi::get_ledger},
    AdminRoute{HttpMethod::get, "/admin/v1/ledger", &AdminApi::list_ledgers},
    AdminRoute{HttpMethod::get, "/admin/v1/ledger/audit", &AdminApi::audit_ledgers},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/events", &AdminApi::list_events},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/events/{seq}", &AdminApi::get_event},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/events/{seq}/replay",
               &AdminApi::replay_event, true},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/events/{seq}/cancel",
               &AdminApi::cancel_event, true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/event-jobs",
               &AdminApi::list_event_jobs},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/event-jobs",
               &AdminApi::create_event_job, true},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/event-jobs/preview",
               &AdminApi::preview_event_job, true},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/event-jobs/{job}",
               &AdminApi::get_event_job},
    AdminRoute{HttpMethod::post, "/admin/v1/apps/{sdkappid}/event-jobs/{job}/cancel",
               &AdminApi::cancel_event_job},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/groups", &AdminApi::list_groups},
    AdminRoute{HttpMethod::get, "/admin/v1/apps/{sdkappid}/groups/{group_id}/topics",
               &AdminApi::list_topics},
    AdminRoute{HttpMethod::get, "/admin/v1/authority", &AdminApi::get_authority},
    AdminRoute{HttpMethod::post, "/admin/v1/authority/certificates", &AdminApi::issue_certificate,
               true},
    AdminRoute{HttpMethod::get, "/admin/v1/stats", &AdminApi::get_stats},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

/// The next segment of a path that begins with '/', and the rest.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto end = std::min(path.find('/'), path.size());
  const auto segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& params) {
  params.clear();
  while (!pattern.empty() && !path.empty()) {
    const auto wanted = take_segment(pattern);
    const auto given = take_segment(path);
    if (!wanted.starts_with('{')) {
      if (wanted != given) return false;
      continue;
    }
    auto decoded = percent_decoded(given, false);
    if (!decoded || decoded->empty()) return false;
    params.push_back(std::move(*decoded));
  }
  return pattern.empty() && path.empty();
}

std::string_view method_name(HttpMethod method) {
  switch (method) {
    case HttpMethod::get: return "GET";
    case HttpMethod::post: return "POST";
    case HttpMethod::patch: return "PATCH";
    case HttpMethod::delete_: return "DELETE";
    default: return "";
  }
}

}  // namespace

std::span<const AdminRoute> admin_routes() { return kRoutes; }

RouteMatch match_admin_route(HttpMethod method, std::string_view path) {
  RouteMatch out;
  if (!path.starts_with('/')) return out;
  std::vector<std::string> params;
  for (const auto& route : kRoutes) {
    if (!matches(route.pattern, path, params)) continue;
    if (route.method == method) {
      out.route = &route;
      out.params = std::move(params);
      return out;
    }
    if (!out.allowed.empty()) out.allowed += ", ";
    out.allowed += method_name(route.method);
  }
  return out;
}

Result<std::map<std::string, std::string>> parse_admin_query(std::string_view query) {
  std::map<std::string, std::string> out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value =
        percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return fail(Errc::invalid_argument, "query: a broken % sequence");
    if (!out.emplace(*name, std::move(*value)).second) {
      return fail(Errc::invalid_argument, *name + ": given twice in the query");
    }
  }
  return out;
}

}  // namespace tidings::backend
