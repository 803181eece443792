#include "cli/callback_check.h"

#include "base/result.h"
#include "tidings/callback.h"
#include "tidings/callback_sign.h"
#include "tidings/callback_url.h"
#include "tidings/standard_webhooks.h"

namespace tidings::cli {
namespace {

CheckStep step(std::string name, const Result<void>& result, std::string good) {
  const bool ok = result.has_value();
  return {std::move(name), ok, ok ? std::move(good) : result.error().what};
}

Result<void> check_webhook(const CapturedCallback& captured, const CheckWith& with) {
  std::vector<WebhookSecret> secrets;
  for (const std::string& text : with.webhook_secrets) {
    TRY(auto secret, parse_webhook_secret(text));
    secrets.push_back(std::move(secret));
  }
  return verify_webhook(secrets, captured.webhook_id, captured.webhook_timestamp,
                        captured.webhook_signature, captured.body, with.now_s);
}

/// The part of a URL that parse_callback_query() reads.
std::string_view query_part(std::string_view target) {
  const auto question = target.find('?');
  return question == target.npos ? target : target.substr(question);
}

}  // namespace

std::vector<CheckStep> check_callback(const CapturedCallback& captured, const CheckWith& with) {
  std::vector<CheckStep> steps;
  const auto query = parse_callback_query(query_part(captured.target));
  if (!query) {
    steps.push_back({"query", false, query.error().what});
    return steps;
  }
  steps.push_back({"query", true, "command " + query->command + ", RequestID " + query->request_id});
  if (with.sdkappid.number() != 0) {
    const bool same = query->sdkappid == with.sdkappid;
    steps.push_back({"sdkappid", same,
                     "the query says " + query->sdkappid.str() +
                         (same ? "" : ", expected " + with.sdkappid.str())});
  }
  if (!with.tokens.empty()) {
    steps.push_back(step("sign", verify_sign(*query, with.tokens, with.now_s, with.window_s),
                         "Sign fits the token, RequestTime is within the window"));
  }
  if (!with.webhook_secrets.empty()) {
    steps.push_back(step("webhook", check_webhook(captured, with), "webhook-signature fits"));
  }
  if (captured.body.empty()) return steps;
  const auto parsed = parse_callback(captured.body, query->command);
  if (!parsed) {
    steps.push_back({"body", false, parsed.error().what});
    return steps;
  }
  std::string members = std::to_string(parsed->unknown.size()) + " undocumented member(s)";
  if (parsed->group_mismatch) members += "; TopicId is of another community than GroupId";
  steps.push_back({"body", true, members});
  const bool same = query->command.empty() || parsed->command == query->command;
  steps.push_back({"command", same,
                   same ? "query and body agree"
                        : "the query says " + query->command + ", the body " + parsed->command});
  return steps;
}

}  // namespace tidings::cli
