#include "tidings/standard_webhooks.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "protocol/base64.h"
#include "protocol/decimal.h"
#include "protocol/hmac.h"
#include "tidings/secure_compare.h"

namespace tidings {
namespace {

constexpr std::string_view kVersion = "v1,";
// Each one costs an HMAC per secret at most once, but the comparison is per signature.
constexpr std::size_t kMaxSignatures = 16;

Error webhook_refused(std::string what) {
  return fail(Errc::unauthenticated, std::move(what));
}

std::string signature_of(const WebhookSecret& secret, std::string_view id,
                         std::string_view timestamp, std::string_view payload) {
  std::string text;
  text.reserve(id.size() + timestamp.size() + payload.size() + 2);
  text.append(id).append(1, '.').append(timestamp).append(1, '.').append(payload);
  return std::string(kVersion) + base64_encode(hmac_sha256(secret.bytes, text));
}

}  // namespace

Result<WebhookSecret> parse_webhook_secret(std::string_view text) {
  if (!text.starts_with(kWebhookSecretPrefix)) {
    return fail(Errc::invalid_argument, "the webhook secret must begin with \"whsec_\"");
  }
  const auto bytes = base64_decode(text.substr(kWebhookSecretPrefix.size()));
  if (!bytes) {
    return fail(Errc::invalid_argument,
                "the webhook secret must be standard base64, padded, after \"whsec_\"");
  }
  if (bytes->size() < kMinWebhookSecretBytes || bytes->size() > kMaxWebhookSecretBytes) {
    return fail(Errc::invalid_argument, "the webhook secret holds " +
                                            std::to_string(bytes->size()) +
                                            " bytes: 24 to 64 are allowed");
  }
  return WebhookSecret{*bytes};
}

std::string webhook_secret_text(const WebhookSecret& secret) {
  return std::string(kWebhookSecretPrefix) + base64_encode(secret.bytes);
}

std::string sign_webhook(std::span<const WebhookSecret> secrets, std::string_view id,
                         std::int64_t timestamp_s, std::string_view payload) {
  const std::string timestamp = std::to_string(timestamp_s);
  std::string header;
  for (const WebhookSecret& secret : secrets) {
    if (!header.empty()) header.push_back(' ');
    header += signature_of(secret, id, timestamp, payload);
  }
  return header;
}

Result<void> verify_webhook(std::span<const WebhookSecret> secrets, std::string_view id,
                            std::string_view timestamp, std::string_view signature,
                            std::string_view payload, std::int64_t now_s,
                            std::int64_t tolerance_s) {
  if (id.empty()) return webhook_refused("webhook-id is missing");
  if (timestamp.empty()) return webhook_refused("webhook-timestamp is missing");
  if (signature.empty()) return webhook_refused("webhook-signature is missing");
  const auto sent = parse_decimal<std::int64_t>(timestamp);
  if (!sent || *sent < 0) return webhook_refused("webhook-timestamp is not a decimal number of seconds");
  const std::int64_t age = (now_s < 0 ? 0 : now_s) - *sent;
  if (age > tolerance_s || age < -tolerance_s) {
    return webhook_refused("webhook-timestamp " + std::string(timestamp) + " is " +
                  std::to_string(age < 0 ? -age : age) + " s " + (age < 0 ? "ahead of" : "behind") +
                  " this clock, " + std::to_string(tolerance_s) + " s are allowed");
  }
  std::vector<std::string> expected;
  for (const WebhookSecret& secret : secrets) {
    expected.push_back(signature_of(secret, id, timestamp, payload));
  }
  bool genuine = false;
  bool version_1 = false;
  std::size_t count = 0;
  while (!signature.empty()) {
    const std::size_t end = std::min(signature.find(' '), signature.size());
    const std::string_view one = signature.substr(0, end);
    signature.remove_prefix(std::min(end + 1, signature.size()));
    if (one.empty()) continue;
    if (++count > kMaxSignatures) return webhook_refused("webhook-signature holds more than 16 signatures");
    if (!one.starts_with(kVersion)) continue;
    version_1 = true;
    for (const std::string& text : expected) genuine = secure_equal(text, one) || genuine;
  }
  if (!version_1) return webhook_refused("webhook-signature holds no v1 signature");
  if (!genuine) return webhook_refused("webhook-signature fits none of the configured secrets");
  return {};
}

}  // namespace tidings
