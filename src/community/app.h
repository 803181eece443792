/// An app: one tenant, its keys, switches and callback configuration (protocol 3.1, section 8).
///
/// Shape: a value. Doors hold it as shared_ptr<const App>; a change makes a new one, so a request
/// sees one consistent configuration from its first check to its commit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "community/custom_field.h"
#include "community/limits.h"
#include "tidings/callback.h"
#include "tidings/ids.h"

namespace tidings::community {

enum class AppStatus { enabled, disabled, expired };    // 60016, 60020
enum class Edition { trial, pro, ultimate };            // decides 10058, 10059, 70398, 71000
enum class RetryMode { off, timeouts, durable };        // design.md, Delivery
enum class DeadHead { go_on, park };                    // "continue", "park": docs/delivery.md
enum class BeforeFailure { proceed, block };            // protocol 6.10

/// A secret with an end: during a rotation the old one stays valid until `valid_until_s`.
struct Secret {
  std::string text;
  std::int64_t created_s = 0;
  std::int64_t valid_until_s = 0;  ///< Unix seconds; 0 = no end

  friend bool operator==(const Secret&, const Secret&) = default;
};

struct CallbackSettings {
  std::string url;                 ///< "" = not configured: events are recorded and held
  bool sign = false;               ///< adds Sign and RequestTime (6.4)
  std::string token;               ///< the Sign token; required when `sign`
  std::vector<Secret> webhook_secrets;  ///< Standard Webhooks, current first; all valid ones sign
  std::uint32_t switches = 0;      ///< bit per CallbackSwitch (6.9)
  RetryMode retry = RetryMode::durable;
  DeadHead dead_head = DeadHead::go_on;  ///< what a lane does whose head would end dead
  BeforeFailure before_failure = BeforeFailure::proceed;
  AdditiveMembers additive = AdditiveMembers::needed;
  bool endpoint_disabled = false;  ///< answered 410: events are held until it is enabled again
  std::string trusted_pem;         ///< whose server certificates count; "" = serve's authorities

  friend bool operator==(const CallbackSettings&, const CallbackSettings&) = default;

  [[nodiscard]] bool on(CallbackSwitch which) const {
    return (switches & (1U << static_cast<unsigned>(which))) != 0;
  }
  void set(CallbackSwitch which, bool value) {
    const std::uint32_t bit = 1U << static_cast<unsigned>(which);
    switches = value ? switches | bit : switches & ~bit;
  }
};

/// What an app may hold beyond the fixed limits; 0 = no limit.
struct Quotas {
  std::int64_t new_groups_per_day = kNewGroupsPerDay;  ///< net, UTC days: 10006
  std::int64_t av_chat_rooms = 0;  ///< existing at a time: 10036; plans differ, so none by default

  friend bool operator==(const Quotas&, const Quotas&) = default;
};

struct App {
  SdkAppId id;
  std::string name;
  std::string introduction;
  AppStatus status = AppStatus::enabled;
  Edition edition = Edition::ultimate;
  std::vector<Secret> keys;        ///< UserSig keys, current first
  std::vector<UserId> admins;      ///< at most kAdminsPerApp
  bool community_on = false;
  bool topic_on = false;           ///< needs community_on
  std::vector<FieldDeclaration> group_fields;
  std::vector<FieldDeclaration> member_fields;
  std::vector<std::string> rest_allow;  ///< CIDRs; empty = every source
  /// REST calls that are switched off: "service" (60017) or "service/command" (10026).
  std::vector<std::string> rest_disabled;
  /// May neither log in nor call REST: 70051. Sorted, as put by PutApp; at most kBlockedUsers.
  std::vector<UserId> blocked_users;
  /// No name, introduction or notice may hold one: 80001. At most kRefusedWords.
  std::vector<std::string> refused_words;
  CallbackSettings callback;
  TextLimits text_limits;
  Quotas quotas;
  std::int64_t created_s = 0;
  std::int64_t version = 0;        ///< +1 with every change
  /// Last event of an app that was deleted and had this id; 0: none did. Numbers go on behind it, and
  /// what they name up to it is neither sent for this app nor handed out to it.
  std::int64_t events_before = 0;

  friend bool operator==(const App&, const App&) = default;

  [[nodiscard]] bool is_admin(std::string_view user) const;
  [[nodiscard]] bool is_blocked(std::string_view user) const;
  /// Keys valid at `now_s`, current first.
  [[nodiscard]] std::vector<std::string> valid_keys(std::int64_t now_s) const;
};

using AppPtr = std::shared_ptr<const App>;

/// Calls `visit(field, text)` for everything in an app that nobody else may know; `field` names the
/// place. A new secret belongs here, and is then encrypted at rest.
template <class AnyApp, class Visit>
void visit_secrets(AnyApp& app, Visit visit) {
  for (auto& key : app.keys) visit(std::string_view("keys"), key.text);
  visit(std::string_view("callback.token"), app.callback.token);
  for (auto& secret : app.callback.webhook_secrets) {
    visit(std::string_view("callback.webhook_secrets"), secret.text);
  }
}

/// The settings as one JSON object, as stored in app.settings and read back. Round-trips exactly.
std::string write_app(const App& app);
Result<App> read_app(std::string_view json);

std::string_view to_string(AppStatus);
std::string_view to_string(Edition);
std::string_view to_string(RetryMode);
std::string_view to_string(DeadHead);
std::string_view to_string(BeforeFailure);
std::optional<AppStatus> parse_app_status(std::string_view);
std::optional<Edition> parse_edition(std::string_view);
std::optional<RetryMode> parse_retry_mode(std::string_view);
std::optional<DeadHead> parse_dead_head(std::string_view);
std::optional<BeforeFailure> parse_before_failure(std::string_view);
// Of libtidings (tidings/callback.h), here so that all settings are spelled alike.
using tidings::parse_additive_members;
using tidings::to_string;

}  // namespace tidings::community
