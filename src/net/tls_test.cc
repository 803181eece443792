// Goal: nobody unverified is talked to or let in, and the reason is named. Method: the server and
// the client of this folder against each other, with authorities made for the test.
#include "net/tls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/raw_peer_test.h"
#include "net/test_authority_test.h"
#include "runtime/run_on.h"

namespace tidings::net {
namespace {

using namespace std::chrono_literals;
using runtime::awaitable;

class LoopbackResolver final : public Resolver {
 public:
  awaitable<Result<Addresses>> resolve(std::string) override {
    co_return Addresses{boost::asio::ip::make_address("127.0.0.1")};
  }
};

awaitable<HttpResponse> tell_subject(const HttpRequest& request) {
  HttpResponse response;
  response.body = "tls=" + std::to_string(request.tls) + " subject=" +
                  std::string(request.client_certificate_subject);
  co_return response;
}

awaitable<bool> close_pool(std::unique_ptr<HttpClientPool>& pool) {
  pool.reset();
  co_return true;
}

constexpr int kCallers = 8;
constexpr int kExchanges = 40;

/// How many were answered.
awaitable<int> exchange_again_and_again(HttpClientPool& pool, OutboundRequest request) {
  int answered = 0;
  for (int i = 0; i < kExchanges; ++i) {
    request.deadline = runtime::Deadline::after(30s);
    const auto exchange = co_await pool.post(request);
    if (exchange.answered()) ++answered;
  }
  co_return answered;
}

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority = new TestAuthority("Ours");
    foreign = new TestAuthority("Theirs");
    authority->issue("peer", "DNS:peer.test,IP:127.0.0.1");
    authority->issue("renewed", "DNS:renewed.test");
    authority->issue("expired", "DNS:peer.test", -1);
    authority->issue("client", "DNS:client.test");
    authority->issue("stale_client", "DNS:client.test", -1);
    foreign->issue("client", "DNS:client.test");
  }
  static void TearDownTestSuite() {
    delete authority;
    delete foreign;
  }

  TlsTest() {
    lanes.start();
    HttpClientOptions options;
    options.addresses = AddressPolicy::allow_all();
    pool = std::make_unique<HttpClientPool>(lanes[0], resolver, std::move(options));
  }
  ~TlsTest() override {
    runtime::block_on(lanes[0], close_pool(pool));
    if (server) runtime::block_on(lanes[1], server->stop(100ms));
    server.reset();
    lanes.stop();
  }

  void serve(const std::string& who, bool ask_client = false, bool require_client = false,
             std::chrono::milliseconds idle_timeout = 60s) {
    HttpServerOptions options;
    options.idle_timeout = idle_timeout;
    options.tls = TlsServerOptions{authority->certificate(who), authority->key(who),
                                   ask_client ? authority->ca_file() : "", require_client};
    HttpServerHandlers handlers;
    handlers.request = tell_subject;
    handlers.log = [this](std::string_view what) {
      const std::lock_guard lock(log_mutex);
      log.emplace_back(what);
    };
    server = std::make_unique<HttpServer>(lanes, std::move(options), std::move(handlers));
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().what;
  }

  static std::shared_ptr<TlsClient> trust(const TestAuthority& whom, std::string certificate = "",
                                          std::string key = "") {
    return TlsClient::create({whom.ca_file(), std::move(certificate), std::move(key), true})
        .value();
  }

  HttpExchange get(std::shared_ptr<TlsClient> tls, std::string host = "peer.test") {
    OutboundRequest request;
    request.origin = {true, std::move(host), server->port()};
    request.method = "GET";
    request.deadline = runtime::Deadline::after(10s);
    request.tls = std::move(tls);
    return runtime::block_on(lanes[0], pool->post(request));
  }

  void fail_to_shake_hands() {
    auto stranger = RawSocket::connect(server->port());
    EXPECT_TRUE(stranger.send("no TLS\r\n\r\n"));
    stranger.receive_all();
  }
  std::size_t lines() {
    const std::lock_guard lock(log_mutex);
    return log.size();
  }

  static TestAuthority* authority;
  static TestAuthority* foreign;
  runtime::Lanes lanes{2};
  LoopbackResolver resolver;
  std::unique_ptr<HttpClientPool> pool;
  std::unique_ptr<HttpServer> server;
  std::mutex log_mutex;
  std::vector<std::string> log;
};

TestAuthority* TlsTest::authority = nullptr;
TestAuthority* TlsTest::foreign = nullptr;

TEST_F(TlsTest, AVerifiedExchangeWorksAndTheConnectionIsUsedAgain) {
  serve("peer");
  const auto tls = trust(*authority);
  const auto first = get(tls);
  ASSERT_TRUE(first.answered()) << first.detail;
  EXPECT_EQ(first.body, "tls=1 subject=");
  EXPECT_GT(first.timings.secured_us, 0u);
  EXPECT_TRUE(get(tls).reused_connection);
  EXPECT_TRUE(get(tls, "127.0.0.1").answered());  // by the address in the certificate
}

TEST_F(TlsTest, ASessionIsResumedOnTheNextConnection) {
  serve("peer", false, false, 40ms);
  const auto tls = trust(*authority);
  ASSERT_TRUE(get(tls).answered());
  while (server->statistics().open > 0) std::this_thread::yield();  // idle for too long
  const auto second = get(tls);
  ASSERT_TRUE(second.answered()) << second.detail;
  EXPECT_FALSE(second.reused_connection);
  EXPECT_EQ(pool->statistics().tls_resumed, 1u);
}

// Freed memory was read here once; the address sanitizer tells (./test sanitize).
TEST_F(TlsTest, ASessionThatIsReplacedWhileOthersConnectHarmsNobody) {
  serve("peer");
  HttpClientOptions options;
  options.addresses = AddressPolicy::allow_all();
  options.max_idle_per_origin = 0;  // every exchange shakes hands, and leaves its session
  runtime::block_on(lanes[0], close_pool(pool));
  pool = std::make_unique<HttpClientPool>(lanes[0], resolver, std::move(options));
  OutboundRequest request;
  request.origin = {true, "peer.test", server->port()};
  request.method = "GET";
  request.tls = trust(*authority);
  std::vector<std::jthread> callers;
  std::atomic<int> answered = 0;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      answered += runtime::block_on(lanes[0], exchange_again_and_again(*pool, request));
    });
  }
  callers.clear();
  EXPECT_EQ(answered, kCallers * kExchanges);
  EXPECT_GT(pool->statistics().tls_resumed, 0u);
}

TEST_F(TlsTest, TheWrongHostIsNamed) {
  serve("peer");
  const auto exchange = get(trust(*authority), "other.test");
  EXPECT_EQ(to_string(exchange.failure), "tls");
  EXPECT_NE(exchange.detail.find("hostname mismatch"), std::string::npos) << exchange.detail;
}

TEST_F(TlsTest, AnExpiredCertificateIsNamed) {
  serve("expired");
  const auto exchange = get(trust(*authority));
  EXPECT_EQ(to_string(exchange.failure), "tls");
  EXPECT_NE(exchange.detail.find("expired"), std::string::npos) << exchange.detail;
}

TEST_F(TlsTest, AnUnknownAuthorityIsNamed) {
  serve("peer");
  const auto exchange = get(trust(*foreign));
  EXPECT_EQ(to_string(exchange.failure), "tls");
  EXPECT_NE(exchange.detail.find("unable to get local issuer certificate"), std::string::npos)
      << exchange.detail;
}

TEST_F(TlsTest, VerificationCanBeSwitchedOffOnlyExplicitly) {
  serve("expired");
  auto careless = TlsClient::create({"", "", "", false}).value();
  EXPECT_TRUE(get(careless, "whatever.test").answered());
}

TEST_F(TlsTest, PlainTextToATlsPortIsAFailureNotACrash) {
  serve("peer");
  OutboundRequest request;
  request.origin = {false, "peer.test", server->port()};
  request.deadline = runtime::Deadline::after(10s);
  const auto exchange = runtime::block_on(lanes[0], pool->post(request));
  EXPECT_FALSE(exchange.answered());
  while (server->statistics().tls_failures == 0) std::this_thread::yield();
}

TEST_F(TlsTest, FailedHandshakesDoNotFillTheLogAndNoneIsForgotten) {
  serve("peer");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) fail_to_shake_hands();
  EXPECT_EQ(server->statistics().tls_failures, 1000u);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(lines(), 10u * static_cast<std::size_t>(took / 1s + 2));
  // The first one of another second tells how many were left out.
  std::size_t left_out = 0;
  for (int more = 0; left_out == 0 && more < 100'000; ++more) {
    fail_to_shake_hands();
    const std::lock_guard lock(log_mutex);
    left_out = 0;
    for (const std::string& line : log) {
      const auto at = line.find("; ");
      if (at != std::string::npos) left_out += std::stoul(line.substr(at + 2));
    }
  }
  EXPECT_GT(left_out, 0u);
  EXPECT_LE(lines() + left_out, server->statistics().tls_failures);
}

TEST_F(TlsTest, AClientCertificateIsVerifiedAndItsSubjectKnown) {
  serve("peer", true, true);
  const auto exchange =
      get(trust(*authority, authority->certificate("client"), authority->key("client")));
  ASSERT_TRUE(exchange.answered()) << exchange.detail;
  EXPECT_EQ(exchange.body, "tls=1 subject=CN=client");
}

TEST_F(TlsTest, AMissingForeignOrExpiredClientCertificateIsRefusedAndNamed) {
  serve("peer", true, true);
  for (const auto& tls :
       {trust(*authority), trust(*authority, foreign->certificate("client"), foreign->key("client")),
        trust(*authority, authority->certificate("stale_client"),
              authority->key("stale_client"))}) {
    const auto exchange = get(tls);
    EXPECT_EQ(to_string(exchange.failure), "client_certificate") << exchange.detail;
  }
  EXPECT_EQ(server->statistics().requests, 0u);
}

TEST_F(TlsTest, AnOptionalClientCertificateMayBeMissing) {
  serve("peer", true, false);
  const auto exchange = get(trust(*authority));
  ASSERT_TRUE(exchange.answered()) << exchange.detail;
  EXPECT_EQ(exchange.body, "tls=1 subject=");
}

TEST_F(TlsTest, ReloadingUsesTheNewCertificateForNewConnections) {
  authority->issue("live", "DNS:before.test");
  serve("live");
  ASSERT_TRUE(get(trust(*authority), "before.test").answered());
  authority->issue("live", "DNS:after.test");
  ASSERT_TRUE(server->reload_certificates());
  // The swap is a job of the accepting lane, posted before the next connection is accepted.
  const auto exchange = get(trust(*authority), "after.test");
  EXPECT_TRUE(exchange.answered()) << exchange.detail;
  std::filesystem::remove(authority->key("live"));
  const auto failed = server->reload_certificates();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().what.find("live.key"), std::string::npos);
  EXPECT_TRUE(get(trust(*authority), "after.test").answered());  // the old one stays
}

TEST(TlsContexts, NameTheFileThatCannotBeUsed) {
  const auto server = make_server_context({"/nowhere/cert.pem", "/nowhere/key.pem", "", false});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().what.find("/nowhere/cert.pem"), std::string::npos);
  const auto client = TlsClient::create({"/nowhere/ca.pem", "", "", true});
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().what.find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace tidings::net
