// Goal: admit() asks the right before-callback with the right body, only when it is to be asked,
// after every check but the quotas. Method: commands against a stored world; bodies as bytes.
#include <gtest/gtest.h>

#include "community/test_world.h"

namespace tidings::community {
namespace {

class Questions : public testing::Test {
 protected:
  Questions() { community = world.make_community(); }
  /// The body, or why there is none.
  std::string body(const Command& command) {
    const auto result = world.ask(command);
    if (!result) return "refused " + std::to_string(result.error().code);
    return *result ? (*result)->body : "nothing";
  }
  void change(void (*edit)(App&)) {
    App app = world.app();
    edit(app);
    world.set_app(app);
  }

  World world;
  GroupKey community;
};

TEST_F(Questions, before_a_topic_is_created) {
  CreateTopic command = create_topic(rest());
  command.from_account = UserId{"vera_01"};
  EXPECT_EQ(body(command), R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic",)"
                           R"("Operator_Account":"vera_01","Type":"Community","Name":"Woodwork",)"
                           R"("GroupId":")" COMMUNITY R"("})");
  change([](App& app) { app.callback.additive = AdditiveMembers::all; });
  EXPECT_EQ(body(custom_topic()),
            R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic",)"
            R"("Operator_Account":"administrator","Type":"Community","Name":"Woodwork",)"
            R"("GroupId":")" COMMUNITY R"(","TopicId":")" TOPIC_MARK
            R"(woodwork","EventTime":1735689600456})");
  change([](App& app) { app.callback.additive = AdditiveMembers::documented; });
  EXPECT_EQ(body(create_topic(client("omar"))),
            R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic",)"
            R"("Operator_Account":"omar","Type":"Community","Name":"Woodwork"})");
}

TEST_F(Questions, before_a_group_is_created) {
  CreateGroup command = create_group(rest(), GroupType::community, "vera_01");
  NewMember omar;
  omar.user = UserId{"omar"};
  command.members = {omar};
  EXPECT_EQ(body(command),
            R"({"CallbackCommand":"Group.CallbackBeforeCreateGroup",)"
            R"("Operator_Account":"administrator","Owner_Account":"vera_01","Type":"Community",)"
            R"("Name":"Riverside Makers","CreateGroupNum":1,)"
            R"("MemberList":[{"Member_Account":"omar"}],"EventTime":1735689600456})");
  EXPECT_EQ(body(create_group(rest(), GroupType::public_group, "")),
            R"({"CallbackCommand":"Group.CallbackBeforeCreateGroup",)"
            R"("Operator_Account":"administrator","Owner_Account":"","Type":"Public",)"
            R"("Name":"Riverside Makers","CreateGroupNum":0,"MemberList":[],)"
            R"("EventTime":1735689600456})");
}

TEST_F(Questions, before_a_client_joins) {
  EXPECT_EQ(body(JoinGroup{client("outsider"), COMMUNITY}),
            R"({"CallbackCommand":"Group.CallbackBeforeApplyJoinGroup","GroupId":")" COMMUNITY
            R"(","Type":"Community","Requestor_Account":"outsider","EventTime":1735689600456})");
  EXPECT_EQ(body(JoinGroup{client("omar"), COMMUNITY}), "nothing") << "is a member already";
}

TEST_F(Questions, before_members_are_added_names_those_who_would_be_new) {
  world.add_account("guest");
  EXPECT_EQ(body(add_members(rest(), community, {"guest", "omar", "outsider", "guest"})),
            R"({"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","GroupId":")" COMMUNITY
            R"(","Type":"Community","Operator_Account":"administrator","DestinationMembers":)"
            R"([{"Member_Account":"guest"},{"Member_Account":"outsider"}],)"
            R"("EventTime":1735689600456})");
  EXPECT_EQ(body(add_members(rest(), community, {"omar"})), "nothing");
}

TEST_F(Questions, nothing_is_asked_without_url_or_switch_or_by_imports) {
  CreateTopic topic = create_topic(rest());
  topic.import = true;
  EXPECT_EQ(body(topic), "nothing");
  CreateGroup group = create_group(rest(), GroupType::community, "vera_01");
  group.import = true;
  EXPECT_EQ(body(group), "nothing");
  AddMembers members = add_members(rest(), community, {"outsider"});
  members.import = true;
  EXPECT_EQ(body(members), "nothing");

  change([](App& app) { app.callback.set(CallbackSwitch::before_create_group, false); });
  EXPECT_EQ(body(create_topic(rest())), "nothing");
  EXPECT_EQ(body(create_group(rest(), GroupType::community, "vera_01")), "nothing");
  EXPECT_NE(body(JoinGroup{client("outsider"), COMMUNITY}), "nothing") << "another switch";
  change([](App& app) {
    app.callback.set(CallbackSwitch::before_create_group, true);
    app.callback.url = "";
  });
  EXPECT_EQ(body(create_topic(rest())), "nothing");
  EXPECT_EQ(body(DestroyGroup{rest(), COMMUNITY}), "nothing") << "no before-callback exists";
}

TEST_F(Questions, refusals_come_before_the_question_and_quotas_after_it) {
  EXPECT_EQ(body(create_topic(client("lin-7"))), "refused 10007");
  EXPECT_EQ(body(create_topic(rest(), std::string(31, 'x'))), "refused 10004");
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  EXPECT_EQ(body(custom_topic()), "refused 10025");
  EXPECT_EQ(body(add_members(rest(), community, {"ghost"})), "refused 10019");
  world.add_topics(community, 200);
  EXPECT_NE(body(create_topic(rest())), "refused 10037");
  world.groups[community].max_member_num = 3;
  EXPECT_NE(body(JoinGroup{client("outsider"), COMMUNITY}), "refused 10014");
}

}  // namespace
}  // namespace tidings::community
