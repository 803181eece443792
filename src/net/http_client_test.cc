// Goal: whatever a peer does, an exchange ends in time with the right class and text, and good
// connections are used again. Method: scripted peers on 127.0.0.1, one pool on one lane.
#include "net/http_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/raw_peer_test.h"
#include "net/simple_http_client.h"
#include "runtime/run_on.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"

namespace tidings::net {
namespace {

using namespace std::chrono_literals;
using runtime::awaitable;
using runtime::Deadline;

/// Names whose addresses a test decides, and may change between two calls.
class FixedResolver final : public Resolver {
 public:
  awaitable<Result<Addresses>> resolve(std::string host) override {
    ++asked;
    if (host == "unknown.test") co_return fail(Errc::not_found, "no such host");
    co_return answer;
  }
  Addresses answer{boost::asio::ip::make_address("127.0.0.1")};
  int asked = 0;
};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    lane.start();
    make_pool(AddressPolicy::allow_all());
  }
  ~HttpClientTest() override { drop_pool(); }

  void make_pool(AddressPolicy policy) {
    HttpClientOptions options;
    options.addresses = std::move(policy);
    on_lane([&] { pool = std::make_unique<HttpClientPool>(lane, resolver, std::move(options)); });
  }
  void drop_pool() {
    on_lane([&] { pool.reset(); });
    lane.finish();
    lane.join();
  }
  void on_lane(std::function<void()> work) {
    std::promise<void> done;
    lane.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  HttpExchange post(std::uint16_t port, std::chrono::milliseconds limit = 10s,
                    std::string host = "peer.test", std::string body = "{}") {
    OutboundRequest request;
    request.origin = {false, std::move(host), port};
    request.target = "/im?CallbackCommand=x";
    request.headers = {{"webhook-id", "msg_1"}};
    request.body = body;
    request.deadline = Deadline::after(limit);
    return runtime::block_on(lane, pool->post(request));
  }
  HttpClientStatistics statistics() {
    HttpClientStatistics out;
    on_lane([&] { out = pool->statistics(); });
    return out;
  }

  runtime::Lane lane{"client"};
  FixedResolver resolver;
  std::unique_ptr<HttpClientPool> pool;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

TEST_F(HttpClientTest, WhereNoFileCanBeOpenedItIsNotThePeersFailure) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer needs files itself to look at an object's type";
#endif
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(next, 0);
  ::close(next);
  rlimit full = before;
  full.rlim_cur = static_cast<rlim_t>(next);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &full), 0);
  const auto refused = post(9);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(refused.failure, ExchangeFailure::overloaded) << refused.detail;
}

/// Answers every request on a connection with the same bytes.
ScriptedServer::Script always(std::string_view answer) {
  return [answer](RawSocket& peer, int) {
    while (peer.receive_until("\r\n\r\n{}")) {
      peer.received.clear();
      if (!peer.send(answer)) return;
    }
  };
}
/// Reads the request, sends these bytes, closes.
ScriptedServer::Script once(std::string answer) {
  return [answer](RawSocket& peer, int) {
    peer.receive_until("\r\n\r\n{}");
    peer.send(answer);
  };
}

TEST_F(HttpClientTest, SendsADocumentedRequestAndReadsTheAnswer) {
  std::string seen;
  ScriptedServer peer([&](RawSocket& socket, int) {
    socket.receive_until("\r\n\r\n{}");
    seen = socket.received;
    socket.send("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Type: text/plain\r\n"
                "Content-Length: 4\r\n\r\nlate");
  });
  const auto exchange = post(peer.port());
  ASSERT_TRUE(exchange.answered()) << exchange.detail;
  EXPECT_EQ(exchange.status, 503u);
  EXPECT_EQ(exchange.body, "late");
  EXPECT_EQ(exchange.retry_after, "7");
  EXPECT_EQ(exchange.content_type, "text/plain");
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
  EXPECT_FALSE(exchange.reused_connection);
  EXPECT_GT(exchange.timings.total_us, 0u);
  EXPECT_EQ(seen, "POST /im?CallbackCommand=x HTTP/1.1\r\nHost: peer.test:" +
                      std::to_string(peer.port()) +
                      "\r\nUser-Agent: tidings\r\nwebhook-id: msg_1\r\n"
                      "Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n"
                      "Connection: keep-alive\r\n\r\n{}");
}

TEST_F(HttpClientTest, UsesAConnectionAgain) {
  ScriptedServer peer(always(kOk));
  for (int i = 0; i < 5; ++i) {
    const auto exchange = post(peer.port());
    ASSERT_TRUE(exchange.answered()) << exchange.detail;
    EXPECT_EQ(exchange.reused_connection, i > 0);
  }
  EXPECT_EQ(peer.connections(), 1);
  EXPECT_EQ(statistics().connections_opened, 1u);
  on_lane([&] { pool->close(); });  // lets the peer's script end
}

TEST_F(HttpClientTest, AStaleConnectionIsReplacedWithinTheSameExchange) {
  ScriptedServer peer([](RawSocket& socket, int number) {
    socket.receive_until("\r\n\r\n{}");
    socket.send(kOk);
    if (number > 1) return;
    // Takes the next request and closes without a byte: as a peer does whose idle limit passed.
    socket.received.clear();
    socket.receive_until("\r\n\r\n{}");
  });
  EXPECT_TRUE(post(peer.port()).answered());
  const auto second = post(peer.port());
  EXPECT_TRUE(second.answered()) << second.detail;
  EXPECT_FALSE(second.reused_connection);
  EXPECT_EQ(statistics().stale_retries, 1u);
  EXPECT_EQ(peer.connections(), 2);
}

TEST_F(HttpClientTest, AConnectionClosedWhileIdleIsNotUsed) {
  std::promise<void> closed;
  ScriptedServer peer([&](RawSocket& socket, int number) {
    socket.receive_until("\r\n\r\n{}");
    socket.send(kOk);
    socket.close();
    if (number == 1) closed.set_value();
  });
  EXPECT_TRUE(post(peer.port()).answered());
  closed.get_future().wait();
  EXPECT_TRUE(post(peer.port()).answered());
  EXPECT_EQ(peer.connections(), 2);
}

struct Misbehaviour {
  const char* name;
  std::string answer;
  ExchangeFailure failure;
};

class HttpClientPeers : public HttpClientTest, public testing::WithParamInterface<Misbehaviour> {};

TEST_P(HttpClientPeers, AreClassified) {
  ScriptedServer peer(once(GetParam().answer));
  const auto exchange = post(peer.port());
  EXPECT_EQ(to_string(exchange.failure), to_string(GetParam().failure)) << exchange.detail;
  EXPECT_EQ(exchange.detail.empty(), exchange.answered());
  EXPECT_LE(exchange.bytes_received, 65'536u);
  EXPECT_LE(exchange.body.size(), exchange.bytes_received);
  EXPECT_EQ(peer.connections(), 1);
}

const std::string k64K(65'536, 'x');
std::string repeated(std::string_view text, int times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}
INSTANTIATE_TEST_SUITE_P(
    Table, HttpClientPeers,
    testing::Values(
        Misbehaviour{"ok", std::string(kOk), ExchangeFailure::none},
        Misbehaviour{"nothing", "", ExchangeFailure::closed},
        Misbehaviour{"half_a_head", "HTTP/1.1 200 OK\r\nContent-Le", ExchangeFailure::closed},
        Misbehaviour{"half_a_body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
                     ExchangeFailure::closed},
        Misbehaviour{"half_a_chunk",
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
                     ExchangeFailure::closed},
        Misbehaviour{"chunked",
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                     ExchangeFailure::none},
        Misbehaviour{"until_close", "HTTP/1.1 200 OK\r\n\r\n{}", ExchangeFailure::none},
        Misbehaviour{"http_1_0", "HTTP/1.0 200 OK\r\n\r\n{}", ExchangeFailure::none},
        Misbehaviour{"interim_first",
                     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\n" +
                         std::string(kOk),
                     ExchangeFailure::none},
        Misbehaviour{"redirect", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
                     ExchangeFailure::none},
        Misbehaviour{"garbage", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", ExchangeFailure::malformed},
        Misbehaviour{"length_and_chunked",
                     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                     ExchangeFailure::malformed},
        Misbehaviour{"answer_at_the_limit",  // 42 bytes of head
                     "HTTP/1.1 200 OK\r\nContent-Length: 65494\r\n\r\n" + k64K.substr(42),
                     ExchangeFailure::none},
        Misbehaviour{"answer_over_the_limit",
                     "HTTP/1.1 200 OK\r\nContent-Length: 65495\r\n\r\n" + k64K.substr(41),
                     ExchangeFailure::too_large},
        Misbehaviour{"announced_over_the_limit",
                     "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n",
                     ExchangeFailure::too_large},
        Misbehaviour{"endless_interim_answers", repeated("HTTP/1.1 100 Continue\r\n\r\n", 4000),
                     ExchangeFailure::too_large},
        Misbehaviour{"endless_body", "HTTP/1.1 200 OK\r\n\r\n" + k64K + "x",
                     ExchangeFailure::too_large},
        Misbehaviour{"endless_head", "HTTP/1.1 200 OK\r\nX: " + k64K,
                     ExchangeFailure::too_large}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(HttpClientTest, TheDeadlineCoversTheWholeAnswer) {
  // One byte every few milliseconds: never silent, never done.
  ScriptedServer drips([](RawSocket& socket, int) {
    socket.receive_until("\r\n\r\n{}");
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    while (socket.send("x")) std::this_thread::sleep_for(2ms);
  });
  const auto before = Deadline::SteadyClock::now();
  const auto exchange = post(drips.port(), 100ms);
  const auto took = Deadline::SteadyClock::now() - before;
  EXPECT_EQ(to_string(exchange.failure), "timeout");
  EXPECT_GE(took, 100ms);
  EXPECT_LT(took, 5s);
}

TEST_F(HttpClientTest, AHungPeerTimesOutAndIsNotReused) {
  ScriptedServer hangs([](RawSocket& socket, int) { socket.receive_all(); });
  EXPECT_EQ(to_string(post(hangs.port(), 50ms).failure), "timeout");
  EXPECT_EQ(statistics().open, 0u);
}

TEST_F(HttpClientTest, ConnectingIsClassified) {
  std::uint16_t free_port = 0;
  {
    ScriptedServer gone(once(""));
    free_port = gone.port();
  }
  const auto refused = post(free_port);
  EXPECT_EQ(to_string(refused.failure), "refused");
  EXPECT_NE(refused.detail.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(to_string(post(free_port, 10s, "unknown.test").failure), "dns");
}

TEST_F(HttpClientTest, ForbiddenAddressesAreNotConnectedTo) {
  on_lane([&] { pool.reset(); });
  make_pool(AddressPolicy());
  ScriptedServer peer(once(std::string(kOk)));
  const auto exchange = post(peer.port());
  EXPECT_EQ(to_string(exchange.failure), "address_forbidden");
  EXPECT_NE(exchange.detail.find("loopback"), std::string::npos);
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(HttpClientTest, OnlyThePermittedAddressesOfANameAreTried) {
  on_lane([&] { pool.reset(); });
  make_pool(AddressPolicy({Network::parse("127.0.0.1").value()}));
  resolver.answer = {boost::asio::ip::make_address("127.0.0.2"),
                     boost::asio::ip::make_address("127.0.0.1")};
  ScriptedServer peer(once(std::string(kOk)));
  const auto exchange = post(peer.port());
  EXPECT_TRUE(exchange.answered()) << exchange.detail;
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
}

TEST_F(HttpClientTest, LineBreaksAreNotSent) {
  ScriptedServer peer(once(std::string(kOk)));
  OutboundRequest request;
  request.origin = {false, "peer.test", peer.port()};
  request.headers = {{"X", "a\r\nY: b"}};
  request.deadline = Deadline::after(5s);
  const auto exchange = runtime::block_on(lane, pool->post(request));
  EXPECT_EQ(to_string(exchange.failure), "malformed");
}

awaitable<void> post_into(HttpClientPool& pool, std::uint16_t port, HttpExchange* out) {
  OutboundRequest request;
  request.origin = {false, "peer.test", port};
  request.body = "{}";
  *out = co_await pool.post(request);
}

awaitable<void> cancel_exchange(runtime::Lane& lane, HttpClientPool& pool, std::uint16_t port,
                                std::shared_future<void> reached, HttpExchange* out) {
  runtime::TaskGroup group(lane);
  EXPECT_TRUE(group.spawn("exchange", post_into(pool, port, out)));
  while (reached.wait_for(0s) != std::future_status::ready) co_await runtime::sleep_for(1ms);
  co_await group.stop(20ms);
}

TEST_F(HttpClientTest, TerminalCancellationEndsAnExchange) {
  std::promise<void> reached;
  ScriptedServer hangs([&](RawSocket& socket, int) {
    socket.receive_until("\r\n\r\n{}");
    reached.set_value();
    socket.receive_all();
  });
  HttpExchange out;
  runtime::block_on(lane, cancel_exchange(lane, *pool, hangs.port(),
                                          reached.get_future().share(), &out));
  EXPECT_EQ(to_string(out.failure), "cancelled");
}

TEST(ParseUrl, TakesWhatItShouldAndNamesTheRest) {
  const auto url = parse_url("https://[::1]:8443/a/b?c=d#e").value();
  EXPECT_TRUE(url.origin.https);
  EXPECT_EQ(url.origin.host, "::1");
  EXPECT_EQ(url.origin.port, 8443);
  EXPECT_EQ(url.target, "/a/b?c=d");
  EXPECT_EQ(parse_url("ws://h")->origin.port, 80);
  EXPECT_EQ(parse_url("ws://h")->target, "/");
  EXPECT_EQ(parse_url("http://h?x")->target, "/?x");
  for (const char* bad : {"", "h/x", "ftp://h/", "http:///x", "http://u:p@h/", "http://h:0/",
                          "http://h:99999/"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

TEST(HttpClient, BlocksForAnAnswer) {
  ScriptedServer peer(once(std::string(kOk)));
  auto client = HttpClient::create().value();
  const auto answer = client->request(
      "POST", "http://127.0.0.1:" + std::to_string(peer.port()) + "/x", "{}");
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "{}");
}

}  // namespace
}  // namespace tidings::net
