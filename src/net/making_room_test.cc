// Goal: a full server takes a newcomer in at the cost of whoever has the least claim to stay, and never
// at the cost of somebody who is being answered. Method: a real server with room for one or two,
// connections in raw bytes; each is known to the server before the next one comes.
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <vector>

#include "net/http_server.h"
#include "net/raw_peer_test.h"
#include "runtime/one_shot.h"
#include "runtime/run_on.h"

namespace tidings::net {
namespace {

using namespace std::chrono_literals;
using runtime::awaitable;

class MakingRoom : public testing::TestWithParam<std::size_t> {
 protected:
  MakingRoom() : lanes(GetParam()) { lanes.start(); }
  ~MakingRoom() override {
    if (server) runtime::block_on(lanes[0], server->stop(200ms));
    server.reset();
    lanes.stop();
  }

  void start(std::size_t max_connections, HttpServerOptions options = {}) {
    options.max_connections = max_connections;
    HttpServerHandlers handlers;
    handlers.request = [this](const HttpRequest& request) { return answer(request); };
    handlers.is_websocket = [](std::string_view path) { return path == "/client"; };
    handlers.websocket = [](WebSocketSession& session, UpgradeRequest) { return echo(session); };
    server = std::make_unique<HttpServer>(lanes, std::move(options), std::move(handlers));
    ASSERT_TRUE(server->start());
  }

  awaitable<HttpResponse> answer(const HttpRequest& request) {
    HttpResponse response;
    response.proven = request.path.starts_with("/known");
    response.body = "[answered]";
    if (request.path == "/known/big") response.body.assign(8U << 20, 'b');
    if (request.path == "/held") {
      runtime::OneShot<bool> shot;
      held.set_value(shot.sender());
      (void)co_await shot.wait();
    }
    co_return response;
  }
  static awaitable<void> echo(WebSocketSession& session) {
    for (;;) {
      auto text = co_await session.read();
      if (!text) co_return;
      if (*text == "login") session.prove();
      (void)session.send("echo " + *text);
    }
  }

  /// True: it was answered.
  static bool ask(RawSocket& client, std::string_view path) {
    client.received.clear();
    return client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n") &&
           client.receive_until("[answered]");
  }
  RawSocket connect() { return RawSocket::connect(server->port()); }
  RawSocket asked(std::string_view path) {
    auto client = connect();
    EXPECT_TRUE(ask(client, path));
    return client;
  }
  /// An upgraded client that has said `text` (at most 125 bytes, masked with zeros).
  RawSocket said(std::string_view text) {
    auto client = connect();
    client.send("GET /client HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_TRUE(client.receive_until("\r\n\r\n"));
    EXPECT_TRUE(say(client, text));
    return client;
  }
  static bool say(RawSocket& client, std::string_view text) {
    std::string frame{'\x81', static_cast<char>(0x80 | text.size()), 0, 0, 0, 0};
    return client.send(frame += text) && client.receive_until("echo " + std::string(text));
  }
  /// True: the server has ended it.
  static bool ended(RawSocket& client) {
    while (client.receive()) continue;
    char next = 0;
    return ::recv(client.fd(), &next, 1, MSG_DONTWAIT) == 0 || errno != EAGAIN;
  }

  runtime::Lanes lanes;
  std::unique_ptr<HttpServer> server;
  std::promise<runtime::OneShotSender<bool>> held;
};

INSTANTIATE_TEST_SUITE_P(OnLanes, MakingRoom, testing::Values(1, 2));

TEST_P(MakingRoom, TheStrangerThatCameFirstIsClosedForANewcomer) {
  start(2);
  auto first = asked("/");
  auto second = asked("/");
  EXPECT_TRUE(ask(first, "/")) << "what a stranger asks for does not make him known";
  auto third = asked("/");
  EXPECT_TRUE(ended(first));
  EXPECT_TRUE(ask(second, "/"));
  EXPECT_TRUE(ask(third, "/"));
  const auto figures = server->statistics();
  EXPECT_EQ(figures.closed_strangers, 1U);
  EXPECT_EQ(figures.closed_idle, 0U);
  EXPECT_EQ(figures.refused_connections, 0U);
}

TEST_P(MakingRoom, WhoHasProvenHimselfStaysWhileThereIsAStranger) {
  start(2);
  auto known = asked("/known");
  std::deque<RawSocket> strangers;
  strangers.push_back(asked("/"));
  for (int i = 0; i < 4; ++i) {
    strangers.push_back(asked("/"));
    EXPECT_TRUE(ended(strangers[strangers.size() - 2])) << i;
    EXPECT_TRUE(ask(known, "/")) << i;
  }
  EXPECT_EQ(server->statistics().closed_strangers, 4U);
}

TEST_P(MakingRoom, AStrangerInTheMiddleOfARequestIsOneNevertheless) {
  start(1);
  auto slow = connect();
  ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\nHost: h\r\nX-Drip: "));
  while (server->statistics().open == 0) std::this_thread::yield();
  auto newcomer = asked("/known");
  EXPECT_TRUE(ended(slow));
  EXPECT_EQ(server->statistics().closed_strangers, 1U);
}

TEST_P(MakingRoom, AmongTheKnownTheIdleOneIsClosed) {
  start(1);
  auto idle = asked("/known");
  auto newcomer = asked("/known");
  EXPECT_TRUE(ended(idle));
  EXPECT_EQ(server->statistics().closed_idle, 1U);
}

TEST_P(MakingRoom, WhoDoesNotReadHisAnswerMakesRoomAfterTheIdle) {
  start(2);
  auto slow = connect();
  const int small = 4096;
  ::setsockopt(slow.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ASSERT_TRUE(slow.send("GET /known/big HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(slow.receive_until("HTTP/1.1 200 "));
  auto idle = asked("/known");
  auto busy = connect();  // takes the idle one's place
  EXPECT_TRUE(ended(idle));
  ASSERT_TRUE(busy.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n"));
  auto release = held.get_future().get();
  auto newcomer = asked("/known");
  EXPECT_TRUE(ended(slow));
  EXPECT_LT(slow.received.size(), 8U << 20);
  EXPECT_EQ(server->statistics().closed_idle, 2U);
  release.complete(true);
  EXPECT_TRUE(busy.receive_until("[answered]"));
}

TEST_P(MakingRoom, WhoIsBeingAnsweredStaysAndTheNewcomerIsClosed) {
  start(1);
  auto busy = connect();
  ASSERT_TRUE(busy.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n"));
  auto release = held.get_future().get();
  auto newcomer = connect();
  EXPECT_TRUE(ended(newcomer));
  EXPECT_EQ(server->statistics().refused_connections, 1U);
  release.complete(true);
  EXPECT_TRUE(busy.receive_until("[answered]"));
  auto next = asked("/");  // not busy any more
}

TEST_P(MakingRoom, AWebSocketStaysOnceItHasProvenItself) {
  start(2);
  auto stranger = said("hello");
  auto known = said("login");
  auto newcomer = asked("/");
  EXPECT_TRUE(ended(stranger));
  auto another = asked("/known");
  EXPECT_TRUE(ended(newcomer));
  auto third = asked("/known");
  EXPECT_TRUE(ended(another)) << "an idle connection, though a known one's";
  EXPECT_TRUE(say(known, "still here"));
}

TEST_P(MakingRoom, ManyNewcomersAtOnceDoNotRaiseTheNumberForLong) {
  start(8);
  std::vector<RawSocket> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(asked("/"));
  while (server->statistics().open > 8) std::this_thread::yield();
  EXPECT_EQ(server->statistics().closed_strangers, 192U);
}

TEST_P(MakingRoom, AProxysAddressIsNotLimited) {
  HttpServerOptions options;
  options.max_connections_per_address = 1;
  options.trusted_proxies = {Network::parse("127.0.0.1").value()};
  start(10, options);
  auto first = asked("/");
  auto second = asked("/");
  EXPECT_TRUE(ask(first, "/"));
}

}  // namespace
}  // namespace tidings::net
