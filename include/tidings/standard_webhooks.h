/// Standard Webhooks v1 (https://www.standardwebhooks.com): HMAC-SHA256 over
/// "id.timestamp.payload", carried in the headers webhook-id, webhook-timestamp and
/// webhook-signature ("v1,<base64>", several separated by spaces).
///
/// Units: seconds since 1970. Errors: invalid_argument for a bad secret, unauthenticated for a
/// message that does not verify; never with a secret in the text. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tidings/result.h"

namespace tidings {

inline constexpr std::string_view kWebhookIdHeader = "webhook-id";
inline constexpr std::string_view kWebhookTimestampHeader = "webhook-timestamp";
inline constexpr std::string_view kWebhookSignatureHeader = "webhook-signature";
inline constexpr std::string_view kWebhookSecretPrefix = "whsec_";
inline constexpr std::int64_t kWebhookToleranceSeconds = 300;
inline constexpr std::size_t kMinWebhookSecretBytes = 24;
inline constexpr std::size_t kMaxWebhookSecretBytes = 64;

/// The key's bytes. Deliberately without operator<<.
struct WebhookSecret {
  std::string bytes;
};

/// "whsec_" and base64 of 24 to 64 bytes.
[[nodiscard]] Result<WebhookSecret> parse_webhook_secret(std::string_view text);
/// The text parse_webhook_secret() reads. It is the secret: print it once, to its owner.
[[nodiscard]] std::string webhook_secret_text(const WebhookSecret& secret);

/// The value of webhook-signature: one v1 signature per secret, in order, separated by a space.
[[nodiscard]] std::string sign_webhook(std::span<const WebhookSecret> secrets, std::string_view id,
                                       std::int64_t timestamp_s, std::string_view payload);

/// True when any v1 signature of the header fits any secret, and the timestamp is within the
/// tolerance on either side. Signatures of other versions are skipped.
[[nodiscard]] Result<void> verify_webhook(std::span<const WebhookSecret> secrets,
                                          std::string_view id, std::string_view timestamp,
                                          std::string_view signature, std::string_view payload,
                                          std::int64_t now_s,
                                          std::int64_t tolerance_s = kWebhookToleranceSeconds);

}  // namespace tidings
