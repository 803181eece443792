// Goal: each operation records exactly the callbacks of protocol 7.21, with exactly these bodies.
// Method: one trigger after the other against a stored world; bodies compared as bytes.
#include <gtest/gtest.h>

#include "community/limits.h"
#include "community/test_world.h"

namespace tidings::community {
namespace {

#define TIME R"("EventTime":1735689600456})"
#define HEAD(name) R"({"CallbackCommand":"Group.Callback)" name R"(","GroupId":")" COMMUNITY R"(",)"

class Events : public testing::Test {
 protected:
  Events() { community = world.make_community(); }
  void set_additive(AdditiveMembers additive) {
    App app = world.app();
    app.callback.additive = additive;
    world.set_app(app);
  }

  World world;
  GroupKey community;
};

ModifyTopic rename(const std::string& name) {
  ModifyTopic command;
  command.caller = rest();
  command.from_account = UserId{"vera_01"};
  command.group_id = COMMUNITY;
  command.topic_id = TOPIC_MARK "woodwork";
  command.topic_name = name;
  return command;
}

TEST_F(Events, creating_a_topic_says_the_eight_documented_members) {
  App app = world.app();
  app.group_fields = {
      {"season", {{GroupType::community, FieldLevel::anyone, FieldLevel::anyone, true, true}}}};
  world.set_app(app);
  CreateTopic command = create_topic(rest());
  command.from_account = UserId{"omar"};
  command.fields = {{"season", "winter"}};
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterCreateTopic") R"("TopicId":")" TOPIC_MARK
                    R"(@TOPIC#cCJYDIIM62CC","Operator_Account":"omar","Owner_Account":"vera_01",)"
                    R"("Type":"Community","Name":"Woodwork",)"
                    R"("UserDefinedDataList":[{"Key":"season","Value":"winter"}]})"});
  const Event& event = world.events.front();
  EXPECT_EQ(event.command, "Group.CallbackAfterCreateTopic");
  EXPECT_EQ(event.group.str(), COMMUNITY);
  EXPECT_EQ(event.time_ms, kTestNowMs);
  EXPECT_EQ(event.origin.client_ip, "203.0.113.7");
  EXPECT_EQ(event.origin.opt_platform, "RESTAPI");
  EXPECT_EQ(event.request_id.size(), 36U);
}

TEST_F(Events, a_client_is_its_own_operator_and_without_fields_there_is_no_list) {
  ASSERT_TRUE(accepted(world.run(create_topic(client("vera_01")))));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterCreateTopic") R"("TopicId":")" TOPIC_MARK
                    R"(@TOPIC#cCJYDIIM62CC","Operator_Account":"vera_01",)"
                    R"("Owner_Account":"vera_01","Type":"Community","Name":"Woodwork"})"});
  EXPECT_EQ(world.events.front().origin.opt_platform, "Web");
}

TEST_F(Events, an_ownerless_community_has_an_empty_owner) {
  world.groups[community].owner = UserId{};
  ASSERT_TRUE(accepted(world.run(create_topic(rest()))));
  EXPECT_NE(world.bodies().front().find(R"("Owner_Account":"",)"), std::string::npos);
}

TEST_F(Events, changing_a_topic_lists_only_what_really_changed) {
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  ModifyTopic command = rename("Woodwork & tools");
  command.introduction = "";  // it was empty
  command.notification = "Saturday";
  command.custom_string = "x";
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterTopicInfoChanged")
                    R"("Type":"Community","Operator_Account":"vera_01",)"
                    R"("Name":"Woodwork & tools","Notification":"Saturday",)"
                    R"("TopicId":")" TOPIC_MARK R"(woodwork"})"});
}

TEST_F(Events, custom_string_and_mute_all_of_a_topic_fire_nothing) {
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  ModifyTopic command = rename("Woodwork");
  command.custom_string = "x";
  command.mute_all_member = "On";
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{});
}

TEST_F(Events, destroying_topics_lists_those_that_went) {
  ASSERT_TRUE(accepted(world.run(custom_topic("a"))));
  ASSERT_TRUE(accepted(world.run(custom_topic("b"))));
  DestroyTopics command{rest(), COMMUNITY, {TOPIC_MARK "b", TOPIC_MARK "x", TOPIC_MARK "a"}, false};
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(), Strings{HEAD("AfterTopicDestroyed") R"("Type":"Community",)"
                                                                R"("TopicIdList":[")" TOPIC_MARK
                                                                R"(b",")" TOPIC_MARK R"(a"]})"});
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{}) << "nothing was left to delete";
}

TEST_F(Events, additive_members_follow_the_setting) {
  set_additive(AdditiveMembers::all);
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  EXPECT_TRUE(world.bodies().front().ends_with(R"("Name":"Woodwork",)" TIME));
  ASSERT_TRUE(accepted(world.run(rename("a"))));
  EXPECT_TRUE(world.bodies().front().ends_with(R"("TopicId":")" TOPIC_MARK R"(woodwork",)" TIME));
  set_additive(AdditiveMembers::documented);
  ASSERT_TRUE(accepted(world.run(rename("b"))));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterTopicInfoChanged")
                    R"("Type":"Community","Operator_Account":"vera_01","Name":"b"})"});
  set_additive(AdditiveMembers::all);
  ASSERT_TRUE(
      accepted(world.run(DestroyTopics{rest(), COMMUNITY, {TOPIC_MARK "woodwork"}, false})));
  EXPECT_TRUE(world.bodies().front().ends_with(R"("Operator_Account":"administrator",)" TIME));
}

TEST_F(Events, creating_a_group_names_the_owner_first) {
  App app = world.app();
  app.group_fields = {
      {"topic_category",
       {{GroupType::community, FieldLevel::anyone, FieldLevel::owner, true, true}}}};
  world.set_app(app);
  CreateGroup command = create_group(rest(), GroupType::community, "vera_01");
  command.group_id = "@TGS#_makers";
  NewMember omar;
  omar.user = UserId{"omar"};
  omar.role = "Admin";
  NewMember vera;
  vera.user = UserId{"vera_01"};
  command.members = {omar, vera, omar};
  command.fields = {{"topic_category", R"(["crafts"])"}};
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(),
            Strings{R"({"CallbackCommand":"Group.CallbackAfterCreateGroup",)"
                    R"("GroupId":"@TGS#_makers","Operator_Account":"administrator",)"
                    R"("Owner_Account":"vera_01","Type":"Community","Name":"Riverside Makers",)"
                    R"("MemberList":[{"Member_Account":"vera_01"},{"Member_Account":"omar"}],)"
                    R"("UserDefinedDataList":[{"Key":"topic_category","Value":"[\"crafts\"]"}],)"
                    TIME});
}

TEST_F(Events, changing_a_group_lists_only_what_really_changed) {
  ModifyGroup command;
  command.caller = client("omar");
  command.group_id = COMMUNITY;
  command.name = "Riverside Makers";
  command.face_url = "x";
  command.mute_all_member = "On";
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterGroupInfoChanged")
                    R"("Type":"Community","Operator_Account":"omar","FaceUrl":"x",)" TIME});
  command.face_url.reset();
  command.mute_all_member = "Off";
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{});
  EXPECT_EQ(world.notice_names(), Strings{"GroupUpdated"});
}

TEST_F(Events, destroying_a_community_names_no_members_and_no_topics) {
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  ASSERT_TRUE(accepted(world.run(DestroyGroup{rest(), COMMUNITY})));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterGroupDestroyed")
                    R"("Type":"Community","Owner_Account":"vera_01",)"
                    R"("Name":"Riverside Makers",)" TIME});
  EXPECT_TRUE(world.topics.empty());
  EXPECT_TRUE(world.members.empty());
}

TEST_F(Events, destroying_another_group_names_its_members) {
  const GroupKey group = world.make_group(GroupType::public_group);
  EXPECT_EQ(group.group.str(), "@TGS#2HB3IFAEP");
  ASSERT_TRUE(accepted(world.run(DestroyGroup{client("vera_01"), group.group.str()})));
  EXPECT_EQ(world.bodies(),
            Strings{R"({"CallbackCommand":"Group.CallbackAfterGroupDestroyed",)"
                    R"("GroupId":"@TGS#2HB3IFAEP","Type":"Public","Owner_Account":"vera_01",)"
                    R"("Name":"Riverside Makers","MemberList":[{"Member_Account":"lin-7"},)"
                    R"({"Member_Account":"omar"},{"Member_Account":"vera_01"}],)" TIME});
}

TEST_F(Events, joining_and_inviting_list_only_new_members) {
  ASSERT_TRUE(accepted(world.run(JoinGroup{client("outsider"), COMMUNITY})));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterNewMemberJoin")
                    R"("Type":"Community","JoinType":"Apply","Operator_Account":"outsider",)"
                    R"("NewMemberList":[{"Member_Account":"outsider"}],)" TIME});
  world.add_account("guest");
  ASSERT_TRUE(accepted(world.run(add_members(rest(), community, {"lin-7", "guest", "guest"}))));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterNewMemberJoin") R"("Type":"Community","JoinType":"Invited",)"
                                               R"("Operator_Account":"administrator",)"
                                               R"("NewMemberList":[{"Member_Account":"guest"}],)"
                                               TIME});
  ASSERT_TRUE(accepted(world.run(JoinGroup{client("outsider"), COMMUNITY})));
  ASSERT_TRUE(accepted(world.run(add_members(rest(), community, {"lin-7"}))));
  EXPECT_EQ(world.event_names(), Strings{}) << "nobody was new";
}

TEST_F(Events, leaving_and_being_removed_list_only_real_removals) {
  ASSERT_TRUE(accepted(world.run(QuitGroup{client("lin-7"), COMMUNITY})));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterMemberExit")
                    R"("Type":"Community","ExitType":"Quit","Operator_Account":"lin-7",)"
                    R"("ExitMemberList":[{"Member_Account":"lin-7"}],)" TIME});
  DeleteMembers command{client("vera_01"), COMMUNITY, {UserId{"ghost"}, UserId{"omar"}}};
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterMemberExit")
                    R"("Type":"Community","ExitType":"Kicked","Operator_Account":"vera_01",)"
                    R"("ExitMemberList":[{"Member_Account":"omar"}],)" TIME});
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{});
}

TEST_F(Events, a_join_that_fills_the_group_says_so_and_so_does_one_that_fails) {
  world.groups[community].max_member_num = 4;
  ASSERT_TRUE(accepted(world.run(JoinGroup{client("outsider"), COMMUNITY})));
  EXPECT_EQ(world.event_names(), (Strings{"AfterNewMemberJoin", "AfterGroupFull"}));
  EXPECT_EQ(world.bodies().back(), HEAD("AfterGroupFull") TIME);

  world.add_account("late");
  EXPECT_TRUE(refused(world.run(JoinGroup{client("late"), COMMUNITY}), 10014, "MaxMemberNum is 4"));
  EXPECT_EQ(world.bodies(), Strings{HEAD("AfterGroupFull") TIME});
  EXPECT_EQ(world.member(community, "late"), nullptr);
  EXPECT_TRUE(refused(world.run(add_members(rest(), community, {"late"})), 10014));
  EXPECT_EQ(world.event_names(), Strings{"AfterGroupFull"});
  ASSERT_TRUE(accepted(world.run(add_members(rest(), community, {"late", "omar"}))));
  EXPECT_EQ(world.event_names(), Strings{"AfterGroupFull"}) << "one was in already";
}

TEST_F(Events, an_invitation_that_fits_only_partly_says_both_once) {
  world.groups[community].max_member_num = 4;
  world.add_account("a");
  world.add_account("b");
  const auto results = as<MembersReply>(world.run(add_members(rest(), community, {"a", "b"})));
  EXPECT_EQ(results.members[0].result, 1);
  EXPECT_EQ(results.members[1].result, 0);
  EXPECT_EQ(world.event_names(), (Strings{"AfterNewMemberJoin", "AfterGroupFull"}));
}

TEST_F(Events, the_newer_member_and_owner_events_have_switches_of_their_own) {
  ModifyMember command;
  command.caller = client("vera_01");
  command.group_id = COMMUNITY;
  command.user = UserId{"lin-7"};
  command.role = "Admin";
  command.name_card = "Lin";
  command.mute_time_s = 60;
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterMemberFieldChanged")
                    R"("Type":"Community","Operator_Account":"vera_01",)"
                    R"("Member_Account":"lin-7","Role":"Admin","NameCard":"Lin",)" TIME});
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{}) << "nothing changed";
  ASSERT_TRUE(accepted(world.run(ChangeOwner{rest(), COMMUNITY, UserId{"omar"}})));
  EXPECT_EQ(world.bodies(),
            Strings{HEAD("AfterChangeGroupOwner")
                    R"("Type":"Community","Operator_Account":"administrator",)"
                    R"("OldOwner_Account":"vera_01","NewOwner_Account":"omar",)" TIME});
}

TEST_F(Events, imports_and_account_calls_never_record_anything) {
  CreateTopic topic = custom_topic();
  topic.import = true;
  ASSERT_TRUE(accepted(world.run(topic)));
  EXPECT_EQ(world.event_names(), Strings{});
  CreateGroup group = create_group(rest(), GroupType::community, "vera_01");
  group.import = true;
  ASSERT_TRUE(accepted(world.run(group)));
  EXPECT_EQ(world.event_names(), Strings{});
  world.groups[community].max_member_num = 4;
  AddMembers members = add_members(rest(), community, {"outsider"});
  members.import = true;
  ASSERT_TRUE(accepted(world.run(members)));
  EXPECT_EQ(world.event_names(), Strings{}) << "not even that it is full";
  ASSERT_TRUE(accepted(world.run(ImportAccounts{rest(), {"new"}, {}, {}})));
  EXPECT_EQ(world.event_names(), Strings{});
}

TEST_F(Events, a_switch_that_is_off_records_nothing_and_needs_no_url) {
  App app = world.app();
  app.callback.url = "";
  world.set_app(app);
  ASSERT_TRUE(accepted(world.run(create_topic(rest()))));
  EXPECT_EQ(world.event_names(), Strings{"AfterCreateTopic"}) << "held until there is a URL";
  app.callback.set(CallbackSwitch::after_create_group, false);
  world.set_app(app);
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  EXPECT_EQ(world.event_names(), Strings{});
  ASSERT_TRUE(accepted(world.run(rename("x"))));
  EXPECT_EQ(world.event_names(), Strings{"AfterTopicInfoChanged"}) << "another switch";
  app.callback.switches = 0;
  world.set_app(app);
  ASSERT_TRUE(accepted(world.run(DestroyGroup{rest(), COMMUNITY})));
  EXPECT_EQ(world.event_names(), Strings{});
}

TEST_F(Events, an_apps_events_are_numbered_without_gaps) {
  const std::int64_t first = world.tallies[world.app_id].event_sequence + 1;
  std::vector<Command> commands = {create_topic(rest()), create_topic(rest(), ""),
                                   create_topic(client("outsider")), create_topic(rest()),
                                   custom_topic(), rename("x")};
  world.run_batch(commands);
  ASSERT_EQ(world.events.size(), 4U);
  for (std::size_t i = 0; i < world.events.size(); ++i) {
    EXPECT_EQ(world.events[i].app_sequence, first + static_cast<std::int64_t>(i));
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(world.events[i].request_id, world.events[j].request_id);
    }
  }
  EXPECT_EQ(world.tallies[world.app_id].event_sequence, first + 3);
}

}  // namespace
}  // namespace tidings::community
