/// Decimal integers in text, all or nothing: no sign for unsigned types, no white space, no '+'.
/// Threads: pure functions.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace tidings {

template <std::integral T>
[[nodiscard]] std::optional<T> parse_decimal(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace tidings
