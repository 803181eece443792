// Goal: creating, importing, changing, handing over and ending groups follows protocol 3.3 and
// 4.7.6 to 4.7.9, 4.7.17, 4.7.19. Method: commands against a stored world; limits at their edge and
// one over, as tables.
#include <gtest/gtest.h>

#include "community/limits.h"
#include "community/test_world.h"

namespace tidings::community {
namespace {

class GroupRules : public testing::Test {
 protected:
  CreateGroup makers(const std::string& id = "@TGS#_makers") {
    CreateGroup command = create_group(rest(), GroupType::community, "vera_01");
    command.group_id = id;
    return command;
  }
  void change(void (*edit)(App&)) {
    App app = world.app();
    edit(app);
    world.set_app(app);
  }

  World world;
};

NewMember listed(const std::string& user, std::optional<std::string> role = {}) {
  NewMember member;
  member.user = UserId{user};
  member.role = std::move(role);
  return member;
}

ModifyGroup modify(const Caller& caller, const GroupKey& group) {
  ModifyGroup command;
  command.caller = caller;
  command.group_id = group.group.str();
  return command;
}

TEST_F(GroupRules, a_created_group_has_what_was_given_and_the_defaults) {
  CreateGroup command = makers("");
  command.support_topic = true;
  command.introduction = "i";
  command.notification = "n";
  command.face_url = "f";
  command.apply_join_option = "DisableApply";  // ignored
  command.members = {listed("omar", "Admin"), listed("lin-7")};
  const Group group = as<GroupCreatedReply>(world.run(command)).group;
  EXPECT_EQ(group.key.group.str(), COMMUNITY);
  EXPECT_EQ(group.type, GroupType::community);
  EXPECT_EQ(group.introduction + group.notification + group.face_url, "inf");
  EXPECT_EQ(group.owner.str(), "vera_01");
  EXPECT_EQ(group.create_time_s, kTestNowMs / 1000);
  EXPECT_EQ(group.last_info_time_s, group.create_time_s);
  EXPECT_EQ(group.next_msg_seq, 1);
  EXPECT_EQ(group.member_num, 3);
  EXPECT_EQ(group.max_member_num, 100'000);
  EXPECT_EQ(group.apply_join, JoinOption::free_access);
  EXPECT_TRUE(group.support_topic);
  EXPECT_FALSE(group.mute_all);
  EXPECT_EQ(world.member(group.key, "vera_01")->role, Role::owner);
  EXPECT_EQ(world.member(group.key, "omar")->role, Role::admin);
  EXPECT_EQ(world.member(group.key, "lin-7")->role, Role::member);
  EXPECT_EQ(world.member(group.key, "lin-7")->msg_flag, "AcceptAndNotify");
  EXPECT_EQ(world.notice_names(), Strings{"MembersAdded vera_01 omar lin-7"});
  EXPECT_EQ(world.tallies[world.app_id].groups, 1);
  EXPECT_EQ(world.tallies[world.app_id].communities, 1);
}

TEST_F(GroupRules, assigned_ids_have_the_form_of_their_type) {
  world.counters.ordinary_group = 4'300'500'006;
  const auto id = [this](GroupType type) {
    return as<GroupCreatedReply>(world.run(create_group(rest(), type, ""))).group.key.group.str();
  };
  EXPECT_EQ(id(GroupType::public_group), "@TGS#2HB3IFAEP");
  EXPECT_EQ(id(GroupType::private_group), "@TGS#1IB3IFAEQ");
  world.counters.ordinary_group = 100'000'000'000;
  EXPECT_EQ(id(GroupType::chat_room), "@TGS#3BA2NHE5CZ");
  world.counters.community_and_topic = 99'999'999'999'999;
  EXPECT_EQ(id(GroupType::community), "@TGS#_@TGS#cAAQUHIM62CV");
}

TEST_F(GroupRules, types_have_old_and_new_names) {
  const auto type = [this](const std::string& name) {
    CreateGroup command = create_group(rest(), GroupType::community, "");
    command.type = name;
    return as<GroupCreatedReply>(world.run(command)).group.type;
  };
  EXPECT_EQ(type("Work"), GroupType::private_group);
  EXPECT_EQ(type("Meeting"), GroupType::chat_room);
  CreateGroup command = makers();
  command.type = "BChatRoom";
  EXPECT_TRUE(refused(world.run(command), 10004, "Type is 'BChatRoom'"));
  command.type = "";
  EXPECT_TRUE(refused(world.run(command), 10004, "Type is missing"));
}

TEST_F(GroupRules, texts_are_accepted_at_their_limit_and_refused_one_byte_over) {
  struct Row {
    std::string field;
    std::size_t limit;
    std::optional<std::string> CreateGroup::*in_create;
    std::optional<std::string> ModifyGroup::*in_modify;
  };
  const Row rows[] = {
      {"Introduction", 240, &CreateGroup::introduction, &ModifyGroup::introduction},
      {"Notification", 300, &CreateGroup::notification, &ModifyGroup::notification},
      {"FaceUrl", 100, &CreateGroup::face_url, &ModifyGroup::face_url},
  };
  const GroupKey group = world.make_community();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.field);
    const std::string over = row.field + " is " + std::to_string(row.limit + 1) + " bytes";
    CreateGroup creating = makers("");
    creating.*row.in_create = std::string(row.limit, 'x');
    EXPECT_TRUE(accepted(world.run(creating)));
    *(creating.*row.in_create) += 'x';
    EXPECT_TRUE(refused(world.run(creating), 10004, over));
    ModifyGroup changing = modify(rest(), group);
    changing.*row.in_modify = std::string(row.limit, 'x');
    EXPECT_TRUE(accepted(world.run(changing)));
    *(changing.*row.in_modify) += 'x';
    EXPECT_TRUE(refused(world.run(changing), 10004, over));
  }
  CreateGroup creating = makers("");
  creating.name = std::string(30, 'x');
  EXPECT_TRUE(accepted(world.run(creating)));
  creating.name += 'x';
  EXPECT_TRUE(refused(world.run(creating), 10004, "Name is 31 bytes, at most 30"));
  creating.name = "";
  EXPECT_TRUE(refused(world.run(creating), 10004, "Name"));
  ModifyGroup changing = modify(rest(), group);
  changing.name = "";
  EXPECT_TRUE(refused(world.run(changing), 10004, "Name"));
  changing.name = std::string(31, 'x');
  EXPECT_TRUE(refused(world.run(changing), 10004, "Name is 31 bytes"));
}

TEST_F(GroupRules, custom_ids_are_48_bytes_at_most_and_of_their_types_form) {
  const std::string edge = "@TGS#_" + std::string(42, 'x');
  EXPECT_TRUE(accepted(world.run(makers(edge))));
  for (const std::string& bad : {edge + "x", std::string{"@TGS#_"}, std::string{"@TGS#_@TGS#cA"},
                                 std::string{"plain"}, std::string{"@TGS#_a@TOPIC#_b"}}) {
    EXPECT_TRUE(refused(world.run(makers(bad)), 10015)) << bad;
  }
  CreateGroup ordinary = create_group(rest(), GroupType::public_group, "");
  ordinary.group_id = std::string(48, 'x');
  EXPECT_TRUE(accepted(world.run(ordinary)));
  ordinary.group_id = std::string(49, 'x');
  EXPECT_TRUE(refused(world.run(ordinary), 10015));
  ordinary.group_id = "@TGS#mine";
  EXPECT_TRUE(refused(world.run(ordinary), 10015));
}

TEST_F(GroupRules, an_id_in_use_is_yours_or_anothers) {
  ASSERT_TRUE(accepted(world.run(makers())));
  EXPECT_TRUE(refused(world.run(makers()), 10025));
  CreateGroup other = makers();
  other.owner = UserId{"omar"};
  EXPECT_TRUE(refused(world.run(other), 10021));
  EXPECT_TRUE(refused(world.run(create_group(client("vera_01"), GroupType::community, "omar")),
                      10007));
  CreateGroup by_owner = makers();
  by_owner.caller = client("vera_01");
  by_owner.owner.reset();
  EXPECT_TRUE(refused(world.run(by_owner), 10025));
  CreateGroup importing = makers();
  importing.import = true;
  EXPECT_TRUE(refused(world.run(importing), 10021)) << "imports always 10021 (R-17)";
}

TEST_F(GroupRules, features_and_editions_are_checked_first) {
  change([](App& app) { app.topic_on = false; });
  CreateGroup command = makers();
  EXPECT_TRUE(accepted(world.run(command))) << "a community without topics";
  command.group_id = "@TGS#_with";
  command.support_topic = true;
  EXPECT_TRUE(refused(world.run(command), 11000, "topic feature"));
  change([](App& app) { app.community_on = false; });
  command.support_topic = false;
  command.name = "";
  EXPECT_TRUE(refused(world.run(command), 11000, "community feature")) << "before the name";
  change([](App& app) {
    app.community_on = true;
    app.edition = Edition::trial;
  });
  EXPECT_TRUE(refused(world.run(makers("@TGS#_t")), 10059, "upgrade"));
  CreateGroup ordinary = create_group(rest(), GroupType::public_group, "");
  ordinary.support_topic = true;
  EXPECT_TRUE(refused(world.run(ordinary), 10004, "SupportTopic"));
}

TEST_F(GroupRules, initial_members_are_at_most_100_imported_and_only_admins_have_a_role) {
  CreateGroup command = makers();
  for (int i = 0; i < 100; ++i) {
    world.add_account("m" + std::to_string(i));
    command.members.push_back(listed("m" + std::to_string(i)));
  }
  command.members.push_back(listed("omar"));
  EXPECT_TRUE(refused(world.run(command), 10005, "101"));
  command.members.pop_back();
  EXPECT_EQ(as<GroupCreatedReply>(world.run(command)).group.member_num, 101);
  command.group_id = "@TGS#_b";
  command.members = {listed("ghost")};
  EXPECT_TRUE(refused(world.run(command), 10019, "ghost"));
  command.members = {listed("omar", "Member")};
  EXPECT_TRUE(refused(world.run(command), 10004, "Role"));
  command.members = {};
  command.owner = UserId{"ghost"};
  EXPECT_TRUE(refused(world.run(command), 10019, "Owner_Account"));
  CreateGroup closed = create_group(rest(), GroupType::private_group, "vera_01");
  closed.members = {listed("omar", "Admin")};
  EXPECT_TRUE(refused(world.run(closed), 10007, "no admins"));
  CreateGroup live = create_group(rest(), GroupType::av_chat_room, "vera_01");
  live.members = {listed("omar")};
  EXPECT_TRUE(refused(world.run(live), 10007, "MemberList"));
}

TEST_F(GroupRules, a_client_names_up_to_500_initial_members) {
  CreateGroup command = create_group(client("vera_01"), GroupType::community, "");
  for (int i = 0; i < 501; ++i) {
    world.add_account("m" + std::to_string(i));
    command.members.push_back(listed("m" + std::to_string(i)));
  }
  EXPECT_TRUE(refused(world.run(command), 10005, "at most 500"));
  command.members.pop_back();
  EXPECT_EQ(as<GroupCreatedReply>(world.run(command)).group.member_num, 501);
}

TEST_F(GroupRules, capacity_is_the_plans_and_creation_beyond_it_is_10038) {
  CreateGroup command = create_group(rest(), GroupType::public_group, "vera_01");
  EXPECT_EQ(as<GroupCreatedReply>(world.run(command)).group.max_member_num, 6000);
  command.max_member_num = 6000;
  EXPECT_TRUE(accepted(world.run(command)));
  command.max_member_num = 6001;
  EXPECT_TRUE(refused(world.run(command), 10004, "MaxMemberCount is 6001, 1 to 6000"));
  command.max_member_num = 0;
  EXPECT_TRUE(refused(world.run(command), 10004));
  command.max_member_num = 1;
  EXPECT_TRUE(accepted(world.run(command)));
  command.members = {listed("omar")};
  EXPECT_TRUE(refused(world.run(command), 10038, "2 members"));
  CreateGroup community = makers();
  community.max_member_num = 100'000;
  EXPECT_TRUE(accepted(world.run(community)));
  community.group_id = "@TGS#_b";
  community.max_member_num = 100'001;
  EXPECT_TRUE(refused(world.run(community), 10004));
}

TEST_F(GroupRules, join_options_are_kept_for_ordinary_groups_only) {
  CreateGroup command = create_group(rest(), GroupType::public_group, "vera_01");
  EXPECT_EQ(as<GroupCreatedReply>(world.run(command)).group.apply_join,
            JoinOption::need_permission);
  command.apply_join_option = "FreeAccess";
  const GroupKey group = as<GroupCreatedReply>(world.run(command)).group.key;
  EXPECT_EQ(as<JoinReply>(world.run(JoinGroup{client("omar"), group.group.str()})).status,
            JoinReply::Status::joined);
  ModifyGroup closing = modify(rest(), group);
  closing.apply_join_option = "DisableApply";
  ASSERT_TRUE(accepted(world.run(closing)));
  EXPECT_TRUE(refused(world.run(JoinGroup{client("lin-7"), group.group.str()}), 10007));
  closing.apply_join_option = "Never";
  EXPECT_TRUE(refused(world.run(closing), 10004, "ApplyJoinOption is 'Never'"));
  const GroupKey community = world.make_community();
  closing = modify(rest(), community);
  closing.apply_join_option = "DisableApply";
  ASSERT_TRUE(accepted(world.run(closing)));
  EXPECT_EQ(world.group(community)->apply_join, JoinOption::free_access);
}

TEST_F(GroupRules, quotas_of_app_day_and_user) {
  change([](App& app) { app.edition = Edition::trial; });
  CreateGroup command = create_group(rest(), GroupType::public_group, "vera_01");
  Tally& tally = world.tallies[world.app_id];
  tally.groups = 99;
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_TRUE(refused(world.run(command), 10058, "100"));
  command.import = true;
  EXPECT_TRUE(refused(world.run(command), 10058)) << "imports count too";
  command.import = false;
  change([](App& app) { app.edition = Edition::pro; });

  tally.day = kTestNowMs / 1000 / 86'400;
  tally.net_new_today = 9'999;
  const GroupKey last = as<GroupCreatedReply>(world.run(command)).group.key;
  EXPECT_TRUE(refused(world.run(command), 10006, "10000"));
  ASSERT_TRUE(accepted(world.run(DestroyGroup{rest(), last.group.str()})));
  EXPECT_TRUE(accepted(world.run(command))) << "one destroyed today gives one back";
  EXPECT_TRUE(refused(world.run(command), 10006));
  command.import = true;
  EXPECT_TRUE(accepted(world.run(command))) << "imports have no daily limit";
  command.import = false;
  world.now_ms += 86'400'000;
  EXPECT_TRUE(accepted(world.run(command))) << "another day";
  EXPECT_EQ(tally.net_new_today, 1);

  tally.communities = 99'999;
  EXPECT_TRUE(accepted(world.run(makers())));
  EXPECT_TRUE(refused(world.run(makers("@TGS#_b")), 10037, "100000"));
}

TEST_F(GroupRules, a_user_is_in_50_500_or_3000_groups_by_edition) {
  const struct {
    Edition edition;
    std::int64_t most;
  } rows[] = {{Edition::trial, 50}, {Edition::pro, 500}, {Edition::ultimate, 3000}};
  for (const auto& row : rows) {
    World fresh;
    App app = fresh.app();
    app.edition = row.edition;
    fresh.set_app(app);
    fresh.extra_joined[AccountKey{fresh.app_id, UserId{"omar"}}] = row.most - 1;
    const CreateGroup command = create_group(rest(), GroupType::public_group, "omar");
    EXPECT_TRUE(accepted(fresh.run(command)));
    EXPECT_TRUE(refused(fresh.run(command), 10037, std::to_string(row.most)));
    const GroupKey room = fresh.make_group(GroupType::chat_room);
    ASSERT_TRUE(accepted(fresh.run(QuitGroup{client("omar"), room.group.str()})));
    EXPECT_TRUE(refused(fresh.run(JoinGroup{client("omar"), room.group.str()}), 10037))
        << "joining counts like creating";
  }
}

TEST_F(GroupRules, imported_groups_have_their_own_time_and_capacity) {
  CreateGroup command = create_group(rest(), GroupType::public_group, "vera_01");
  command.import = true;
  command.create_time_s = 1'420'070'400;
  const Group group = as<GroupCreatedReply>(world.run(command)).group;
  EXPECT_EQ(group.create_time_s, 1'420'070'400);
  EXPECT_EQ(group.max_member_num, 2000);
  EXPECT_EQ(group.member_num, 1);
  EXPECT_EQ(world.event_names(), Strings{});
  EXPECT_EQ(world.notice_names(), Strings{"MembersAdded(silent) vera_01"});
  command.create_time_s = kTestNowMs / 1000 + 1;
  EXPECT_TRUE(refused(world.run(command), 10004, "CreateTime"));
  command.create_time_s.reset();
  command.max_member_num = 6001;
  EXPECT_TRUE(refused(world.run(command), 10004));
  CreateGroup community = makers();
  community.import = true;
  EXPECT_EQ(as<GroupCreatedReply>(world.run(community)).group.max_member_num, 100'000);
  CreateGroup live = create_group(rest(), GroupType::av_chat_room, "vera_01");
  live.import = true;
  EXPECT_TRUE(refused(world.run(live), 10007));
}

TEST_F(GroupRules, a_client_creates_for_itself) {
  CreateGroup command = create_group(client("omar"), GroupType::community, "");
  EXPECT_EQ(as<GroupCreatedReply>(world.run(command)).group.owner.str(), "omar");
  command.owner = UserId{"vera_01"};
  EXPECT_TRUE(refused(world.run(command), 10007));
}

TEST_F(GroupRules, changing_counts_in_info_seq_only_when_something_changed) {
  const GroupKey key = world.make_community();
  const std::int64_t before = world.group(key)->info_seq;
  ModifyGroup command = modify(rest(), key);
  EXPECT_TRUE(accepted(world.run(command)));
  command.name = "Riverside Makers";
  command.mute_all_member = "Off";
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.group(key)->info_seq, before) << "identical values (R-37)";
  EXPECT_EQ(world.notice_names(), Strings{});
  world.now_ms += 5000;
  command.name = "Other";
  command.max_member_num = 500;
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.group(key)->info_seq, before + 1);
  EXPECT_EQ(world.group(key)->last_info_time_s, world.now_ms / 1000);
  EXPECT_EQ(world.group(key)->max_member_num, 500);
  command.max_member_num = 100'001;
  EXPECT_TRUE(refused(world.run(command), 10004, "MaxMemberNum"));
  const GroupKey live = world.make_group(GroupType::av_chat_room);
  command = modify(rest(), live);
  command.max_member_num = 10;
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.group(live)->max_member_num, 0) << "ignored for AVChatRoom";
}

TEST_F(GroupRules, custom_fields_are_written_changed_and_deleted_by_level) {
  change([](App& app) {
    app.group_fields = {
        {"category", {{GroupType::community, FieldLevel::anyone, FieldLevel::admin, true, true}}},
        {"audit", {{GroupType::community, FieldLevel::owner, FieldLevel::app_admin, true, true}}}};
  });
  const GroupKey key = world.make_community();
  ModifyGroup command = modify(client("omar"), key);
  command.fields = {{"category", std::string(512, 'x')}};
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{}) << "custom fields fire nothing";
  EXPECT_EQ(world.group(key)->fields.size(), 1U);
  command.fields[0].value += 'x';
  EXPECT_TRUE(refused(world.run(command), 10004, "513 bytes, at most 512"));
  command.fields = {{"category", "y"}, {"audit", "x"}};
  EXPECT_TRUE(refused(world.run(command), 10007, "audit"));
  command.caller = rest();
  EXPECT_TRUE(accepted(world.run(command)));
  command.fields = {{"category", ""}};
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.group(key)->fields, (FieldValues{{"audit", "x"}}));
  command.caller = client("outsider");
  command.fields = {};
  EXPECT_TRUE(refused(world.run(command), 10007)) << "even an empty change needs membership";
}

TEST_F(GroupRules, ids_that_are_malformed_or_absent) {
  for (const std::string& bad : {std::string{"a\tb"}, std::string(49, 'x')}) {
    EXPECT_TRUE(refused(world.run(DestroyGroup{rest(), bad}), 10015)) << bad;
    EXPECT_TRUE(refused(world.run(JoinGroup{client("omar"), bad}), 10015)) << bad;
    EXPECT_TRUE(refused(world.run(QuitGroup{client("omar"), bad}), 10015)) << bad;
  }
  for (const char* gone : {"@TGS#_gone", "@TGS#2AAAAAAAA", "gone"}) {
    EXPECT_TRUE(refused(world.run(DestroyGroup{rest(), gone}), 10010)) << gone;
    EXPECT_TRUE(refused(world.run(ChangeOwner{rest(), gone, UserId{"omar"}}), 10010)) << gone;
  }
  EXPECT_TRUE(refused(world.run(DestroyGroup{rest(), ""}), 10004));
}

TEST_F(GroupRules, a_new_owner_is_a_member_and_the_old_one_stays_as_one) {
  const GroupKey key = world.make_community();
  EXPECT_TRUE(refused(world.run(ChangeOwner{rest(), COMMUNITY, UserId{"ghost"}}), 10019));
  EXPECT_TRUE(refused(world.run(ChangeOwner{rest(), COMMUNITY, UserId{"outsider"}}), 10004));
  EXPECT_TRUE(refused(world.run(ChangeOwner{rest(), COMMUNITY, UserId{""}}), 10004));
  EXPECT_TRUE(accepted(world.run(ChangeOwner{client("vera_01"), COMMUNITY, UserId{"omar"}})));
  EXPECT_EQ(world.group(key)->owner.str(), "omar");
  EXPECT_EQ(world.member(key, "omar")->role, Role::owner);
  EXPECT_EQ(world.member(key, "vera_01")->role, Role::member);
  EXPECT_EQ(world.notice_names(), Strings{"GroupUpdated"});
  EXPECT_TRUE(accepted(world.run(ChangeOwner{rest(), COMMUNITY, UserId{"omar"}})));
  EXPECT_EQ(world.notice_names(), Strings{}) << "already the owner";
  CreateGroup ownerless = makers();
  ownerless.owner.reset();
  ownerless.members = {listed("lin-7")};
  ASSERT_TRUE(accepted(world.run(ownerless)));
  EXPECT_TRUE(accepted(world.run(ChangeOwner{rest(), "@TGS#_makers", UserId{"lin-7"}})));
}

}  // namespace
}  // namespace tidings::community
