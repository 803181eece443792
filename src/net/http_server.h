/// HttpServer: HTTP/1.1 and 1.0 over TCP or TLS, for handlers that are coroutines from request to
/// response; with upgrade to WebSocket and streamed answers on chosen paths.
///
/// Connections are accepted on the first lane and handed to the lanes in turn, so that few and
/// long-lived connections are spread evenly and a second process on the same port is an error
/// (SO_REUSEPORT would share by hash, and silently with strangers of the same user).
/// Limits: every connection has a deadline at every moment except while a handler runs: reading a
/// head, reading a body, writing, idling. Precision is a quarter of the smallest limit, at most 1 s.
/// A full server closes a connection for each newcomer: that of a stranger, who has proven nothing
/// (HttpResponse::proven), the one that came first; else one that waits between two requests, the one
/// longest idle; else one whose peer sends or reads slowly. What is being answered stays, and so do
/// WebSockets and streams that have proven themselves; when there is nobody else, the newcomer is
/// closed at once. So is one from an address that has its limit of connections, unless it is a trusted
/// proxy's.
/// What is malformed, too large or too slow is answered once (400, 408, 413, 414, 431, 501, 505,
/// body from `error_body`) and the connection closes.
/// Refused outright (request smuggling, RFC 9112 section 6): Transfer-Encoding together with
/// Content-Length, Transfer-Encoding other than "chunked", Transfer-Encoding in HTTP/1.0, differing
/// Content-Length fields, folded header lines, a second Host.
///
/// Threads: constructor, destructor, start(): the owner's thread or any lane; port() and
/// statistics(): any; stop(), reload_certificates(): any lane / any thread. Handlers run on the
/// connection's lane, several at a time.
/// Lifetime: after stop() has returned the server may be destroyed, before the Lanes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/cidr.h"
#include "net/event_stream.h"
#include "net/http_message.h"
#include "net/tls.h"
#include "net/websocket.h"
#include "runtime/lane.h"

namespace tidings::net {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one, see port()
  std::optional<TlsServerOptions> tls;
  std::size_t max_body_bytes = 1024 * 1024;
  std::size_t max_header_bytes = 16 * 1024;  ///< request line and fields together
  std::chrono::milliseconds header_timeout{10'000};  ///< TLS handshake, and first byte to last
  std::chrono::milliseconds body_timeout{20'000};    ///< the whole body
  std::chrono::milliseconds write_timeout{20'000};   ///< one answer, or one write of a stream
  std::chrono::milliseconds idle_timeout{75'000};    ///< between two requests
  std::size_t max_connections = 50'000;
  std::size_t max_connections_per_address = 50'000;
  Networks trusted_proxies;  ///< whose X-Forwarded-For is believed
  std::string server_name = "tidings";
  WebSocketOptions websocket;
};

using HttpHandler = std::function<runtime::awaitable<HttpResponse>(const HttpRequest&)>;
/// The returned response is sent only where nothing was written to the stream: a refusal.
using StreamHandler =
    std::function<runtime::awaitable<HttpResponse>(const HttpRequest&, EventStream&)>;
using WebSocketHandler = std::function<runtime::awaitable<void>(WebSocketSession&, UpgradeRequest)>;
/// May a request for this path take that road? Asked for each request; must be quick.
using PathPredicate = std::function<bool(std::string_view path)>;
/// The answer for what the server refuses by itself. `reason` is one sentence.
using ErrorBody = std::function<HttpResponse(unsigned status, std::string_view reason)>;
/// Told of the same, once for each; `peer` is the address it came from. Any lane.
using RefusalListener =
    std::function<void(unsigned status, std::string_view reason, std::string_view peer)>;

struct HttpServerHandlers {
  HttpHandler request;  ///< everything the two below do not take. An exception answers 500.
  PathPredicate is_stream;
  StreamHandler stream;
  PathPredicate is_websocket;  ///< a request there that is no upgrade gets 426
  WebSocketHandler websocket;
  ErrorBody error_body;  ///< default: {"error":"<reason>"} with that status
  RefusalListener refused;  ///< default: nothing
  /// Exceptions of handlers, and a few a second of TLS failures and accept errors; default: nothing.
  /// Any lane.
  std::function<void(std::string_view what)> log;
};

struct HttpServerStatistics {
  std::uint64_t accepted = 0;
  std::uint64_t refused_connections = 0;  ///< over a limit, and nobody could make room
  std::uint64_t closed_strangers = 0;     ///< to make room
  std::uint64_t closed_idle = 0;          ///< to make room
  std::uint64_t open = 0;
  std::uint64_t requests = 0;
  std::uint64_t malformed = 0;
  std::uint64_t too_large = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t tls_failures = 0;
  std::uint64_t websockets_open = 0;
};

class HttpServer {
 public:
  /// REQUIRES: handlers.request is set.
  HttpServer(runtime::Lanes& lanes, HttpServerOptions options, HttpServerHandlers handlers);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Reads certificates, binds, listens. Errc::conflict: the port is taken (says which);
  /// Errc::invalid_argument: address or certificate.
  Result<void> start();
  [[nodiscard]] std::uint16_t port() const;  ///< after start()
  [[nodiscard]] std::string address() const { return options_.address; }

  /// Stops accepting, ends idle connections, lets requests in flight end within `grace` (WebSockets
  /// are closed with 1012), then cuts what is left. Returns when nothing runs. On a lane.
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);

  /// New connections use the files as they are now. On failure the old ones stay.
  Result<void> reload_certificates();
  [[nodiscard]] HttpServerStatistics statistics() const;

 private:
  class Core;
  HttpServerOptions options_;
  std::unique_ptr<Core> core_;
};

}  // namespace tidings::net
