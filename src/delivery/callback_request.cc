#include "delivery/callback_request.h"

#include <charconv>
#include <ctime>

#include "tidings/callback_answer.h"
#include "tidings/callback_sign.h"
#include "tidings/json.h"

namespace tidings::delivery {

std::string Endpoint::whose(const community::App& app) {
  if (app.callback.trusted_pem.empty()) return app.callback.url;
  return app.callback.url + " with the authorities of app " + app.id.str();
}

Result<std::shared_ptr<const Endpoint>> Endpoint::create(community::AppPtr app,
                                                         CallbackTls* tls) {
  // Which hosts an operator allows was checked when the URL was set, and is again at connect time.
  TRY(CallbackUrl url, parse_callback_url(app->callback.url, /*allow_local_hosts=*/true));
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->origin = net::HttpOrigin{url.https, url.host, url.port};
  endpoint->url = std::move(url);
  for (const community::Secret& secret : app->callback.webhook_secrets) {
    TRY(WebhookSecret parsed, parse_webhook_secret(secret.text));
    endpoint->webhook_keys.push_back({std::move(parsed), secret.valid_until_s});
  }
  if (tls != nullptr && endpoint->origin.https) {
    TRY(endpoint->tls, tls->of(*app));
  }
  endpoint->app = std::move(app);
  return std::shared_ptr<const Endpoint>(std::move(endpoint));
}

namespace {

void add_webhook_headers(net::OutboundRequest& request, const Endpoint& endpoint,
                         const CallbackMessage& message, const SignedSecond& at) {
  std::vector<WebhookSecret> valid;
  for (const Endpoint::Key& key : endpoint.webhook_keys) {
    if (key.valid_until_s == 0 || key.valid_until_s > at.second) valid.push_back(key.secret);
  }
  if (valid.empty()) return;
  request.headers.emplace_back(kWebhookIdHeader, message.request_id);
  request.headers.emplace_back(kWebhookTimestampHeader, at.text);
  request.headers.emplace_back(kWebhookSignatureHeader,
                               sign_webhook(valid, message.request_id, at.second, message.body));
}

}  // namespace

SignedSecond sign_second(const Endpoint& endpoint, std::int64_t now_s) {
  const community::CallbackSettings& settings = endpoint.app->callback;
  SignedSecond at{now_s, std::to_string(now_s), {}};
  if (settings.sign) at.sign = make_sign(settings.token, at.text);
  return at;
}

net::OutboundRequest make_request(const Endpoint& endpoint, const CallbackMessage& message,
                                  const SignedSecond& at, runtime::Deadline deadline) {
  CallbackQueryView query;
  query.sdkappid = endpoint.app->id;
  query.command = message.command;
  query.client_ip = message.origin.client_ip;
  query.opt_platform = message.origin.opt_platform;
  query.request_id = message.request_id;
  if (!at.sign.empty()) {
    query.sign = at.sign;
    query.request_time = at.text;
  }
  net::OutboundRequest request;
  request.origin = endpoint.origin;
  request.target = make_callback_target(endpoint.url, query);
  request.body = message.body;
  request.deadline = deadline;
  request.tls = endpoint.tls;
  request.headers.reserve(endpoint.webhook_keys.empty() ? 1 : 4);
  if (!endpoint.webhook_keys.empty()) add_webhook_headers(request, endpoint, message, at);
  if (message.app_sequence > 0) {
    request.headers.emplace_back("tidings-sequence", std::to_string(message.app_sequence));
  }
  return request;
}

net::OutboundRequest make_request(const Endpoint& endpoint, const CallbackMessage& message,
                                  std::int64_t now_s, runtime::Deadline deadline) {
  return make_request(endpoint, message, sign_second(endpoint, now_s), deadline);
}

std::optional<std::int64_t> parse_retry_after(std::string_view text, std::int64_t now_s) {
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (seconds < 0) return std::nullopt;
    return std::min<std::int64_t>(seconds, kMaxDelayMs / 1000) * 1000;
  }
  std::tm date{};
  const std::string owned(text);
  const char* const rest = strptime(owned.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const std::int64_t wait = static_cast<std::int64_t>(timegm(&date)) - now_s;
  return std::clamp<std::int64_t>(wait, 0, kMaxDelayMs / 1000) * 1000;
}

namespace {

AttemptClass class_of_tls(net::CertificateFault fault) {
  switch (fault) {
    case net::CertificateFault::expired: return AttemptClass::tls_expired;
    case net::CertificateFault::untrusted: return AttemptClass::tls_untrusted;
    case net::CertificateFault::host: return AttemptClass::tls_host;
    case net::CertificateFault::none:
    case net::CertificateFault::other: break;
  }
  return AttemptClass::tls;
}

AttemptClass class_of(const net::HttpExchange& exchange) {
  using net::ExchangeFailure;
  switch (exchange.failure) {
    case ExchangeFailure::none: return AttemptClass::ok;
    case ExchangeFailure::dns: return AttemptClass::dns;
    case ExchangeFailure::address_forbidden: return AttemptClass::forbidden_address;
    case ExchangeFailure::connect_timeout: return AttemptClass::connect_timeout;
    case ExchangeFailure::unreachable: return AttemptClass::unreachable;
    case ExchangeFailure::timeout: return AttemptClass::timeout;
    case ExchangeFailure::refused: return AttemptClass::refused;
    case ExchangeFailure::tls: return class_of_tls(exchange.certificate);
    case ExchangeFailure::client_certificate: return AttemptClass::client_certificate;
    case ExchangeFailure::too_large: return AttemptClass::too_large;
    case ExchangeFailure::malformed: return AttemptClass::malformed;
    case ExchangeFailure::closed:
      return exchange.stage == net::ExchangeStage::head || exchange.stage == net::ExchangeStage::body
                 ? AttemptClass::cut
                 : AttemptClass::closed;
    case ExchangeFailure::overloaded:
    case ExchangeFailure::cancelled: return AttemptClass::closed;
  }
  return AttemptClass::closed;
}

/// nginx answers 400 in plain HTTP where others break the handshake: its pages for 495 and 496.
bool refuses_client_certificate(const net::HttpExchange& exchange) {
  return exchange.status == 400 &&
         (exchange.body.find("The SSL certificate error") != std::string::npos ||
          exchange.body.find("No required SSL certificate was sent") != std::string::npos);
}

}  // namespace

AttemptResult classify(const net::HttpExchange& exchange, std::int64_t now_s) {
  AttemptResult result;
  result.what = class_of(exchange);
  if (!exchange.answered()) return result;
  result.http_status = static_cast<int>(exchange.status);
  if (exchange.status == 410) {
    result.what = AttemptClass::gone;
  } else if (refuses_client_certificate(exchange)) {
    result.what = AttemptClass::client_certificate;
  } else if (exchange.status != 200) {
    result.what = AttemptClass::status;
    result.retry_after_ms = parse_retry_after(exchange.retry_after, now_s);
  } else if (exchange.body != kCallbackOk && !parse_callback_answer(exchange.body)) {
    result.what = parse_json_strict(exchange.body) ? AttemptClass::not_an_answer
                                                   : AttemptClass::not_json;
  }
  return result;
}

std::string describe(const net::HttpExchange& exchange, const AttemptResult& result) {
  if (result.what == AttemptClass::ok) return {};
  if (!exchange.answered()) return exchange.detail;
  const std::string status = "HTTP " + std::to_string(exchange.status);
  const std::string type =
      exchange.content_type.empty() ? "no Content-Type" : exchange.content_type.substr(0, 64);
  switch (result.what) {
    case AttemptClass::gone: return status + ": the receiver is gone for good";
    case AttemptClass::client_certificate:
      return status + ": the receiver's web server wants a client certificate that it accepts";
    case AttemptClass::not_json:
      return "the answer's body is not JSON (" + std::to_string(exchange.body.size()) +
             " bytes, " + type + ")";
    case AttemptClass::not_an_answer: {
      const auto answer = parse_callback_answer(exchange.body);
      return answer ? std::string() : answer.error().what;
    }
    default: break;
  }
  if (exchange.status >= 300 && exchange.status < 400) {
    return status + ": redirects are not followed";
  }
  if (!exchange.retry_after.empty()) {
    return status + ", Retry-After: " + exchange.retry_after.substr(0, 64);
  }
  return status;
}

}  // namespace tidings::delivery
