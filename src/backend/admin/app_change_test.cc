// Goal: every rule of protocol 3.1, 8.1, 8.3, 8.4 and 8.5 about an app's settings, at its edge and
// one beyond. Method: pure functions; tables of patch and refusal, the field named in each.
#include "backend/admin/app_change.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tidings/standard_webhooks.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::App;

constexpr std::int64_t kNow = 1'735'689'600;

json::object doc(std::string_view text) { return json::parse(text).get_object(); }

class AppChange : public ::testing::Test {
 protected:
  SeededRandom random{11};
  App app = *new_app(doc(R"({"name":"Riverside"})"), kNow, random);
  ChangeRules rules;

  Result<App> change(std::string_view patch) { return change_app(app, doc(patch), rules); }
};

TEST_F(AppChange, ANewAppHasAKeyAnAdminAndEverythingOff) {
  EXPECT_EQ(app.keys.size(), 1U);
  EXPECT_EQ(app.keys[0].text.size(), 64U);
  EXPECT_EQ(app.keys[0].text.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(app.admins, std::vector<UserId>{UserId("administrator")});
  EXPECT_EQ(app.status, community::AppStatus::enabled);
  EXPECT_FALSE(app.community_on);
  EXPECT_FALSE(app.topic_on);
  EXPECT_EQ(app.callback.switches, 0U);
  EXPECT_EQ(app.created_s, kNow);
  EXPECT_EQ(new_app(doc(R"({"name":"a","sdkappid":4294967295})"), kNow, random)->id,
            SdkAppId(4294967295U));
}

TEST_F(AppChange, WrongNewAppsNameTheField) {
  const struct {
    std::string_view body;
    std::string_view field;
  } rows[] = {
      {"{}", "name:"},
      {R"({"name":""})", "name:"},
      {R"({"name":7})", "name:"},
      {R"({"name":"a","sdkappid":0})", "sdkappid:"},
      {R"({"name":"a","sdkappid":4294967296})", "sdkappid:"},
      {R"({"name":"a","edition":"free"})", "edition:"},
      {R"({"name":"a","nmae":"b"})", "nmae:"},
  };
  for (const auto& row : rows) {
    const auto made = new_app(doc(row.body), kNow, random);
    ASSERT_FALSE(made.has_value()) << row.body;
    EXPECT_EQ(made.error().kind, Errc::invalid_argument);
    EXPECT_TRUE(made.error().what.starts_with(row.field)) << made.error().what;
  }
  EXPECT_TRUE(new_app(doc(R"({"name":")" + std::string(64, 'n') + "\"}"), kNow, random));
  EXPECT_FALSE(new_app(doc(R"({"name":")" + std::string(65, 'n') + "\"}"), kNow, random));
}

TEST_F(AppChange, APatchChangesWhatIsGivenAndNothingElse) {
  auto changed = change(
      R"({"community":true,"topic":true,"rest_allow":["10.0.0.0/8","2001:db8::1"],
          "rest_disabled":["group_open_http_svc/destroy_group"],
          "text_limits":{"topic_name":150},"quotas":{"av_chat_rooms":20},
          "blocked_users":["mallory"],"refused_words":["casino"],
          "callback":{"url":"https://hooks.riverside.test/im","token":"S3cretTok","sign":true,
                      "switches":{"after_create_group":true},"retry":"timeouts",
                      "before_failure":"block","additive":"all","endpoint_enabled":false}})");
  ASSERT_TRUE(changed.has_value()) << changed.error().what;
  EXPECT_TRUE(changed->topic_on);
  EXPECT_EQ(changed->rest_disabled,
            std::vector<std::string>{"group_open_http_svc/destroy_group"});
  EXPECT_EQ(changed->text_limits.topic_name, 150U);
  EXPECT_EQ(changed->text_limits.topic_face_url, 100U);
  EXPECT_EQ(changed->quotas.av_chat_rooms, 20);
  EXPECT_EQ(changed->quotas.new_groups_per_day, 10'000);
  EXPECT_EQ(changed->blocked_users, std::vector{UserId("mallory")});
  EXPECT_EQ(changed->refused_words, std::vector<std::string>{"casino"});
  EXPECT_EQ(changed->callback.url, "https://hooks.riverside.test/im");
  EXPECT_TRUE(changed->callback.on(CallbackSwitch::after_create_group));
  EXPECT_FALSE(changed->callback.on(CallbackSwitch::before_create_group));
  EXPECT_EQ(changed->callback.retry, community::RetryMode::timeouts);
  EXPECT_EQ(changed->callback.before_failure, community::BeforeFailure::block);
  EXPECT_EQ(changed->callback.additive, AdditiveMembers::all);
  EXPECT_TRUE(changed->callback.endpoint_disabled);
  EXPECT_EQ(changed->name, app.name);
  EXPECT_EQ(changed->keys, app.keys);
  app = *changed;
  changed = change(R"({"callback":{"url":null,"sign":false,"token":null}})");
  ASSERT_TRUE(changed.has_value()) << changed.error().what;
  EXPECT_EQ(changed->callback.url, "");
  EXPECT_EQ(changed->callback.token, "");
  EXPECT_EQ(changed->blocked_users.size(), 1U);
  EXPECT_TRUE(changed->callback.on(CallbackSwitch::after_create_group)) << "was not given";
}

TEST_F(AppChange, ValuesThatBreakARuleAreRefusedByName) {
  rules.allow_local_callback_hosts = false;
  const std::string long_token(65, 't');
  const struct {
    std::string patch;
    std::string_view field;
    Errc kind = Errc::invalid_argument;
  } rows[] = {
      {R"({"topic":true})", "topic:", Errc::conflict},
      {R"({"community":1})", "community:"},
      {R"({"edition":"trial"})", "edition:", Errc::conflict},
      {R"({"rest_allow":["10.1.0.0/8"]})", "rest_allow:"},
      {R"({"rest_allow":["nonsense"]})", "rest_allow:"},
      {R"({"rest_allow":"10.0.0.0/8"})", "rest_allow:"},
      {R"({"rest_disabled":["group_open_http_svc/no_such"]})", "rest_disabled:"},
      {R"({"rest_disabled":["no_such_svc"]})", "rest_disabled:"},
      {R"({"rest_disabled":"group_open_http_svc"})", "rest_disabled:"},
      {R"({"text_limits":{"topic_name":0}})", "text_limits.topic_name:"},
      {R"({"text_limits":{"topic_name":151}})", "text_limits.topic_name:"},
      {R"({"text_limits":{"topic_face_url":501}})", "text_limits.topic_face_url:"},
      {R"({"text_limits":{"name":1}})", "text_limits.name:"},
      {R"({"quotas":{"av_chat_rooms":-1}})", "quotas.av_chat_rooms:"},
      {R"({"quotas":{"new_groups_per_day":1000000001}})", "quotas.new_groups_per_day:"},
      {R"({"quotas":{"groups":1}})", "quotas.groups:"},
      {R"({"blocked_users":["a b"]})", "blocked_users:"},
      {R"({"blocked_users":"mallory"})", "blocked_users:"},
      {R"({"refused_words":[""]})", "refused_words:"},
      {R"({"refused_words":[")" + long_token + "\"]}", "refused_words:"},
      {R"({"callback":[]})", "callback:"},
      {R"({"callback":{"uri":"x"}})", "callback.uri:"},
      {R"({"callback":{"sign":true}})", "callback.token:"},
      {R"({"callback":{"token":""}})", "callback.token:"},
      {R"({"callback":{"token":"has space"}})", "callback.token:"},
      {R"({"callback":{"token":")" + long_token + "\"}}", "callback.token:"},
      {R"({"callback":{"switches":{"after_create_topic":true}}})",
       "callback.switches.after_create_topic:"},
      {R"({"callback":{"switches":{"after_create_group":1}}})",
       "callback.switches.after_create_group:"},
      {R"({"callback":{"retry":"forever"}})", "callback.retry:"},
      {R"({"callback":{"before_failure":"ask"}})", "callback.before_failure:"},
      {R"({"callback":{"additive":"some"}})", "callback.additive:"},
      {R"({"status":"disabled"})", "status:"},
      {R"({"keys":[]})", "keys:"},
  };
  for (const auto& row : rows) {
    const auto changed = change(row.patch);
    ASSERT_FALSE(changed.has_value()) << row.patch;
    EXPECT_EQ(changed.error().kind, row.kind) << row.patch;
    EXPECT_TRUE(changed.error().what.starts_with(row.field)) << changed.error().what;
  }
  const auto secret = change(R"({"callback":{"token":")" + long_token + "\"}}");
  EXPECT_EQ(secret.error().what.find(long_token), std::string::npos) << "a token in a text";
}

TEST_F(AppChange, UrlsFollowTheConsolesRules) {
  const std::string_view good[] = {"http://203.0.113.7/imcallback", "https://hooks.riverside.test",
                                   "https://a-b.test:8443/im/cb", "http://x.test:1/"};
  for (const auto url : good) {
    const auto changed = change(R"({"callback":{"url":")" + std::string(url) + "\"}}");
    ASSERT_TRUE(changed.has_value()) << url << ": " << changed.error().what;
    EXPECT_EQ(changed->callback.url, url);
  }
  const std::string_view bad[] = {
      "ftp://x.test",          "x.test",
      "http://",               "http://x.test?a=b",
      "http://x.test/a&b",     "http://x.test/#f",
      "http://user@x.test",    "http://x.test:0",
      "http://x.test:65536",   "http://a--b.test",
      "http://-a.test",        "http://a-.test",
      "http://x$y.test",       "http://x y.test",
      "http://[::1]/",         "http://x.test/a!b",
      "http://127.0.0.1/cb",   "http://10.1.2.3/cb",
      "http://localhost/cb",   "http://169.254.169.254/"};
  for (const auto url : bad) {
    const auto changed = change(R"({"callback":{"url":")" + std::string(url) + "\"}}");
    ASSERT_FALSE(changed.has_value()) << url;
    EXPECT_TRUE(changed.error().what.starts_with("callback.url: ")) << changed.error().what;
  }
  rules.allow_local_callback_hosts = true;
  EXPECT_TRUE(change(R"({"callback":{"url":"http://127.0.0.1:9000/cb"}})").has_value());
}

TEST_F(AppChange, APortMayNotBecomeALongerFormOfTheOldOne) {
  app.callback.url = "https://x.test:443";
  EXPECT_FALSE(change(R"({"callback":{"url":"https://x.test:4433"}})").has_value());
  EXPECT_TRUE(change(R"({"callback":{"url":"https://x.test:8443"}})").has_value());
  EXPECT_TRUE(change(R"({"callback":{"url":"https://x.test:443/other"}})").has_value());
}

TEST_F(AppChange, TopicNeedsCommunityInBothDirections) {
  app = *change(R"({"community":true,"topic":true})");
  const auto off = change(R"({"community":false})");
  ASSERT_FALSE(off.has_value());
  EXPECT_EQ(off.error().kind, Errc::conflict);
  EXPECT_TRUE(change(R"({"community":false,"topic":false})").has_value());
}

TEST_F(AppChange, TenAdminsAreTheLimit) {
  for (int i = 1; i < 10; ++i) app = *add_admin(app, "admin" + std::to_string(i));
  EXPECT_EQ(app.admins.size(), 10U);
  const auto eleventh = add_admin(app, "admin10");
  ASSERT_FALSE(eleventh.has_value());
  EXPECT_EQ(eleventh.error().kind, Errc::conflict);
  EXPECT_EQ(add_admin(app, "admin1").error().kind, Errc::conflict);
  EXPECT_EQ(remove_admin(app, "nobody").error().kind, Errc::not_found);
  app = *remove_admin(app, "administrator");
  EXPECT_TRUE(add_admin(app, "admin10").has_value());
  for (const std::string_view wrong : {"", "has space", "sl/ash", "@TLS#NOT_FOUND"}) {
    EXPECT_EQ(add_admin(app, wrong).error().kind, Errc::invalid_argument) << wrong;
  }
}

TEST_F(AppChange, FieldsAreAddedAndExtendedNeverRemoved) {
  using community::FieldLists;
  const auto field = [](std::string_view key, std::string_view type) {
    return doc(R"({"key":")" + std::string(key) + R"(","types":[{"type":")" + std::string(type) +
               R"(","read":"anyone","write":"admin"}]})");
  };
  app = *declare_field(app, FieldLists::group, field("topic_category", "Community"));
  app = *declare_field(app, FieldLists::group, field("topic_category", "Public"));
  ASSERT_EQ(app.group_fields.size(), 1U);
  EXPECT_EQ(app.group_fields[0].scopes.size(), 2U) << "a type that was not given again is gone";
  EXPECT_FALSE(declare_field(app, FieldLists::member, field("topic_category", "Public")))
      << "one key in both lists";
  EXPECT_FALSE(declare_field(app, FieldLists::member, field("x", "AVChatRoom")));
  for (int i = 1; i < 10; ++i) {
    app = *declare_field(app, FieldLists::group, field("g" + std::to_string(i), "Public"));
  }
  const auto eleventh = declare_field(app, FieldLists::group, field("g10", "Public"));
  ASSERT_FALSE(eleventh.has_value());
  EXPECT_EQ(eleventh.error().kind, Errc::conflict);
  for (int i = 0; i < 5; ++i) {
    app = *declare_field(app, FieldLists::member, field("m" + std::to_string(i), "Public"));
  }
  EXPECT_FALSE(declare_field(app, FieldLists::member, field("m5", "Public")));
}

TEST_F(AppChange, WrongDeclarationsNameTheRow) {
  const struct {
    std::string_view body;
    std::string_view field;
  } rows[] = {
      {"{}", "key:"},
      {R"({"key":"k"})", "types:"},
      {R"({"key":"k","types":[]})", "types:"},
      {R"({"key":"k","types":[1]})", "types[0]:"},
      {R"({"key":"k","types":[{"type":"Club","read":"anyone","write":"admin"}]})",
       "types[0].type:"},
      {R"({"key":"k","types":[{"type":"Public","write":"admin"}]})", "types[0].read:"},
      {R"({"key":"k","types":[{"type":"Public","read":"anyone","write":"5"}]})",
       "types[0].write:"},
      {R"({"key":"k","types":[{"type":"Public","read":"anyone","write":"admin",
           "self_read":true}]})",
       "types[0].self_read:"},
      {R"({"key":"9lives","types":[{"type":"Public","read":"anyone","write":"admin"}]})", "key:"},
      {R"({"key":"abcdefghijklmnopq","types":[{"type":"Public","read":"anyone","write":"admin"}]})",
       "key:"},
  };
  for (const auto& row : rows) {
    const auto changed = declare_field(app, community::FieldLists::group, doc(row.body));
    ASSERT_FALSE(changed.has_value()) << row.body;
    EXPECT_TRUE(changed.error().what.starts_with(row.field)) << changed.error().what;
  }
}

TEST_F(AppChange, RotationKeepsTheFormerKeyForTheOverlap) {
  const std::string first = app.keys[0].text;
  app = *rotate_key(app, 3600, kNow, random);
  ASSERT_EQ(app.keys.size(), 2U);
  EXPECT_NE(app.keys[0].text, first);
  EXPECT_EQ(app.keys[0].valid_until_s, 0);
  EXPECT_EQ(app.keys[1].text, first);
  EXPECT_EQ(app.keys[1].valid_until_s, kNow + 3600);
  const auto after = *rotate_key(app, 60, kNow + 3601, random);
  EXPECT_EQ(after.keys.size(), 2U) << "the ended one is still listed";
  EXPECT_EQ(rotate_key(app, 0, kNow, random)->keys.size(), 1U) << "overlap 0 keeps a former key";
  const auto longer = *rotate_key(app, 999'999, kNow, random);
  EXPECT_EQ(longer.keys[2].valid_until_s, kNow + 3600) << "a later rotation prolonged a key";
  app = *rotate_key(longer, 3600, kNow, random);
  const auto fifth = rotate_key(app, 3600, kNow, random);
  ASSERT_FALSE(fifth.has_value());
  EXPECT_EQ(fifth.error().kind, Errc::conflict);
  EXPECT_TRUE(read_overlap(doc("{}")).has_value());
  EXPECT_EQ(*read_overlap(doc(R"({"overlap_s":0})")), 0);
  EXPECT_EQ(*read_overlap(doc(R"({"overlap_s":7776000})")), 7'776'000);
  EXPECT_FALSE(read_overlap(doc(R"({"overlap_s":7776001})")).has_value());
  EXPECT_FALSE(read_overlap(doc(R"({"overlap_s":-1})")).has_value());
  EXPECT_FALSE(read_overlap(doc(R"({"overlap":1})")).has_value());
}

TEST_F(AppChange, WebhookSecretsAreMadeOnceAndRotated) {
  EXPECT_EQ(rotate_webhook_secret(app, 60, kNow, random).error().kind, Errc::conflict);
  app = *add_webhook_secret(app, kNow, random);
  ASSERT_EQ(app.callback.webhook_secrets.size(), 1U);
  EXPECT_TRUE(parse_webhook_secret(app.callback.webhook_secrets[0].text).has_value());
  EXPECT_EQ(add_webhook_secret(app, kNow, random).error().kind, Errc::conflict);
  app = *rotate_webhook_secret(app, 60, kNow, random);
  EXPECT_EQ(app.callback.webhook_secrets.size(), 2U);
  EXPECT_EQ(app.callback.webhook_secrets[1].valid_until_s, kNow + 60);
}

}  // namespace
}  // namespace tidings::backend
