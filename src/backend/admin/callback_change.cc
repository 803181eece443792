#include "backend/admin/callback_change.h"

#include <algorithm>
#include <utility>

#include "backend/admin/document.h"
#include "net/tls.h"
#include "tidings/callback_url.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::CallbackSettings;

constexpr std::size_t kMaxUrlBytes = 1024;
constexpr std::size_t kMaxTokenBytes = 64;
constexpr std::size_t kMaxAuthoritiesBytes = 32 * 1024;

Result<void> change_url(CallbackSettings& callback, Document& patch, bool allow_local_hosts) {
  if (!patch.has("url")) return {};
  if (patch.is_null("url")) {
    callback.url.clear();
    return {};
  }
  const auto text = patch.text("url", 0, kMaxUrlBytes);
  if (!text) return patch.finish();
  if (text->empty()) {
    callback.url.clear();
    return {};
  }
  const auto url = parse_callback_url(*text, allow_local_hosts);
  if (!url) return field_error(Errc::invalid_argument, "callback.url", url.error().what);
  // A URL from before a stricter setting may not parse any more; then there is nothing to compare.
  const auto before = parse_callback_url(callback.url, true);
  if (before) {
    const auto allowed = check_url_change(*before, *url);
    if (!allowed) return field_error(Errc::invalid_argument, "callback.url", allowed.error().what);
  }
  callback.url = *text;
  return {};
}

Result<void> change_token(CallbackSettings& callback, Document& patch) {
  if (patch.is_null("token")) {
    callback.token.clear();
  } else if (auto token = patch.text("token", 1, kMaxTokenBytes)) {
    const bool printable =
        std::all_of(token->begin(), token->end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!printable) {
      return field_error(Errc::invalid_argument, "callback.token",
                         "use printable ASCII without spaces");
    }
    callback.token = std::move(*token);
  }
  callback.sign = patch.boolean("sign").value_or(callback.sign);
  return {};
}

Result<void> change_authorities(CallbackSettings& callback, Document& patch, std::int64_t now_s) {
  if (patch.is_null("ca_certificates")) {
    callback.trusted_pem.clear();
  } else if (auto pem = patch.text("ca_certificates", 0, kMaxAuthoritiesBytes)) {
    if (!pem->empty()) {
      const auto checked = net::check_trusted_pem(*pem, now_s);
      if (!checked) {
        return field_error(Errc::invalid_argument, "callback.ca_certificates",
                           checked.error().what);
      }
    }
    callback.trusted_pem = std::move(*pem);
  }
  return {};
}

Result<void> change_switches(CallbackSettings& callback, Document& patch) {
  const auto* given = patch.object("switches");
  if (given == nullptr) return {};
  Document switches(*given, "callback.switches.");
  for (const auto which : all_callback_switches()) {
    if (const auto on = switches.boolean(to_string(which))) callback.set(which, *on);
  }
  return switches.finish();
}

}  // namespace

Result<CallbackSettings> change_callback(CallbackSettings callback, const json::object& patch,
                                         const ChangeRules& rules) {
  Document document(patch, "callback.");
  TRY_VOID(change_url(callback, document, rules.allow_local_callback_hosts));
  TRY_VOID(change_authorities(callback, document, rules.now_s));
  TRY_VOID(change_token(callback, document));
  TRY_VOID(change_switches(callback, document));
  callback.retry = document.choice("retry", community::parse_retry_mode, "off, timeouts, durable")
                       .value_or(callback.retry);
  callback.dead_head =
      document.choice("dead_head", community::parse_dead_head, "continue, park")
          .value_or(callback.dead_head);
  callback.before_failure =
      document.choice("before_failure", community::parse_before_failure, "proceed, block")
          .value_or(callback.before_failure);
  callback.additive =
      document.choice("additive", parse_additive_members, "documented, needed, all")
          .value_or(callback.additive);
  if (const auto enabled = document.boolean("endpoint_enabled")) {
    callback.endpoint_disabled = !*enabled;
  }
  TRY_VOID(document.finish());
  if (callback.sign && callback.token.empty()) {
    return field_error(Errc::invalid_argument, "callback.token",
                       "signing needs a token of 1 to 64 printable characters; give one, or set "
                       "sign to false");
  }
  return callback;
}

}  // namespace tidings::backend
