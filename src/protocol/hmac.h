/// SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) on OpenSSL. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tidings {

/// 32 raw bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// 32 raw bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace tidings
