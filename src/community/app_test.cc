// Goal: an app's settings survive writing and reading exactly; what is unknown or of another type
// is refused by name. Method: every member set to other than its default, and texts by hand.
#include "community/app.h"

#include <gtest/gtest.h>

namespace tidings::community {
namespace {

App full_app() {
  App app;
  app.id = SdkAppId{4294967295U};
  app.name = "Riverside \"Makers\" \xe6\x9c\xa8";
  app.introduction = "line\nline";
  app.status = AppStatus::expired;
  app.edition = Edition::pro;
  app.keys = {Secret{"new", 20, 0}, Secret{"old", 10, 30}};
  app.admins = {UserId{"administrator"}, UserId{"vera_01"}};
  app.community_on = true;
  app.topic_on = true;
  app.group_fields = {
      {"season", {{GroupType::community, FieldLevel::owner, FieldLevel::app_admin, false, false}}},
      {"shop", {{GroupType::public_group, FieldLevel::anyone, FieldLevel::member, true, false}}}};
  app.member_fields = {
      {"mood", {{GroupType::chat_room, FieldLevel::admin, FieldLevel::admin, false, true}}}};
  app.rest_allow = {"203.0.113.0/24", "2001:db8::/32"};
  app.rest_disabled = {"im_open_login_svc", "group_open_http_svc/destroy_group"};
  app.callback.url = "https://hooks.riverside.test/im";
  app.callback.sign = true;
  app.callback.token = "S3cretTok";
  app.callback.webhook_secrets = {Secret{"whsec_x", 1, 2}};
  app.callback.set(CallbackSwitch::after_create_group, true);
  app.callback.set(CallbackSwitch::send_msg_exception, true);
  app.callback.retry = RetryMode::timeouts;
  app.callback.dead_head = DeadHead::park;
  app.callback.before_failure = BeforeFailure::block;
  app.callback.additive = AdditiveMembers::all;
  app.callback.endpoint_disabled = true;
  app.text_limits = TextLimits{150, 500};
  app.quotas = Quotas{7, 8};
  app.blocked_users = {UserId{"mallory"}, UserId{"trudy"}};
  app.refused_words = {"casino", "Шах"};
  app.created_s = 1'735'689'600;
  app.version = INT64_MAX;
  app.events_before = 41;
  return app;
}

TEST(AppCodec, settings_round_trip_exactly) {
  for (const App& app : {full_app(), [] {
         App plain;
         plain.id = SdkAppId{1};
         return plain;
       }()}) {
    const std::string text = write_app(app);
    const auto read = read_app(text);
    ASSERT_TRUE(read.has_value()) << read.error().what;
    EXPECT_TRUE(*read == app) << text;
    EXPECT_EQ(write_app(*read), text);
  }
}

TEST(AppCodec, what_an_older_version_did_not_write_keeps_its_default) {
  const auto app = read_app(R"({"id":7})");
  ASSERT_TRUE(app.has_value());
  App expected;
  expected.id = SdkAppId{7};
  EXPECT_TRUE(*app == expected);
}

TEST(AppCodec, what_is_wrong_is_named_by_its_path) {
  const struct {
    const char* text;
    const char* complaint;
  } rows[] = {
      {R"({"id":1,"colour":"red"})", "'colour' is not a member that this version knows"},
      {R"({"id":1,"callback":{"urls":""}})", "'callback' 'urls' is not a member"},
      {R"({"id":1,"keys":[{"text":"a"},{"txt":"b"}]})", "'keys' [1] 'txt' is not a member"},
      {R"({"id":1,"name":5})", "'name' must be a string"},
      {R"({"id":1,"topic_on":1})", "'topic_on' must be true or false"},
      {R"({"id":1.5})", "'id' must be a whole number"},
      {R"({"id":4294967296})", "'id' must be a whole number in its range"},
      {R"({"id":-1})", "'id' must be a whole number in its range"},
      {R"({"id":1,"edition":"gold"})", "'edition' does not know the value 'gold'"},
      {R"({"id":1,"callback":{"switches":["after_lunch"]}})", "'after_lunch'"},
      {R"({"id":1,"admins":"vera"})", "'admins' must be an array"},
      {R"({"id":1,"text_limits":[]})", "'text_limits' must be an object"},
      {R"({"id":1,"id":2})", "app settings: "},
      {R"({"name":"x"})", "'id' is missing or 0"},
      {R"([])", "must be an object"},
      {R"(nonsense)", "app settings: "},
  };
  for (const auto& row : rows) {
    const auto read = read_app(row.text);
    ASSERT_FALSE(read.has_value()) << row.text;
    EXPECT_EQ(read.error().kind, Errc::invalid_argument) << row.text;
    EXPECT_NE(read.error().what.find(row.complaint), std::string::npos)
        << row.text << " gave: " << read.error().what;
  }
}

TEST(App, keys_are_valid_up_to_their_end) {
  App app;
  app.keys = {Secret{"new", 20, 0}, Secret{"old", 10, 30}};
  EXPECT_EQ(app.valid_keys(29), (std::vector<std::string>{"new", "old"}));
  EXPECT_EQ(app.valid_keys(30), std::vector<std::string>{"new"});
}

TEST(App, the_block_list_is_searched_by_whole_names) {
  App app;
  EXPECT_FALSE(app.is_blocked("mallory"));
  app.blocked_users = {UserId{"bob"}, UserId{"mallory"}, UserId{"trudy"}};
  for (const char* blocked : {"bob", "mallory", "trudy"}) EXPECT_TRUE(app.is_blocked(blocked));
  for (const char* free : {"", "bo", "bobby", "Mallory", "zoe"}) EXPECT_FALSE(app.is_blocked(free));
}

TEST(App, admins_are_known_by_name) {
  App app;
  app.admins = {UserId{"administrator"}};
  EXPECT_TRUE(app.is_admin("administrator"));
  EXPECT_FALSE(app.is_admin("Administrator"));
  EXPECT_FALSE(app.is_admin(""));
}

TEST(AppNames, every_value_has_a_name_that_reads_back) {
  for (const auto value : {AppStatus::enabled, AppStatus::disabled, AppStatus::expired}) {
    EXPECT_EQ(parse_app_status(to_string(value)), value);
  }
  for (const auto value : {Edition::trial, Edition::pro, Edition::ultimate}) {
    EXPECT_EQ(parse_edition(to_string(value)), value);
  }
  for (const auto value : {RetryMode::off, RetryMode::timeouts, RetryMode::durable}) {
    EXPECT_EQ(parse_retry_mode(to_string(value)), value);
  }
  for (const auto value : {DeadHead::go_on, DeadHead::park}) {
    EXPECT_EQ(parse_dead_head(to_string(value)), value);
  }
  for (const auto value : {BeforeFailure::proceed, BeforeFailure::block}) {
    EXPECT_EQ(parse_before_failure(to_string(value)), value);
  }
  EXPECT_EQ(parse_edition("Trial"), std::nullopt);
}

}  // namespace
}  // namespace tidings::community
