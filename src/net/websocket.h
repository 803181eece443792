/// WebSocketSession: one client's WebSocket (RFC 6455), text frames, over plain TCP or TLS, on one
/// lane. It bounds what a client may cost: size of a message, bytes and messages queued for it,
/// silence. A client that breaks a bound is closed with a code and a reason; nothing grows.
///
///   awaitable<void> serve(WebSocketSession& session, UpgradeRequest request) {
///     for (;;) {
///       auto text = co_await session.read();
///       if (!text) co_return;                       // closed, by whichever side
///       auto queued = session.send("...");
///     }
///   }
///
/// Close codes used by the session itself: 1003 binary message, 1007 invalid UTF-8, 1009 message
/// too big, 1011 exception of the handler, 1012 server stops, 1013 slow client (queue full). A
/// silent client's socket is closed without a frame: nobody is there to read it.
/// Threads: its lane only. From elsewhere: session.lane().post(...), when it is known to live.
/// Lifetime: from the handler's start to its return; the destructor drops what is queued.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/lane.h"

namespace tidings::net {

struct WebSocketOptions {
  std::size_t max_message_bytes = 64 * 1024;
  std::size_t max_queued_bytes = 1024 * 1024;
  std::size_t max_queued_messages = 1024;
  /// After half of it in silence a ping is sent; after all of it, pongs included, the socket closes.
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds close_timeout{3'000};  ///< for the closing handshake
};

/// What the client asked for when it upgraded. Owns its text.
struct UpgradeRequest {
  std::string target;
  std::string path;
  std::string query;
  std::string peer_address;
  std::string client_ip;
  bool tls = false;
  std::vector<std::pair<std::string, std::string>> headers;
};

using SharedText = std::shared_ptr<const std::string>;

class WebSocketSession {
 public:
  class Driver;  ///< private: the stream below (plain or TLS)
  explicit WebSocketSession(std::unique_ptr<Driver> driver);
  ~WebSocketSession();
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;

  /// The next text message. Errc::unavailable once the session is closed (`what` says by whom,
  /// with which code); Errc::cancelled when the server abandons it. One read at a time.
  runtime::awaitable<Result<std::string>> read();

  /// Queues a text message, which may wait at many sessions at once and is one in memory; returns at
  /// once. Errc::too_large: the queue was full, the session is
  /// being closed with 1013 and its queue is dropped. Errc::unavailable: closed already.
  Result<void> send(SharedText text);
  Result<void> send(std::string text) {
    return send(std::make_shared<const std::string>(std::move(text)));
  }

  /// Sends what is queued, then the close frame; read() then fails. The first call counts.
  void close(std::uint16_t code, std::string reason);

  /// The client has shown who it is: from now on nobody's need of room ends this session. Until then
  /// it is a stranger's, which a full server may cut off for a newcomer (http_server.h).
  void prove();

  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::size_t queued_messages() const;
  [[nodiscard]] std::size_t queued_bytes() const;
  [[nodiscard]] const std::string& peer_address() const;
  [[nodiscard]] const std::string& client_ip() const;
  [[nodiscard]] runtime::Lane& lane() const;

 private:
  std::unique_ptr<Driver> driver_;
};

}  // namespace tidings::net
