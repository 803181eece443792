// Goal: an app whose backend hangs takes its share of the before-callbacks, and no other app's; that nobody
// could be asked is said as such.
// Method: a transport that answers "good" at once and lets "hanging" wait until it is released.
#include "delivery/before_caller.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <vector>

#include "runtime/run_on.h"
#include "runtime/sleep.h"
#include "support/eventually.h"

namespace tidings::delivery {
namespace {

using test::eventually;

class HalfHanging final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    ++asked;
    while (request.origin.host == "hanging.test" && !released) {
      auto slept = co_await runtime::sleep_for(std::chrono::milliseconds{1});
      if (!slept) break;
    }
    net::HttpExchange exchange;
    exchange.status = 200;
    exchange.body = R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})";
    if (request.origin.host == "full.test") exchange.failure = net::ExchangeFailure::overloaded;
    co_return exchange;
  }
  std::atomic<int> asked = 0;
  std::atomic<bool> released = false;
};

class BeforeCallerTest : public ::testing::Test {
 protected:
  BeforeCallerTest() { lane_.start(); }
  ~BeforeCallerTest() override {
    transport_.released = true;
    for (auto& each : hanging_) EXPECT_TRUE(each.get());
    lane_.finish();
    lane_.join();
  }
  static community::Question question(const std::string& host) {
    auto app = std::make_shared<community::App>();
    app->id = SdkAppId{7};
    app->callback.url = "http://" + host + "/";
    return {app, "Group.CallbackBeforeCreateTopic", "{}"};
  }
  std::future<Result<CallbackAnswer>> ask(const community::Question& asked) {
    return boost::asio::co_spawn(lane_.executor(), caller_.ask(asked, nobody_),
                                 boost::asio::use_future);
  }

  runtime::Lane lane_{"before-test"};
  HalfHanging transport_;
  SystemClock clock_;
  SystemRandom random_;
  BeforeCaller caller_{{lane_, transport_, clock_, random_}, {.max_per_url = 4, .max_in_flight = 8}};
  const community::Caller nobody_;
  const community::Question bad_ = question("hanging.test"), good_ = question("good.test");
  std::vector<std::future<Result<CallbackAnswer>>> hanging_;
};

TEST_F(BeforeCallerTest, OneAppsBackendThatHangsLeavesTheOthersAlone) {
  for (int i = 0; i < 4; ++i) hanging_.push_back(ask(bad_));
  ASSERT_TRUE(eventually([&] { return transport_.asked == 4; }));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask(bad_).get().error().kind, Errc::rate_limited);
    EXPECT_TRUE(ask(good_).get());
  }
  EXPECT_EQ(transport_.asked, 24);
  transport_.released = true;
  EXPECT_TRUE(eventually([&] { return ask(bad_).get().has_value(); })) << "there is room again";
}

TEST_F(BeforeCallerTest, NoConnectionLeftIsNoSilenceOfTheApp) {
  const community::Question full = question("full.test");
  EXPECT_EQ(ask(full).get().error().kind, Errc::rate_limited);
}

}  // namespace
}  // namespace tidings::delivery
