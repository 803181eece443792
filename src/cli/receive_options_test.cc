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

}  // namespace
}  // namespace tidings::cli
