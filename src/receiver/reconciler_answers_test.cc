// Goal: an answer of the source that is wrong, cut short or meant ill destroys nothing, fills nothing
// without end, and is told of; what it does not say is not taken for said.
// Method: as in reconciler_test.cc, with a source that answers so.
#include <gtest/gtest.h>

#include "receiver/test_reconciling.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
using test::eventually;

std::string list_of(const std::vector<std::string>& ids, const std::string& next) {
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ",") + (R"({"GroupId":")" + id + "\"}");
  return R"({"ActionStatus":"OK","ErrorCode":0,"GroupIdList":[)" + list + R"(],"Next":)" + next + "}";
}

TEST_F(ReconcilerTest, ATopicThatTheSourceCannotTellOfNowIsNotGone) {
  FakeTopic failing{"Wood"}, deleted{"Iron"}, gone{"Clay"};
  failing.code = 10002;
  deleted.code = 110003;
  gone.code = 10010;
  add(kA, {"Makers",
           {{topic_id(kA, 1), failing}, {topic_id(kA, 2), deleted}, {topic_id(kA, 3), gone}}});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Makers"));
  for (int i = 1; i <= 3; ++i) here.arrives(topic_created(topic_id(kA, i), "X"));
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_TRUE(here.alive(topic_id(kA, 1)));
  EXPECT_EQ(here.topic(topic_id(kA, 1))->name.value, "X");
  EXPECT_FALSE(here.alive(topic_id(kA, 2)));
  EXPECT_FALSE(here.alive(topic_id(kA, 3)));
  EXPECT_EQ(here.healed(), 2);
}

TEST_F(ReconcilerTest, ATopicThatIsListedTwiceIsOne) {
  FakeTopic wood{"Wood"}, other{"Iron"};
  wood.created = other.created = "0";
  add(kA, {"Makers", {{topic_id(kA, 1), wood}, {topic_id(kA, 1), wood}, {topic_id(kA, 1), other}}});
  Reconciling here(file(), source);
  here.start();
  ASSERT_TRUE(here.passes(3));
  EXPECT_EQ(here.topic(topic_id(kA, 1))->name.value, "Wood");
  EXPECT_EQ(here.healed(MissedKind::topic_created), 1);
  EXPECT_EQ(here.healed(MissedKind::topic_changed), 0);
  EXPECT_EQ(here.reconciled().size(), 2U);
}

TEST_F(ReconcilerTest, TopicsOfAnotherGroupAreNoneOfThisOne) {
  add(kA, {"Makers",
           {{topic_id(kB, 1), {"Stolen"}}, {topic_id(kA, 1), {"Mine"}}, {topic_id(kB, 2), {"Made up"}}}});
  add(kB, {"Others", {{topic_id(kB, 1), {"Wood"}}}});
  Reconciling here(file(), source);
  here.arrives(group_created(kA, "Makers"));
  here.arrives(group_created(kB, "Others"));
  here.arrives(topic_created(topic_id(kA, 1), "Mine"));
  here.arrives(topic_created(topic_id(kB, 1), "Wood", kCreatedS * 1000 - 1));
  here.start();
  ASSERT_TRUE(here.passes(2));
  EXPECT_EQ(here.healed(), 0) << here.log();
  EXPECT_EQ(here.topic(topic_id(kB, 1))->name.value, "Wood");
  EXPECT_EQ(here.topic(topic_id(kB, 2)), std::nullopt);
}

TEST_F(ReconcilerTest, ATimeOfCreationThatCannotBeDoesNotOutliveWhatIsToldLater) {
  const std::vector<std::string> times{"9000000000000000000", "-9000000000000000000",
                                       "18446744073709551615", "-1", "1700000000000"};
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::string id = group_id(static_cast<int>(i));
    FakeTopic topic{"Wood"};
    topic.created = times[i];
    FakeGroup group{"Makers", {{topic_id(id, 1), topic}}};
    group.created = times[i];
    add(id, group);
  }
  Reconciling here(file(), source, once());
  here.start();
  ASSERT_TRUE(here.completed());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::string id = group_id(static_cast<int>(i));
    const auto group = here.group(id).value();
    EXPECT_EQ(group.created.time_ms, ManualClock().now_ms()) << times[i];
    here.arrives(group_renamed(id, "Later", ManualClock().now_ms() + 1));
    EXPECT_EQ(here.group(id)->name.value, "Later") << times[i];
    EXPECT_EQ(here.topic(topic_id(id, 1))->created.time_ms, ManualClock().now_ms()) << times[i];
  }
}

TEST_F(ReconcilerTest, AListThatNeverEndsFailsThePass) {
  for (const bool same_cursor : {true, false}) {
    FakeState endless;
    endless.change([](FakeGroups& groups) { groups[kA] = {"Makers"}; });
    endless.list_for_ever(same_cursor);
    MirrorFolder other;
    Reconciling here(other.file(), endless);
    here.start();
    ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); })) << same_cursor;
    EXPECT_NE(here.status().trouble.find("list of groups"), std::string::npos)
        << here.status().trouble;
    EXPECT_EQ(here.status().completed_ms, 0);
    EXPECT_LE(here.status().groups, 1);
  }
}

TEST_F(ReconcilerTest, ACursorThatIsNoneFailsThePass) {
  add(kA, {"Makers"});
  for (const std::string next : {"-1", "\"7\"", "18446744073709551615", "null"}) {
    FakeState odd;
    odd.change([](FakeGroups& groups) { groups[kA] = {"Makers"}; });
    odd.answer_with("get_appid_group_list", list_of({kA}, next));
    MirrorFolder other;
    Reconciling here(other.file(), odd);
    here.start();
    ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); })) << next;
    EXPECT_NE(here.status().trouble.find("Next"), std::string::npos) << here.status().trouble;
    EXPECT_EQ(here.status().completed_ms, 0);
  }
}

TEST_F(ReconcilerTest, MoreIdsThanWereAskedForFailThePass) {
  std::vector<std::string> ids;
  for (int i = 0; i <= 1000; ++i) ids.push_back(group_id(i));
  source.answer_with("get_appid_group_list", list_of(ids, "0"));
  Reconciling here(file(), source);
  here.start();
  ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); }));
  EXPECT_NE(here.status().trouble.find("1001"), std::string::npos) << here.status().trouble;
  EXPECT_EQ(source.asked("get_group_info").size(), 0U);
}

TEST_F(ReconcilerTest, AGroupThatIsListedTwiceIsLookedAtOnce) {
  add(kA, {"Makers"});
  source.answer_with("get_appid_group_list", list_of({kA, kA, kA}, "0"));
  Reconciling here(file(), source, once());
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_EQ(here.status().groups, 1);
  EXPECT_EQ(here.reconciled().size(), 1U);
  for (const Asked& asked : source.asked("get_group_info")) {
    EXPECT_EQ(asked.body.find(kA), asked.body.rfind(kA)) << asked.body;
  }
}

TEST_F(ReconcilerTest, WhatIsSaidOfGroupsThatWereNotAskedForIsNotHeard) {
  add(kA, {"Makers"});
  source.answer_with("get_group_info",
                     R"({"ActionStatus":"OK","ErrorCode":0,"GroupInfo":[{"GroupId":")" + kB +
                         R"(","ErrorCode":10010},{"GroupId":")" + kC +
                         R"(","ErrorCode":0,"Type":"Public","Name":"Made up"}]})");
  source.answer_with("get_appid_group_list", list_of({kA}, "0"));
  Reconciling here(file(), source, once());
  here.arrives(group_created(kA, "Makers"));
  here.start();
  ASSERT_TRUE(here.completed());
  EXPECT_TRUE(here.alive(kA));
  EXPECT_EQ(here.group(kC), std::nullopt);
  EXPECT_EQ(here.healed(), 0);
}

TEST_F(ReconcilerTest, AnErrorCodeThatIsNoNumberIsNotSuccess) {
  add(kA, {"Makers"});
  source.answer_with("get_group_info",
                     R"({"ActionStatus":"OK","ErrorCode":0,"GroupInfo":[{"GroupId":")" + kA +
                         R"(","ErrorCode":"10007"}]})");
  Reconciling here(file(), source);
  here.start();
  ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); }));
  EXPECT_NE(here.status().trouble.find("ErrorCode"), std::string::npos) << here.status().trouble;
  EXPECT_EQ(here.group(kA), std::nullopt);
}

TEST_F(ReconcilerTest, AnAnswerThatIsNoneFailsThePass) {
  add(kA, {"Makers", {{topic_id(kA, 1), {"Wood"}}}});
  for (const std::string command : {"get_appid_group_list", "get_group_info", "get_topic"}) {
    for (const std::string text :
         {"<html>", "[]", "{}", R"({"ErrorCode":0})", R"({"ErrorCode":0,"GroupIdList":[7],)"
          R"("GroupInfo":[7],"TopicAndSelfInfo":[7]})"}) {
      FakeState odd;
      source.change([&](const FakeGroups& groups) { odd.change([&](auto& all) { all = groups; }); });
      odd.answer_with(command, text);
      MirrorFolder other;
      Reconciling here(other.file(), odd);
      here.arrives(group_created(kA, "Old"));
      here.arrives(topic_created(topic_id(kA, 2), "Mine"));
      here.start();
      ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); })) << command << text;
      EXPECT_EQ(here.status().trouble.find("own store"), std::string::npos);
      EXPECT_EQ(here.healed(), 0) << command << text;
    }
  }
}

TEST_F(ReconcilerTest, ALongReasonIsCutBetweenCharacters) {
  std::string reason = "x";
  for (int i = 0; i < 300; ++i) reason += "\xC3\xA9";
  source.answer_with("get_appid_group_list",
                     R"({"ErrorCode":60008,"ErrorInfo":")" + reason + "\"}");
  Reconciling here(file(), source);
  here.start();
  ASSERT_TRUE(eventually([&] { return !here.status().trouble.empty(); }));
  const std::string trouble = here.status().trouble;
  EXPECT_LT(trouble.size(), 300U);
  std::string quoted;
  append_json_string(quoted, trouble);
  EXPECT_TRUE(parse_json_strict(quoted)) << "the query door must be able to show it";
}

}  // namespace
}  // namespace tidings::receiver
