// Goal: a command weighs what it names, and counts as its caller's app. Method: lists of every length up
// to their limit and over it, compared with what collect() makes the engine load.
#include "community/command_weight.h"

#include <gtest/gtest.h>

#include "community/decide.h"
#include "community/limits.h"

namespace tidings::community {
namespace {

const SdkAppId kApp{1400112233};

Caller admin() { return {kApp, UserId{"administrator"}, true, {}}; }

std::vector<UserId> users(std::size_t count) {
  std::vector<UserId> list;
  for (std::size_t i = 0; i < count; ++i) list.emplace_back("u" + std::to_string(i));
  return list;
}
std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back("n" + std::to_string(i));
  return list;
}
std::vector<NewMember> members(std::size_t count) {
  std::vector<NewMember> list;
  for (UserId& user : users(count)) list.push_back({std::move(user), {}, {}, {}, {}});
  return list;
}

std::size_t rows_named(const Command& command) {
  Needs needs;
  collect(command, needs);
  return std::max({needs.accounts.size(), needs.members.size(), needs.topics.size()});
}

TEST(CommandWeight, is_one_and_the_rows_of_its_list_as_far_as_they_are_loaded) {
  for (const std::size_t count : {0U, 1U, 7U, 100U, 101U, 200U, 201U, 300U, 301U, 500U, 501U}) {
    CreateGroup group;
    group.caller = admin();
    group.members = members(count);
    App app;
    app.id = kApp;
    app.admins = users(count);
    for (const Command& each : std::initializer_list<Command>{
             group, AddMembers{admin(), "g", members(count), {}, false},
             DeleteMembers{admin(), "g", users(count)},
             MuteMembers{admin(), "g", {}, users(count), 60},
             DestroyTopics{admin(), "g", names(count), false},
             ImportAccounts{admin(), names(count), {}, {}}, PutApp{app, 0}}) {
      EXPECT_EQ(weight_of(each), 1 + rows_named(each)) << each.index() << " with " << count;
    }
  }
}

TEST(CommandWeight, of_what_names_one_thing_is_one) {
  CreateTopic topic;
  topic.caller = admin();
  for (const Command& each : std::initializer_list<Command>{
           topic, ModifyGroup{}, ModifyTopic{}, JoinGroup{}, QuitGroup{}, ModifyMember{},
           ChangeOwner{}, DeleteApp{kApp}, DestroyGroup{admin(), "g"}}) {
    EXPECT_EQ(weight_of(each), 1U) << each.index();
  }
}

TEST(CommandWeight, of_what_only_the_store_can_count_is_a_guess_well_over_one) {
  EXPECT_EQ(weight_of(DestroyTopics{admin(), "g", {}, true}), 201U);
  EXPECT_EQ(weight_of(DeleteAccounts{admin(), names(3)}), 1U + 33U);
}

TEST(CommandWeight, of_what_the_store_does_in_small_commits_of_its_own_is_one) {
  EXPECT_EQ(weight_of(PurgeEvents{{1, 2, 3}}), 1U);
  EXPECT_EQ(weight_of(PurgeDeleted{kApp, 1024}), 1U);
}

TEST(AskingApp, is_the_callers_and_none_where_the_operator_or_the_store_asks) {
  CreateTopic topic;
  topic.caller = admin();
  EXPECT_EQ(asking_app(topic), kApp);
  EXPECT_EQ(asking_app(JoinGroup{admin(), "g"}), kApp);
  EXPECT_EQ(asking_app(DeleteAccounts{admin(), {}}), kApp);
  App app;
  app.id = kApp;
  EXPECT_EQ(asking_app(PutApp{app, 0}), SdkAppId{});
  EXPECT_EQ(asking_app(DeleteApp{kApp}), SdkAppId{});
  EXPECT_EQ(asking_app(PurgeEvents{}), SdkAppId{});
  EXPECT_EQ(asking_app(PurgeDeleted{kApp, 1}), SdkAppId{});
}

}  // namespace
}  // namespace tidings::community
