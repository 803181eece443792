/// CallbackTransport: the seam between delivery and the network: one request, one answer or one
/// classified failure (protocol 6.1, 6.8), within one deadline.
///
/// A failed exchange is an answer too (it is an attempt with a time, an address and a reason), so
/// post() yields an HttpExchange in every case and `failure` says which it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/tls.h"
#include "runtime/deadline.h"

namespace tidings::net {

/// Classes of protocol 6.8, finer where an operator can do something about it.
enum class ExchangeFailure {
  none,                ///< a complete answer arrived; look at `status` and `body`
  dns,                 ///< the name has no address
  address_forbidden,   ///< the address policy refuses every address of the name
  connect_timeout,     ///< no TCP connection before the deadline
  refused,             ///< TCP connection refused
  unreachable,         ///< any other failure to connect (no route, network down)
  tls,                 ///< handshake failed, or the certificate is not valid for the host
  client_certificate,  ///< the peer wants another client certificate than ours
  timeout,             ///< connected, but no complete answer before the deadline
  closed,              ///< the peer closed or reset before a complete answer
  too_large,           ///< the answer's head or body is over the limit
  malformed,           ///< the answer is not HTTP
  overloaded,          ///< our own limit of connections, or of open files, is reached; nothing was sent
  cancelled,           ///< we stopped
};
/// "dns", "connect_timeout", ...: for metrics and attempt logs.
[[nodiscard]] std::string_view to_string(ExchangeFailure failure);

struct HttpOrigin {
  bool https = false;
  std::string host;  ///< name or address, without brackets
  std::uint16_t port = 80;
  bool operator==(const HttpOrigin&) const = default;
};

/// How far an exchange came: where the time went that a timeout ended, what a cut cut.
enum class ExchangeStage { resolving, connecting, securing, sending, waiting, head, body };
/// "resolving the name", "waiting for the answer", ...: to stand after "while".
[[nodiscard]] std::string_view to_string(ExchangeStage stage);

/// With ExchangeFailure::tls: what is wrong with the peer's certificate.
enum class CertificateFault {
  none,       ///< nothing: the handshake itself failed
  expired,    ///< expired, or not valid yet
  untrusted,  ///< of an authority that is not ours: foreign, unknown, self-signed
  host,       ///< valid, but for another host
  other,      ///< revoked, malformed, too weak, ...
};

/// REQUIRES: everything stays alive until post() returns.
struct OutboundRequest {
  HttpOrigin origin;
  std::string_view method = "POST";
  std::string target = "/";  ///< path and query, encoded
  /// Besides Host, Content-Length, Content-Type, User-Agent, Connection, which are set here; a
  /// Content-Type given here replaces application/json. No CR or LF anywhere.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  /// Covers resolution, connect, TLS, request and the whole answer.
  runtime::Deadline deadline = runtime::Deadline::never();
  std::shared_ptr<TlsClient> tls;  ///< nullptr: the transport's default (system trust store)
};

/// Microseconds since the start of the exchange; 0 where the step was not reached or not needed.
struct ExchangeTimings {
  std::uint32_t resolved_us = 0;
  std::uint32_t connected_us = 0;
  std::uint32_t secured_us = 0;
  std::uint32_t total_us = 0;
};

struct HttpExchange {
  ExchangeFailure failure = ExchangeFailure::none;
  ExchangeStage stage = ExchangeStage::resolving;
  CertificateFault certificate = CertificateFault::none;
  std::string detail;  ///< one sentence for `failure`: the TLS verification error, the errno text
  unsigned status = 0;
  std::string body;         ///< at most the transport's limit
  std::string retry_after;  ///< that header's text, empty where absent
  std::string content_type;
  std::string remote_address;  ///< of the last attempt to connect
  ExchangeTimings timings;
  std::uint32_t bytes_received = 0;  ///< of the answer, head included, without TLS
  bool reused_connection = false;

  [[nodiscard]] bool answered() const { return failure == ExchangeFailure::none; }
};

class CallbackTransport {
 public:
  virtual ~CallbackTransport() = default;
  /// Never throws for what the peer does. Terminal cancellation: failure `cancelled`.
  virtual runtime::awaitable<HttpExchange> post(const OutboundRequest& request) = 0;
};

}  // namespace tidings::net
