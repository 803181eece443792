// Goal: members join, are added, imported, removed, changed and muted as protocol 3.5 and 4.7.12,
// 4.7.13, 4.7.15, 4.7.18, 4.7.20 say. Method: commands against a stored world, results as tables.
#include <gtest/gtest.h>

#include <limits>

#include "community/limits.h"
#include "community/test_world.h"

namespace tidings::community {
namespace {

class MemberRules : public testing::Test {
 protected:
  MemberRules() { community = world.make_community(); }
  std::vector<int> results(const AddMembers& command) {
    std::vector<int> numbers;
    for (const MemberResult& each : as<MembersReply>(world.run(command)).members) {
      numbers.push_back(each.result);
    }
    return numbers;
  }

  World world;
  GroupKey community;
};

ModifyMember change(const Caller& caller, const std::string& user) {
  ModifyMember command;
  command.caller = caller;
  command.group_id = COMMUNITY;
  command.user = UserId{user};
  return command;
}

TEST_F(MemberRules, adding_answers_each_member) {
  world.add_account("guest");
  AddMembers command = add_members(rest(), community, {"guest", "omar", "outsider"});
  command.refused = {UserId{"outsider"}};  // by BeforeInviteJoinGroup
  EXPECT_EQ(results(command), (std::vector<int>{1, 2, 0}));
  EXPECT_EQ(world.group(community)->member_num, 4);
  EXPECT_EQ(world.member(community, "guest")->role, Role::member);
  EXPECT_EQ(world.member(community, "guest")->join_time_s, kTestNowMs / 1000);
  EXPECT_EQ(world.notice_names(), Strings{"MembersAdded guest"});
  command.refused.push_back(UserId{"guest"});
  command.members.erase(command.members.begin(), command.members.begin() + 2);
  EXPECT_EQ(results(command), std::vector<int>{0}) << "all refused: an answer, not an error";
}

TEST_F(MemberRules, adding_takes_1_to_300_imported_accounts) {
  EXPECT_TRUE(refused(world.run(add_members(rest(), community, {})), 10004));
  EXPECT_TRUE(refused(world.run(add_members(rest(), community, {"ghost"})), 10019, "ghost"));
  EXPECT_TRUE(refused(world.run(add_members(rest(), community, {""})), 10004));
  Strings users;
  for (int i = 0; i < 300; ++i) {
    users.push_back("u" + std::to_string(i));
    world.add_account(users.back());
  }
  EXPECT_EQ(results(add_members(rest(), community, users)), std::vector<int>(300, 1));
  users.push_back("omar");
  EXPECT_TRUE(refused(world.run(add_members(rest(), community, users)), 10005, "301"));
}

TEST_F(MemberRules, members_over_their_own_quota_fail_alone) {
  world.extra_joined[AccountKey{world.app_id, UserId{"outsider"}}] = 3000;
  world.add_account("guest");
  EXPECT_EQ(results(add_members(rest(), community, {"outsider", "guest"})),
            (std::vector<int>{0, 1}));
  EXPECT_TRUE(refused(world.run(add_members(rest(), community, {"outsider"})), 10037, "3000"));
}

TEST_F(MemberRules, the_100000th_member_fits_and_the_next_does_not) {
  world.groups[community].member_num = 99'999;
  EXPECT_TRUE(accepted(world.run(JoinGroup{client("outsider"), COMMUNITY})));
  world.add_account("late");
  EXPECT_TRUE(refused(world.run(JoinGroup{client("late"), COMMUNITY}), 10014, "100000"));
}

TEST_F(MemberRules, imports_fail_member_by_member) {
  const std::int64_t now = kTestNowMs / 1000;
  world.groups[community].create_time_s = now - 1000;
  world.groups[community].next_msg_seq = 8;
  for (const char* user : {"a", "b", "c", "d", "e"}) world.add_account(user);
  AddMembers command =
      add_members(rest(), community, {"a", "b", "c", "d", "e", "ghost", "omar"});
  command.import = true;
  command.members[0].join_time_s = now - 999;
  command.members[0].unread_msg_num = 100;
  command.members[0].role = "Admin";
  command.members[1].join_time_s = now - 1000;  // not after the group's creation
  command.members[2].join_time_s = now;         // not before now
  command.members[3].join_time_s = now - 1;
  EXPECT_EQ(results(command), (std::vector<int>{1, 0, 0, 1, 1, 0, 2}));
  const Member* member = world.member(community, "a");
  EXPECT_EQ(member->join_time_s, now - 999);
  EXPECT_EQ(member->unread_msg_num, 7) << "no more than there are messages";
  EXPECT_EQ(member->role, Role::admin);
  EXPECT_EQ(world.notice_names(), Strings{"MembersAdded(silent) a d e"});
  command.members = {command.members[3]};
  command.members[0].role = "Owner";
  EXPECT_TRUE(refused(world.run(command), 10004, "Role"));
}

TEST_F(MemberRules, joining_twice_and_leaving_twice) {
  const auto join = [this] { return world.run(JoinGroup{client("outsider"), COMMUNITY}); };
  EXPECT_EQ(as<JoinReply>(join()).status, JoinReply::Status::joined);
  EXPECT_EQ(as<JoinReply>(join()).status, JoinReply::Status::already_member);
  EXPECT_EQ(world.group(community)->member_num, 4);
  EXPECT_TRUE(accepted(world.run(QuitGroup{client("outsider"), COMMUNITY})));
  EXPECT_EQ(world.notice_names(), Strings{"MembersRemoved outsider"});
  EXPECT_TRUE(refused(world.run(QuitGroup{client("outsider"), COMMUNITY}), 10007));
  EXPECT_EQ(world.group(community)->member_num, 3);
  EXPECT_TRUE(refused(world.run(JoinGroup{client("ghost"), COMMUNITY}), 10019));
}

TEST_F(MemberRules, removing_ignores_strangers_and_spares_the_owner) {
  const auto remove = [this](const std::vector<UserId>& users) {
    return world.run(DeleteMembers{rest(), COMMUNITY, users});
  };
  EXPECT_TRUE(accepted(remove({UserId{"ghost"}, UserId{"outsider"}})));
  EXPECT_TRUE(refused(remove({UserId{"lin-7"}, UserId{"vera_01"}}), 10004, "vera_01"));
  EXPECT_NE(world.member(community, "lin-7"), nullptr);
  EXPECT_TRUE(accepted(remove({UserId{"lin-7"}, UserId{"lin-7"}, UserId{"omar"}})));
  EXPECT_EQ(world.group(community)->member_num, 1);
  EXPECT_EQ(world.notice_names(), Strings{"MembersRemoved lin-7 omar"});
  EXPECT_TRUE(refused(remove({}), 10004));
  EXPECT_TRUE(accepted(remove(std::vector<UserId>(500, UserId{"x"}))));
  EXPECT_TRUE(refused(remove(std::vector<UserId>(501, UserId{"x"})), 10005, "501"));
}

TEST_F(MemberRules, a_private_group_ends_with_its_last_member_others_are_kept) {
  const GroupKey group = world.make_group(GroupType::private_group);
  const std::string id = group.group.str();
  for (const char* user : {"vera_01", "omar", "lin-7"}) {
    ASSERT_NE(world.group(group), nullptr);
    ASSERT_TRUE(accepted(world.run(QuitGroup{client(user), id})));
  }
  EXPECT_EQ(world.group(group), nullptr);
  EXPECT_EQ(world.notice_names(), (Strings{"MembersRemoved lin-7", "GroupDissolved"}));
  EXPECT_EQ(world.event_names(), Strings{"AfterMemberExit"});

  CreateGroup ownerless = create_group(rest(), GroupType::community, "");
  ownerless.group_id = "@TGS#_kept";
  ASSERT_TRUE(accepted(world.run(ownerless)));
  ASSERT_TRUE(accepted(world.run(JoinGroup{client("omar"), "@TGS#_kept"})));
  ASSERT_TRUE(accepted(world.run(QuitGroup{client("omar"), "@TGS#_kept"})));
  const Group* kept = world.group(GroupKey{world.app_id, GroupId{"@TGS#_kept"}});
  ASSERT_NE(kept, nullptr) << "made by an app admin without owner and members";
  EXPECT_EQ(kept->member_num, 0);
}

TEST_F(MemberRules, any_member_of_a_private_group_invites) {
  const GroupKey group = world.make_group(GroupType::private_group);
  EXPECT_EQ(results(add_members(client("lin-7"), group, {"outsider"})), std::vector<int>{1});
}

TEST_F(MemberRules, changing_a_member_checks_each_value) {
  ModifyMember command = change(rest(), "lin-7");
  command.name_card = std::string(50, 'x');
  command.msg_flag = "Discard";
  command.role = "Admin";
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.member(community, "lin-7")->name_card.size(), 50U);
  EXPECT_EQ(world.member(community, "lin-7")->msg_flag, "Discard");
  EXPECT_EQ(world.member(community, "lin-7")->role, Role::admin);
  command.name_card->push_back('x');
  EXPECT_TRUE(refused(world.run(command), 10004, "NameCard is 51 bytes, at most 50"));
  command = change(rest(), "lin-7");
  command.msg_flag = "Maybe";
  EXPECT_TRUE(refused(world.run(command), 10004, "MsgFlag is 'Maybe'"));
  command = change(rest(), "lin-7");
  command.role = "Owner";
  EXPECT_TRUE(refused(world.run(command), 10004, "change_group_owner"));
  command = change(rest(), "vera_01");
  command.role = "Member";
  EXPECT_TRUE(refused(world.run(command), 10004, "is the owner"));
  EXPECT_TRUE(refused(world.run(change(rest(), "ghost")), 10019));
  EXPECT_TRUE(refused(world.run(change(rest(), "outsider")), 10004, "not a member"));
  EXPECT_TRUE(refused(world.run(change(rest(), "")), 10004, "Member_Account"));
  EXPECT_TRUE(refused(world.run(change(client("outsider"), "lin-7")), 10007));
}

TEST_F(MemberRules, the_name_card_is_ones_own_or_an_admins_and_the_flag_ones_own) {
  ModifyMember card = change(client("lin-7"), "lin-7");
  card.name_card = "Lin";
  card.msg_flag = "AcceptNotNotify";
  EXPECT_TRUE(accepted(world.run(card)));
  card.user = UserId{"omar"};
  card.msg_flag.reset();
  EXPECT_TRUE(refused(world.run(card), 10007, "NameCard"));
  card.caller = client("omar");
  card.user = UserId{"lin-7"};
  card.name_card = "L.";
  EXPECT_TRUE(accepted(world.run(card)));
  card.msg_flag = "Discard";
  EXPECT_TRUE(refused(world.run(card), 10007, "MsgFlag"));
  ModifyMember role = change(client("omar"), "lin-7");
  role.role = "Admin";
  EXPECT_TRUE(refused(world.run(role), 10007)) << "owner only";
}

TEST_F(MemberRules, mutes_end_at_a_moment_and_outlive_membership) {
  const std::int64_t now = kTestNowMs / 1000;
  const MuteKey key{community, {}, UserId{"lin-7"}};
  const auto mute = [this](std::int64_t seconds) {
    return world.run(MuteMembers{rest(), COMMUNITY, {}, {UserId{"lin-7"}}, seconds});
  };
  EXPECT_TRUE(accepted(mute(60)));
  EXPECT_EQ(world.mutes[key].until_s, now + 60);
  EXPECT_TRUE(accepted(mute(4'294'967'294)));
  EXPECT_EQ(world.mutes[key].until_s, now + 4'294'967'294);
  EXPECT_TRUE(accepted(mute(4'294'967'295)));
  EXPECT_EQ(world.mutes[key].until_s, std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(refused(mute(4'294'967'296), 10004, "MuteTime"));
  EXPECT_TRUE(refused(mute(-1), 10004, "MuteTime"));
  ASSERT_TRUE(accepted(world.run(QuitGroup{client("lin-7"), COMMUNITY})));
  EXPECT_TRUE(world.mutes.contains(key));
  EXPECT_TRUE(accepted(mute(0))) << "an app admin may unmute who has left";
  EXPECT_FALSE(world.mutes.contains(key));
  EXPECT_TRUE(accepted(mute(0)));
  EXPECT_TRUE(refused(
      world.run(MuteMembers{client("vera_01"), COMMUNITY, {}, {UserId{"lin-7"}}, 60}), 10004));
  EXPECT_TRUE(refused(world.run(MuteMembers{rest(), COMMUNITY, {}, {UserId{"ghost"}}, 60}), 10019));
  EXPECT_TRUE(refused(world.run(MuteMembers{rest(), COMMUNITY, {}, {}, 60}), 10004));
  EXPECT_TRUE(refused(
      world.run(MuteMembers{rest(), COMMUNITY, {}, std::vector<UserId>(501, UserId{"x"}), 60}),
      10005));
  EXPECT_TRUE(accepted(world.run(
      MuteMembers{rest(), COMMUNITY, {}, std::vector<UserId>(500, UserId{"lin-7"}), 0})));
  ModifyMember by_member_call = change(client("omar"), "lin-7");
  by_member_call.mute_time_s = 60;
  ASSERT_TRUE(accepted(world.run(JoinGroup{client("lin-7"), COMMUNITY})));
  EXPECT_TRUE(accepted(world.run(by_member_call)));
  EXPECT_EQ(world.mutes[key].until_s, now + 60);
}

TEST_F(MemberRules, mutes_inside_a_topic_go_with_it) {
  ASSERT_TRUE(accepted(world.run(custom_topic())));
  MuteMembers command{rest(), COMMUNITY, TOPIC_MARK "woodwork", {UserId{"lin-7"}}, 60};
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_TRUE(world.mutes.contains(
      MuteKey{community, TopicId{TOPIC_MARK "woodwork"}, UserId{"lin-7"}}));
  command.topic_id = TOPIC_MARK "gone";
  EXPECT_TRUE(refused(world.run(command), 10010, "topic"));
  command.topic_id = "@TGS#_other@TOPIC#_x";
  EXPECT_TRUE(refused(world.run(command), 10015));
  const GroupKey room = world.make_group(GroupType::public_group);
  EXPECT_TRUE(refused(world.run(MuteMembers{rest(), room.group.str(), room.group.str() +
                                                        "@TOPIC#_x", {UserId{"lin-7"}}, 60}),
                      10015));
  App app = world.app();
  app.topic_on = false;
  world.set_app(app);
  command.topic_id = TOPIC_MARK "woodwork";
  EXPECT_TRUE(refused(world.run(command), 11000));
}

TEST_F(MemberRules, member_fields_have_64_bytes_and_a_right_to_ones_own) {
  App app = world.app();
  app.member_fields = {
      {"badge", {{GroupType::community, FieldLevel::anyone, FieldLevel::admin, true, false}}},
      {"mood", {{GroupType::community, FieldLevel::member, FieldLevel::owner, true, true}}}};
  world.set_app(app);
  ModifyMember command = change(client("lin-7"), "lin-7");
  command.fields = {{"mood", std::string(64, 'x')}};
  EXPECT_TRUE(accepted(world.run(command))) << "self write";
  command.fields[0].value += 'x';
  EXPECT_TRUE(refused(world.run(command), 10004, "65 bytes, at most 64"));
  command.fields = {{"badge", "x"}};
  EXPECT_TRUE(refused(world.run(command), 10007, "badge"));
  command.caller = client("omar");
  EXPECT_TRUE(accepted(world.run(command)));
  command.fields = {{"mood", "x"}};
  EXPECT_TRUE(refused(world.run(command), 10007, "mood"));
  command.fields = {{"none", "x"}};
  EXPECT_TRUE(refused(world.run(command), 10004, "not declared"));
  EXPECT_EQ(world.member(community, "lin-7")->fields.size(), 2U);
}

}  // namespace
}  // namespace tidings::community
