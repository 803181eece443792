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

std::string shown(const std::string& text) { return text.empty() ? "-" : text; }

/// Whom it is for: the receiver refuses a callback that does not say.
CheckStep check_app(SdkAppId named, SdkAppId expected) {
  if (named.number() == 0) return {"sdkappid", false, "SdkAppid is missing from the query"};
  const bool same = expected.number() == 0 || named == expected;
  return {"sdkappid", same,
          "the query says " + named.str() + (same ? "" : ", expected " + expected.str())};
}

/// `in_body`: "" where the body names none, or there is no body.
CheckStep check_command(const std::string& in_query, const std::string& in_body) {
  if (in_query.empty() && in_body.empty()) {
    return {"command", false,
            "CallbackCommand is not in the query, and no body was given (--body-file)"};
  }
  if (in_body.empty()) return {"command", true, "only the query names it: " + in_query};
  if (in_query.empty()) return {"command", true, "only the body names it: " + in_body};
  const bool same = in_query == in_body;
  return {"command", same,
          same ? "query and body agree" : "the query says " + in_query + ", the body " + in_body};
}

}  // namespace

std::vector<CheckStep> check_callback(const CapturedCallback& captured, const CheckWith& with) {
  std::vector<CheckStep> steps;
  const auto query = parse_callback_query(query_part(captured.target));
  if (!query) {
    steps.push_back({"query", false, query.error().what});
    return steps;
  }
  steps.push_back({"query", true,
                   "command " + shown(query->command) + ", RequestID " + shown(query->request_id)});
  steps.push_back(check_app(query->sdkappid, with.sdkappid));
  if (!with.tokens.empty()) {
    steps.push_back(step("sign", verify_sign(*query, with.tokens, with.now_s, with.window_s),
                         "Sign fits the token, RequestTime is within the window"));
  }
  if (!with.webhook_secrets.empty()) {
    steps.push_back(step("webhook", check_webhook(captured, with), "webhook-signature fits"));
  }
  if (captured.body.empty()) {
    steps.push_back(check_command(query->command, ""));
    return steps;
  }
  const auto parsed = parse_callback(captured.body, query->command);
  if (!parsed) {
    steps.push_back({"body", false, parsed.error().what});
    return steps;
  }
  std::string members = std::to_string(parsed->unknown.size()) + " undocumented member(s)";
  if (parsed->group_mismatch) members += "; TopicId is of another community than GroupId";
  steps.push_back({"body", true, members});
  // Good together: what is wrong with the body alone can only be that it names no command.
  const auto alone = parse_callback(captured.body, "");
  steps.push_back(check_command(query->command, alone ? alone->command : ""));
  return steps;
}

}  // namespace tidings::cli
