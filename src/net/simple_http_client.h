/// HttpClient: blocking requests for the command line and for tests: one call, one answer. It owns a
/// lane and a pool and connects wherever its user points it.
///
/// Errors: Errc::invalid_argument (the URL), Errc::unavailable or Errc::timeout (`what` carries
/// the class and detail of the exchange). Any HTTP status is an answer.
/// Threads: one caller at a time, never on a lane.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/callback_transport.h"
#include "net/tls.h"

namespace tidings::net {

struct ParsedUrl {
  HttpOrigin origin;
  std::string target = "/";
};
/// http, https, ws, wss (the last two as http, https). Errc::invalid_argument names what is wrong.
Result<ParsedUrl> parse_url(std::string_view url);

class HttpClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  static Result<std::unique_ptr<HttpClient>> create(
      TlsClientOptions tls = {}, std::chrono::milliseconds timeout = std::chrono::seconds{10});
  ~HttpClient();

  /// `method`: GET, POST, PUT, PATCH, DELETE. A body is sent as application/json unless `headers`
  /// says otherwise.
  Result<HttpExchange> request(std::string_view method, std::string_view url,
                               std::string_view body = {}, Headers headers = {});

 private:
  struct Parts;
  explicit HttpClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidings::net
