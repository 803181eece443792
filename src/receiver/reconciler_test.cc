// Goal: what no callback told is found by reading the source and healed once, whatever fails meanwhile;
// what was told, or is not certain, is left alone.
// Method: a source that is a set of groups behind the transport's seam, a real committer and SQLite.
// Settle times of milliseconds; what happens between two questions is made to happen there.
#include "receiver/reconciler.h"

#include <gtest/gtest.h>

#include "receiver/test_reconciling.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
using test::eventually;

TEST_F(ReconcilerTest, AnEmptyMirrorIsFilledAndLaterPassesHealNothing) {
  FakeGroup makers{"Makers", {{topic_id(kA, 1), {"Wood"}}, {topic_id(kA, 2), {"Iron"}}}};
  makers.topics[1].second.introduction = "hot";
  makers.introduction = "We make";
  add(kA, makers);
  FakeGroup plain{"Plain"};
  plain.type = "Public";
  plain.owner = "omar";
  add(kB, plain);
  Reconciling here(file(), source);
  here.start();
  ASSERT_TRUE(here.passes(3));
  const auto group = here.group(kA).value();
  EXPECT_EQ(group.name.value, "Makers");
  EXPECT_EQ(group.introduction.value, "We make");
  EXPECT_EQ(group.owner.value, "vera");
  EXPECT_EQ(group.type, "Community");
  EXPECT_EQ(group.created.time_ms, kCreatedS * 1000);
  EXPECT_EQ(group.initial_members, std::nullopt);
  EXPECT_EQ(here.group(kB)->owner.value, "omar");
  EXPECT_EQ(here.topic(topic_id(kA, 1))->name.value, "Wood");
  EXPECT_EQ(here.topic(topic_id(kA, 1))->group, GroupId{kA});
  EXPECT_EQ(here.topic(topic_id(kA, 2))->introduction.value, "hot");
  EXPECT_EQ(here.reconciled().size(), 6U) << "each once";
  EXPECT_EQ(here.tally().accepted, 6);
  EXPECT_EQ(here.tally().duplicates, 0);
  const ReconcileStatus status = here.status();
  EXPECT_EQ(status.healed, (decltype(status.healed){2, 1, 0, 0, 2, 1, 0}));
  EXPECT_EQ(status.trouble, "");
  EXPECT_EQ(status.source, "http://source:8080");
  EXPECT_NE(here.metrics().find("tidings_receiver_reconciled_total{what=\"topic_created\"} 2\n"),
            std::string::npos);
  EXPECT_EQ(here.logged("no callback told"), 6U) << here.log();
  EXPECT_EQ(here.logged("group=" + kA + " topic=" + topic_id(kA, 1)), 1U);
  EXPECT_EQ(here.log().find("the-key"), std::string::npos);
  for (const Asked& asked : source.asked("get_topic")) {
    EXPECT_EQ(asked.body.find(kB), std::string::npos) << "it has no topics";
  }
}

TEST_F(ReconcilerTest, ListsOfSeveralPagesAreWalkedToTheirEnd) {
  source.set_page(7);
  for (int i = 100; i < 210; ++i) add(group_id(i), {"Group", {{topic_id(group_id(i), 1), {"T"}}}});
  Settings settings = once();
  settings.options.groups_at_once = 30;
  Reconciling here(file(), source, settings);
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_EQ(here.tally().groups, 110);
  EXPECT_EQ(here.tally().topics, 110);
  EXPECT_EQ(here.status().groups, 110);
  EXPECT_EQ(source.asked("get_appid_group_list").size(), 16U);
  EXPECT_EQ(here.healed(MissedKind::topic_created), 110);
}

TEST_F(ReconcilerTest, NoMoreGroupsAreNamedInAQuestionThanTheProtocolAllows) {
  for (int i = 100; i < 230; ++i) add(group_id(i), {"Group"});
  Reconciling here(file(), source, once());
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_EQ(here.tally().groups, 130);
  const auto asked = source.asked("get_group_info");
  EXPECT_EQ(asked.size(), 6U) << "130 groups, twice";
  for (const Asked& each : asked) {
    const auto named = parse_json_strict(each.body).value().at("GroupIdList").as_array().size();
    EXPECT_LE(named, 50U);
  }
}

TEST_F(ReconcilerTest, MuchThatDiffersIsHealedBeforeMoreIsLookedAt) {
  for (int i = 1; i <= 5; ++i) {
    const std::string id = group_id(i);
    add(id, {"Makers", {{topic_id(id, 1), {"A"}}, {topic_id(id, 2), {"B"}}, {topic_id(id, 3), {"C"}}}});
  }
  Settings settings = once();
  settings.options.missed_at_once = 8;
  Reconciling here(file(), source, settings);
  std::vector<std::int64_t> groups;  // in the mirror, as the topics of one after the other are read
  source.at([&](const std::string& command, int) -> runtime::awaitable<void> {
    if (command != "get_topic") co_return;
    groups.push_back(static_cast<std::int64_t>(here.reconciled().size()) / 4);
  });
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_EQ(groups, (std::vector<std::int64_t>{0, 0, 0, 0, 2, 2, 2, 2, 4, 4}));
  EXPECT_EQ(here.status().groups, 5);
  EXPECT_EQ(here.healed(), 20);
}

TEST_F(ReconcilerTest, WhatACallbackTellsBeforeTheSecondLookIsNotHealed) {
  add(kA, {"Makers", {{topic_id(kA, 1), {"Wood"}}}});
  Reconciling here(file(), source);
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command != "get_group_info" || nth != 2) co_return;
    co_await here.take(group_created(kA, "Makers"));
    co_await here.take(topic_created(topic_id(kA, 1), "Wood"));
  });
  here.start();
  ASSERT_TRUE(here.passes(3));
  EXPECT_EQ(here.healed(), 0) << here.log();
  EXPECT_EQ(here.tally().accepted, 2);
}

TEST_F(ReconcilerTest, WhatIsBeingFetchedByItsNumberIsWaitedFor) {
  add(kA, {"Makers", {{topic_id(kA, 1), {"Wood"}}}});
  std::atomic<int> asked = 0;
  std::atomic<bool> filling = true;
  Settings settings;
  settings.filling = [&](SdkAppId app) {
    EXPECT_EQ(app, kApp);
    ++asked;
    return filling.load();
  };
  Reconciling here(file(), source, settings);
  here.start();
  ASSERT_TRUE(eventually([&] { return asked >= 3; }));
  EXPECT_EQ(source.asked("get_group_info").size(), 1U) << "the second look waits";
  here.arrives(group_created(kA, "Makers"));
  here.arrives(topic_created(topic_id(kA, 1), "Wood"));
  filling = false;
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(here.healed(), 0);
}

TEST_F(ReconcilerTest, AGapThatNeverClosesIsNotWaitedForForEver) {
  add(kA, {"Makers"});
  Settings settings;
  settings.filling = [](SdkAppId) { return true; };
  Reconciling here(file(), source, settings);
  here.start();
  ASSERT_TRUE(here.passes());
  EXPECT_TRUE(here.alive(kA));
}

TEST_F(ReconcilerTest, ADifferenceThatChangesBetweenTheLooksIsLeftToTheNextPass) {
  add(kA, {"Makers", {{topic_id(kA, 1), {"Wood"}}}});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Old"));
  here.arrives(topic_created(topic_id(kA, 1), "Old"));
  std::size_t after_the_first = 1;
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command == "get_group_info" && nth == 2) {
      source.change([&](FakeGroups& groups) {
        groups[kA].name = "Doers";
        groups[kA].topics[0].second.name = "Iron";
      });
    }
    if (command == "get_appid_group_list" && nth == 2) after_the_first = here.reconciled().size();
    co_return;
  });
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(after_the_first, 0U);
  EXPECT_EQ(here.group(kA)->name.value, "Doers");
  EXPECT_EQ(here.topic(topic_id(kA, 1))->name.value, "Iron");
  EXPECT_EQ(here.reconciled().size(), 2U);
}

TEST_F(ReconcilerTest, WhatIsToldAfterItWasHealedWins) {
  add(kA, {"Makers"});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Old"));
  here.start();
  ASSERT_TRUE(eventually([&] { return here.group(kA)->name.value == "Makers"; }));
  const std::int64_t healed_ms = here.group(kA)->name.stamp.time_ms;
  EXPECT_EQ(healed_ms, kToldMs + 1);
  source.change([&](FakeGroups& groups) { groups[kA].name = "Doers"; });
  here.arrives(group_renamed(kA, "Doers", healed_ms + 1));
  ASSERT_TRUE(here.passes());
  EXPECT_EQ(here.group(kA)->name.value, "Doers");
}

TEST_F(ReconcilerTest, AGroupThatIsGoneIsDestroyedWithItsTopics) {
  add(kB, {"Others"});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Makers"));
  here.arrives(topic_created(topic_id(kA, 1), "Wood"));
  here.arrives(topic_created(topic_id(kA, 2), "Iron"));
  here.arrives(group_created(kB, "Others"));
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_FALSE(here.alive(kA));
  EXPECT_FALSE(here.alive(topic_id(kA, 1)));
  EXPECT_FALSE(here.alive(topic_id(kA, 2)));
  EXPECT_TRUE(here.alive(kB));
  const auto entries = here.reconciled();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].command, AfterGroupDestroyed::kCommand);
  EXPECT_EQ(entries[0].group, GroupId{kA});
}

TEST_F(ReconcilerTest, ATopicThatIsGoneIsDestroyedAndOneThatComesBackIsAlive) {
  add(kA, {"Makers", {{topic_id(kA, 1), {"Wood"}}}});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Makers"));
  here.arrives(topic_created(topic_id(kA, 1), "Wood"));
  here.arrives(topic_created(topic_id(kA, 2), "Iron"));
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_FALSE(here.alive(topic_id(kA, 2)));
  EXPECT_TRUE(here.alive(topic_id(kA, 1)));
  source.change([&](FakeGroups& groups) {
    groups[kA].topics.emplace_back(topic_id(kA, 2), FakeTopic{"Iron"});
  });
  ASSERT_TRUE(here.passes(2));
  EXPECT_TRUE(here.alive(topic_id(kA, 2)));
  EXPECT_EQ(here.reconciled().size(), 2U);
}

TEST_F(ReconcilerTest, GroupsThatTheSourceDoesNotCallGoneStay) {
  const std::string kD = group_id(4), kE = group_id(5);
  FakeGroup silent{"E"};
  silent.listed = silent.said = false;
  add(kE, silent);
  const std::vector<std::pair<std::string, int>> codes{{kA, 10007}, {kB, 10015}, {kC, 10002}};
  for (const auto& [id, code] : codes) {
    FakeGroup group{"X"};
    group.code = code;
    group.listed = false;
    add(id, group);
  }
  Reconciling here(file(), source);
  for (const std::string& id : {kA, kB, kC, kD, kE}) here.arrives(group_created(id, "X"));
  here.start();
  ASSERT_TRUE(here.passes(3));
  for (const std::string& id : {kA, kB, kC, kE}) EXPECT_TRUE(here.alive(id)) << id;
  EXPECT_FALSE(here.alive(kD));
  EXPECT_EQ(here.healed(), 1);
}

TEST_F(ReconcilerTest, OneThatIsListedAgainBeforeTheSecondLookStays) {
  Reconciling here(file(), source, once());
  here.arrives(group_created(kA, "Makers"));
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command == "get_group_info" && nth == 2) add(kA, {"Makers"});
    co_return;
  });
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_EQ(source.asked("get_group_info").size(), 2U);
  EXPECT_TRUE(here.alive(kA));
  EXPECT_EQ(here.healed(), 0);
}

TEST_F(ReconcilerTest, MoreGroupsThanMayBeDestroyedAreHeldUntilTheyAreBack) {
  Settings settings;
  settings.max_destroyed = 2;
  Reconciling here(file(), source, settings);
  std::vector<std::string> ids;
  for (int i = 1; i <= 5; ++i) here.arrives(group_created(ids.emplace_back(group_id(i)), "X"));
  const auto left = [&] {
    std::vector<std::string> alive;
    for (const std::string& id : ids) {
      if (here.alive(id)) alive.push_back(id);
    }
    return alive;
  };
  here.start();
  ASSERT_TRUE(here.passes());
  EXPECT_EQ(left().size(), 3U);
  EXPECT_EQ(here.status().held, 3);
  EXPECT_NE(here.status().trouble.find("3 groups and topics more than source.reconcile_max_destroyed (2)"),
            std::string::npos)
      << here.status().trouble;
  EXPECT_GE(here.logged("error: much is missing at the source"), 1U);
  ASSERT_TRUE(here.passes(3));
  EXPECT_EQ(left().size(), 3U) << "a wrong source must not empty the mirror bit by bit";
  EXPECT_EQ(here.healed(MissedKind::group_destroyed), 2);

  const std::vector<std::string> held = left();
  for (const std::string& id : held) add(id, {"X"});
  ASSERT_TRUE(here.passes());
  EXPECT_EQ(here.status().held, 0);
  EXPECT_EQ(here.status().trouble, "");
  remove(held[0]);
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(left().size(), 2U) << "once that is over, one that is gone is destroyed as ever";
}

TEST_F(ReconcilerTest, PassesThatFailDoNotDestroyMoreTogetherThanOneMay) {
  Settings settings;
  settings.max_destroyed = 2;
  settings.options.groups_at_once = 1;
  Reconciling here(file(), source, settings);
  for (int i = 1; i <= 60; ++i) here.arrives(group_created(group_id(100 + i), "X"));
  // The 51st to 60th are asked for with the second question, after the first fifty were looked at again.
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command == "get_group_info") source.set_down(nth % 3 == 0);
    if (command == "get_appid_group_list") source.set_down(false);
    co_return;
  });
  here.start();
  ASSERT_TRUE(here.passes(5));
  EXPECT_EQ(here.tally().groups, 58);
}

TEST_F(ReconcilerTest, AGroupThatCouldNotBeDestroyedDoesNotCount) {
  Settings settings;
  settings.max_destroyed = 1;
  Reconciling here(file(), source, settings);
  here.arrives(group_created(kA, "Makers"));
  here.break_store(true);
  here.start();
  ASSERT_TRUE(here.passes(3));
  EXPECT_TRUE(here.alive(kA));
  here.break_store(false);
  ASSERT_TRUE(eventually([&] { return !here.alive(kA); })) << here.status().trouble;
  ASSERT_TRUE(here.passes());
  EXPECT_EQ(here.status().held, 0);
}

TEST_F(ReconcilerTest, TopicsStayWhereTheSourceHasNoListOfThem) {
  for (const int code : {10010, 10015, 10007, 11000}) {
    const std::string id = group_id(code);
    FakeGroup group{"Makers"};
    group.topics_code = code;
    add(id, group);
  }
  Reconciling here(file(), source);
  for (const int code : {10010, 10015, 10007, 11000}) {
    here.arrives(group_created(group_id(code), "Makers"));
    here.arrives(topic_created(topic_id(group_id(code), 1), "Wood"));
  }
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_NE(here.status().completed_ms, 0);
  EXPECT_EQ(here.status().trouble, "");
  EXPECT_EQ(here.tally().topics, 4);
  EXPECT_EQ(here.healed(), 0);
}

TEST_F(ReconcilerTest, OneCommunityThatCannotBeReadKeepsNoOtherFromBeingRead) {
  FakeGroup group{"Makers"};
  group.topics_code = 10002;
  add(kA, group);
  add(kB, {"Bakers", {{topic_id(kB, 1), {"Bread"}}}});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Makers"));
  here.arrives(topic_created(topic_id(kA, 1), "Wood"));
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_TRUE(here.alive(topic_id(kA, 1)));
  EXPECT_TRUE(here.alive(topic_id(kB, 1)));
  EXPECT_NE(here.status().completed_ms, 0);
  EXPECT_NE(here.status().trouble.find("could not be read, and stay as they are: 1; of "),
            std::string::npos)
      << here.status().trouble;
  EXPECT_NE(here.status().trouble.find(kA + ": it answers ErrorCode 10002"), std::string::npos);
  source.change([&](FakeGroups& groups) { groups[kA].topics_code = 0; });
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(here.status().trouble, "");
  EXPECT_FALSE(here.alive(topic_id(kA, 1)));
}

TEST_F(ReconcilerTest, MoreTopicsThanMayBeDestroyedAreHeld) {
  add(kA, {"Makers"});
  Settings settings;
  settings.max_destroyed = 2;
  Reconciling here(file(), source, settings);
  here.arrives(group_created(kA, "Makers"));
  for (int i = 1; i <= 5; ++i) here.arrives(topic_created(topic_id(kA, i), "Wood"));
  here.start();
  ASSERT_TRUE(here.passes(3));
  EXPECT_EQ(here.tally().topics, 3);
  EXPECT_EQ(here.status().held, 3);
}

TEST_F(ReconcilerTest, AnyOtherAnswerFailsThePassIsToldOnceAndTriedAgain) {
  FakeGroup group{"Makers", {{topic_id(kA, 1), {"Wood"}}}};
  group.topics_code = 60008;
  add(kA, group);
  Settings settings;
  settings.options.first_backoff = 20ms;
  settings.options.longest_backoff = 10s;
  Reconciling here(file(), source, settings);
  const auto begun = runtime::Deadline::SteadyClock::now();
  here.start();
  ASSERT_TRUE(eventually([&] { return source.passes() >= 5; }));
  EXPECT_GE(source.asked("get_appid_group_list").at(4).at - begun, 225ms) << "20, 40, 80, 160, less 1/4";
  EXPECT_NE(here.status().trouble.find("ErrorCode 60008: so it is"), std::string::npos)
      << here.status().trouble;
  EXPECT_EQ(here.status().completed_ms, 0);
  EXPECT_EQ(here.logged("cannot be reconciled with"), 1U) << here.log();
  EXPECT_EQ(here.healed(), 0) << "nothing was confirmed";
  source.change([&](FakeGroups& groups) { groups[kA].topics_code = 0; });
  ASSERT_TRUE(eventually([&] { return here.status().completed_ms != 0; }));
  EXPECT_EQ(here.status().trouble, "");
  EXPECT_TRUE(here.alive(topic_id(kA, 1)));
}

TEST_F(ReconcilerTest, ASourceThatIsDownIsAskedAgainAndThenEverythingIsThere) {
  add(kA, {"Makers"});
  source.set_down(true);
  Reconciling here(file(), source);
  here.start();
  ASSERT_TRUE(eventually([&] { return source.passes() >= 4; }));
  EXPECT_NE(here.status().trouble.find("connection refused"), std::string::npos);
  EXPECT_EQ(here.logged("cannot be reconciled with"), 1U) << here.log();
  source.set_down(false);
  ASSERT_TRUE(eventually([&] { return here.alive(kA); }));
  ASSERT_TRUE(eventually([&] { return here.status().trouble.empty(); }));
  ASSERT_TRUE(here.passes());
  source.set_down(true);
  ASSERT_TRUE(eventually([&] { return here.logged("cannot be reconciled with") == 2U; }))
      << "another trouble, another line";
  ASSERT_TRUE(here.passes());
  EXPECT_TRUE(here.alive(kA));
}

TEST_F(ReconcilerTest, AFailureInTheMiddleChangesNothingThatWasNotConfirmed) {
  source.set_page(1);
  for (const std::string& id : {kA, kB, kC}) add(id, {"Makers"});
  Reconciling here(file(), source);
  here.arrives(group_created(group_id(9), "Gone"));
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command == "get_group_info") source.set_down(nth % 3 == 0);
    if (command == "get_appid_group_list") source.set_down(false);
    co_return;
  });
  here.start();
  ASSERT_TRUE(here.passes(3));
  EXPECT_EQ(here.healed(), 0);
  EXPECT_TRUE(here.alive(group_id(9)));
  EXPECT_EQ(here.tally().groups, 1);
}

TEST_F(ReconcilerTest, NewCredentialsAreTriedAtOnce) {
  add(kA, {"Makers"});
  source.answer_with("get_appid_group_list",
                     R"({"ActionStatus":"FAIL","ErrorCode":70009,"ErrorInfo":"wrong key"})");
  Settings slow = once();
  slow.options.first_backoff = slow.options.longest_backoff = 1h;
  Reconciling here(file(), source, slow);
  here.start();
  ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); }));
  EXPECT_NE(here.status().trouble.find("70009: wrong key"), std::string::npos);
  source.answer_with("get_appid_group_list", "");
  EXPECT_EQ(source.passes(), 1U);
  here.renew_credentials();
  ASSERT_TRUE(here.completed());
  EXPECT_TRUE(here.alive(kA));
  here.renew_credentials();
  EXPECT_EQ(source.passes(), 2U) << "where nothing fails they are no reason to ask";
}

TEST_F(ReconcilerTest, OurOwnStoreIsNotTheSourcesFault) {
  add(kA, {"Makers"});
  Reconciling here(file(), source);
  here.break_store(true);
  here.start();
  ASSERT_TRUE(eventually(
      [&] { return here.status().trouble.find("own store") != std::string::npos; }));
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(here.status().trouble.find("/secret/path"), std::string::npos);
  EXPECT_EQ(here.logged("/secret/path: the disk is full"), 1U) << here.log();
  EXPECT_EQ(here.healed(), 0);
  here.break_store(false);
  ASSERT_TRUE(eventually([&] { return here.alive(kA); }));
  ASSERT_TRUE(eventually([&] { return here.status().trouble.empty(); }));
  EXPECT_EQ(here.healed(), 1);
}

TEST_F(ReconcilerTest, AMirrorThatCannotBeReadIsNotTheSourcesFaultEither) {
  add(kA, {"Makers"});
  Settings settings;
  settings.reader_file = file() + "/none";
  Reconciling here(file(), source, settings);
  here.start();
  ASSERT_TRUE(eventually(
      [&] { return here.status().trouble.find("own store") != std::string::npos; }));
  EXPECT_EQ(here.status().trouble.find("database"), std::string::npos) << here.status().trouble;
  EXPECT_NE(here.log().find("unable to open database file"), std::string::npos) << here.log();
}

}  // namespace
}  // namespace tidings::receiver
