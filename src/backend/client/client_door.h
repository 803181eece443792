/// ClientDoor: the WebSocket side of the client door, path /client (design.md "Doors"). It joins a
/// net::WebSocketSession to a ClientSession; everything else is theirs.
///
/// Wiring: HttpServerHandlers::is_websocket = ClientDoor::takes, ::websocket = door.handler().
/// Let WebSocketOptions::max_queued_bytes be at least four times max_answer_bytes.
/// Stop: HttpServer::stop() closes the sockets with 1012; operations under way finish, for at most
/// `stop_grace`. Threads: the handler runs on each connection's lane.
/// Lifetime: outlives the server.
#pragma once

#include <chrono>
#include <string_view>

#include "backend/client/session.h"
#include "net/http_server.h"

namespace tidings::backend {

inline constexpr std::string_view kClientPath = "/client";

class ClientDoor {
 public:
  explicit ClientDoor(ClientSessionParts parts,
                      std::chrono::milliseconds stop_grace = std::chrono::milliseconds{4000});
  ClientDoor(const ClientDoor&) = delete;
  ClientDoor& operator=(const ClientDoor&) = delete;

  [[nodiscard]] static bool takes(std::string_view path) { return path == kClientPath; }
  [[nodiscard]] net::WebSocketHandler handler();

  runtime::awaitable<void> serve(net::WebSocketSession& socket, net::UpgradeRequest request);

 private:
  const ClientSessionParts parts_;
  const std::chrono::milliseconds stop_grace_;
  Gauge& connections_;
};

}  // namespace tidings::backend
