#include "cli/callback_send.h"

#include <boost/json.hpp>

#include "cli/callback_sample.h"
#include "tidings/callback_answer.h"
#include "tidings/callback_command.h"
#include "tidings/callback_sign.h"
#include "tidings/callback_url.h"
#include "tidings/json.h"
#include "tidings/standard_webhooks.h"

namespace tidings::cli {
namespace {

Result<std::string> make_body(const CallbackPlan& plan, std::string_view sample) {
  TRY(const auto parsed, parse_json_strict(sample));
  boost::json::object body = parsed.as_object();
  for (const auto& [name, text] : plan.texts) body[name] = text;
  for (const auto& [name, json] : plan.jsons) {
    const auto value = parse_json_strict(json);
    if (!value) {
      return fail(Errc::invalid_argument, "--json " + name + ": " + value.error().what);
    }
    body[name] = *value;
  }
  return boost::json::serialize(body);
}

}  // namespace

Result<CallbackToSend> build_callback(const CallbackPlan& plan, std::int64_t now_s,
                                      Random& random) {
  CallbackToSend out;
  const std::string_view sample = callback_sample(plan.command);
  if (sample.empty() && !plan.body) {
    return fail(Errc::invalid_argument, "there is no sample of '" + plan.command +
                                            "'; give --body-file, or a command of `tidings "
                                            "callback list`");
  }
  out.command = plan.command.find('.') == std::string::npos ? "Group.Callback" + plan.command
                                                            : plan.command;
  if (plan.body) {
    out.body = *plan.body;
  } else {
    TRY(out.body, make_body(plan, sample));
  }
  const auto url = parse_callback_url(plan.url, true);
  if (!url) return fail(Errc::invalid_argument, "the URL: " + url.error().what);

  CallbackQuery query;
  query.sdkappid = plan.sdkappid;
  query.command = out.command;
  query.client_ip = plan.client_ip;
  query.opt_platform = plan.opt_platform;
  query.request_id = plan.request_id.empty() ? random.uuid() : plan.request_id;
  if (plan.token) {
    query.request_time = std::to_string(now_s);
    query.sign = make_sign(*plan.token, *query.request_time);
  }
  out.url = std::string(url->https ? "https://" : "http://") + url->host + ":" +
            std::to_string(url->port) + make_callback_target(*url, query);
  if (plan.webhook_secret) {
    TRY(const WebhookSecret secret, parse_webhook_secret(*plan.webhook_secret));
    out.headers = {{std::string(kWebhookIdHeader), query.request_id},
                   {std::string(kWebhookTimestampHeader), std::to_string(now_s)},
                   {std::string(kWebhookSignatureHeader),
                    sign_webhook({&secret, 1}, query.request_id, now_s, out.body)}};
  }
  return out;
}

AnswerVerdict judge_answer(std::string_view command, unsigned http_status, std::string_view body) {
  if (http_status != 200) {
    return {false, "failed: HTTP status " + std::to_string(http_status) + " is not 200"};
  }
  const auto answer = parse_callback_answer(body);
  if (!answer) return {false, "failed: " + answer.error().what};
  const std::string code = std::to_string(answer->error_code);
  if (!is_before_command(command)) {
    return {true, "delivered: answered ErrorCode " + code + ", which an after-callback ignores"};
  }
  if (answer->error_code == 0) return {true, "proceed: answered ErrorCode 0"};
  if (answer->error_code >= 10100 && answer->error_code <= 10200) {
    return {false, "refused: the caller sees " + code + " and '" + answer->error_info + "'"};
  }
  return {false, "refused: answered ErrorCode " + code + ", the caller sees 10016"};
}

}  // namespace tidings::cli
