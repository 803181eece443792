// Goal: accounts are imported and deleted as protocol 3.2 and 4.7.21 to 4.7.23 say. Method:
// commands against a stored world; per-item codes.
#include <gtest/gtest.h>

#include "community/test_world.h"

namespace tidings::community {
namespace {

class AccountRules : public testing::Test {
 protected:
  std::vector<int> codes(const Command& command) {
    std::vector<int> result;
    for (const ItemResult& item : as<ItemsReply>(world.run(command)).items) {
      result.push_back(item.code);
    }
    return result;
  }
  const Account* account(const std::string& user) {
    return World::find(world.accounts, AccountKey{world.app_id, UserId{user}});
  }
  void make_trial() {
    App app = world.app();
    app.edition = Edition::trial;
    world.set_app(app);
  }

  World world;
};

TEST_F(AccountRules, importing_twice_is_harmless_and_updates_what_is_given) {
  EXPECT_EQ(codes(ImportAccounts{rest(), {"new"}, "Nick", {}}), std::vector<int>{0});
  const std::int64_t count = world.tallies[world.app_id].accounts;
  EXPECT_EQ(codes(ImportAccounts{rest(), {"new"}, {}, "face"}), std::vector<int>{0});
  ASSERT_NE(account("new"), nullptr);
  EXPECT_EQ(account("new")->nick, "Nick");
  EXPECT_EQ(account("new")->face_url, "face");
  EXPECT_EQ(account("new")->created_s, kTestNowMs / 1000);
  EXPECT_EQ(world.tallies[world.app_id].accounts, count);
}

TEST_F(AccountRules, profile_values_have_500_bytes) {
  const std::string edge(500, 'x');
  EXPECT_EQ(codes(ImportAccounts{rest(), {"a"}, edge, edge}), std::vector<int>{0});
  EXPECT_TRUE(refused(world.run(ImportAccounts{rest(), {"a"}, edge + "x", {}}), 40601,
                      "Nick is 501 bytes, at most 500"));
  EXPECT_TRUE(refused(world.run(ImportAccounts{rest(), {"a"}, {}, edge + "x"}), 40601, "FaceUrl"));
}

TEST_F(AccountRules, malformed_names_are_reported_and_the_others_imported) {
  const Strings users = {"ok_1", std::string(32, 'x'), std::string(33, 'x'), "", "a b", "a@b"};
  EXPECT_EQ(codes(ImportAccounts{rest(), users, {}, {}}),
            (std::vector<int>{0, 0, 70402, 70402, 70402, 70402}));
  EXPECT_NE(account("ok_1"), nullptr);
  EXPECT_EQ(account("a b"), nullptr);
  EXPECT_EQ(codes(ImportAccounts{client("a@b"), {"a@b"}, {}, {}}), std::vector<int>{0})
      << "an id made elsewhere may log in";
}

TEST_F(AccountRules, a_batch_has_1_to_100_names) {
  EXPECT_TRUE(refused(world.run(ImportAccounts{rest(), {}, {}, {}}), 70402));
  EXPECT_EQ(codes(ImportAccounts{rest(), Strings(100, "same"), {}, {}}), std::vector<int>(100, 0));
  EXPECT_TRUE(refused(world.run(ImportAccounts{rest(), Strings(101, "x"), {}, {}}), 70402, "101"));
  make_trial();
  EXPECT_TRUE(refused(world.run(DeleteAccounts{rest(), {}}), 70402));
  EXPECT_TRUE(refused(world.run(DeleteAccounts{rest(), Strings(101, "x")}), 70402, "101"));
}

TEST_F(AccountRules, a_client_imports_itself_only) {
  EXPECT_EQ(codes(ImportAccounts{client("newcomer"), {"newcomer"}, {}, {}}), std::vector<int>{0});
  EXPECT_TRUE(refused(world.run(ImportAccounts{client("newcomer"), {"other"}, {}, {}}), 70403));
  make_trial();
  EXPECT_TRUE(refused(world.run(DeleteAccounts{client("omar"), {"omar"}}), 70403));
}

TEST_F(AccountRules, the_trial_edition_holds_100_accounts) {
  make_trial();
  world.tallies[world.app_id].accounts = 99;
  EXPECT_EQ(codes(ImportAccounts{rest(), {"a", "b", "a", "omar"}, {}, {}}),
            (std::vector<int>{0, 70398, 0, 0}));
  EXPECT_EQ(world.tallies[world.app_id].accounts, 100);
}

TEST_F(AccountRules, deletion_is_for_the_trial_edition) {
  EXPECT_TRUE(refused(world.run(DeleteAccounts{rest(), {"omar"}}), 71000, "trial"));
  make_trial();
  EXPECT_EQ(codes(DeleteAccounts{rest(), {"omar", "ghost", "omar", "administrator"}}),
            (std::vector<int>{0, 70107, 70402}));
  EXPECT_EQ(account("omar"), nullptr);
  EXPECT_NE(account("administrator"), nullptr);
  EXPECT_EQ(world.tallies[world.app_id].accounts, 4);
}

TEST_F(AccountRules, who_is_deleted_leaves_all_groups_without_callbacks) {
  const GroupKey room = world.make_group(GroupType::public_group);
  const GroupKey pair = world.make_group(GroupType::private_group);
  ASSERT_TRUE(accepted(
      world.run(DeleteMembers{rest(), pair.group.str(), {UserId{"omar"}, UserId{"lin-7"}}})));
  world.mutes[MuteKey{room, {}, UserId{"vera_01"}}] = Mute{{room, {}, UserId{"vera_01"}}, 99};
  make_trial();
  EXPECT_EQ(codes(DeleteAccounts{rest(), {"vera_01"}}), std::vector<int>{0});
  EXPECT_EQ(world.event_names(), Strings{});
  EXPECT_EQ(world.group(room)->member_num, 2);
  EXPECT_EQ(world.group(room)->owner.str(), "");
  EXPECT_EQ(world.group(pair), nullptr) << "a Private group whose last member is gone";
  EXPECT_EQ(world.tallies[world.app_id].groups, 1);
  EXPECT_TRUE(world.mutes.empty());
  EXPECT_EQ(world.notice_names(),
            (Strings{"MembersRemoved vera_01", "GroupDissolved", "MembersRemoved vera_01"}));
}

}  // namespace
}  // namespace tidings::community
