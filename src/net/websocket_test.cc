// Goal: a WebSocket carries text both ways, and a client that breaks a bound is ended with a code
// and costs no more memory than its bound. Method: our server and our client, and raw bytes where
// a client must misbehave.
#include "net/websocket.h"

#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/raw_peer_test.h"
#include "net/websocket_client.h"
#include "runtime/run_on.h"
#include "runtime/sleep.h"

namespace tidings::net {
namespace {

using namespace std::chrono_literals;
using runtime::awaitable;
using runtime::Deadline;

awaitable<void> echo(WebSocketSession& session, UpgradeRequest request) {
  if (request.query == "flood") {
    // Never waits for the client: the bound must hold by itself.
    std::size_t most = 0;
    Result<void> queued;
    const auto text = std::make_shared<const std::string>(10'000, 'x');
    for (int i = 0; queued && i < 1'000'000; ++i) {
      queued = session.send(text);
      if (queued) {
        EXPECT_GT(text.use_count(), 1) << "it waits itself, not a copy";
      }
      most = std::max(most, session.queued_bytes());
      if (i % 10 == 0) co_await runtime::sleep_for(0ns);
    }
    EXPECT_FALSE(queued);
    EXPECT_EQ(queued.error().kind, Errc::too_large);
    EXPECT_LE(most, 100'000u);
    EXPECT_FALSE(session.is_open());
    co_return;
  }
  for (;;) {
    auto text = co_await session.read();
    if (!text) co_return;
    if (*text == "bye") session.close(4001, "as you wish");
    if (*text == "throw") throw std::runtime_error("on purpose");
    (void)session.send("echo " + *text + " " + request.path + " " + session.client_ip());
  }
}

awaitable<HttpResponse> not_found(const HttpRequest&) {
  HttpResponse response;
  response.status = 404;
  co_return response;
}

class WebSocketTest : public testing::Test {
 protected:
  WebSocketTest() { lanes.start(); }
  ~WebSocketTest() override {
    runtime::block_on(lanes[1], server->stop(2s));
    server.reset();
    lanes.stop();
  }
  void start(WebSocketOptions websocket = {}) {
    HttpServerOptions options;
    options.websocket = websocket;
    HttpServerHandlers handlers;
    handlers.request = not_found;
    handlers.is_websocket = [](std::string_view path) { return path == "/client"; };
    handlers.websocket = echo;
    server = std::make_unique<HttpServer>(lanes, std::move(options), std::move(handlers));
    ASSERT_TRUE(server->start());
  }
  std::string url(std::string_view target = "/client") const {
    return "ws://127.0.0.1:" + std::to_string(server->port()) + std::string(target);
  }
  /// A client that has upgraded and now speaks raw frames.
  RawSocket upgraded(std::string_view target = "/client") {
    auto raw = RawSocket::connect(server->port());
    raw.send("GET " + std::string(target) +
             " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_TRUE(raw.receive_until("\r\n\r\n"));
    EXPECT_NE(raw.received.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    raw.received.erase(0, raw.received.find("\r\n\r\n") + 4);
    return raw;
  }
  /// A masked frame with a zero mask.
  static std::string frame(unsigned char opcode, std::string_view text) {
    std::string out{static_cast<char>(0x80 | opcode)};
    if (text.size() < 126) {
      out += static_cast<char>(0x80 | text.size());
    } else {
      out += static_cast<char>(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        out += static_cast<char>((text.size() >> shift) & 0xFF);
      }
    }
    return out + std::string(4, '\0') + std::string(text);
  }
  /// The code of the close frame that ends the stream, 0 where there is none.
  static unsigned close_code(const std::string& received) {
    const auto at = received.rfind('\x88');
    if (at == std::string::npos || at + 3 >= received.size()) return 0;
    return static_cast<unsigned>(static_cast<unsigned char>(received[at + 2])) << 8 |
           static_cast<unsigned char>(received[at + 3]);
  }

  runtime::Lanes lanes{2};
  std::unique_ptr<HttpServer> server;
};

awaitable<void> talk(std::string url) {
  auto connected = co_await WebSocketClient::connect(url, nullptr, Deadline::after(10s));
  EXPECT_TRUE(connected);
  if (!connected) co_return;
  auto client = *connected;
  const std::string large(64 * 1024, 'l');
  for (const auto& text : {std::string("one"), std::string("tw\xC3\xB6"), large}) {
    auto sent = co_await client->send(text);
    EXPECT_TRUE(sent);
    auto answer = co_await client->read(Deadline::after(10s));
    EXPECT_TRUE(answer);
    EXPECT_EQ(*answer, "echo " + text + " /client 127.0.0.1");
  }
  auto sent = co_await client->send("bye");
  EXPECT_TRUE(sent);
  auto end = co_await client->read(Deadline::after(10s));
  EXPECT_FALSE(end);
  EXPECT_EQ(client->close_code(), 4001);
}

TEST_F(WebSocketTest, CarriesTextBothWaysAndCloses) {
  start();
  runtime::block_on(lanes[0], talk(url()));
  while (server->statistics().open > 0) std::this_thread::yield();
  EXPECT_EQ(server->statistics().websockets_open, 0u);
}

awaitable<Errc> connect_error(std::string url) {
  auto connected = co_await WebSocketClient::connect(url, nullptr, Deadline::after(10s));
  co_return connected ? Errc::internal : connected.error().kind;
}

TEST_F(WebSocketTest, OtherPathsAndPlainRequestsAreNotUpgraded) {
  start();
  EXPECT_EQ(runtime::block_on(lanes[0], connect_error(url("/other"))), Errc::forbidden);
  auto raw = RawSocket::connect(server->port());
  raw.send("GET /client HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(raw.receive_all().starts_with("HTTP/1.1 426 "));
}

TEST_F(WebSocketTest, ABinaryMessageIsClosedWith1003) {
  start();
  auto raw = upgraded();
  raw.send(frame(2, "bytes"));
  EXPECT_EQ(close_code(raw.receive_all()), 1003u);
}

TEST_F(WebSocketTest, ATooLargeMessageIsClosedWith1009) {
  start();
  auto raw = upgraded();
  raw.send(frame(1, std::string(64 * 1024 + 1, 'x')));
  EXPECT_EQ(close_code(raw.receive_all()), 1009u);
}

TEST_F(WebSocketTest, InvalidUtf8IsClosedWith1007) {
  start();
  auto raw = upgraded();
  raw.send(frame(1, "\xC3\x28"));
  EXPECT_EQ(close_code(raw.receive_all()), 1007u);
}

TEST_F(WebSocketTest, AnExceptionOfTheHandlerIsClosedWith1011) {
  start();
  auto raw = upgraded();
  raw.send(frame(1, "throw"));
  ASSERT_TRUE(raw.receive());
  raw.send(frame(8, "\x03\xF3"));
  EXPECT_EQ(close_code(raw.receive_all()), 1011u);
}

TEST_F(WebSocketTest, FirstFramesMayComeWithTheHandshake) {
  start();
  auto raw = RawSocket::connect(server->port());
  raw.send("GET /client HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
           frame(1, "early"));
  EXPECT_TRUE(raw.receive_until("echo early"));
}

TEST_F(WebSocketTest, ASlowClientIsBoundedAndDropped) {
  WebSocketOptions options;
  options.max_queued_bytes = 100'000;
  options.close_timeout = 200ms;
  start(options);
  auto raw = upgraded("/client?flood");
  while (server->statistics().open > 0) std::this_thread::yield();  // it never read a byte
}

TEST_F(WebSocketTest, ASilentClientIsPingedAndThenDropped) {
  WebSocketOptions options;
  options.idle_timeout = 100ms;
  start(options);
  auto raw = upgraded();
  const auto all = raw.receive_all();  // answers nothing, so it is dropped
  EXPECT_NE(all.find('\x89'), std::string::npos) << "no ping";
  while (server->statistics().open > 0) std::this_thread::yield();
}

TEST_F(WebSocketTest, StoppingTheServerClosesWith1012) {
  start();
  auto raw = upgraded();
  std::thread stopper([&] { runtime::block_on(lanes[0], server->stop(60s)); });
  ASSERT_TRUE(raw.receive());
  EXPECT_EQ(close_code(raw.received), 1012u);
  raw.send(frame(8, "\x03\xF4"));
  raw.receive_all();
  stopper.join();
}

}  // namespace
}  // namespace tidings::net
