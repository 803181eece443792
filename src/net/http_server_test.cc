// Goal: the server answers what is right, refuses what is not, and never waits for ever. Method: a
// real server on two lanes, spoken to in raw bytes; small limits where time is the subject.
#include "net/http_server.h"

#include <gtest/gtest.h>

#include <mutex>

#include "net/raw_peer_test.h"
#include "runtime/one_shot.h"
#include "runtime/run_on.h"
#include "runtime/sleep.h"

namespace tidings::net {
namespace {

using namespace std::chrono_literals;
using runtime::awaitable;

std::string count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return std::to_string(count);
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() { lanes.start(); }
  ~HttpServerTest() override {
    if (server) runtime::block_on(lanes[1], server->stop(200ms));
    server.reset();
    lanes.stop();
  }

  void start(HttpServerOptions options = {}) {
    HttpServerHandlers handlers;
    handlers.request = [this](const HttpRequest& request) { return answer(request); };
    handlers.is_stream = [](std::string_view path) { return path == "/stream"; };
    handlers.stream = [](const HttpRequest& request, EventStream& stream) {
      return tell(request, stream);
    };
    handlers.log = [this](std::string_view what) {
      const std::lock_guard lock(log_mutex);
      log.emplace_back(what);
    };
    server = std::make_unique<HttpServer>(lanes, std::move(options), std::move(handlers));
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().what;
  }

  awaitable<HttpResponse> answer(const HttpRequest& request) {
    HttpResponse response;
    if (request.path == "/throw") throw std::runtime_error("on purpose");
    if (request.path == "/held") {
      runtime::OneShot<bool> shot;
      held.set_value(shot.sender());
      (void)co_await shot.wait();
    }
    if (request.path == "/big") response.body.assign(8u << 20, 'b');
    if (request.path == "/none") response.status = 204;
    if (request.path == "/close") response.close = true;
    if (request.path == "/inject") response.headers.emplace_back("X-A", "a\r\nX-B: b");
    if (request.path == "/constant") {
      response.constant_headers = "X-C: 1\r\nX-D: 2\r\n";
      response.headers.emplace_back("X-E", "3");
    }
    if (response.body.empty()) {
      response.body = std::string(request.method_text) + " " + std::string(request.target) + " " +
                      std::string(request.client_ip) + " [" + std::string(request.body) + "]";
    }
    co_return response;
  }

  static awaitable<HttpResponse> tell(const HttpRequest& request, EventStream& stream) {
    HttpResponse response;
    if (request.query == "refuse") {
      response.status = 401;
      co_return response;
    }
    auto first = co_await stream.write("data: 1\n\n");
    while (first && !stream.gone()) co_await runtime::sleep_for(2ms);
    (void)co_await stream.write("data: last\n\n");
    co_return response;
  }

  RawSocket connect() { return RawSocket::connect(server->port()); }

  std::string exchange(std::string_view bytes) {
    auto client = connect();
    EXPECT_TRUE(client.send(bytes));
    return client.receive_all();
  }

  runtime::Lanes lanes{2};
  std::unique_ptr<HttpServer> server;
  std::promise<runtime::OneShotSender<bool>> held;
  std::mutex log_mutex;
  std::vector<std::string> log;
};

constexpr std::string_view kGet = "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kLast = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
  start();
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client.received.clear();
    ASSERT_TRUE(client.send(kGet));
    ASSERT_TRUE(client.receive_until("GET /a?b 127.0.0.1 []"));
    EXPECT_TRUE(client.received.starts_with("HTTP/1.1 200 OK\r\nServer: tidings\r\nDate: "));
    EXPECT_EQ(client.received.find("Connection:"), std::string::npos);
  }
  ASSERT_TRUE(client.send(kLast));
  EXPECT_NE(client.receive_all().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(server->statistics().requests, 4u);
  EXPECT_EQ(server->statistics().accepted, 1u);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  std::string burst;
  for (int i = 0; i < 200; ++i) {
    burst += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  }
  burst += kLast;
  const auto all = exchange(burst);
  EXPECT_EQ(count_of(all, "HTTP/1.1 200 OK"), "201");
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = all.find("POST /" + std::to_string(i) + " 127.0.0.1 [abc]", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, AnAnswerDoesNotWaitForTheBodyOfTheNextRequest) {
  start();
  auto client = connect();
  client.send("POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
              "POST /second HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nd");
  EXPECT_TRUE(client.receive_until("POST /first 127.0.0.1 [abc]"));
  client.send("ef");
  EXPECT_TRUE(client.receive_until("POST /second 127.0.0.1 [def]"));
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  start();
  const auto closed = exchange("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_NE(closed.find("GET /old 127.0.0.1 []"), std::string::npos);
  EXPECT_NE(closed.find("Connection: close"), std::string::npos);
  auto client = connect();
  client.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(client.receive_until("GET /old"));
  EXPECT_NE(client.received.find("Connection: keep-alive"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAndNoBody) {
  start();
  const auto all = exchange("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(all.find("Content-Length: 19\r\n"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST_F(HttpServerTest, An204HasNeitherBodyNorLength) {
  start();
  const auto all = exchange("GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(all.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, TakesChunkedBodiesAndWhatFollowsThem) {
  start();
  const auto all = exchange(
      std::string("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n") + std::string(kLast));
  EXPECT_NE(all.find("POST /c 127.0.0.1 [hello!]"), std::string::npos);
  EXPECT_NE(all.find("GET /last"), std::string::npos);
}

TEST_F(HttpServerTest, TakesABodyInPiecesAfter100Continue) {
  start();
  auto client = connect();
  const std::string body(100'000, 'x');
  client.send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n");
  ASSERT_TRUE(client.receive_until("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send(body);
  EXPECT_TRUE(client.receive_until("[" + body + "]"));
  client.received.clear();
  client.send(kGet);
  EXPECT_TRUE(client.receive_until("GET /a?b 127.0.0.1 []"));  // nothing is left over
}

TEST_F(HttpServerTest, BodyLimitIsExact) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  start(options);
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ";
  EXPECT_NE(exchange(head + "10\r\n\r\n0123456789").find("[0123456789]"), std::string::npos);
  const auto over = exchange(head + "11\r\n\r\n0123456789x");
  EXPECT_TRUE(over.starts_with("HTTP/1.1 413 ")) << over;
  EXPECT_NE(over.find("{\"error\":\"the request's body is larger than allowed\"}"),
            std::string::npos);
  EXPECT_EQ(server->statistics().too_large, 1u);
}

/// A client that sends all of a body before it reads, and more than the sockets' buffers take.
TEST_F(HttpServerTest, ARefusedBodyOfManyMegabytesIsStillAnswered) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  start(options);
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 33554432\r\n\r\n");
  const std::string part(1024 * 1024, 'x');
  for (int i = 0; i < 32; ++i) ASSERT_TRUE(client.send(part)) << i;
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, WhoNeverEndsARefusedBodyIsCut) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  options.body_timeout = 300ms;
  start(options);
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 33554432\r\n\r\n");
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (client.send("x") && std::chrono::steady_clock::now() < limit) {
  }
  EXPECT_LT(std::chrono::steady_clock::now(), limit);
}

TEST_F(HttpServerTest, AnOversizedHeadIs431) {
  start();
  const auto all = exchange("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x'));
  EXPECT_TRUE(all.starts_with("HTTP/1.1 431 ")) << all;
}

TEST_F(HttpServerTest, MalformedRequestsAreAnsweredOnceAndClosed) {
  start();
  for (const char* bytes :
       {"\x16\x03\x01\x02\x01\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const auto all = exchange(std::string(bytes) + std::string(kGet));
    EXPECT_TRUE(all.starts_with("HTTP/1.1 400 ")) << all;
    EXPECT_EQ(count_of(all, "HTTP/1.1"), "1") << bytes;
  }
  EXPECT_EQ(server->statistics().malformed, 4u);
  EXPECT_EQ(server->statistics().requests, 0u);
}

TEST_F(HttpServerTest, SlowHeadsAndBodiesGet408AndIdleConnectionsEnd) {
  HttpServerOptions options;
  options.header_timeout = 60ms;
  options.body_timeout = 60ms;
  options.idle_timeout = 60ms;
  start(options);
  EXPECT_TRUE(exchange("GET / HT").starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
                  .starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(exchange(""), "");                                  // never spoke
  EXPECT_EQ(count_of(exchange(kGet), "HTTP/1.1 200"), "1");  // spoke, then idled
  EXPECT_EQ(server->statistics().timeouts, 2u);
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsCutOff) {
  HttpServerOptions options;
  options.write_timeout = 60ms;
  start(options);
  auto client = connect();
  const int small = 4096;
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server->statistics().timeouts == 0) std::this_thread::yield();
  while (server->statistics().open > 0) std::this_thread::yield();
  EXPECT_LT(client.receive_all().size(), 8u << 20);
}

TEST_F(HttpServerTest, AnExceptionOfAHandlerIs500AndLogged) {
  start();
  const auto all = exchange("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(all.starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(all.find("on purpose"), std::string::npos);  // for the log, not for the stranger
  const std::lock_guard lock(log_mutex);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("on purpose"), std::string::npos);
}

TEST_F(HttpServerTest, ConstantHeaderLinesGoOutAsTheyAre) {
  start();
  const auto all = exchange("GET /constant HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(all.find("\r\nX-C: 1\r\nX-D: 2\r\nX-E: 3\r\nConnection: close\r\n\r\nGET /constant"),
            std::string::npos)
      << all;
}

TEST_F(HttpServerTest, AHeaderCannotSmuggleAnother) {
  start();
  const auto all = exchange("GET /inject HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(all.find("X-B"), std::string::npos);
}

TEST_F(HttpServerTest, LimitsConnectionsPerAddress) {
  HttpServerOptions options;
  options.max_connections_per_address = 2;
  start(options);
  {
    auto one = connect();
    auto two = connect();
    for (auto* client : {&one, &two}) {
      client->send(kGet);
      ASSERT_TRUE(client->receive_until("[]"));
    }
    auto three = connect();
    EXPECT_EQ(three.receive_all(), "");
    EXPECT_EQ(server->statistics().refused_connections, 1u);
  }
  while (server->statistics().open > 0) std::this_thread::yield();
  for (;;) {  // the place is given back by a job of the accepting lane
    auto again = connect();
    again.send(kLast);
    if (!again.receive_all().empty()) break;
  }
}

TEST_F(HttpServerTest, BelievesForwardedForFromTrustedProxiesOnly) {
  HttpServerOptions options;
  options.trusted_proxies = {Network::parse("127.0.0.1").value()};
  start(options);
  EXPECT_NE(exchange("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n"
                     "Connection: close\r\n\r\n").find("GET / 5.6.7.8 []"),
            std::string::npos);
}

TEST_F(HttpServerTest, StreamsUntilTheClientGoes) {
  start();
  auto client = connect();
  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(client.receive_until("data: 1\n\n"));
  EXPECT_NE(client.received.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_EQ(server->statistics().open, 1u);
  client.close();
  while (server->statistics().open > 0) std::this_thread::yield();
}

TEST_F(HttpServerTest, AStreamHandlerThatWroteNothingAnswersAndTheConnectionGoesOn) {
  start();
  auto client = connect();
  client.send("GET /stream?refuse HTTP/1.1\r\nHost: h\r\n\r\n"
              "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_TRUE(all.starts_with("HTTP/1.1 401 ")) << all;
  EXPECT_NE(all.find("GET /next 127.0.0.1 []"), std::string::npos) << all;
}

TEST_F(HttpServerTest, StopLetsARequestInFlightFinishAndEndsTheRest) {
  start();
  auto idle = connect();
  idle.send(kGet);
  ASSERT_TRUE(idle.receive_until("[]"));
  auto stream = connect();
  stream.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(stream.receive_until("data: 1\n\n"));
  auto busy = connect();
  busy.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n");
  auto release = held.get_future().get();
  std::thread stopper([&] { runtime::block_on(lanes[0], server->stop(60s)); });
  EXPECT_EQ(idle.receive_all().find("HTTP/1.1 200", 10), std::string::npos);
  EXPECT_TRUE(stream.receive_all().ends_with("data: last\n\n"));
  release.complete(true);
  const auto all = busy.receive_all();
  EXPECT_NE(all.find("GET /held 127.0.0.1 []"), std::string::npos);
  EXPECT_NE(all.find("Connection: close"), std::string::npos);
  stopper.join();
  EXPECT_EQ(server->statistics().open, 0u);
}

TEST_F(HttpServerTest, StopCutsWhatOutlastsTheGrace) {
  start();
  auto busy = connect();
  busy.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n");
  auto release = held.get_future().get();
  runtime::block_on(lanes[0], server->stop(30ms));
  busy.receive_all();
  EXPECT_EQ(server->statistics().open, 0u);
}

TEST_F(HttpServerTest, ATakenPortIsNamed) {
  start();
  HttpServerOptions options;
  options.port = server->port();
  HttpServerHandlers handlers;
  handlers.request = [this](const HttpRequest& request) { return answer(request); };
  HttpServer second(lanes, options, std::move(handlers));
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, Errc::conflict);
  EXPECT_NE(started.error().what.find(std::to_string(options.port)), std::string::npos);
  EXPECT_NE(started.error().what.find("choose another port"), std::string::npos);
}

TEST_F(HttpServerTest, AnAddressOfAnotherMachineIsToldFromATakenPort) {
  HttpServerOptions options;
  options.address = "192.0.2.1";  // for documentation: nobody's
  HttpServerHandlers handlers;
  handlers.request = [this](const HttpRequest& request) { return answer(request); };
  HttpServer elsewhere(lanes, options, std::move(handlers));
  const auto started = elsewhere.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().what.find("no interface of this machine has that address"),
            std::string::npos)
      << started.error().what;
  EXPECT_EQ(started.error().what.find("port"), std::string::npos) << started.error().what;
}

}  // namespace
}  // namespace tidings::net
