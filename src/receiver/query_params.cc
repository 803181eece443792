#include "receiver/query_params.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

namespace tidings::receiver {
namespace {

constexpr std::int64_t kFewestMilliseconds = 100'000'000'000;  // 1973 in ms, the year 5138 in s

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error refuse(std::string_view name, const std::string& what) {
  return fail(Errc::invalid_argument, std::string(name) + ": " + what);
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "2025-01-31T23:59:59Z"
std::optional<std::int64_t> to_utc_ms(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute,
                  &second, &used) != 6 ||
      static_cast<std::size_t>(used) != text.size()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return (((std::int64_t{days} * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_value(text[i + 2]);
    if (low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Result<QueryParams> QueryParams::parse(std::string_view query,
                                       std::initializer_list<std::string_view> allowed) {
  QueryParams params;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      return refuse(name.value_or("query"), "a '%' is not followed by two hexadecimal digits");
    }
    if (std::find(allowed.begin(), allowed.end(), *name) == allowed.end()) {
      std::string known;
      for (const std::string_view one : allowed) {
        known += known.empty() ? "" : ", ";
        known += one;
      }
      return refuse(*name, "no such parameter here; there " +
                               (known.empty() ? "are none" : "are " + known));
    }
    if (!params.values_.emplace(*name, std::move(*value)).second) {
      return refuse(*name, "is given twice");
    }
  }
  return params;
}

std::optional<std::string> QueryParams::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

Result<std::optional<std::int64_t>> QueryParams::number(std::string_view name, std::int64_t min,
                                                        std::int64_t max) const {
  const auto given = text(name);
  if (!given) return std::optional<std::int64_t>{};
  const auto value = to_number(*given);
  if (!value || *value < min || *value > max) {
    return refuse(name, "\"" + *given + "\" is no number from " + std::to_string(min) + " to " +
                            std::to_string(max));
  }
  return value;
}

Result<std::optional<std::int64_t>> QueryParams::time_ms(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::optional<std::int64_t>{};
  auto value = to_number(*given);
  if (value && *value >= 0) {
    return std::optional(*value < kFewestMilliseconds ? *value * 1000 : *value);
  }
  value = to_utc_ms(*given);
  if (!value) {
    return refuse(name, "\"" + *given +
                            "\" is no time; use milliseconds or seconds since 1970, or "
                            "2025-01-31T23:59:59Z");
  }
  return value;
}

}  // namespace tidings::receiver
