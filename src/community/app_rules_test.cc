// Goal: the admin door's changes of an app are checked as protocol section 8 says, and nothing of
// an app is lost by one. Method: one rule broken at a time, starting from an app that is accepted.
#include <gtest/gtest.h>

#include <functional>

#include "community/limits.h"
#include "community/test_world.h"

namespace tidings::community {
namespace {

App new_app(std::uint32_t id = 1400000001) {
  App app;
  app.id = SdkAppId{id};
  app.name = "New";
  app.keys = {Secret{"key", 1, 0}};
  app.admins = {UserId{"administrator"}, UserId{"second"}};
  return app;
}

FieldDeclaration field(const std::string& key, std::vector<GroupType> types) {
  FieldDeclaration declaration;
  declaration.key = key;
  for (const GroupType type : types) {
    FieldScope scope;
    scope.type = type;
    declaration.scopes.push_back(scope);
  }
  return declaration;
}

TEST(AppRules, creating_makes_the_tally_and_imports_the_admins) {
  World world;
  const AppPtr app = as<AppReply>(world.run(PutApp{new_app(), 0})).app;
  ASSERT_NE(app, nullptr);
  EXPECT_EQ(app->version, 1);
  EXPECT_EQ(app->created_s, kTestNowMs / 1000);
  EXPECT_EQ(world.tallies.at(app->id).accounts, 2);
  EXPECT_NE(World::find(world.accounts, AccountKey{app->id, UserId{"second"}}), nullptr);
  EXPECT_FALSE(app->community_on);
  EXPECT_FALSE(app->topic_on);
}

TEST(AppRules, the_version_guards_against_lost_updates) {
  World world;
  App app = *as<AppReply>(world.run(PutApp{new_app(), 0})).app;
  app.name = "Renamed";
  app.created_s = 5;  // is not the caller's to change
  world.now_ms += 1000;
  const AppPtr changed = as<AppReply>(world.run(PutApp{app, 1})).app;
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(changed->name, "Renamed");
  EXPECT_EQ(changed->created_s, kTestNowMs / 1000);
  EXPECT_TRUE(refused(world.run(PutApp{app, 1}), Errc::conflict, "at version 2, not 1"));
  EXPECT_TRUE(refused(world.run(PutApp{app, 0}), Errc::conflict, "exists already"));
  EXPECT_TRUE(refused(world.run(PutApp{new_app(77), 1}), Errc::not_found, "no app 77"));
}

TEST(AppRules, each_broken_rule_is_named) {
  using Edit = std::function<void(App&)>;
  const struct {
    Edit edit;
    Errc kind;
    std::string text;
  } rows[] = {
      {[](App& app) { app.id = SdkAppId{}; }, Errc::invalid_argument, "id is missing"},
      {[](App& app) { app.name = ""; }, Errc::invalid_argument, "name is empty"},
      {[](App& app) { app.keys.clear(); }, Errc::invalid_argument, "keys is empty"},
      {[](App& app) { app.keys.push_back({}); }, Errc::invalid_argument, "empty key"},
      {[](App& app) { app.topic_on = true; }, Errc::invalid_argument, "topic_on needs"},
      {[](App& app) { app.admins.assign(11, UserId{"x"}); }, Errc::too_large, "admins holds 11"},
      {[](App& app) { app.admins = {UserId{"a b"}}; }, Errc::invalid_argument, "'a b'"},
      {[](App& app) { app.admins = {UserId{std::string(33, 'x')}}; }, Errc::invalid_argument,
       "is not a user id"},
      {[](App& app) { app.admins = {UserId{"x"}, UserId{"x"}}; }, Errc::invalid_argument, "twice"},
      {[](App& app) { app.text_limits.topic_name = 151; }, Errc::invalid_argument, "topic_name"},
      {[](App& app) { app.text_limits.topic_name = 0; }, Errc::invalid_argument, "topic_name"},
      {[](App& app) { app.text_limits.topic_face_url = 501; }, Errc::invalid_argument,
       "topic_face_url"},
      {[](App& app) { app.quotas.new_groups_per_day = -1; }, Errc::invalid_argument,
       "quotas.new_groups_per_day is -1"},
      {[](App& app) { app.quotas.av_chat_rooms = 1'000'000'001; }, Errc::invalid_argument,
       "quotas.av_chat_rooms"},
      {[](App& app) { app.blocked_users.assign(1001, UserId{"x"}); }, Errc::too_large,
       "blocked_users holds 1001"},
      {[](App& app) { app.blocked_users = {UserId{"a b"}}; }, Errc::invalid_argument,
       "blocked_users: 'a b'"},
      {[](App& app) { app.refused_words.assign(1001, "x"); }, Errc::too_large,
       "refused_words holds 1001"},
      {[](App& app) { app.refused_words = {std::string(65, 'x')}; }, Errc::invalid_argument,
       "65 bytes"},
      {[](App& app) { app.refused_words = {""}; }, Errc::invalid_argument, "0 bytes"},
      {[](App& app) { app.callback.url = "ftp://x"; }, Errc::invalid_argument, "callback.url"},
      {[](App& app) { app.callback.url = "https://a--b.test"; }, Errc::invalid_argument,
       "callback.url"},
      {[](App& app) { app.callback.sign = true; }, Errc::invalid_argument, "callback.token"},
      {[](App& app) { app.callback.token = "two words"; }, Errc::invalid_argument,
       "callback.token"},
      {[](App& app) { app.callback.token = std::string(65, 'x'); }, Errc::invalid_argument,
       "65 bytes"},
      {[](App& app) { app.callback.token = "\x7f"; }, Errc::invalid_argument, "callback.token"},
      {[](App& app) { app.callback.webhook_secrets = {Secret{"whsec_x", 0, 0}}; },
       Errc::invalid_argument, "callback.webhook_secrets[0]"},
      {[](App& app) { app.callback.switches = 1U << kCallbackSwitchCount; },
       Errc::invalid_argument, "callback.switches"},
      {[](App& app) { app.group_fields = {field("1st", {GroupType::community})}; },
       Errc::invalid_argument, "'1st'"},
      {[](App& app) { app.member_fields = {field("x", {GroupType::av_chat_room})}; },
       Errc::invalid_argument, "AVChatRoom"},
  };
  for (const auto& row : rows) {
    World world;
    App app = new_app();
    row.edit(app);
    EXPECT_TRUE(refused(world.run(PutApp{app, 0}), row.kind, row.text));
  }
}

TEST(AppRules, what_stands_at_its_limit_is_accepted) {
  World world;
  App app = new_app();
  for (int i = 0; i < 8; ++i) app.admins.emplace_back("admin" + std::to_string(i));
  app.community_on = app.topic_on = true;
  app.text_limits = TextLimits{150, 500};
  app.quotas = Quotas{1'000'000'000, 0};
  app.blocked_users.assign(1000, UserId{"mallory"});
  app.refused_words.assign(1000, std::string(64, 'x'));
  app.callback.url = "http://127.0.0.1:8090/im/callback";
  app.callback.sign = true;
  app.callback.token = std::string(64, '~');
  app.callback.webhook_secrets = {Secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1, 0}};
  for (int i = 0; i < 10; ++i) {
    app.group_fields.push_back(field("g" + std::to_string(i), {GroupType::community}));
  }
  for (int i = 0; i < 5; ++i) {
    app.member_fields.push_back(field("m" + std::to_string(i), {GroupType::community}));
  }
  const App stored = *as<AppReply>(world.run(PutApp{app, 0})).app;
  EXPECT_EQ(stored.blocked_users, std::vector{UserId{"mallory"}}) << "each once";
  app.group_fields.push_back(field("g10", {GroupType::community}));
  EXPECT_TRUE(refused(world.run(PutApp{app, 1}), Errc::too_large, "holds 11 keys, at most 10"));
  app.group_fields.pop_back();
  app.member_fields.push_back(field("m5", {GroupType::community}));
  EXPECT_TRUE(refused(world.run(PutApp{app, 1}), Errc::too_large, "holds 6 keys, at most 5"));
  app.member_fields.back().key = "g1";
  app.member_fields.erase(app.member_fields.begin());
  EXPECT_TRUE(refused(world.run(PutApp{app, 1}), Errc::conflict, "'g1'"));
}

TEST(AppRules, declarations_only_grow_and_editions_only_rise) {
  World world;
  App app = new_app();
  app.edition = Edition::pro;
  app.group_fields = {field("kept", {GroupType::community, GroupType::public_group})};
  ASSERT_TRUE(accepted(world.run(PutApp{app, 0})));
  App fewer = app;
  fewer.group_fields[0].scopes.pop_back();
  EXPECT_TRUE(refused(world.run(PutApp{fewer, 1}), Errc::conflict, "lacks Public"));
  fewer.group_fields.clear();
  EXPECT_TRUE(refused(world.run(PutApp{fewer, 1}), Errc::conflict, "'kept' is missing"));
  App lower = app;
  lower.edition = Edition::trial;
  EXPECT_TRUE(refused(world.run(PutApp{lower, 1}), Errc::conflict, "upgraded"));
  app.edition = Edition::ultimate;
  app.group_fields[0].scopes[0].write = FieldLevel::anyone;
  app.group_fields.push_back(field("more", {GroupType::chat_room}));
  EXPECT_TRUE(accepted(world.run(PutApp{app, 1})));
}

TEST(AppRules, the_port_of_a_url_does_not_grow_out_of_the_old_one) {
  World world;
  App app = new_app();
  app.callback.url = "https://x.test:443";
  ASSERT_TRUE(accepted(world.run(PutApp{app, 0})));
  app.callback.url = "https://x.test:4433";
  EXPECT_TRUE(refused(world.run(PutApp{app, 1}), Errc::invalid_argument, "callback.url"));
  app.callback.url = "";
  EXPECT_TRUE(accepted(world.run(PutApp{app, 1})));
}

TEST(AppRules, an_admin_added_later_is_imported_and_one_removed_stays_an_account) {
  World world;
  App app = world.app();
  app.admins = {UserId{"second"}};
  ASSERT_TRUE(accepted(world.run(PutApp{app, 1})));
  EXPECT_NE(World::find(world.accounts, AccountKey{app.id, UserId{"second"}}), nullptr);
  EXPECT_NE(World::find(world.accounts, AccountKey{app.id, UserId{"administrator"}}), nullptr);
  EXPECT_EQ(world.tallies[app.id].accounts, 6);
}

TEST(AppRules, only_a_disabled_app_is_deleted_with_all_it_has) {
  World world;
  world.make_community();
  EXPECT_TRUE(refused(world.run(DeleteApp{world.app_id}), Errc::conflict, "disable it first"));
  App app = world.app();
  app.status = AppStatus::disabled;
  ASSERT_TRUE(accepted(world.run(PutApp{app, 1})));
  ASSERT_TRUE(accepted(world.run(DeleteApp{world.app_id})));
  EXPECT_TRUE(world.apps.empty() && world.groups.empty() && world.members.empty() &&
              world.accounts.empty() && world.tallies.empty());
  EXPECT_TRUE(refused(world.run(DeleteApp{world.app_id}), Errc::not_found, "no app"));
}

}  // namespace
}  // namespace tidings::community
