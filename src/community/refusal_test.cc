// Goal: what an app is configured to refuse is refused, with its code, and nothing else is: words
// (80001), AVChatRooms beyond their quota (10036), groups beyond the day's quota (10006), of which
// OnDailyGroupQuotaAlarm warns when 70 % are passed. Method: a stored world, one command at a time.
#include <gtest/gtest.h>

#include "community/test_world.h"

namespace tidings::community {
namespace {

class Refusals : public testing::Test {
 protected:
  template <class Edit>
  void change(Edit edit) {
    App app = world.app();
    edit(app);
    world.set_app(app);
  }
  void refuse_words(std::vector<std::string> words) {
    change([&](App& app) { app.refused_words = std::move(words); });
  }

  World world;
};

ModifyTopic topic_change() {
  ModifyTopic command;
  command.caller = rest();
  command.group_id = COMMUNITY;
  command.topic_id = TOPIC_MARK "woodwork";
  return command;
}

TEST_F(Refusals, a_refused_word_is_found_in_what_people_read_of_a_topic) {
  world.make_community();
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  refuse_words({"casino", "Шах"});
  for (const bool import : {false, true}) {
    CreateTopic command = create_topic(rest(), "The CaSiNo night");
    command.import = import;
    EXPECT_TRUE(refused(world.run(command), 80001, "TopicName holds 'casino'"));
    command.topic_name = "Nights";
    command.introduction = "casino";
    EXPECT_TRUE(refused(world.run(command), 80001, "Introduction holds 'casino'"));
    command.introduction = "games";
    command.notification = "free: Шах";
    EXPECT_TRUE(refused(world.run(command), 80001, "Notification holds 'Шах'"));
    command.notification = "free: шах, casin o";
    EXPECT_TRUE(accepted(world.run(command))) << "ASCII letters only are alike in both cases";
  }
  ModifyTopic change = topic_change();
  change.topic_name = "casinos";
  EXPECT_TRUE(refused(world.run(change), 80001, "TopicName"));
  change.topic_name.reset();
  change.introduction = "a casino";
  EXPECT_TRUE(refused(world.run(change), 80001, "Introduction"));
  change.introduction.reset();
  change.notification = "CASINO";
  EXPECT_TRUE(refused(world.run(change), 80001, "Notification"));
  change.notification.reset();
  change.custom_string = "casino";
  change.face_url = "https://casino.test/1.png";
  EXPECT_TRUE(accepted(world.run(change))) << "the app's own data and URLs are not read";
}

TEST_F(Refusals, a_refused_word_is_found_in_what_people_read_of_a_group) {
  const GroupKey group = world.make_community();
  refuse_words({"casino"});
  for (const bool import : {false, true}) {
    CreateGroup command = create_group(rest(), GroupType::public_group, "vera_01");
    command.import = import;
    command.name = "casino";
    EXPECT_TRUE(refused(world.run(command), 80001, "Name holds 'casino'"));
    command.name = "Makers";
    command.introduction = "a casino";
    EXPECT_TRUE(refused(world.run(command), 80001, "Introduction"));
    command.introduction.reset();
    command.notification = "a casino";
    EXPECT_TRUE(refused(world.run(command), 80001, "Notification"));
  }
  ModifyGroup change;
  change.caller = client("vera_01");
  change.group_id = group.group.str();
  change.name = "Casino";
  EXPECT_TRUE(refused(world.run(change), 80001, "Name holds 'casino'"));
  change.name.reset();
  change.introduction = "casino";
  EXPECT_TRUE(refused(world.run(change), 80001, "Introduction"));
  change.introduction.reset();
  change.notification = "casino";
  EXPECT_TRUE(refused(world.run(change), 80001, "Notification"));
  change.notification = "cards";
  EXPECT_TRUE(accepted(world.run(change)));
}

TEST_F(Refusals, the_content_check_comes_after_permission_and_before_the_question) {
  world.make_community();
  refuse_words({"casino"});
  EXPECT_TRUE(refused(world.run(create_topic(client("lin-7"), "casino")), 10007));
  const auto asked = world.ask(create_topic(rest(), "casino"));
  ASSERT_FALSE(asked.has_value());
  EXPECT_EQ(asked.error().code, 80001);
}

TEST_F(Refusals, av_chat_rooms_have_a_quota_where_one_is_set) {
  const CreateGroup room = create_group(rest(), GroupType::av_chat_room, "vera_01");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(accepted(world.run(room))) << "no quota by default";
  change([](App& app) { app.quotas.av_chat_rooms = 4; });
  const GroupKey fourth = as<GroupCreatedReply>(world.run(room)).group.key;
  EXPECT_TRUE(refused(world.run(room), 10036, "4"));
  EXPECT_TRUE(accepted(world.run(create_group(rest(), GroupType::chat_room, "vera_01"))))
      << "other types are not concerned";
  ASSERT_TRUE(accepted(world.run(DestroyGroup{rest(), fourth.group.str()})));
  EXPECT_TRUE(accepted(world.run(room))) << "one destroyed gives one back";
  EXPECT_TRUE(refused(world.run(room), 10036));
  EXPECT_EQ(world.tallies[world.app_id].av_chat_rooms, 4);
}

TEST_F(Refusals, the_daily_quota_is_the_apps_and_0_is_none) {
  change([](App& app) { app.quotas.new_groups_per_day = 2; });
  const CreateGroup group = create_group(rest(), GroupType::public_group, "vera_01");
  ASSERT_TRUE(accepted(world.run(group)));
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_TRUE(refused(world.run(group), 10006, "created 2 groups today"));
  change([](App& app) { app.quotas.new_groups_per_day = 0; });
  EXPECT_TRUE(accepted(world.run(group)));
}

TEST_F(Refusals, the_alarm_is_sent_once_when_seventy_percent_are_passed) {
  change([](App& app) { app.quotas.new_groups_per_day = 10; });
  CreateGroup group = create_group(rest(), GroupType::public_group, "vera_01");
  for (int i = 1; i <= 7; ++i) {
    ASSERT_TRUE(accepted(world.run(group)));
    EXPECT_EQ(world.event_names(), Strings{"AfterCreateGroup"}) << i;
  }
  group.import = true;
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_EQ(world.event_names(), Strings{}) << "imports do not count";
  group.import = false;
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_EQ(world.event_names(), (Strings{"AfterCreateGroup", "OnDailyGroupQuotaAlarm"}));
  EXPECT_EQ(world.bodies().back(),
            R"({"CallbackCommand":"Group.CallbackOnDailyGroupQuotaAlarm","QuotaUsed":8,"Quota":10,)"
            R"("EventTime":1735689600456})");
  EXPECT_EQ(world.events.back().group.str(), "") << "it is the app's, not a group's";
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_EQ(world.event_names(), Strings{"AfterCreateGroup"}) << "once";
  world.now_ms += 86'400'000;
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_EQ(world.event_names(), Strings{"AfterCreateGroup"}) << "another day begins at one";
}

TEST_F(Refusals, the_alarm_shares_the_switch_of_profile_changes) {
  change([](App& app) {
    app.quotas.new_groups_per_day = 1;
    app.callback.set(CallbackSwitch::after_group_info_changed, false);
  });
  const CreateGroup group = create_group(rest(), GroupType::public_group, "vera_01");
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_EQ(world.event_names(), Strings{"AfterCreateGroup"});
}

}  // namespace
}  // namespace tidings::community
