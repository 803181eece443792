// The bare HTTP server and client of Tidings, without anything behind them: the ceiling that the
// product's roads are measured against.
//
//   http_bench serve [port] [lanes]            answers every request with a constant
//   http_bench call URL connections seconds    posts callbacks, one lane: the same signed
//                                              sample again and again under RequestIDs of its own
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>

#include "load/callback_calls.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/simple_http_client.h"
#include "runtime/run_on.h"
#include "runtime/signals.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"

namespace {

using namespace tidings;
using namespace std::chrono_literals;
using runtime::awaitable;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

awaitable<net::HttpResponse> constant_answer(const net::HttpRequest&) {
  net::HttpResponse response;
  response.body = R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})";
  co_return response;
}

awaitable<bool> until_signal(runtime::Lane& lane) {
  runtime::Signals signals(lane);
  auto signal = co_await signals.wait();
  co_return signal.has_value();
}

int serve(std::uint16_t port, std::size_t count) {
  runtime::Lanes lanes(count);
  lanes.start();
  net::HttpServerOptions options;
  options.port = port;
  net::HttpServerHandlers handlers;
  handlers.request = constant_answer;
  net::HttpServer server(lanes, options, handlers);
  if (auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().what.c_str());
    return 1;
  }
  std::printf("http://127.0.0.1:%u/\n", server.port());
  std::fflush(stdout);
  runtime::block_on(lanes[0], until_signal(lanes[0]));
  const auto requests = server.statistics().requests;
  const double cpu = cpu_seconds();
  runtime::block_on(lanes[0], server.stop(1s));
  lanes.stop();
  std::printf("requests %llu, %.2f us of CPU each\n", static_cast<unsigned long long>(requests),
              cpu * 1e6 / static_cast<double>(requests ? requests : 1));
  return 0;
}

struct Tally {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::string last_failure;
  bool stop = false;
};

/// What goes over the wire is a callback's; what it costs to make is left out, but for the RequestID.
class Sample {
 public:
  explicit Sample(CallbackUrl url)
      : Sample(bench::CallbackCalls(std::move(url), "1400000001", "bench-sign-token")) {}

  std::string next_target() {
    char id[13];
    std::snprintf(id, sizeof id, "%012llx", static_cast<unsigned long long>(++number_));
    std::string target = target_;
    return target.replace(id_at_, 12, id, 12);
  }
  const std::string& body() const { return body_; }

 private:
  explicit Sample(bench::CallbackCalls calls) : target_(calls.target()), body_(calls.body(0)) {
    id_at_ = target_.find("RequestID=") + 10 + 24;  // the last part of a UUID
  }

  std::string target_, body_;
  std::size_t id_at_ = 0;
  std::uint64_t number_ = 0;
};

awaitable<void> call_again(net::HttpClientPool& pool, const net::ParsedUrl& url, Sample& sample,
                           Tally& tally) {
  while (!tally.stop) {
    net::OutboundRequest request;
    request.origin = url.origin;
    request.target = sample.next_target();
    request.headers = {{"tidings-sequence", "1000000"}};
    request.body = sample.body();
    request.deadline = runtime::Deadline::after(2s);
    auto exchange = co_await pool.post(request);
    if (exchange.answered()) {
      ++tally.answered;
    } else {
      ++tally.failed;
      tally.last_failure = exchange.detail;
    }
  }
}

awaitable<bool> call(runtime::Lane& lane, net::ParsedUrl url, Sample sample, int connections,
                     int seconds) {
  runtime::BlockingPool blocking(1);
  net::SystemResolver resolver(blocking);
  net::HttpClientOptions options;
  options.addresses = net::AddressPolicy::allow_all();
  net::HttpClientPool pool(lane, resolver, options);
  Tally tally;
  runtime::TaskGroup group(lane);
  for (int i = 0; i < connections; ++i) {
    if (!group.spawn("caller", call_again(pool, url, sample, tally))) co_return false;
  }
  co_await runtime::sleep_for(200ms);
  const auto before = tally.answered;
  const double cpu_before = cpu_seconds();
  co_await runtime::sleep_for(std::chrono::seconds(seconds));
  const auto answered = tally.answered - before;
  const double cpu = cpu_seconds() - cpu_before;
  tally.stop = true;
  co_await group.stop(3s);
  std::printf("%.0f exchanges/s, %.2f us of CPU each, failed %llu %s\n",
              static_cast<double>(answered) / seconds, cpu * 1e6 / static_cast<double>(answered),
              static_cast<unsigned long long>(tally.failed), tally.last_failure.c_str());
  co_return tally.failed == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "serve") {
    return serve(static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 0),
                 static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 1));
  }
  if (mode == "call" && argc == 5) {
    auto url = net::parse_url(argv[2]);
    if (!url) {
      std::fprintf(stderr, "%s\n", url.error().what.c_str());
      return 2;
    }
    auto callback_url = parse_callback_url(argv[2], true);
    if (!callback_url) {
      std::fprintf(stderr, "%s\n", callback_url.error().what.c_str());
      return 2;
    }
    runtime::Lane lane("client");
    lane.start();
    const bool good = runtime::block_on(
        lane, call(lane, *url, Sample(std::move(*callback_url)), std::atoi(argv[3]),
                   std::atoi(argv[4])));
    lane.finish();
    lane.join();
    return good ? 0 : 1;
  }
  std::fprintf(stderr, "usage: http_bench serve [port] [lanes] | call URL connections seconds\n");
  return 2;
}
