// Goal: the client door over real sockets: frames, pushes, the close codes of RFC 6455 for what a
// client must not send, a client that does not read, and the stop of the server. Method: the
// backend in memory behind a real HttpServer on a free port of the loopback interface.
#include "backend/client/client_door.h"

#include "backend/client/client_fixture.h"
#include "net/raw_peer_test.h"
#include "net/websocket_client.h"

namespace tidings::backend {
namespace {

using runtime::awaitable;
using Client = std::shared_ptr<net::WebSocketClient>;

awaitable<Result<Client>> connect_to(std::string url) {
  auto client = co_await net::WebSocketClient::connect(
      std::move(url), nullptr, runtime::Deadline::after(std::chrono::seconds(10)));
  co_return client;
}
awaitable<Result<void>> send_text(Client client, std::string text) {
  auto sent = co_await client->send(std::move(text));
  co_return sent;
}
awaitable<Result<std::string>> read_text(Client client) {
  auto text = co_await client->read(runtime::Deadline::after(std::chrono::seconds(20)));
  co_return text;
}
awaitable<int> stop_server(net::HttpServer* server) {
  co_await server->stop(std::chrono::milliseconds(3000));
  co_return 0;
}

class ClientDoorOnSockets : public ClientFixture {
 protected:
  ClientDoorOnSockets() : door(parts) {}
  ~ClientDoorOnSockets() override { stop(); }

  void start(net::WebSocketOptions websocket = {}, std::size_t max_connections = 1000) {
    net::HttpServerOptions options;
    options.max_connections = max_connections;
    options.websocket = websocket;
    net::HttpServerHandlers handlers;
    handlers.request = [](const net::HttpRequest&) -> awaitable<net::HttpResponse> {
      co_return net::HttpResponse{};
    };
    handlers.is_websocket = ClientDoor::takes;
    handlers.websocket = door.handler();
    server = std::make_unique<net::HttpServer>(lanes, options, std::move(handlers));
    const auto started = server->start();
    ASSERT_TRUE(started.has_value()) << started.error().what;
  }
  void stop() {
    if (!server) return;
    runtime::block_on(lanes[0], stop_server(server.get()));
    server.reset();
  }
  Result<Client> try_open() {
    return runtime::block_on(
        lanes[0], connect_to("ws://127.0.0.1:" + std::to_string(server->port()) + "/client"));
  }
  Client open() {
    auto client = try_open();
    EXPECT_TRUE(client.has_value()) << client.error().what;
    return client ? *client : nullptr;
  }
  void send(const Client& client, std::string text) {
    const auto sent = runtime::block_on(lanes[0], send_text(client, std::move(text)));
    EXPECT_TRUE(sent.has_value()) << sent.error().what;
  }
  /// The next frame; null when the connection ended.
  json::value next(const Client& client) {
    const auto text = runtime::block_on(lanes[0], read_text(client));
    return text ? json::parse(*text) : json::value();
  }
  std::uint16_t closed(const Client& client) {
    while (next(client).is_object()) continue;
    return client->close_code();
  }
  Client logged_in(std::string_view user) {
    Client client = open();
    send(client, R"({"id":1,"op":"login","args":)" + login_args(user, "Android") + "}");
    EXPECT_EQ(next(client).at("code"), 0);
    return client;
  }

  ClientDoor door;
  std::unique_ptr<net::HttpServer> server;
};

TEST_F(ClientDoorOnSockets, AUserCreatesATopicAndAMemberHearsOfIt) {
  start();
  const Client vera = logged_in("vera_01");
  const Client omar = logged_in("omar");
  send(vera, R"({"id":2,"op":"createGroup","args":{"type":"Community","name":"Makers",
                "isSupportTopic":true,"groupID":"@TGS#_makers",
                "memberList":[{"userID":"omar"}]}})");
  while (true) {
    const auto frame = next(vera).get_object();
    if (!frame.contains("id")) continue;  // the push may come before the answer is read
    ASSERT_EQ(frame.at("code"), 0) << json::serialize(frame);
    break;
  }
  send(vera, R"({"id":3,"op":"createTopicInCommunity",
                "args":{"groupID":"@TGS#_makers","topicName":"Woodwork"}})");
  json::value pushed;
  do {
    pushed = next(omar);
    ASSERT_TRUE(pushed.is_object());
  } while (pushed.at("event") != "onTopicCreated");
  EXPECT_EQ(pushed.at("data").at("groupID"), "@TGS#_makers");
  store::EventFilter filter;
  filter.app = kClientApp;
  const auto events = *engine.list(filter);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].event.origin.opt_platform, "Android");
  EXPECT_EQ(events[1].event.origin.client_ip, "127.0.0.1");
}

TEST_F(ClientDoorOnSockets, WhoIsLoggedInStaysWhenOthersFillTheDoor) {
  start({}, 2);
  const Client vera = logged_in("vera_01");
  for (int i = 0; i < 4; ++i) {
    const Client stranger = open();
    const Client omar = logged_in("omar");
    EXPECT_TRUE(next(stranger).is_null()) << "still there";
    EXPECT_FALSE(try_open()) << "two that are logged in have all there is";
    send(omar, R"({"id":2,"op":"logout"})");
    EXPECT_EQ(closed(omar), 1000);
    while (server->statistics().open > 1) std::this_thread::yield();
  }
  send(vera, R"({"id":2,"op":"ping"})");
  EXPECT_EQ(next(vera).at("code"), 0);
}

TEST_F(ClientDoorOnSockets, WhatIsNoFrameEndsWithItsCloseCode) {
  start();
  const Client not_json = logged_in("nova");
  send(not_json, "hello");
  EXPECT_EQ(closed(not_json), 1007);
  const Client too_big = logged_in("nova");
  send(too_big, std::string(64 * 1024 + 1, ' '));
  EXPECT_EQ(closed(too_big), 1009);
  const Client no_login = open();
  send(no_login, R"({"id":1,"op":"ping"})");
  EXPECT_EQ(closed(no_login), 1008);
  const Client wrong = open();
  send(wrong, R"({"id":1,"op":"login","args":{"SDKAppID":1400112233,"userID":"a","userSig":"x"}})");
  EXPECT_EQ(next(wrong).at("code"), 70003);
  EXPECT_EQ(closed(wrong), 1008);
}

TEST_F(ClientDoorOnSockets, ABinaryFrameEndsWith1003) {
  start();
  auto peer = net::RawSocket::connect(server->port());
  ASSERT_TRUE(peer.send(
      "GET /client HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  ASSERT_TRUE(peer.receive_until("\r\n\r\n"));
  ASSERT_TRUE(peer.received.starts_with("HTTP/1.1 101 ")) << peer.received;
  peer.received.clear();
  using namespace std::string_view_literals;
  ASSERT_TRUE(peer.send("\x82\x82\0\0\0\0{}"sv));  // binary, masked with nothing
  ASSERT_TRUE(peer.receive_until("text frames only"));
  EXPECT_TRUE(peer.received.starts_with("\x88\x12\x03\xeb"sv)) << "close frame with 1003";
}

TEST_F(ClientDoorOnSockets, StoppingTheServerClosesWith1012) {
  start();
  const Client client = logged_in("nova");
  stop();
  EXPECT_EQ(closed(client), 1012);
  EXPECT_EQ(hub.online(), 0U);
}

TEST_F(ClientDoorOnSockets, AClientThatDoesNotReadIsDroppedAndOthersGoOn) {
  net::WebSocketOptions websocket;
  websocket.max_queued_bytes = 256 * 1024;
  start(websocket);
  const Client vera = logged_in("vera_01");
  send(vera, R"({"id":2,"op":"createGroup","args":{"type":"Community","name":"Makers",
                "isSupportTopic":true,"groupID":"@TGS#_makers"}})");
  while (!next(vera).get_object().contains("id")) continue;
  const std::string custom(3000, 'c');
  TestClient& creator = online("vera_01");
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(creator.code("createTopicInCommunity",
                           R"({"groupID":"@TGS#_makers","topicName":"T","customData":")" + custom +
                               "\"}"),
              0);
    clock.advance(std::chrono::milliseconds(100));
  }
  // Each answer has 130 KB. vera asks and never reads: her socket's buffers fill, then the queue.
  auto& dropped = metrics.counter("tidings_client_dropped_total", "Clients closed for being slow.");
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  for (int id = 10; dropped.value() == 0 && std::chrono::steady_clock::now() < give_up; ++id) {
    const std::string frame = "{\"id\":" + std::to_string(id) +
                              R"(,"op":"getTopicList","args":{"groupID":"@TGS#_makers"}})";
    const auto sent = runtime::block_on(lanes[0], send_text(vera, frame));
    if (!sent) break;
    clock.advance(std::chrono::milliseconds(100));
  }
  while (dropped.value() == 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(dropped.value(), 1U);
  const Client other = logged_in("nova");
  send(other, R"({"id":2,"op":"ping"})");
  EXPECT_EQ(next(other).at("code"), 0) << "one slow client hurt another";
}

}  // namespace
}  // namespace tidings::backend
