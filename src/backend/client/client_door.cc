#include "backend/client/client_door.h"

#include <algorithm>
#include <utility>

namespace tidings::backend {
namespace {

/// A ClientOutbox on a WebSocket, which bounds its queue and closes slow clients (1013) by itself.
class SocketOutbox final : public ClientOutbox {
 public:
  SocketOutbox(net::WebSocketSession& socket, Counter& dropped)
      : socket_(socket), dropped_(dropped) {}
  void send(SharedFrame frame) override {
    auto queued = socket_.send(std::move(frame));
    if (!queued && queued.error().kind == Errc::too_large) dropped_.add();
  }
  void close(std::uint16_t code, std::string reason) override {
    // A close frame holds 125 bytes, two of them the code.
    reason.resize(std::min<std::size_t>(reason.size(), 123));
    socket_.close(code, std::move(reason));
  }
  void logged_in() override { socket_.prove(); }

 private:
  net::WebSocketSession& socket_;
  Counter& dropped_;
};

/// Counts a connection while it stands.
struct Counted {
  explicit Counted(Gauge& counted) : gauge(counted) { gauge.add(1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { gauge.add(-1); }
  Gauge& gauge;
};

}  // namespace

ClientDoor::ClientDoor(ClientSessionParts parts, std::chrono::milliseconds stop_grace)
    : parts_(std::move(parts)),
      stop_grace_(stop_grace),
      connections_(parts_.metrics.gauge("tidings_client_connections",
                                        "Open WebSocket connections, logged in or not.")) {}

net::WebSocketHandler ClientDoor::handler() {
  return [this](net::WebSocketSession& socket, net::UpgradeRequest request) {
    return serve(socket, std::move(request));
  };
}

runtime::awaitable<void> ClientDoor::serve(net::WebSocketSession& socket,
                                           net::UpgradeRequest request) {
  const Counted counted(connections_);
  SocketOutbox outbox(socket, parts_.metrics.counter("tidings_client_dropped_total",
                                                     "Clients closed for being slow."));
  ClientSession session(parts_, socket.lane(), outbox, std::move(request.client_ip));
  for (;;) {
    auto text = co_await socket.read();
    if (!text || !session.on_text(*text)) break;
  }
  // The closing handshake ends with read() failing; until then the outbox must stand.
  while (socket.is_open()) {
    auto ignored = co_await socket.read();
    if (!ignored) break;
  }
  co_await session.stop(stop_grace_);
}

}  // namespace tidings::backend
