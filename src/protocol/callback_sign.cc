#include "tidings/callback_sign.h"

#include <algorithm>

#include "protocol/decimal.h"
#include "protocol/hmac.h"
#include "tidings/secure_compare.h"

namespace tidings {
namespace {

constexpr std::size_t kSignDigits = 64;

Error sign_refused(std::string what) {
  return fail(Errc::unauthenticated, std::move(what));
}

bool hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// make_sign(), made once for the callbacks of a second: those of one sender share their Sign.
const std::string& expected_sign(const std::string& token, const std::string& request_time) {
  struct Made {
    std::string token, request_time, sign;
  };
  thread_local Made last;
  if (last.sign.empty() || last.request_time != request_time || last.token != token) {
    last = Made{token, request_time, make_sign(token, request_time)};
  }
  return last.sign;
}

}  // namespace

std::string make_sign(std::string_view token, std::string_view request_time) {
  std::string text(token);
  text.append(request_time);
  return sha256_hex(text);
}

Result<void> verify_sign(const CallbackQuery& query, std::span<const std::string> tokens,
                         std::int64_t now_s, std::int64_t window_s) {
  if (!query.sign) return sign_refused("Sign is missing from the query: is authentication on?");
  if (!query.request_time) return sign_refused("RequestTime is missing from the query");
  const auto signed_at = parse_decimal<std::uint64_t>(*query.request_time);
  if (!signed_at || *signed_at > std::uint64_t{INT64_MAX}) {
    return sign_refused("RequestTime is not a decimal number of seconds");
  }
  if (query.sign->size() != kSignDigits || !std::ranges::all_of(*query.sign, hex_digit)) {
    return sign_refused("Sign is not 64 hexadecimal digits");
  }
  const auto at = static_cast<std::int64_t>(*signed_at);
  // Both are non-negative here, so the difference cannot overflow.
  const std::int64_t age = std::max<std::int64_t>(now_s, 0) - at;
  if (age > window_s || age < -window_s) {
    return sign_refused("RequestTime " + *query.request_time + " is " +
                  std::to_string(age < 0 ? -age : age) + " s " + (age < 0 ? "ahead of" : "behind") +
                  " this clock, " + std::to_string(window_s) +
                  " s are allowed: a replay, or clocks that differ");
  }
  const std::string sign = lower(*query.sign);
  bool genuine = false;
  bool any = false;
  for (const std::string& token : tokens) {
    if (token.empty()) continue;
    any = true;
    if (secure_equal(expected_sign(token, *query.request_time), sign)) genuine = true;
  }
  if (!any) return sign_refused("Sign cannot be checked: no token is configured");
  if (!genuine) return sign_refused("Sign does not fit the configured token");
  return {};
}

}  // namespace tidings
