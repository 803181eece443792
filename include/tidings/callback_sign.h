/// The callback's own signature: Sign = hex(SHA-256(token || RequestTime)) (protocol 6.4). It
/// covers neither body nor command; standard_webhooks.h covers the body.
///
/// Units: seconds since 1970. Errors: kind unauthenticated, a sentence for each reason, never with
/// the token or the expected Sign. Threads: pure functions; the time is a parameter. Each thread keeps
/// the token it checked with last, and its Sign of one second, in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tidings/callback_url.h"
#include "tidings/result.h"

namespace tidings {

inline constexpr std::int64_t kSignWindowSeconds = 60;

/// 64 lower-case hex digits.
[[nodiscard]] std::string make_sign(std::string_view token, std::string_view request_time);

/// `tokens`: the current one and, during rotation, the previous one. Both parameters present,
/// RequestTime decimal, Sign 64 hex digits of either case, |now - RequestTime| <= window, and equal
/// (in constant time) to what one of the tokens gives. Without a token nothing verifies.
[[nodiscard]] Result<void> verify_sign(const CallbackQuery& query,
                                       std::span<const std::string> tokens, std::int64_t now_s,
                                       std::int64_t window_s = kSignWindowSeconds);

}  // namespace tidings
