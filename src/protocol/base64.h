/// Standard base64 (RFC 4648 section 4), with padding. Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidings {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// Strict: whole groups of four, padding only at the end, no white space, unused bits zero. So
/// every byte string has exactly one text.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tidings
