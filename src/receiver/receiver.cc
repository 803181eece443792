#include "receiver/receiver.h"

#include <memory>

#include "receiver/before_rules.h"
#include "receiver/callback_trace.h"
#include "receiver/mirror_json.h"
#include "tidings/callback_answer.h"
#include "tidings/callback_command.h"

namespace tidings::receiver {
namespace {

constexpr std::string_view kTestHeader = "tidings-test";

/// The answer to a callback that was verified.
net::HttpResponse answer_with(std::string body) {
  net::HttpResponse response;
  response.body = std::move(body);
  response.proven = true;
  return response;
}

InboxCommitterOptions committer_options(const ReceiverOptions& options) {
  InboxCommitterOptions made;
  made.queue.max_batch = options.max_batch;
  made.queue.max_queued = options.max_queued;
  made.retention_ms = options.retention_s * 1000;
  return made;
}

Incoming incoming_of(const net::HttpRequest& request) {
  Incoming incoming;
  incoming.method = request.method_text;
  incoming.target = request.target;
  incoming.body = request.body;
  incoming.source = request.client_ip.empty() ? request.peer_address : request.client_ip;
  incoming.client_certificate = request.client_certificate_subject;
  for (const net::HttpField& field : request.fields) {
    // One pass over the fields; the length tells most of them apart.
    if (field.name.size() == kSequenceHeader.size() &&
        net::equal_ignoring_case(field.name, kSequenceHeader)) {
      incoming.sequence = field.value;
    } else if (net::equal_ignoring_case(field.name, kWebhookIdHeader)) {
      incoming.webhook_id = field.value;
    } else if (net::equal_ignoring_case(field.name, kWebhookTimestampHeader)) {
      incoming.webhook_timestamp = field.value;
    } else if (net::equal_ignoring_case(field.name, kWebhookSignatureHeader)) {
      incoming.webhook_signature = field.value;
    }
  }
  return incoming;
}

Refused not_stored(const Error& error) {
  if (error.kind == Errc::rate_limited || error.kind == Errc::cancelled) {
    return {Refusal::overloaded, error.what};
  }
  // The disk's trouble is for the operator's log (batch_done), not for the sender.
  return {Refusal::store, "the receiver cannot store callbacks now; nothing was stored, try again"};
}

}  // namespace

Result<std::unique_ptr<Receiver>> Receiver::create(ReceiverOptions options, ReceiverParts parts) {
  TRY(auto apps, check_options(options));
  return std::unique_ptr<Receiver>(
      new Receiver(std::move(options), std::move(apps), std::move(parts)));
}

Receiver::Receiver(ReceiverOptions options, CheckedApps apps, ReceiverParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      verifier_(options_, std::move(apps), parts_.certificate),
      refusals_(parts_.log),
      committer_(
          parts_.mirror, parts_.clock, [this](const BatchReport& report) { batch_done(report); },
          committer_options(options_)) {}

Receiver::~Receiver() = default;

Result<void> Receiver::replace_apps(const ReceiverOptions& options) {
  TRY(auto apps, check_options(options));
  verifier_.replace(std::move(apps));
  return {};
}

void Receiver::start() { committer_.start(); }

void Receiver::stop() { committer_.stop(); }

void Receiver::tell_of_failure(const BatchReport& report) {
  if (!parts_.log) return;
  const auto left_out = failures_.admit(parts_.clock.now_s());
  if (!left_out) return;
  LogFields fields{{"what", report.failure}, {"callbacks", std::to_string(report.failed)}};
  if (*left_out != 0) fields.emplace_back("left_out", std::to_string(*left_out));
  parts_.log("error", "commit failed", fields);
}

void Receiver::tell_of_closed(const store::MirrorView::ClosedHole& hole) {
  if (!parts_.log) return;
  const auto left_out = closed_holes_.admit(parts_.clock.now_s());
  if (!left_out) return;
  LogFields fields{{"sdkappid", hole.app.str()},
                   {"missing", std::to_string(hole.numbers.count())},
                   {"numbers", std::to_string(hole.numbers.first) + "-" +
                                   std::to_string(hole.numbers.last)},
                   {"what", "the app's numbers have more than " +
                                std::to_string(store::SequenceSet::kMaxRanges) +
                                " holes, and the oldest was given up. Read the groups it concerns "
                                "anew; give receive.app its source (source.url), and holes are filled"}};
  if (*left_out != 0) fields.emplace_back("left_out", std::to_string(*left_out));
  parts_.log("error", "callbacks are lost", fields);
}

void Receiver::tell_of_replaced(SdkAppId app) {
  if (!parts_.log) return;
  parts_.log("error", "source numbers anew",
             {{"sdkappid", app.str()}, {"what", source_replaced_text(app)}});
}

void Receiver::batch_done(const BatchReport& report) {
  metrics_.batch(report);
  if (!report.failure.empty()) tell_of_failure(report);
  for (const store::MirrorView::ClosedHole& hole : report.closed) tell_of_closed(hole);
  for (const SdkAppId app : report.replaced) tell_of_replaced(app);
  if (report.duplicates < report.callbacks) feed_.committed();
  if (watcher_) watcher_(report);
}

net::HttpResponse Receiver::refuse(const Refused& refused, const net::HttpRequest& request) {
  metrics_.refused(refused.reason);
  refusals_.add(refused, request.client_ip.empty() ? request.peer_address : request.client_ip,
                parts_.clock.now_s());
  return refusal_response(refused);
}

void Receiver::refused_by_server(unsigned status, std::string_view reason,
                                 std::string_view peer) {
  const Refused refused{reason_of(status), "HTTP " + std::to_string(status) + ": " +
                                               std::string(reason)};
  metrics_.refused(refused.reason);
  refusals_.add(refused, peer, parts_.clock.now_s());
}

void Receiver::query_failed(const Error& error) {
  if (!parts_.log || error.kind == Errc::cancelled) return;  // cancelled: at the stop
  const auto left_out = query_failures_.admit(parts_.clock.now_s());
  if (!left_out) return;
  LogFields fields{{"what", error.what}};
  if (*left_out != 0) fields.emplace_back("left_out", std::to_string(*left_out));
  parts_.log("error", "query failed", fields);
}

net::HttpResponse Receiver::answer_before_callback(const Accepted& accepted,
                                                   const CallbackTrace& trace) {
  const CallbackAnswer answer =
      answer_before(accepted.app->before_rules, accepted.callback.parsed);
  metrics_.before(accepted.callback.parsed.command, answer.error_code == 0);
  auto response = answer_with(write_callback_answer(answer));
  trace.tell(response.status, answer.error_code == 0 ? "allowed" : "denied");
  return response;
}

/// A test delivery of `serve`: it was verified like any other, and nothing happened that it tells of.
net::HttpResponse Receiver::answer_test() {
  metrics_.tested();
  return answer_with(std::string(kCallbackOk));
}

runtime::awaitable<net::HttpResponse> Receiver::handle(const net::HttpRequest& request) {
  const CallbackTrace trace(parts_.trace ? &parts_.log : nullptr, parts_.clock, request);
  Verdict verdict = verifier_.verify(incoming_of(request), parts_.clock.now_s());
  if (const auto* refused = std::get_if<Refused>(&verdict)) {
    auto response = refuse(*refused, request);
    if (parts_.trace && traced_refusals_.admit(parts_.clock.now_s())) {
      trace.tell(response.status, to_string(refused->reason));
    }
    co_return response;
  }
  auto& accepted = std::get<Accepted>(verdict);
  if (is_before_command(accepted.callback.parsed.command)) {
    co_return answer_before_callback(accepted, trace);
  }
  if (!request.header(kTestHeader).empty()) {
    trace.tell(200, "test");
    co_return answer_test();
  }
  auto callback = std::make_unique<Callback>(std::move(accepted.callback));
  const ReceiverMetrics::OfCommand& counted = metrics_.of(callback->parsed.command);
  const auto applied = co_await committer_.commit(std::move(callback));
  if (!applied) {
    const Refused refused = not_stored(applied.error());
    auto response = refuse(refused, request);
    response.proven = true;
    trace.tell(response.status, to_string(refused.reason));
    co_return response;
  }
  ReceiverMetrics::answered(counted, *applied);
  auto response = answer_with(std::string(kCallbackOk));
  trace.tell(response.status, *applied == Applied::accepted ? "accepted" : "duplicate");
  co_return response;
}

}  // namespace tidings::receiver
