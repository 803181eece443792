/// One structured log line: time, level, an event and its fields, as text for people
/// (key=value, quoted where needed) or as JSON. Pure.
///
///   2026-01-02T03:04:05.678Z info ready listen=127.0.0.1:8080
///   {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"ready","listen":"127.0.0.1:8080"}
///
/// Fields never hold secrets: that is the caller's duty, and tests look for them.
/// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidings::cli {

enum class LogFormat { text, json };

/// A value is a text or a number; which of the two decides about quotes.
struct LogField {
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, std::int64_t number)
      : name(field), value(std::to_string(number)), is_number(true) {}

  std::string name;
  std::string value;
  bool is_number = false;
};
using LogFields = std::vector<LogField>;

/// "2026-01-02T03:04:05.678Z".
std::string utc_time(std::int64_t unix_ms);

/// Without a line feed at its end; line feeds inside values are escaped.
std::string log_line(LogFormat format, std::int64_t unix_ms, std::string_view level,
                     std::string_view event, const LogFields& fields);

}  // namespace tidings::cli
