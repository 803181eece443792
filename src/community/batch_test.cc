// Goal: within one View each command sees what earlier ones changed, and what is written in the end
// is what the commands, one by one, would have left. Method: batches against a stored world whose
// commit checks the stored flags; the same commands one by one as the model.
#include <gtest/gtest.h>

#include "community/test_world.h"

namespace tidings::community {
namespace {

CreateGroup makers() {
  CreateGroup command = create_group(rest(), GroupType::community, "vera_01");
  command.group_id = "@TGS#_makers";
  command.support_topic = true;
  return command;
}

CreateTopic topic_in_makers(const std::string& suffix) {
  CreateTopic command = create_topic(rest());
  command.group_id = "@TGS#_makers";
  command.topic_id = "@TGS#_makers@TOPIC#_" + suffix;
  return command;
}

const GroupKey kMakers{SdkAppId{kTestApp}, GroupId{"@TGS#_makers"}};

std::vector<int> codes(const std::vector<Result<Reply>>& replies) {
  std::vector<int> result;
  for (const auto& reply : replies) result.push_back(reply ? 0 : reply.error().code);
  return result;
}

TEST(Batch, a_group_made_filled_and_destroyed_in_one_view_leaves_only_events) {
  World world;
  const auto replies =
      world.run_batch({makers(), topic_in_makers("a"), topic_in_makers("a"),
                       add_members(rest(), kMakers, {"omar"}), DestroyGroup{rest(), "@TGS#_makers"},
                       topic_in_makers("b"), DestroyGroup{rest(), "@TGS#_makers"}});
  EXPECT_EQ(codes(replies), (std::vector<int>{0, 0, 10025, 0, 0, 10010, 10010}));
  EXPECT_TRUE(world.groups.empty());
  EXPECT_TRUE(world.topics.empty());
  EXPECT_TRUE(world.members.empty());
  EXPECT_EQ(world.event_names(), (Strings{"AfterCreateGroup", "AfterCreateTopic",
                                          "AfterNewMemberJoin", "AfterGroupDestroyed"}));
  EXPECT_EQ(world.tallies[world.app_id].groups, 0);
  EXPECT_EQ(world.tallies[world.app_id].communities, 0);
  EXPECT_EQ(world.tallies[world.app_id].net_new_today, 0);
}

TEST(Batch, the_same_custom_id_after_a_dissolve_is_a_new_and_empty_group) {
  World world;
  ASSERT_TRUE(accepted(world.run(makers())));
  ASSERT_TRUE(accepted(world.run(topic_in_makers("a"))));
  ASSERT_TRUE(accepted(world.run(add_members(rest(), kMakers, {"omar", "lin-7"}))));
  world.mutes[MuteKey{kMakers, {}, UserId{"omar"}}] =
      Mute{MuteKey{kMakers, {}, UserId{"omar"}}, 99};
  DestroyTopics all{client("vera_01"), "@TGS#_makers", {}, true};
  const auto replies = world.run_batch(
      {topic_in_makers("b"), DestroyGroup{rest(), "@TGS#_makers"}, makers(), topic_in_makers("a"),
       JoinGroup{client("omar"), "@TGS#_makers"}, all});
  EXPECT_EQ(codes(replies), (std::vector<int>{0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(as<ItemsReply>(replies.back()).items.size(), 1U) << "only the new group's topic";
  EXPECT_EQ(world.groups[kMakers].member_num, 2);
  EXPECT_EQ(world.groups[kMakers].topic_num, 0);
  EXPECT_EQ(world.members.size(), 2U);
  EXPECT_EQ(world.member(kMakers, "lin-7"), nullptr);
  EXPECT_TRUE(world.topics.empty());
  EXPECT_TRUE(world.mutes.empty());
}

TEST(Batch, quotas_count_what_the_batch_added) {
  World world;
  const GroupKey community = world.make_community();
  world.add_topics(community, 198);
  const auto topics = world.run_batch({custom_topic("a"), custom_topic("b"), custom_topic("c")});
  EXPECT_EQ(codes(topics), (std::vector<int>{0, 0, 10037}));

  world.groups[community].max_member_num = 4;
  world.add_account("late");
  const auto joins = world.run_batch({JoinGroup{client("outsider"), COMMUNITY},
                                      JoinGroup{client("late"), COMMUNITY},
                                      QuitGroup{client("lin-7"), COMMUNITY},
                                      JoinGroup{client("late"), COMMUNITY}});
  EXPECT_EQ(codes(joins), (std::vector<int>{0, 10014, 0, 0}));
  EXPECT_EQ(world.groups[community].member_num, 4);

  world.extra_joined[AccountKey{world.app_id, UserId{"omar"}}] = 2998;  // and one membership
  const auto groups = world.run_batch({create_group(rest(), GroupType::public_group, "omar"),
                                       create_group(rest(), GroupType::public_group, "omar")});
  EXPECT_EQ(codes(groups), (std::vector<int>{0, 10037}));
}

TEST(Batch, settings_changed_earlier_hold_for_later_commands) {
  World world;
  world.make_community();
  App off = world.app();
  off.topic_on = false;
  App on = off;
  on.topic_on = true;
  const auto replies = world.run_batch({custom_topic("a"), PutApp{off, 1}, custom_topic("b"),
                                        PutApp{on, 2}, custom_topic("b")});
  EXPECT_EQ(codes(replies), (std::vector<int>{0, 0, 11000, 0, 0}));
  EXPECT_EQ(world.app().version, 3);
}

TEST(Batch, ownership_passes_on_twice) {
  World world;
  const GroupKey community = world.make_community();
  const auto replies = world.run_batch({ChangeOwner{rest(), COMMUNITY, UserId{"omar"}},
                                        ChangeOwner{rest(), COMMUNITY, UserId{"lin-7"}},
                                        ChangeOwner{client("vera_01"), COMMUNITY, UserId{"omar"}}});
  EXPECT_EQ(codes(replies), (std::vector<int>{0, 0, 10007}));
  EXPECT_EQ(world.group(community)->owner.str(), "lin-7");
  EXPECT_EQ(world.member(community, "vera_01")->role, Role::member);
  EXPECT_EQ(world.member(community, "omar")->role, Role::member);
  EXPECT_EQ(world.member(community, "lin-7")->role, Role::owner);
}

TEST(Batch, a_deleted_account_is_gone_for_the_rest_of_the_batch) {
  World world;
  App app = world.app();
  app.edition = Edition::trial;
  world.set_app(app);
  const GroupKey room = world.make_group(GroupType::chat_room);
  const std::string id = room.group.str();
  ModifyGroup rename;
  rename.caller = rest();
  rename.group_id = id;
  rename.name = "Renamed";
  const auto replies = world.run_batch(
      {rename, DeleteAccounts{rest(), {"lin-7", "vera_01"}}, QuitGroup{client("lin-7"), id},
       add_members(rest(), room, {"lin-7"}), ImportAccounts{rest(), {"lin-7"}, {}, {}},
       add_members(rest(), room, {"lin-7"})});
  EXPECT_EQ(codes(replies), (std::vector<int>{0, 0, 10007, 10019, 0, 0}));
  EXPECT_EQ(world.group(room)->name, "Renamed");
  EXPECT_EQ(world.group(room)->member_num, 2);
  EXPECT_EQ(world.group(room)->owner.str(), "") << "vera_01 owned it";
  EXPECT_EQ(world.member(room, "vera_01"), nullptr);
  EXPECT_NE(world.member(room, "lin-7"), nullptr);
}

TEST(Batch, nothing_of_an_app_outlives_it) {
  World world;
  world.make_community();
  App disabled = world.app();
  disabled.status = AppStatus::disabled;
  const auto replies = world.run_batch({PutApp{disabled, 1}, DeleteApp{world.app_id},
                                        create_topic(rest()), DeleteApp{world.app_id}});
  EXPECT_EQ(codes(replies), (std::vector<int>{0, 0, 70020, 0}));
  EXPECT_TRUE(refused(replies[3], Errc::not_found, "there is no app"));
  EXPECT_TRUE(world.apps.empty());
  EXPECT_TRUE(world.accounts.empty());
  EXPECT_TRUE(world.groups.empty());
  EXPECT_TRUE(world.members.empty());
}

TEST(Batch, an_app_that_comes_back_goes_on_numbering_its_events) {
  World world;
  world.tallies[world.app_id].event_sequence = 41;
  App disabled = world.app();
  disabled.status = AppStatus::disabled;
  world.set_app(disabled);
  SeededRandom random{1};
  View view(kTestNowMs, random);
  view.apps.load(world.app_id, world.apps[world.app_id]);
  view.tallies.load(world.app_id, world.tallies[world.app_id]);
  view.accounts.load(AccountKey{world.app_id, UserId{"administrator"}}, std::nullopt);
  ASSERT_TRUE(accepted(decide(DeleteApp{world.app_id}, view)));
  EXPECT_FALSE(view.tallies.entries().at(world.app_id).dirty) << "the engine resets what it keeps";
  ASSERT_TRUE(accepted(decide(PutApp{disabled, 0}, view)));
  EXPECT_EQ(view.tally(world.app_id).event_sequence, 41);
  EXPECT_EQ(view.tally(world.app_id).accounts, 1);
  EXPECT_EQ(view.app(world.app_id)->events_before, 41);
  App changed = *view.app(world.app_id);
  changed.events_before = 7;  // not for a caller to say
  ASSERT_TRUE(accepted(decide(PutApp{changed, 1}, view)));
  EXPECT_EQ(view.app(world.app_id)->events_before, 41);
}

}  // namespace
}  // namespace tidings::community
