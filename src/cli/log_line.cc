#include "cli/log_line.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "cli/printable.h"
#include "tidings/json.h"

namespace tidings::cli {
namespace {

bool needs_quotes(std::string_view text) {
  return text.empty() || std::any_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' ||
                  c == '\x7f';
         });
}

}  // namespace

std::string utc_time(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                parts.tm_sec, static_cast<int>(unix_ms % 1000));
  return text.data();
}

std::string log_line(LogFormat format, std::int64_t unix_ms, std::string_view level,
                     std::string_view event, const LogFields& fields) {
  std::string out;
  if (format == LogFormat::text) {
    out = utc_time(unix_ms) + " " + std::string(level) + " " + std::string(event);
    for (const LogField& field : fields) {
      out += " " + field.name + "=";
      if (needs_quotes(field.value)) {
        append_json_string(out, field.value);
      } else {
        out += field.value;
      }
    }
    return printable(out);
  }
  out = R"({"time":")" + utc_time(unix_ms) + R"(","level":")" + std::string(level) +
        R"(","event":)";
  append_json_string(out, event);
  for (const LogField& field : fields) {
    out += ",";
    append_json_string(out, field.name);
    out += ":";
    if (field.is_number) {
      out += field.value;
    } else {
      append_json_string(out, field.value);
    }
  }
  return printable(out + "}");
}

}  // namespace tidings::cli
