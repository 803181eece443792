// Frames after an upgrade, through the server's own connection on a loopback socket. The server lives
// as long as the process: an input costs one connection.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>

#include "base/check.h"
#include "fuzz/targets.h"
#include "net/http_server.h"
#include "runtime/lane.h"
#include "runtime/run_on.h"

namespace tidings::fuzz {
namespace {

using boost::asio::ip::tcp;
constexpr std::size_t kMaxMessage = 1024;
constexpr std::string_view kUpgrade =
    "GET /client HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

runtime::awaitable<void> echo(net::WebSocketSession& session, net::UpgradeRequest) {
  for (;;) {
    auto text = co_await session.read();
    if (!text) co_return;
    CHECK(text->size() <= kMaxMessage);
    (void)session.send(std::move(*text));
  }
}

runtime::awaitable<net::HttpResponse> nothing(const net::HttpRequest&) {
  co_return net::HttpResponse{};
}

bool always(std::string_view) { return true; }

runtime::awaitable<bool> stop(net::HttpServer& server) {
  co_await server.stop(std::chrono::milliseconds(0));
  co_return true;
}

class Served {
 public:
  Served() {
    lanes_.start();
    net::HttpServerOptions options;
    options.websocket.max_message_bytes = kMaxMessage;
    net::HttpServerHandlers handlers;
    handlers.request = nothing;
    handlers.is_websocket = always;
    handlers.websocket = echo;
    server_ = std::make_unique<net::HttpServer>(lanes_, std::move(options), std::move(handlers));
    const auto started = server_->start();
    CHECK(started.has_value());
  }
  ~Served() {
    runtime::block_on(lanes_[0], stop(*server_));
    server_.reset();
    lanes_.stop();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  runtime::Lanes lanes_{1};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace

void websocket(std::string_view input) {
  static const Served served;
  boost::asio::io_context io;
  tcp::socket peer(io);
  boost::system::error_code error;
  peer.connect({boost::asio::ip::address_v4::loopback(), served.port()}, error);
  CHECK(!error);
  const std::string bytes = std::string(kUpgrade) + std::string(input);
  boost::asio::write(peer, boost::asio::buffer(bytes), error);
  peer.shutdown(tcp::socket::shutdown_send, error);
  std::string answer(16 * 1024, '\0');
  std::size_t filled = 0;
  while (!error && filled < answer.size()) {
    filled += peer.read_some(boost::asio::buffer(answer.data() + filled, answer.size() - filled),
                             error);
  }
  // A reset may take the end of it along, never the beginning's sense.
  CHECK(filled == 0 || std::string_view(answer).substr(0, filled).starts_with("HTTP/1.1 101"));
}

}  // namespace tidings::fuzz
