#include "receiver/receiver_options.h"

#include <utility>

#include "tidings/callback_command.h"

namespace tidings::receiver {
namespace {

class Complaints {
 public:
  void add(const std::string& where, std::string_view what) {
    if (!text_.empty()) text_ += '\n';
    text_ += where;
    text_ += ": ";
    text_ += what;
  }
  [[nodiscard]] bool any() const { return !text_.empty(); }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

bool is_rule_code(int code) { return (code >= 0 && code <= 2) || (code >= 10100 && code <= 10200); }

void check_rule(const BeforeRule& rule, const std::string& where, Complaints& complaints) {
  if (rule.command != "*" && !is_before_command(rule.command)) {
    complaints.add(where + ".command", "\"" + rule.command +
                                           "\" is no before-callback; use its whole name, such as "
                                           "Group.CallbackBeforeCreateTopic, or *");
  }
  if (!is_rule_code(rule.error_code)) {
    complaints.add(where + ".error_code",
                   std::to_string(rule.error_code) +
                       " is none of 0 (allow), 1 (refuse), 2 (drop a message) and 10100 to 10200 "
                       "(refuse with this code)");
  }
}

CheckedApp check_app(const ReceiverApp& app, const std::string& where, Complaints& complaints) {
  CheckedApp checked;
  checked.id = SdkAppId{app.sdkappid};
  checked.require_client_certificate = app.require_client_certificate;
  checked.before_rules = app.before_rules;
  if (app.sdkappid == 0) complaints.add(where + ".sdkappid", "is missing");
  for (const std::string& token : app.tokens) {
    if (token.empty()) complaints.add(where + ".tokens", "an empty token protects nothing");
    checked.tokens.push_back(token);
  }
  for (const std::string& text : app.webhook_secrets) {
    auto secret = parse_webhook_secret(text);
    if (!secret) {
      complaints.add(where + ".webhook_secrets", secret.error().what);
    } else {
      checked.secrets.push_back(std::move(*secret));
    }
  }
  const bool is_signed = !app.tokens.empty() || !app.webhook_secrets.empty();
  if (!is_signed && !app.unsigned_ok) {
    complaints.add(where, "has neither tokens nor webhook_secrets, so anybody could post; give one, "
                          "or allow unsigned callbacks explicitly");
  }
  auto networks = net::parse_networks(app.allow_sources);
  if (!networks) {
    complaints.add(where + ".allow_sources", networks.error().what);
  } else {
    checked.allow_sources = std::move(*networks);
  }
  for (std::size_t i = 0; i < app.before_rules.size(); ++i) {
    check_rule(app.before_rules[i], where + ".before_rules[" + std::to_string(i) + "]", complaints);
  }
  return checked;
}

}  // namespace

Result<CheckedApps> check_options(const ReceiverOptions& options) {
  Complaints complaints;
  CheckedApps apps;
  if (options.apps.empty()) complaints.add("apps", "no app is named, so nothing would be accepted");
  for (std::size_t i = 0; i < options.apps.size(); ++i) {
    const std::string where = "apps[" + std::to_string(i) + "]";
    CheckedApp app = check_app(options.apps[i], where, complaints);
    const SdkAppId id = app.id;
    if (!apps.emplace(id, std::move(app)).second) {
      complaints.add(where + ".sdkappid", id.str() + " is named twice");
    }
  }
  const auto at_least_one = [&](const char* name, std::int64_t value) {
    if (value < 1) complaints.add(name, std::to_string(value) + " is less than 1");
  };
  at_least_one("sign_window_s", options.sign_window_s);
  at_least_one("webhook_tolerance_s", options.webhook_tolerance_s);
  at_least_one("retention_s", options.retention_s);
  at_least_one("max_body_bytes", static_cast<std::int64_t>(options.max_body_bytes));
  at_least_one("max_batch", static_cast<std::int64_t>(options.max_batch));
  at_least_one("max_queued", static_cast<std::int64_t>(options.max_queued));
  if (complaints.any()) return fail(Errc::invalid_argument, std::move(complaints).text());
  return apps;
}

}  // namespace tidings::receiver
