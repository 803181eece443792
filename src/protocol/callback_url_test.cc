// Goal: the callback URL rules of protocol 8.5 and the query of 6.2 and 6.3.
// Method: tables of accepted and refused URLs with the word their refusal must name; query strings
// compared byte for byte and read back.
#include "tidings/callback_url.h"

#include <gtest/gtest.h>

namespace tidings {
namespace {

CallbackUrl url_of(std::string_view text) {
  const auto url = parse_callback_url(text, true);
  EXPECT_TRUE(url) << text;
  return url ? *url : CallbackUrl{};
}

TEST(CallbackUrl, documented_shapes_are_accepted) {
  EXPECT_EQ(url_of("https://www.example.com"), (CallbackUrl{true, "www.example.com", 443, ""}));
  EXPECT_EQ(url_of("http://123.123.123.123/imcallback"),
            (CallbackUrl{false, "123.123.123.123", 80, "/imcallback"}));
  EXPECT_EQ(url_of("https://Hooks.Riverside.test:8443/im/v1.0/a_b~c-d/"),
            (CallbackUrl{true, "hooks.riverside.test", 8443, "/im/v1.0/a_b~c-d/"}));
  EXPECT_EQ(url_of("http://a"), (CallbackUrl{false, "a", 80, ""}));
  EXPECT_EQ(url_of("http://h1-x:65535/"), (CallbackUrl{false, "h1-x", 65535, "/"}));
  EXPECT_EQ(url_of("http://" + std::string(63, 'h')).host.size(), 63U);
}

TEST(CallbackUrl, text_and_host_header_leave_out_the_default_port) {
  EXPECT_EQ(to_string(url_of("https://x.test:443/im")), "https://x.test/im");
  EXPECT_EQ(to_string(url_of("http://x.test:443")), "http://x.test:443");
  EXPECT_EQ(host_header(url_of("http://x.test:80/")), "x.test");
  EXPECT_EQ(host_header(url_of("https://x.test:80/")), "x.test:80");
}

TEST(CallbackUrl, every_rule_refuses_with_its_own_sentence) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "http://"},
      {"www.example.com", "http://"},
      {"ftp://x.test", "http://"},
      {"HTTP://x.test", "http://"},
      {"https:/x.test", "http://"},
      {" https://x.test", "http://"},
      {"https://", "host is missing"},
      {"https:///im", "host is missing"},
      {"https://:80", "host is missing"},
      {"https://user@x.test", "user name"},
      {"https://u:p@x.test/", "user name"},
      {"https://x.test?a=b", "query"},
      {"https://x.test/im?", "query"},
      {"https://x.test/#top", "fragment"},
      {"https://x .test", "spaces"},
      {"https://x.test/a b", "spaces"},
      {"https://x!.test", "'!'"},
      {"https://x.test/$", "'$'"},
      {"https://x.test/a&b", "'&'"},
      {"https://" + std::string(64, 'h'), "63 are allowed"},
      {"https://-x.test", "begin or end with a hyphen"},
      {"https://x-.test", "begin or end with a hyphen"},
      {"https://-", "begin or end with a hyphen"},
      {"https://a.-", "begin or end with a hyphen"},
      {"https://a--b.test", "two hyphens"},
      {"https://xn--bcher-kva.test", "two hyphens"},
      {"https://a..b", "empty part"},
      {"https://.a", "empty part"},
      {"https://a.", "empty part"},
      {"https://a_b.test", "only letters"},
      {"https://caf\xc3\xa9.test", "only letters"},
      {"https://a%41.test", "only letters"},
      {"https://a\\b.test", "only letters"},
      {"https://[::1]/", "IPv6"},
      {"https://[::1]:80", "IPv6"},
      {"https://x.test:", "port"},
      {"https://x.test:0", "port"},
      {"https://x.test:65536", "port"},
      {"https://x.test:80a", "port"},
      {"https://x.test:-1", "port"},
      {"https://::1", "host"},
      {"https://x.test/%2e", "path"},
      {"https://x.test/a;b", "path"},
      {"https://x.test/\xc3\xa9", "path"},
      {"https://x.test/a\nb", "path"},
      {"https://256.1.1.1", "looks like an address"},
      {"https://1.2.3", "looks like an address"},
      {"https://2130706433", "looks like an address"},
      {"https://010.1.1.1", "looks like an address"},
      {"https://0x7f.1", "looks like an address"},
      {"https://0x7f000001", "looks like an address"},
  };
  for (const auto& [text, word] : cases) {
    const auto url = parse_callback_url(text, true);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, Errc::invalid_argument);
    EXPECT_NE(url.error().what.find(word), std::string::npos) << text << ": " << url.error().what;
  }
}

TEST(CallbackUrl, local_hosts_need_the_operators_permission) {
  for (const char* text :
       {"http://localhost:9/im", "http://LOCALHOST", "http://a.localhost", "http://127.0.0.1",
        "http://127.9.9.9", "http://10.0.0.1", "http://172.16.0.1", "http://172.31.255.255",
        "http://192.168.1.1", "http://169.254.169.254", "http://100.64.0.1", "http://0.0.0.0",
        "http://224.0.0.1", "http://255.255.255.255", "http://198.18.0.1"}) {
    EXPECT_FALSE(parse_callback_url(text)) << text;
    EXPECT_TRUE(parse_callback_url(text, true)) << text;
  }
  for (const char* text : {"http://172.32.0.1", "http://100.128.0.1", "http://11.0.0.1",
                           "http://192.0.1.1", "http://localhost.example.com"}) {
    EXPECT_TRUE(parse_callback_url(text)) << text;
  }
}

TEST(CallbackUrl, a_port_change_must_not_lengthen_the_old_one) {
  const auto change = [](const char* from, const char* to) {
    return check_url_change(url_of(from), url_of(to)).has_value();
  };
  EXPECT_FALSE(change("https://x:443", "https://x:4433"));
  EXPECT_FALSE(change("https://x", "https://x:4433"));
  EXPECT_FALSE(change("http://x:8080", "http://x"));
  EXPECT_TRUE(change("https://x", "https://x:8443"));
  EXPECT_TRUE(change("https://x/a", "https://x/b"));
  EXPECT_TRUE(change("https://x", "https://y:4433"));
}

CallbackQuery documented_query() {
  CallbackQuery query;
  query.sdkappid = SdkAppId{1400112233};
  query.command = "Group.CallbackAfterCreateTopic";
  query.client_ip = "203.0.113.9";
  query.opt_platform = "RESTAPI";
  return query;
}

TEST(CallbackTarget, parameters_stand_in_the_documented_order) {
  CallbackQuery query = documented_query();
  EXPECT_EQ(make_callback_target(url_of("https://www.example.com"), query),
            "/?SdkAppid=1400112233&CallbackCommand=Group.CallbackAfterCreateTopic&contenttype=json"
            "&ClientIP=203.0.113.9&OptPlatform=RESTAPI");
  query.request_id = "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11";
  query.sign = "b89098544161938fe8b8f2692d9fb2b89d38e0ed6ed1b90a0f1f7ff69414d294";
  query.request_time = "1735689601";
  EXPECT_EQ(make_callback_target(url_of("https://hooks.riverside.test/im"), query),
            "/im?SdkAppid=1400112233&CallbackCommand=Group.CallbackAfterCreateTopic"
            "&contenttype=json&ClientIP=203.0.113.9&OptPlatform=RESTAPI"
            "&RequestID=3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11"
            "&Sign=b89098544161938fe8b8f2692d9fb2b89d38e0ed6ed1b90a0f1f7ff69414d294"
            "&RequestTime=1735689601");
}

TEST(CallbackTarget, views_give_the_same) {
  CallbackQuery query = documented_query();
  query.request_id = "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11";
  CallbackQueryView view{query.sdkappid,  query.command,      query.contenttype,
                         query.client_ip, query.opt_platform, query.request_id, {}, {}};
  const CallbackUrl url = url_of("https://hooks.riverside.test/im");
  EXPECT_EQ(make_callback_target(url, view), make_callback_target(url, query));
  query.sign = "b89098544161938fe8b8f2692d9fb2b89d38e0ed6ed1b90a0f1f7ff69414d294";
  query.request_time = "1735689601";
  view.sign = *query.sign;
  view.request_time = *query.request_time;
  EXPECT_EQ(make_callback_target(url, view), make_callback_target(url, query));
}

TEST(CallbackTarget, every_byte_but_the_unreserved_ones_is_encoded) {
  CallbackQuery query = documented_query();
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    query.request_id = std::string(1, c);
    const std::string target = make_callback_target(url_of("http://x.test"), query);
    const std::string value = target.substr(target.find("RequestID=") + 10);
    EXPECT_EQ(value.size(), plain ? 1U : 3U) << byte;
    EXPECT_EQ(value.front(), plain ? c : '%') << byte;
  }
}

TEST(CallbackTarget, what_it_writes_it_reads_back) {
  CallbackQuery query = documented_query();
  query.client_ip = "2001:db8::1";
  query.opt_platform = "My Platform/1+2&\xc3\xa9";
  query.request_id = "a=b%c";
  query.sign = "00";
  query.request_time = "1";
  const std::string target = make_callback_target(url_of("http://x.test/im"), query);
  EXPECT_NE(target.find("ClientIP=2001%3Adb8%3A%3A1"), std::string::npos) << target;
  const auto read = parse_callback_query(target);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, query);
}

TEST(CallbackTarget, member_state_change_has_no_client) {
  CallbackQuery query = documented_query();
  query.command = "Group.CallbackOnMemberStateChange";
  EXPECT_EQ(make_callback_target(url_of("http://x.test"), query),
            "/?SdkAppid=1400112233&CallbackCommand=Group.CallbackOnMemberStateChange"
            "&contenttype=json");
}

TEST(CallbackQuery, order_unknown_and_missing_parameters_do_not_matter) {
  const auto query = parse_callback_query(
      "?contenttype=JSON&OptPlatform=macOS&new=%zz&&SdkAppid=1400112233&flag"
      "&CallbackCommand=Group%2ECallbackAfterCreateTopic");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->sdkappid, SdkAppId{1400112233});
  EXPECT_EQ(query->command, "Group.CallbackAfterCreateTopic");
  EXPECT_EQ(query->contenttype, "JSON");
  EXPECT_EQ(query->opt_platform, "Mac");
  EXPECT_EQ(query->client_ip, "");
  EXPECT_EQ(query->sign, std::nullopt);
  for (const char* text : {"", "/", "/im", "/im?", "?"}) {
    const auto empty = parse_callback_query(text);
    ASSERT_TRUE(empty) << text;
    EXPECT_EQ(empty->sdkappid, SdkAppId{}) << text;
  }
  EXPECT_EQ(parse_callback_query("SdkAppid=7")->sdkappid, SdkAppId{7});
  EXPECT_EQ(parse_callback_query("RequestID=a+b")->request_id, "a+b");
}

TEST(CallbackQuery, malformed_queries_are_refused) {
  for (const char* text :
       {"SdkAppid=", "SdkAppid", "SdkAppid=0", "SdkAppid=x", "SdkAppid=-1", "SdkAppid=4294967296",
        "SdkAppid=1&SdkAppid=1", "Sign=a&Sign=b", "Sign=a&%53ign=b", "ClientIP=%", "ClientIP=%4",
        "ClientIP=%g0", "ClientIP=%0g", "RequestID=%00", "RequestID=a%0d%0ab", "RequestID=\x7f",
        "%=1"}) {
    const auto query = parse_callback_query(text);
    ASSERT_FALSE(query) << text;
    EXPECT_EQ(query.error().kind, Errc::invalid_argument);
  }
}

TEST(OptPlatform, known_values_are_compared_without_case_and_unknown_ones_kept) {
  EXPECT_EQ(canonical_opt_platform("IOS"), "iOS");
  EXPECT_EQ(canonical_opt_platform("macos"), "Mac");
  EXPECT_EQ(canonical_opt_platform("restapi"), "RESTAPI");
  EXPECT_EQ(canonical_opt_platform("HarmonyOS"), "HarmonyOS");
  EXPECT_TRUE(same_opt_platform("macOS", "MAC"));
  EXPECT_TRUE(same_opt_platform("HarmonyOS", "harmonyos"));
  EXPECT_FALSE(same_opt_platform("iPad", "iOS"));
}

}  // namespace
}  // namespace tidings
