#include "net/response_writer.h"

#include <boost/beast/http/status.hpp>
#include <charconv>
#include <ctime>

namespace tidings::net {
namespace {

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

/// RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
std::string http_date(std::int64_t second) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = second;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT", kDays[parts.tm_wday],
                    parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                    parts.tm_min, parts.tm_sec);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

void ResponseWriter::append_start(std::string& out, unsigned status) {
  if (const auto now = clock_.now_s(); now != second_) {
    second_ = now;
    common_ = "\r\nServer: " + server_name_ + "\r\nDate: " + http_date(now) + "\r\n";
    ok_start_ = "HTTP/1.1 200 OK" + common_;
  }
  if (status == 200) {
    out += ok_start_;
    return;
  }
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(status));
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out.append(reason.data(), reason.size());
  out += common_;
}

void ResponseWriter::append(std::string& out, const HttpResponse& response, Manner manner) {
  out.reserve(out.size() + 256 + response.body.size());
  append_start(out, response.status);
  const bool may_have_body = response.status >= 200 && response.status != 204 &&
                             response.status != 304;
  if (may_have_body) {
    if (!response.content_type.empty()) {
      out += "Content-Type: ";
      out += response.content_type;
      out += "\r\n";
    }
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  out += response.constant_headers;
  for (const auto& [name, value] : response.headers) {
    // A line break in a value would let its author write our next header.
    if (value.find_first_of("\r\n") != std::string::npos) continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!manner.keep_alive) {
    out += "Connection: close\r\n";
  } else if (manner.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (may_have_body && !manner.head_only) out += response.body;
}

void ResponseWriter::append_stream_head(std::string& out, std::string_view content_type) {
  append_start(out, 200);
  out += "Content-Type: ";
  out += content_type;
  out += "\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n";
}

}  // namespace tidings::net
