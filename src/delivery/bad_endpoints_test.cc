// Goal: whatever an endpoint does, an attempt ends by its deadline, reads at most 64 KiB, has the
// class of protocol 6.8 that says what happened, and is logged with when, how long and where.
// Method: the real dispatcher and connection pool against peers that misbehave on 127.0.0.1, with
// real TLS and certificates made for the test; one row a kind. Deadlines are shortened; classes and
// bytes are compared, not times.
#include <thread>

#include "delivery/real_delivery_test.h"
#include "net/http_server.h"
#include "net/test_authority_test.h"

namespace tidings::delivery {
namespace {

using namespace std::chrono_literals;
using net::RawSocket;
using net::ScriptedServer;

constexpr std::int64_t kMaxBytes = 64 * 1024;
constexpr std::chrono::milliseconds kShort{150};  // for peers that let the deadline pass
constexpr std::chrono::milliseconds kPatient{10'000};

void read_request(RawSocket& peer) { peer.receive_until("\r\n\r\n{}"); }

ScriptedServer::Script answers(std::string answer) {
  return [answer = std::move(answer)](RawSocket& peer, int) {
    read_request(peer);
    peer.send(answer);
  };
}
void drip(RawSocket& peer, std::string_view first) {
  read_request(peer);
  peer.send(first);
  while (peer.send("x")) std::this_thread::sleep_for(2ms);
}

struct Kind {
  const char* name;
  ScriptedServer::Script script;
  AttemptClass what;
  int status = 0;
  const char* says = "";  ///< part of the logged sentence
  std::chrono::milliseconds deadline = kPatient;
  bool https = false;
};

class BadEndpoint : public RealDelivery, public ::testing::WithParamInterface<Kind> {};

TEST_P(BadEndpoint, CostsABoundedAttemptOfItsClass) {
  const Kind& kind = GetParam();
  ScriptedServer peer(kind.script);
  auto& made = app(7);
  made.callback.url =
      (kind.https ? "https" : "http") + std::string("://peer.test:") + std::to_string(peer.port());
  made.callback.retry = community::RetryMode::off;
  DispatcherOptions options;
  options.exchange_timeout = kind.deadline;
  start(options);
  const std::int64_t before_ms = clock_.now_ms();
  const store::Attempt attempt = first_attempt(commit(7));
  EXPECT_EQ(attempt.outcome, to_string(kind.what)) << attempt.detail;
  EXPECT_EQ(attempt.http_status, kind.status);
  EXPECT_NE(attempt.detail.find(kind.says), std::string::npos) << attempt.detail;
  EXPECT_LE(attempt.response_bytes, kMaxBytes);
  EXPECT_GE(attempt.at_ms, before_ms - 1);
  EXPECT_GT(attempt.duration_us, 0);
  EXPECT_EQ(attempt.address, "127.0.0.1:" + std::to_string(peer.port()));
  // Gone holds its event; everything else ends here.
  const int held = kind.what == AttemptClass::gone ? 1 : 0;
  EXPECT_TRUE(test::eventually([&] { return ledger(7).pending == held; }));
  EXPECT_EQ(ledger(7).delivered, kind.what == AttemptClass::ok ? 1 : 0);
  on_lane([&] { pool_->close(); });  // lets the peer's script end
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"ErrorCode\":0}";

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadEndpoint,
    ::testing::Values(
        Kind{"Hung", [](RawSocket& peer, int) { peer.receive_all(); }, AttemptClass::timeout, 0,
             "while waiting for the answer", kShort},
        Kind{"DrippingHead",
             [](RawSocket& peer, int) { drip(peer, "HTTP/1.1 200 OK\r\nX: "); },
             AttemptClass::timeout, 0, "while reading the answer's head", kShort},
        Kind{"GiantInChunks",
             [](RawSocket& peer, int) {
               read_request(peer);
               peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
               while (peer.send("1\r\nx\r\n")) {
               }
             },
             AttemptClass::too_large, 0, "over the limit"},
        Kind{"EndlessInterimAnswers",
             [](RawSocket& peer, int) {
               read_request(peer);
               while (peer.send("HTTP/1.1 103 Early Hints\r\n\r\n")) {
               }
             },
             AttemptClass::too_large, 0, "over the limit"},
        Kind{"Garbage", answers("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"), AttemptClass::malformed, 0,
             "not well-formed HTTP"},
        Kind{"NoJson", answers("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                               "Content-Length: 5\r\n\r\n<h1/>"),
             AttemptClass::not_json, 200, "text/html"},
        Kind{"NoErrorCode", answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
             AttemptClass::not_an_answer, 200, "no integer ErrorCode"},
        Kind{"HttpOneZero", answers("HTTP/1.0 200 OK\r\n\r\n{\"ErrorCode\":0}"), AttemptClass::ok,
             200},
        Kind{"Content", answers(kOk), AttemptClass::ok, 200},
        Kind{"ClosingEarly", [](RawSocket& peer, int) { read_request(peer); },
             AttemptClass::closed, 0, "closed"},
        Kind{"CuttingItsAnswerShort",
             answers("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"Error"), AttemptClass::cut,
             0, "reading the answer's body"},
        Kind{"Overloaded",
             answers("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"),
             AttemptClass::status, 503, "Retry-After: 7"},
        Kind{"Gone", answers("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"),
             AttemptClass::gone, 410, "gone"},
        Kind{"SpeakingNoTls",
             [](RawSocket& peer, int) {
               peer.receive();
               peer.send("HTTP/1.1 400 Bad\r\n\r\n");
             },
             AttemptClass::tls, 0, "TLS handshake failed", kPatient, true},
        Kind{"SilentInTheTlsHandshake", [](RawSocket& peer, int) { peer.receive_all(); },
             AttemptClass::timeout, 0, "while waiting for the TLS handshake", kShort, true},
        Kind{"ClosingInTheTlsHandshake", [](RawSocket& peer, int) { peer.receive(); },
             AttemptClass::tls, 0, "TLS handshake failed", kPatient, true}),
    [](const auto& each) { return std::string(each.param.name); });

class BadRoads : public RealDelivery {
 protected:
  store::Attempt attempt_at(const std::string& url, std::chrono::milliseconds deadline = kPatient,
                            CallbackTls tls = {},
                            std::string body = "{}") {
    auto& made = app(7);
    made.callback.url = url;
    made.callback.retry = community::RetryMode::off;
    DispatcherOptions options;
    options.exchange_timeout = deadline;
    start(options, std::move(tls));
    return first_attempt(commit(7, "g", std::move(body)));
  }
};

// T3: the deadline covers the head, and the body is read without one, and without a limit.
class TrapT03 : public BadRoads {};

TEST_F(TrapT03, BodyIsReadInsideTheDeadline) {
  ScriptedServer peer([](RawSocket& socket, int) {
    drip(socket, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
  });
  const auto attempt = attempt_at("http://peer.test:" + std::to_string(peer.port()), kShort);
  EXPECT_EQ(attempt.outcome, "timeout");
  EXPECT_NE(attempt.detail.find("while reading the answer's body"), std::string::npos)
      << attempt.detail;
  EXPECT_LE(attempt.response_bytes, kMaxBytes);
}

TEST_F(TrapT03, BodyIsNotReadBeyondItsLimit) {
  ScriptedServer peer([](RawSocket& socket, int) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\n\r\n");
    while (socket.send(std::string(8192, 'x'))) {
    }
  });
  const auto attempt = attempt_at("http://peer.test:" + std::to_string(peer.port()));
  EXPECT_EQ(attempt.outcome, "too_large") << attempt.detail;
  EXPECT_LE(attempt.response_bytes, kMaxBytes);
}

// T8: a redirect counts as success, or turns the POST into a GET somewhere else.
class TrapT08 : public BadRoads {};

TEST_F(TrapT08, ARedirectIsAFailureAndItsTargetIsNeverAsked) {
  ScriptedServer target([](RawSocket&, int) {});
  ScriptedServer peer(answers("HTTP/1.1 302 Found\r\nLocation: http://peer.test:" +
                              std::to_string(target.port()) + "/\r\nContent-Length: 0\r\n\r\n"));
  const auto attempt = attempt_at("http://peer.test:" + std::to_string(peer.port()));
  EXPECT_EQ(attempt.outcome, "status");
  EXPECT_EQ(attempt.http_status, 302);
  EXPECT_EQ(attempt.detail, "HTTP 302: redirects are not followed");
  EXPECT_EQ(target.connections(), 0);
  on_lane([&] { pool_->close(); });
}

TEST_F(BadRoads, APeerThatNeverReadsLetsTheDeadlinePass) {
  std::promise<void> release;
  ScriptedServer peer([until = release.get_future().share()](RawSocket&, int) { until.wait(); });
  const auto attempt = attempt_at("http://peer.test:" + std::to_string(peer.port()), kShort, {},
                                  std::string(32 * 1024 * 1024, 'x'));
  release.set_value();
  EXPECT_EQ(attempt.outcome, "timeout");
  EXPECT_NE(attempt.detail.find("while sending the request"), std::string::npos) << attempt.detail;
  EXPECT_EQ(attempt.response_bytes, 0);
}

TEST_F(BadRoads, AnUnknownNameIsADnsFailure) {
  const auto attempt = attempt_at("http://unknown.test/");
  EXPECT_EQ(attempt.outcome, "dns");
  EXPECT_EQ(attempt.address, "");
}

TEST_F(BadRoads, AnAddressThatIsNotAllowedIsNotConnectedTo) {
  resolver_.answers["inside.test"] = "10.0.0.1";
  const auto attempt = attempt_at("http://inside.test:8080/");
  EXPECT_EQ(attempt.outcome, "forbidden_address");
  EXPECT_EQ(attempt.address, "10.0.0.1:8080");
}

TEST_F(BadRoads, AClosedPortRefuses) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone([](RawSocket&, int) {});
    port = gone.port();
  }
  const auto attempt = attempt_at("http://peer.test:" + std::to_string(port));
  EXPECT_EQ(attempt.outcome, "refused");
  EXPECT_EQ(attempt.address, "127.0.0.1:" + std::to_string(port));
}

TEST_F(BadRoads, AnAddressWithoutARouteIsUnreachable) {
  resolver_.answers["nowhere.test"] = "255.255.255.255";
  EXPECT_EQ(attempt_at("http://nowhere.test/").outcome, "unreachable");
}

TEST_F(BadRoads, APeerThatAcceptsNothingIsAConnectTimeout) {
  // Nobody accepts: the kernel takes what fits into the backlog and ignores the rest.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const auto filler = RawSocket::connect(ntohs(at.sin_port));
  const auto attempt = attempt_at("http://peer.test:" + std::to_string(ntohs(at.sin_port)), kShort);
  ::close(listener);
  EXPECT_EQ(attempt.outcome, "connect_timeout") << attempt.detail;
}

runtime::awaitable<net::HttpResponse> say_ok(const net::HttpRequest&) {
  net::HttpResponse response;
  response.body = kCallbackOk;
  co_return response;
}

class TlsRoads : public BadRoads {
 protected:
  static void SetUpTestSuite() {
    ours = new net::TestAuthority("Ours");
    foreign = new net::TestAuthority("Theirs");
    ours->issue("good", "DNS:peer.test");
    ours->issue("expired", "DNS:peer.test", -1);
    ours->issue("client", "DNS:client.test");
    ours->issue("stale", "DNS:client.test", -1);
    foreign->issue("good", "DNS:peer.test");
    foreign->issue("client", "DNS:client.test");
  }
  static void TearDownTestSuite() {
    delete ours;
    delete foreign;
  }
  TlsRoads() { lanes.start(); }
  ~TlsRoads() override {
    stop();
    on_lane([&] { pool_.reset(); });
    runtime::block_on(lanes[0], server->stop(100ms));
    server.reset();
    lanes.stop();
  }
  /// Delivers one event to a server with this certificate, with or without one of our own.
  store::Attempt deliver(const net::TestAuthority& authority, const std::string& certificate,
                         const std::string& host, bool wants_client = false,
                         const net::TestAuthority* client_of = nullptr,
                         const std::string& client = "") {
    net::HttpServerOptions options;
    net::TlsServerOptions tls;
    tls.certificate_file = authority.certificate(certificate);
    tls.key_file = authority.key(certificate);
    if (wants_client) tls.client_ca_file = ours->ca_file();
    tls.require_client_certificate = wants_client;
    options.tls = tls;
    net::HttpServerHandlers handlers;
    handlers.request = say_ok;
    server = std::make_unique<net::HttpServer>(lanes, std::move(options), std::move(handlers));
    EXPECT_TRUE(server->start());
    net::TlsClientOptions trust;
    trust.ca_file = ours->ca_file();
    if (client_of != nullptr) {
      trust.certificate_file = client_of->certificate(client);
      trust.key_file = client_of->key(client);
    }
    return attempt_at("https://" + host + ":" + std::to_string(server->port()), kPatient,
                      CallbackTls::create(trust).value());
  }

  static net::TestAuthority* ours;
  static net::TestAuthority* foreign;
  runtime::Lanes lanes{1};
  std::unique_ptr<net::HttpServer> server;
};
net::TestAuthority* TlsRoads::ours = nullptr;
net::TestAuthority* TlsRoads::foreign = nullptr;

TEST_F(TlsRoads, AGoodCertificateDelivers) {
  EXPECT_EQ(deliver(*ours, "good", "peer.test").outcome, "ok");
}
TEST_F(TlsRoads, AnExpiredCertificateIsNamed) {
  const auto attempt = deliver(*ours, "expired", "peer.test");
  EXPECT_EQ(attempt.outcome, "tls_expired") << attempt.detail;
  EXPECT_NE(attempt.detail.find("certificate has expired"), std::string::npos) << attempt.detail;
}
TEST_F(TlsRoads, AForeignAuthorityIsNamed) {
  const auto attempt = deliver(*foreign, "good", "peer.test");
  EXPECT_EQ(attempt.outcome, "tls_untrusted") << attempt.detail;
  EXPECT_NE(attempt.detail.find("issuer"), std::string::npos) << attempt.detail;
}
TEST_F(TlsRoads, AnotherHostsCertificateIsNamed) {
  const auto attempt = deliver(*ours, "good", "other.test");
  EXPECT_EQ(attempt.outcome, "tls_host") << attempt.detail;
  EXPECT_NE(attempt.detail.find("other.test"), std::string::npos) << attempt.detail;
}
TEST_F(TlsRoads, TheClientCertificateThatIsWantedDelivers) {
  EXPECT_EQ(deliver(*ours, "good", "peer.test", true, ours, "client").outcome, "ok");
}
TEST_F(TlsRoads, AMissingClientCertificateIsNamed) {
  EXPECT_EQ(deliver(*ours, "good", "peer.test", true).outcome, "client_certificate");
}
TEST_F(TlsRoads, AForeignClientCertificateIsNamed) {
  EXPECT_EQ(deliver(*ours, "good", "peer.test", true, foreign, "client").outcome,
            "client_certificate");
}
TEST_F(TlsRoads, AnExpiredClientCertificateIsNamed) {
  EXPECT_EQ(deliver(*ours, "good", "peer.test", true, ours, "stale").outcome,
            "client_certificate");
}

TEST_F(RealDelivery, AStaleConnectionIsReplacedAtOnceAndCostsNoAttempt) {
  ScriptedServer peer([](RawSocket& socket, int number) {
    read_request(socket);
    socket.send(kOk);
    if (number > 1) return;
    socket.received.clear();
    read_request(socket);  // takes the second request, and closes as a peer does that idled out
  });
  app(7).callback.url = "http://peer.test:" + std::to_string(peer.port());
  app(7).callback.retry = community::RetryMode::off;  // one attempt would be all there is
  start();
  commit(7);
  ASSERT_TRUE(delivered(7, 1));
  const std::int64_t second = commit(7);
  ASSERT_TRUE(delivered(7, 2));
  EXPECT_EQ(attempts(second).size(), 1U);
  EXPECT_EQ(attempts(second)[0].outcome, "ok");
  EXPECT_EQ(peer.connections(), 2);
  on_lane([&] { EXPECT_EQ(pool_->statistics().stale_retries, 1U); });
}

TEST_F(RealDelivery, TheAttemptLogOfOneEventIsBounded) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone([](RawSocket&, int) {});
    port = gone.port();
  }
  app(7).callback.url = "http://peer.test:" + std::to_string(port);
  start();
  const std::int64_t seq = commit(7);
  ASSERT_EQ(first_attempt(seq).outcome, "refused");
  std::vector<store::Outcome> more;
  for (int i = 2; i <= 40; ++i) {
    store::Outcome outcome{seq, SdkAppId{7}, store::EventState::pending, i, 0, store::Attempt{}};
    outcome.attempt->outcome = "refused";
    more.push_back(outcome);
  }
  committer_.submit_outcomes(std::move(more));
  store::EventFilter all;
  all.app = SdkAppId{7};
  ASSERT_TRUE(test::eventually([&] { return engine_.list(all).value().at(0).attempts >= 40; }));
  EXPECT_EQ(attempts(seq).size(), store::kAttemptsKept);
}

}  // namespace
}  // namespace tidings::delivery
