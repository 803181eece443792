/// What a receiver is told to accept, and how. Plain values with defaults; check_options() turns
/// them into what the checks use, or names everything that is wrong with them at once.
///
/// Secrets: tokens and webhook secrets never appear in a message. Threads: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/cidr.h"
#include "tidings/callback_sign.h"
#include "tidings/ids.h"
#include "tidings/standard_webhooks.h"

namespace tidings::receiver {

inline constexpr std::size_t kMaxBodyBytes = 1024 * 1024;

/// How a before-callback is answered. The first rule of its app that fits decides; none fits: allow.
struct BeforeRule {
  std::string command;        ///< e.g. "Group.CallbackBeforeCreateTopic"; "*": every one
  std::string name_contains;  ///< fits when the body's Name holds this text; empty: always
  /// 0 allows, 1 refuses (the caller gets 10016), 10100 to 10200 refuse with that code and text, 2
  /// drops a message silently (protocol 6.7).
  int error_code = 0;
  std::string error_info;
};

/// One app whose callbacks are accepted. Where both tokens and webhook secrets are given, a callback
/// needs both signatures.
struct ReceiverApp {
  std::uint32_t sdkappid = 0;
  std::vector<std::string> tokens;           ///< current and previous; none: Sign is not looked at
  std::vector<std::string> webhook_secrets;  ///< "whsec_..."; none: the signature is not looked at
  bool unsigned_ok = false;  ///< without tokens and secrets: accept nevertheless
  std::vector<std::string> allow_sources;  ///< networks in CIDR form; empty: from anywhere
  bool require_client_certificate = false;  ///< only one that the listener's CA verified
  std::vector<BeforeRule> before_rules;
};

struct ReceiverOptions {
  std::vector<ReceiverApp> apps;
  std::int64_t sign_window_s = kSignWindowSeconds;
  std::int64_t webhook_tolerance_s = kWebhookToleranceSeconds;
  /// How long an inbox entry is kept, and with it the memory of its RequestID (protocol 6.11: 24 h).
  std::int64_t retention_s = 24 * 3600;
  std::size_t max_body_bytes = kMaxBodyBytes;
  std::size_t max_batch = 1024;     ///< callbacks in one commit
  std::size_t max_queued = 65'536;  ///< more are answered 503 at once
  std::size_t max_feeds = 256;      ///< open at one time; half of what others leave from one address
  std::string admin_token;          ///< the query door's bearer token; empty: none is asked for
};

/// One app, ready for the checks.
struct CheckedApp {
  SdkAppId id;
  std::vector<std::string> tokens;
  std::vector<WebhookSecret> secrets;
  net::Networks allow_sources;
  bool require_client_certificate = false;
  std::vector<BeforeRule> before_rules;
};
using CheckedApps = std::map<SdkAppId, CheckedApp>;

/// Errc::invalid_argument: one line for each thing that is wrong.
[[nodiscard]] Result<CheckedApps> check_options(const ReceiverOptions& options);

}  // namespace tidings::receiver
