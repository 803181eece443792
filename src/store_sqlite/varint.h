/// Numbers as few bytes: seven bits each, the least significant first, the eighth says that more follow.
///
/// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidings::sqlite {

/// Numbers below zero take ten bytes.
inline void append_varint(std::string& out, std::int64_t value) {
  auto rest = static_cast<std::uint64_t>(value);
  while (rest >= 0x80) {
    out.push_back(static_cast<char>(rest | 0x80));
    rest >>= 7;
  }
  out.push_back(static_cast<char>(rest));
}

/// Takes one from the front; false: that is none.
inline bool read_varint(std::string_view& bytes, std::int64_t& value) {
  std::uint64_t sum = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    sum |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      value = static_cast<std::int64_t>(sum);
      return true;
    }
  }
  return false;
}

}  // namespace tidings::sqlite
