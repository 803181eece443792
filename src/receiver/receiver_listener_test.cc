// Goal: what the listener refuses by itself leaves the traces of a refusal (P7): a counter, a log
// line, and an answer in the protocol's form; and /metrics shows the listeners' figures.
// Method: a receiver behind a real listener, wired as `tidings receive` does it, spoken to in raw bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "net/http_server.h"
#include "net/raw_peer_test.h"
#include "receiver/query_door.h"
#include "receiver/receiver.h"
#include "receiver/test_callbacks.h"
#include "receiver/test_mirror_file.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::receiver {
namespace {

using namespace std::chrono_literals;
using namespace tidings::receiver::testing;

class ReceiverListenerTest : public ::testing::Test {
 protected:
  ReceiverListenerTest() {
    ReceiverOptions options;
    ReceiverApp app;
    app.sdkappid = kApp.number();
    app.tokens = {"S3cretTok"};
    options.apps = {app};
    const Log log = [this](std::string_view, std::string_view event, const LogFields& fields) {
      const std::lock_guard lock(log_mutex_);
      std::string line(event);
      for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + value;
      log_.push_back(std::move(line));
    };
    receiver_ = Receiver::create(options, {writer_, reader_, readers_, clock_, log, {}}).value();
    lanes_.start();
    receiver_->start();
    net::HttpServerHandlers handlers;
    handlers.request = [this](const net::HttpRequest& request) { return receiver_->handle(request); };
    handlers.error_body = error_body;
    handlers.refused = [this](unsigned status, std::string_view reason, std::string_view peer) {
      receiver_->refused_by_server(status, reason, peer);
    };
    net::HttpServerOptions listening;
    listening.max_body_bytes = 1000;
    listening.header_timeout = 100ms;
    server_.emplace(lanes_, listening, std::move(handlers));
    EXPECT_TRUE(server_->start());
  }
  ~ReceiverListenerTest() override {
    runtime::block_on(lanes_[0], server_->stop(200ms));
    receiver_->stop();
    lanes_.stop();
    readers_.stop();
  }

  std::string answer(std::string_view request) {
    auto peer = net::RawSocket::connect(server_->port());
    EXPECT_TRUE(peer.send(request));
    return peer.receive_all();
  }
  std::size_t lines(std::string_view part) {
    const std::lock_guard lock(log_mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        log_, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }

  MirrorFolder folder_;
  sqlite::MirrorWriter writer_ = sqlite::MirrorWriter::open(folder_.file(), quick()).value();
  sqlite::MirrorSqliteReader reader_{folder_.file()};
  runtime::BlockingPool readers_{1};
  ManualClock clock_;
  std::mutex log_mutex_;
  std::vector<std::string> log_;
  runtime::Lanes lanes_{1};
  std::unique_ptr<Receiver> receiver_;
  std::optional<net::HttpServer> server_;
};

TEST_F(ReceiverListenerTest, WhatTheListenerRefusesLeavesACounterALineAndTheProtocolsAnswer) {
  struct Case {
    std::string request;
    std::string status;
    Refusal reason;
  };
  for (const auto& [request, status, reason] : std::vector<Case>{
           {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", "413", Refusal::too_large},
           {"GET / HTTP/1.1\r\nHost: h\r\nx: " + std::string(40'000, 'y') + "\r\n\r\n", "431",
            Refusal::too_large},
           {"no HTTP\r\n\r\n", "400", Refusal::malformed},
           {"POST / HTTP/1.1\r\nHost: h\r\n", "408", Refusal::too_slow}}) {
    const double before = receiver_->metrics().refusals(reason);
    const std::string answered = answer(request);
    EXPECT_TRUE(answered.starts_with("HTTP/1.1 " + status)) << answered;
    EXPECT_NE(answered.find(R"({"ActionStatus":"FAIL","ErrorCode":)" + status),
              std::string::npos)
        << answered;
    EXPECT_EQ(receiver_->metrics().refusals(reason), before + 1) << status;
    EXPECT_EQ(lines("callback refused reason=" + std::string(to_string(reason)) +
                    " source=127.0.0.1 what=HTTP " + status),
              1U)
        << status;
  }
}

TEST_F(ReceiverListenerTest, MetricsShowTheListenersFigures) {
  QueryDoor door(*receiver_);
  door.show_listeners([this] {
    return std::vector<ReceiverGauges::Listener>{{"callbacks", server_->statistics()}};
  });
  answer("no HTTP\r\n\r\n");
  net::HttpRequest request;
  request.method = net::HttpMethod::get;
  request.path = "/metrics";
  const std::string text = runtime::block_on(lanes_[0], door.handle(request)).body;
  for (const char* line :
       {"tidings_http_connections_total{listener=\"callbacks\"} 1\n",
        "tidings_http_connections_refused_total{listener=\"callbacks\"} 0\n",
        "tidings_http_malformed_total{listener=\"callbacks\"} 1\n",
        "tidings_http_timeouts_total{listener=\"callbacks\"} 0\n",
        "tidings_http_tls_failures_total{listener=\"callbacks\"} 0\n",
        "tidings_receiver_refused_total{reason=\"malformed\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace tidings::receiver
