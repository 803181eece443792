/// Reading the query door's paths and parameters: percent-decoded, typed, bounded. Everything that
/// is wrong names its parameter.
///
/// Times: milliseconds since 1970, or seconds (a number below 100,000,000,000), or
/// "2025-01-31T23:59:59Z". Threads: pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings::receiver {

/// RFC 3986: "%23" is '#', '+' is a plus. None: a broken sequence.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Errc::invalid_argument: what is wrong and with which parameter.
class QueryParams {
 public:
  /// `allowed`: every other name is refused, so that a misspelt filter does not silently match all.
  static Result<QueryParams> parse(std::string_view query,
                                   std::initializer_list<std::string_view> allowed);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t min,
                                                           std::int64_t max) const;
  [[nodiscard]] Result<std::optional<std::int64_t>> time_ms(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace tidings::receiver
