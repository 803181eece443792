// Goal: what is open to strangers is said at the start, and nothing else is.
#include "cli/receive_options.h"

#include <gtest/gtest.h>

namespace tidings::cli {
namespace {

ReceiveConfig unsigned_on(const std::string& host) {
  ReceiveConfig config;
  config.listen = {host, 8090};
  config.apps.resize(1);
  config.apps[0].sdkappid = 1400000001;
  config.apps[0].unsigned_allowed = true;
  return config;
}

TEST(StartWarnings, AnUnsignedAppIsNamedWhereStrangersReachIt) {
  for (const char* host : {"0.0.0.0", "::", "192.0.2.7"}) {
    const auto warnings = start_warnings(unsigned_on(host));
    ASSERT_EQ(warnings.size(), 1U) << host;
    EXPECT_NE(warnings[0].find("1400000001"), std::string::npos) << warnings[0];
  }
  for (const char* host : {"127.0.0.1", "localhost", "::1", "127.0.0.2"}) {
    EXPECT_TRUE(start_warnings(unsigned_on(host)).empty()) << host;
  }
}

TEST(StartWarnings, AnAppThatChecksItsCallersIsNot) {
  ReceiveConfig config = unsigned_on("0.0.0.0");
  config.apps[0].sources = {"192.0.2.0/24"};
  EXPECT_TRUE(start_warnings(config).empty());
  config = unsigned_on("0.0.0.0");
  config.apps[0].require_client_certificate = true;
  EXPECT_TRUE(start_warnings(config).empty());
  config = unsigned_on("0.0.0.0");
  config.apps[0].tokens = {"token"};
  EXPECT_TRUE(start_warnings(config).empty());
}

TEST(StartWarnings, AQueryDoorWithoutATokenIsNamedWhereStrangersReachIt) {
  ReceiveConfig config;
  config.admin_listen = {"0.0.0.0", 8091};
  ASSERT_EQ(start_warnings(config).size(), 1U);
  EXPECT_NE(start_warnings(config)[0].find("admin_token_file"), std::string::npos);
  config.admin_token = "token";
  EXPECT_TRUE(start_warnings(config).empty());
  config.admin_token.clear();
  config.admin_token_file = "token";
  EXPECT_TRUE(start_warnings(config).empty());
  EXPECT_TRUE(start_warnings(ReceiveConfig{}).empty());
}

class NoTransport final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest&) override {
    co_return net::HttpExchange{};
  }
};

/// Of three apps the first has no source, the second one with a feed, the third one without.
ReceiveConfig three_apps() {
  ReceiveConfig config;
  config.apps.resize(3);
  for (std::size_t i = 0; i < 3; ++i) config.apps[i].sdkappid = static_cast<std::int64_t>(i) + 1;
  for (const std::size_t i : {1U, 2U}) {
    config.apps[i].source.url = "http://127.0.0.1:8080";
    config.apps[i].source.key = "the-key";
  }
  config.apps[2].source.feed = false;
  config.apps[2].source.reconcile_every = Milliseconds{60'000};
  config.apps[2].source.reconcile_rate = 7;
  config.apps[2].source.reconcile_max_destroyed = 8;
  return config;
}

TEST(Sources, AFeedIsReadWhereThereIsOne) {
  NoTransport transport;
  const ManualClock clock;
  const auto apps = watched_apps(three_apps(), transport, clock).value();
  ASSERT_EQ(apps.size(), 3U) << "numbers are counted of each";
  EXPECT_EQ(apps[0].source, nullptr);
  EXPECT_NE(apps[1].source, nullptr);
  EXPECT_EQ(apps[2].source, nullptr) << "source.feed = false";
}

TEST(Sources, GroupsAreReadWhereThatIsAskedFor) {
  NoTransport transport;
  const ManualClock clock;
  ReceiveConfig config = three_apps();
  config.gap_settle = Milliseconds{300};
  const auto apps = reconciled_apps(config, transport, clock).value();
  ASSERT_EQ(apps.size(), 1U);
  EXPECT_EQ(apps[0].id, SdkAppId(3));
  EXPECT_EQ(apps[0].every, Milliseconds{60'000});
  EXPECT_EQ(apps[0].calls_per_second, 7);
  EXPECT_EQ(apps[0].max_destroyed, 8);
  EXPECT_EQ(reconcile_options(config).settle, Milliseconds{300});
}

}  // namespace
}  // namespace tidings::cli
