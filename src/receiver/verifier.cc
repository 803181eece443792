#include "receiver/verifier.h"

#include <charconv>
#include <string>
#include <utility>

#include "receiver/request_target.h"
#include "tidings/callback_url.h"

namespace tidings::receiver {
namespace {

/// Text of a stranger's for a log line or an answer: short.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 64;
  return "\"" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...\"" : "\"");
}

bool allowed_source(const CheckedApp& app, std::string_view source) {
  if (app.allow_sources.empty()) return true;
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(source, failed);
  return !failed && net::any_contains(app.allow_sources, net::unmapped(address));
}

/// Every documented value is ASCII, and what is stored is shown in JSON later.
bool is_ascii(const CallbackQuery& query) {
  for (const std::string* text :
       {&query.command, &query.client_ip, &query.opt_platform, &query.request_id}) {
    for (const char c : *text) {
      if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
  }
  return true;
}

/// Anything but a plain positive number up to kMaxSequence counts as not sent: the header is a help,
/// not a duty.
std::int64_t sequence_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool plain = error == std::errc{} && end == text.data() + text.size();
  return plain && number > 0 && number <= store::kMaxSequence ? number : 0;
}

}  // namespace

Verifier::Verifier(const ReceiverOptions& options, CheckedApps apps, CertificateCheck certificate)
    : apps_(std::make_shared<const CheckedApps>(std::move(apps))),
      certificate_(std::move(certificate)),
      sign_window_s_(options.sign_window_s),
      webhook_tolerance_s_(options.webhook_tolerance_s),
      max_body_bytes_(options.max_body_bytes) {}

Result<void> Verifier::check_certificate(const CheckedApp& app, std::string_view subject) const {
  if (app.require_client_certificate && subject.empty()) {
    return fail(Errc::unauthenticated,
                "app " + app.id.str() + " needs a client certificate and none was presented");
  }
  return certificate_ ? certificate_(app.id, subject) : Result<void>{};
}

Result<void> Verifier::check_signature(const CheckedApp& app, const CallbackQuery& query,
                                       const Incoming& incoming, std::int64_t now_s) const {
  if (!app.tokens.empty()) {
    TRY_VOID(verify_sign(query, app.tokens, now_s, sign_window_s_));
  }
  if (!app.secrets.empty()) {
    TRY_VOID(verify_webhook(app.secrets, incoming.webhook_id, incoming.webhook_timestamp,
                            incoming.webhook_signature, incoming.body, now_s,
                            webhook_tolerance_s_));
  }
  return {};
}

Verdict Verifier::verify(const Incoming& incoming, std::int64_t now_s) const {
  if (incoming.method != "POST") {
    return Refused{Refusal::method, "method " + quoted(incoming.method) + ": callbacks are POSTed"};
  }
  if (incoming.body.size() > max_body_bytes_) {
    return Refused{Refusal::too_large, "body of " + std::to_string(incoming.body.size()) +
                                           " bytes: " + std::to_string(max_body_bytes_) +
                                           " are allowed"};
  }
  auto query = parse_callback_query(incoming.target);
  if (!query) return Refused{Refusal::query, std::move(query).error().what};
  if (!is_ascii(*query)) {
    return Refused{Refusal::query, "callback query: a parameter holds a byte that is not ASCII"};
  }
  const auto known = apps();
  const auto found = known->find(query->sdkappid);
  if (found == known->end()) {
    return Refused{Refusal::app, query->sdkappid.number() == 0
                                     ? "SdkAppid is missing from the query"
                                     : "SdkAppid " + query->sdkappid.str() +
                                           " is not an app of this receiver"};
  }
  const CheckedApp& app = found->second;
  if (!allowed_source(app, incoming.source)) {
    return Refused{Refusal::source, "source address " + quoted(incoming.source) +
                                        " is not in the list of app " + app.id.str()};
  }
  if (auto checked = check_certificate(app, incoming.client_certificate); !checked) {
    return Refused{Refusal::certificate, std::move(checked).error().what};
  }
  if (auto checked = check_signature(app, *query, incoming, now_s); !checked) {
    return Refused{Refusal::signature, std::move(checked).error().what};
  }
  auto parsed = parse_callback(incoming.body, query->command);
  if (!parsed) return Refused{Refusal::json, std::move(parsed).error().what};
  if (parsed->command.empty()) {
    return Refused{Refusal::command, "CallbackCommand is neither in the query nor in the body"};
  }
  if (!query->command.empty() && query->command != parsed->command) {
    return Refused{Refusal::command, "CallbackCommand is " + quoted(query->command) +
                                         " in the query and " + quoted(parsed->command) +
                                         " in the body"};
  }

  Accepted accepted;
  accepted.app = std::shared_ptr<const CheckedApp>(known, &app);
  Callback& callback = accepted.callback;
  callback.app = app.id;
  callback.key = inbox_key(app.id, query->request_id, parsed->command, incoming.body);
  callback.parsed = std::move(*parsed);
  callback.body = std::string(incoming.body);
  callback.request_id = std::move(query->request_id);
  callback.client_ip = std::move(query->client_ip);
  callback.opt_platform = std::move(query->opt_platform);
  callback.target = kept_target(
      incoming.target, {callback.app, callback.parsed.command, callback.client_ip,
                        callback.opt_platform, callback.request_id});
  callback.sequence = sequence_number(incoming.sequence);
  return accepted;
}

}  // namespace tidings::receiver
