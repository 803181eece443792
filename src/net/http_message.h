/// HttpRequest and HttpResponse: one HTTP exchange as values, on the server's side.
///
/// Lifetime: the views of an HttpRequest point into its connection's buffers and are valid until the
/// handler's coroutine ends; copy what must live longer.
/// Threads: plain values, used on the connection's lane.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidings::net {

enum class HttpMethod { get, head, post, put, patch, delete_, options, other };

struct HttpField {
  std::string_view name;
  std::string_view value;
};

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string_view method_text = "GET";
  std::string_view target = "/";  ///< path and query, as sent
  std::string_view path = "/";    ///< before the first '?', not decoded
  std::string_view query;         ///< after the first '?', not decoded; empty where none
  std::string_view body;          ///< whole, transfer coding removed
  std::vector<HttpField> fields;  ///< in order of arrival
  std::string_view peer_address;  ///< the socket's peer, "192.0.2.7" or "2001:db8::7"
  /// Whom the request is from: the peer, or, where the peer is a trusted proxy, the right-most
  /// address of X-Forwarded-For that is no trusted proxy itself.
  std::string_view client_ip;
  bool tls = false;
  /// Subject of the verified client certificate ("CN=..."), empty where none was asked or given.
  std::string_view client_certificate_subject;

  /// The first field of that name, without regard to case; empty where absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string_view content_type = "application/json; charset=utf-8";  ///< points at a constant
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< besides the ones the server sets
  /// More of them, as they are sent: whole lines, each with its CRLF. Points at a constant.
  std::string_view constant_headers;
  bool close = false;  ///< end the connection after this answer
  /// The request showed who its caller is. Its connection is nobody's unknown any more, and is not
  /// closed for newcomers as those of strangers are (http_server.h).
  bool proven = false;
};

/// ASCII, without regard to case: header names, tokens.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace tidings::net
