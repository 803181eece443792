#include "delivery/callback_probe.h"

#include <utility>

#include "delivery/attempt_log.h"
#include "runtime/run_on.h"
#include "tidings/callback_answer.h"

namespace tidings::delivery {
namespace {

/// The sample of protocol 7.2 with names that nobody takes for real.
std::string sample_body(const community::App& app) {
  AfterCreateTopic sample;
  sample.group_id = GroupId{"@TGS#_tidings_test"};
  sample.topic_id = TopicId{"@TGS#_tidings_test@TOPIC#_test"};
  sample.operator_account = UserId{"tidings_test"};
  sample.owner_account = UserId{"tidings_test"};
  sample.name = "Test delivery";
  return write_callback(sample, app.callback.additive);
}

}  // namespace

runtime::awaitable<Result<ProbeReport>> CallbackProbe::send(community::AppPtr app) {
  if (runtime::Lane::current() == &parts_.lane) {
    auto here = co_await send_on_lane(std::move(app));
    co_return here;
  }
  auto there = co_await runtime::run_on(parts_.lane, send_on_lane(std::move(app)));
  co_return there;
}

runtime::awaitable<Result<ProbeReport>> CallbackProbe::send_on_lane(community::AppPtr app) {
  CO_TRY(const std::shared_ptr<const Endpoint> endpoint, Endpoint::create(app, parts_.tls));
  ProbeReport report;
  report.command = AfterCreateTopic::kCommand;
  report.request_id = parts_.random.uuid();
  report.body = sample_body(*app);
  const community::Origin origin{"127.0.0.1", "RESTAPI"};
  const CallbackMessage message{report.command, report.request_id, origin, report.body, 0};
  auto request = make_request(*endpoint, message, parts_.clock.now_s(),
                              runtime::Deadline::after(kExchangeTimeout));
  request.headers.emplace_back(kTestHeader, "1");
  const net::HttpExchange exchange = co_await parts_.transport.post(request);
  if (exchange.failure == net::ExchangeFailure::cancelled) {
    co_return fail(Errc::cancelled, "the server is stopping: try again later");
  }
  if (exchange.failure == net::ExchangeFailure::overloaded) {
    co_return fail(Errc::unavailable, exchange.detail + ": try again later");
  }
  report.result = classify(exchange, parts_.clock.now_s());
  report.what = describe(exchange, report.result);
  report.address = address_text(exchange.remote_address, endpoint->origin.port);
  report.response_bytes = exchange.bytes_received;
  report.timings = exchange.timings;
  if (report.result.what == AttemptClass::ok) {
    const auto answer = parse_callback_answer(exchange.body);
    if (answer) report.answered_code = answer->error_code;
  }
  co_return report;
}

}  // namespace tidings::delivery
