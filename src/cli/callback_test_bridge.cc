#include "cli/callback_test_bridge.h"

#include <utility>

#include "delivery/advice.h"

namespace tidings::cli {
namespace {

runtime::awaitable<Result<backend::CallbackTestReport>> run_test(delivery::CallbackProbe& probe,
                                                                 community::AppPtr app) {
  CO_TRY(auto made, co_await probe.send(std::move(app)));
  const delivery::Advice advice = delivery::advice_for(made.result.what);
  backend::CallbackTestReport report;
  report.delivered = made.result.what == delivery::AttemptClass::ok;
  report.outcome = to_string(made.result.what);
  report.meaning = advice.meaning;
  report.way_out = advice.way_out;
  report.detail = std::move(made.what);
  report.command = std::move(made.command);
  report.request_id = std::move(made.request_id);
  report.body = std::move(made.body);
  report.address = std::move(made.address);
  report.http_status = made.result.http_status;
  report.answered_code = made.answered_code;
  report.response_bytes = made.response_bytes;
  report.resolved_us = made.timings.resolved_us;
  report.connected_us = made.timings.connected_us;
  report.secured_us = made.timings.secured_us;
  report.total_us = made.timings.total_us;
  co_return report;
}

}  // namespace

backend::CallbackTester callback_tester(delivery::CallbackProbe& probe) {
  return [&probe](community::AppPtr app) { return run_test(probe, std::move(app)); };
}

}  // namespace tidings::cli
