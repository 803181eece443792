// The admin API's operations on delivery: ledgers of all apps, and the test delivery.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "backend/admin/admin_api.h"
#include "backend/admin/app_json.h"
#include "backend/admin/callback_change.h"
#include "backend/admin/document.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;

struct ReadLedger {
  store::EventReader& events;
  SdkAppId app;
  Result<store::Ledger> operator()() const { return events.ledger(app); }
};

struct AppLedger {
  SdkAppId app;
  store::Ledger ledger;
};
struct AllLedgers {
  std::vector<AppLedger> apps;
  store::Ledger total;
};
struct ReadAllLedgers {
  store::EventReader& events;
  std::vector<SdkAppId> apps;
  Result<AllLedgers> operator()() const {
    AllLedgers out;
    for (const SdkAppId app : apps) {
      TRY(const auto ledger, events.ledger(app));
      out.apps.push_back({app, ledger});
    }
    TRY(out.total, events.ledger(SdkAppId{}));
    return out;
  }
};
struct Audit {
  store::EventReader& events;
  Result<std::vector<store::LedgerAudit>> operator()() const { return events.audit(); }
};

std::int64_t rounded_ms(double seconds) {
  return static_cast<std::int64_t>(std::llround(seconds * 1e3));
}

json::object figures_json(const DeliveryFigures::Snapshot& now) {
  json::object out;
  out["accepted_last_minute"] = now.accepted_last_minute;
  out["delivered_last_minute"] = now.delivered_last_minute;
  out["delivered_since_start"] = now.delivered;
  out["delay_p50_ms"] = rounded_ms(now.delay_p50_s);
  out["delay_p90_ms"] = rounded_ms(now.delay_p90_s);
  out["delay_p99_ms"] = rounded_ms(now.delay_p99_s);
  return out;
}

/// One row: the ledger, its oldest event's age, and how fast it goes.
json::object ledger_row(json::object out, const store::Ledger& ledger, std::int64_t now_ms,
                 const DeliveryFigures::Snapshot& figures) {
  out["oldest_pending_age_ms"] =
      ledger.oldest_pending_ms == 0 ? 0
                                    : std::max<std::int64_t>(0, now_ms - ledger.oldest_pending_ms);
  for (auto& member : figures_json(figures)) out[member.key()] = std::move(member.value());
  return out;
}

json::object report_json(const CallbackTestReport& report, const std::string& url) {
  json::object out;
  out["delivered"] = report.delivered;
  out["outcome"] = report.outcome;
  out["meaning"] = report.meaning;
  out["way_out"] = report.way_out;
  out["detail"] = report.detail;
  out["url"] = url;
  out["command"] = report.command;
  out["request_id"] = report.request_id;
  out["body"] = report.body;
  out["address"] = report.address;
  out["http_status"] = report.http_status;
  out["answered_code"] = report.answered_code;
  out["response_bytes"] = report.response_bytes;
  out["resolved_us"] = report.resolved_us;
  out["connected_us"] = report.connected_us;
  out["secured_us"] = report.secured_us;
  out["total_us"] = report.total_us;
  return out;
}

}  // namespace

AdminApi::Answer AdminApi::get_ledger(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  ReadLedger read{parts_.service.events(), app->id};
  CO_TRY(const auto ledger, co_await parts_.service.read(std::move(read)));
  const auto figures =
      parts_.figures ? parts_.figures->of(app->id) : DeliveryFigures::Snapshot{};
  const std::int64_t now_ms = parts_.service.clock().now_ms();
  co_return answered(ledger_row(ledger_json(app->id, ledger), ledger, now_ms, figures));
}

AdminApi::Answer AdminApi::list_ledgers(AdminCall) {
  ReadAllLedgers read{parts_.service.events(), {}};
  const auto apps = parts_.service.apps().all();
  for (const auto& [id, app] : *apps) read.apps.push_back(id);
  CO_TRY(const auto all, co_await parts_.service.read(std::move(read)));
  const std::int64_t now_ms = parts_.service.clock().now_ms();
  const auto* figures = parts_.figures;
  json::object body;
  auto& list = body["apps"].emplace_array();
  for (const AppLedger& each : all.apps) {
    list.push_back(ledger_row(ledger_json(each.app, each.ledger), each.ledger, now_ms,
                       figures ? figures->of(each.app) : DeliveryFigures::Snapshot{}));
  }
  json::object total = ledger_json(SdkAppId{}, all.total);
  total.erase("sdkappid");
  body["total"] = ledger_row(std::move(total), all.total, now_ms,
                      figures ? figures->total() : DeliveryFigures::Snapshot{});
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::audit_ledgers(AdminCall) {
  Audit read{parts_.service.events()};
  CO_TRY(const auto audits, co_await parts_.service.read(std::move(read)));
  co_return answered(audits_json(audits));
}

AdminApi::Answer AdminApi::test_callback(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  auto tested = std::make_shared<community::App>(*app);
  Document document(call.body);
  if (const auto url = document.text("url", 1, 1024)) {
    json::object patch;
    patch["url"] = *url;
    tested->callback.url.clear();  // moving between schemes is no matter for a test
    CO_TRY(tested->callback,
           change_callback(std::move(tested->callback), patch, rules_now()));
  }
  CO_TRY_VOID(document.finish());
  if (tested->callback.url.empty()) {
    co_return field_error(Errc::conflict, "url",
                          "the app has no callback URL; set one, or give one to be tested");
  }
  if (!parts_.test_callback) {
    co_return fail(Errc::unavailable, "test deliveries are not available here");
  }
  const std::string url = tested->callback.url;
  CO_TRY(const auto report, co_await parts_.test_callback(std::move(tested)));
  co_return answered(report_json(report, url));
}

}  // namespace tidings::backend
