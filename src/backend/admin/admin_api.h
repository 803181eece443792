/// AdminApi: the operations of /admin/v1 (design.md "Doors"; protocol section 8), one per route,
/// from a call to a JSON reply, free of HTTP. A change goes through Service::execute(PutApp) and
/// takes effect with its commit.
///
/// Lost updates: every reply about an app carries its version as ETag; a call with If-Match applies
/// to that version only (412 otherwise). A call without it is applied to the newest version, again
/// if someone was faster (409 after three times).
/// Errors: Errc decides the HTTP status; `what` is "<field>: <sentence>" where a field is to blame.
/// Threads: from any lane. Lifetime: what is given outlives the API.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/admin/app_change.h"
#include "backend/admin/callback_test.h"
#include "backend/client/hub.h"
#include "backend/delivery_figures.h"
#include "backend/service.h"
#include "delivery/event_jobs.h"
#include "net/certificate_authority.h"
#include "net/http_message.h"
#include "store/committer.h"

namespace tidings::backend {

/// A request as its route understands it.
struct AdminCall {
  std::vector<std::string> params;           ///< what stood for {..} in the path, decoded
  std::map<std::string, std::string> query;  ///< decoded
  boost::json::object body;                  ///< empty where none was sent
  std::optional<std::int64_t> if_match;      ///< a version
};

struct AdminReply {
  unsigned status = 200;
  boost::json::value body;                 ///< null: no body
  std::optional<std::int64_t> version;     ///< becomes ETag
  std::string location;                    ///< 201
};

inline AdminReply answered(boost::json::object body, unsigned status = 200) {
  AdminReply out;
  out.status = status;
  out.body = std::move(body);
  return out;
}
/// With the app's version, for If-Match.
inline AdminReply versioned(boost::json::object body, const community::App& app,
                            unsigned status = 200) {
  AdminReply out = answered(std::move(body), status);
  out.version = app.version;
  return out;
}

class AdminApi {
 public:
  struct Parts {
    Service& service;
    store::Committer& committer;
    ClientHub& hub;
    ChangeRules rules;
    delivery::EventJobs* jobs = nullptr;  ///< nullptr only where no event route is called
    const net::CertificateAuthority* authority = nullptr;  ///< nullptr: none is configured
    const DeliveryFigures* figures = nullptr;  ///< nullptr: none are kept
    CallbackTester test_callback = nullptr;    ///< empty: no test deliveries
  };
  using Answer = runtime::awaitable<Result<AdminReply>>;
  using Method = Answer (AdminApi::*)(AdminCall);

  explicit AdminApi(Parts parts) : parts_(parts) {}

  // Apps (app_endpoints.cc).
  Answer list_apps(AdminCall call);
  Answer create_app(AdminCall call);
  Answer get_app(AdminCall call);
  Answer patch_app(AdminCall call);
  Answer delete_app(AdminCall call);
  Answer enable_app(AdminCall call);
  Answer disable_app(AdminCall call);
  Answer get_keys(AdminCall call);
  Answer rotate_keys(AdminCall call);
  Answer list_admins(AdminCall call);
  Answer add_admin(AdminCall call);
  Answer remove_admin(AdminCall call);

  // Custom fields and callbacks (settings_endpoints.cc).
  Answer list_group_fields(AdminCall call);
  Answer declare_group_field(AdminCall call);
  Answer list_member_fields(AdminCall call);
  Answer declare_member_field(AdminCall call);
  Answer get_callback(AdminCall call);
  Answer patch_callback(AdminCall call);
  Answer list_switches(AdminCall call);
  Answer list_webhook_secrets(AdminCall call);
  Answer create_webhook_secret(AdminCall call);
  Answer rotate_webhook_secret(AdminCall call);
  Answer delete_webhook_secrets(AdminCall call);

  // The built-in authority (authority_endpoints.cc).
  Answer get_authority(AdminCall call);
  Answer issue_certificate(AdminCall call);

  // The operator's hands on events (event_endpoints.cc).
  Answer replay_event(AdminCall call);
  Answer cancel_event(AdminCall call);
  Answer preview_event_job(AdminCall call);
  Answer create_event_job(AdminCall call);
  Answer list_event_jobs(AdminCall call);
  Answer get_event_job(AdminCall call);
  Answer cancel_event_job(AdminCall call);

  // Delivery (delivery_endpoints.cc).
  Answer get_ledger(AdminCall call);
  Answer list_ledgers(AdminCall call);
  Answer audit_ledgers(AdminCall call);
  Answer test_callback(AdminCall call);

  // Reading (read_endpoints.cc).
  Answer list_events(AdminCall call);
  Answer get_event(AdminCall call);
  Answer list_groups(AdminCall call);
  Answer list_topics(AdminCall call);
  Answer get_stats(AdminCall call);

 private:
  using Edit = std::function<Result<community::App>(community::App)>;

  [[nodiscard]] ChangeRules rules_now() const {
    ChangeRules rules = parts_.rules;
    rules.now_s = parts_.service.clock().now_s();
    return rules;
  }

  runtime::awaitable<delivery::EventJobs::Holds> holds_of(
      std::span<const store::EventRecord> records);
  Result<community::AppPtr> find_app(const AdminCall& call) const;
  /// Applies `edit` to the app that the call names and commits it.
  runtime::awaitable<Result<community::AppPtr>> change(const AdminCall& call, Edit edit);
  runtime::awaitable<Result<community::AppPtr>> put(community::App app,
                                                    std::int64_t expected_version);
  Answer change_and_show(AdminCall call, Edit edit);

  Parts parts_;
};

/// One line of the API. `pattern` has {names} for whole path segments.
struct AdminRoute {
  net::HttpMethod method;
  std::string_view pattern;
  AdminApi::Method run;
  bool has_body = false;
};

std::span<const AdminRoute> admin_routes();
inline constexpr std::string_view kAdminPrefix = "/admin/v1";

/// The route for a path (not decoded, no query), and what stood for its {names}, decoded.
struct RouteMatch {
  const AdminRoute* route = nullptr;  ///< nullptr: unknown path, or a method it does not have
  std::vector<std::string> params;
  std::string allowed;  ///< methods of a known path, for Allow; empty: unknown path
};
RouteMatch match_admin_route(net::HttpMethod method, std::string_view path);

/// "a=b&c=d", decoded. Errc::invalid_argument: broken percent sequence or a name given twice.
Result<std::map<std::string, std::string>> parse_admin_query(std::string_view query);

}  // namespace tidings::backend
