// Goal: what the source has and no callback told is found, told as the callback that would have told it,
// and then it is no longer missed; what is told later wins.
// Method: a mirror that is nothing but a View, in each state callbacks can leave it in; what is found is
// applied to it, and the second comparison finds nothing.
#include "receiver/missed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "receiver/test_missed.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
using Kinds = std::vector<MissedKind>;

Kinds kinds_of(const std::vector<Missed>& found) {
  Kinds kinds;
  for (const Missed& each : found) kinds.push_back(each.kind);
  return kinds;
}

void expect_nothing_missed(const ViewMirror& mirror, const There& there) {
  EXPECT_EQ(shown(missed_by(mirror, there)), "");
}

/// Heals, and looks again.
Kinds healed(ViewMirror& mirror, const There& there) {
  const Kinds kinds = kinds_of(heal(mirror, there, kHealedMs));
  expect_nothing_missed(mirror, there);
  return kinds;
}

std::string name_of(Told told) {
  if (told == Told::timed) return "Timed";
  return told == Told::numbered ? "Numbered" : "Arriving";
}

class MissedTest : public ::testing::TestWithParam<Told> {
 protected:
  /// One more callback, at this time where it says one.
  template <class Body>
  void told(Body body, std::int64_t at_ms) {
    teller(mirror, std::move(body), at_ms);
  }
  [[nodiscard]] const store::MirrorTopic& topic() const { return *mirror.topic(kTopic); }
  [[nodiscard]] const store::MirrorGroup& group() const { return *mirror.group(kGroup); }

  ViewMirror mirror;
  Teller teller{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Told, MissedTest,
                         ::testing::Values(Told::timed, Told::numbered, Told::arriving),
                         [](const auto& given) { return name_of(given.param); });

TEST(Missed, EveryKindHasItsOwnName) {
  std::set<std::string_view> names;
  for (const MissedKind kind : kMissedKinds) names.insert(to_string(kind));
  EXPECT_EQ(names, (std::set<std::string_view>{
                       "group_created", "group_changed", "group_owner_changed", "group_destroyed",
                       "topic_created", "topic_changed", "topic_destroyed"}));
}

TEST(Missed, WhatWasNeverHeardOfIsMadeAtItsCreateTimeAndChangedThen) {
  ViewMirror mirror;
  const There there = group_with_topic();
  const auto found = missed_by(mirror, there);
  ASSERT_EQ(kinds_of(found), (Kinds{MissedKind::group_created, MissedKind::group_changed,
                                    MissedKind::topic_created, MissedKind::topic_changed}));
  for (const Missed& each : found) EXPECT_EQ(each.at_ms, kMadeMs);
  EXPECT_EQ(std::get<AfterGroupInfoChanged>(found[1].value).name, std::nullopt) << "told already";
  EXPECT_EQ(std::get<AfterGroupInfoChanged>(found[1].value).notification, std::nullopt)
      << "an empty text is as good as one that nobody told";
  EXPECT_EQ(std::get<AfterCreateTopic>(found[2].value).owner_account.str(), "vera_01");
  EXPECT_TRUE(found[0].topic.empty());
  EXPECT_EQ(found[3].topic.str(), kTopic);

  healed(mirror, there);
  const store::MirrorGroup group = *mirror.group(kGroup);
  EXPECT_EQ(group.name.value, "Makers");
  EXPECT_EQ(group.introduction.value, "We make");
  EXPECT_EQ(group.owner.value, "vera_01");
  EXPECT_EQ(group.type, "Community");
  EXPECT_EQ(group.created.time_ms, kMadeMs);
  EXPECT_EQ(group.member_num(), std::nullopt) << "nothing says who the first members were";
  EXPECT_EQ(mirror.topic(kTopic)->introduction.value, "About wood");
  EXPECT_EQ(mirror.topic(kTopic)->created.time_ms, kMadeMs);
}

TEST(Missed, WhatTheSourceGivesNoCreateTimeOfIsMadeNow) {
  ViewMirror mirror;
  There there = group_with_topic();
  there.group.created_s = there.topics[0].created_s = 0;
  healed(mirror, there);
  EXPECT_EQ(mirror.group(kGroup)->created.time_ms, kHealedMs);
  EXPECT_EQ(mirror.topic(kTopic)->introduction.value, "About wood");
}

TEST(Missed, ACallbackIsCompleteMarkedAndReadableByWhoeverFollowsTheFeed) {
  ViewMirror mirror;
  There there = group_with_topic();
  there.group.owner = UserId{""};
  there.group.introduction = std::string("a\0\"b", 4);
  const std::vector<Missed> found = missed_by(mirror, there);
  ASSERT_EQ(found.size(), 4U);
  for (const Missed& each : found) {
    const Callback made = callback_of(each, kApp, kHealedMs);
    EXPECT_EQ(made.app, kApp);
    EXPECT_EQ(made.via, store::InboxVia::reconciliation);
    EXPECT_EQ(made.sequence, 0);
    EXPECT_EQ(event_time_ms(made.parsed.value), kMadeMs);
    const auto read = parse_callback(made.body);
    ASSERT_TRUE(read) << read.error().what << made.body;
    EXPECT_EQ(read->command, made.parsed.command);
    EXPECT_TRUE(read->value == made.parsed.value) << made.body;
  }
}

TEST(Missed, TheSameDifferenceIsTheSameWheneverItIsLookedAt) {
  ViewMirror mirror;
  There there = group_with_topic();
  const auto first = missed_by(mirror, there);
  there.group.created_s += 1;
  there.topics[0].introduction = "About trees";
  const auto later = missed_by(mirror, there);
  ASSERT_EQ(first.size(), 4U);
  ASSERT_EQ(later.size(), 4U);
  EXPECT_NE(first[0].at_ms, later[0].at_ms);
  EXPECT_TRUE(first[0].is_same(later[0]));
  EXPECT_FALSE(first[0].is_same(later[1]));
  EXPECT_FALSE(first[3].is_same(later[3])) << "it has another introduction by now";
}

TEST_P(MissedTest, WhereCallbacksToldEverythingNothingIsMissed) {
  told(group_made(), kMadeMs + 100);
  told(group_changed({}, "We make"), kMadeMs + 200);
  told(topic_made(), kMadeMs + 300);
  told(topic_changed({}, "About wood"), kMadeMs + 400);
  told(topic_made("Gone", kTopic + "2"), kMadeMs + 500);
  told(topic_ended(kTopic + "2"), kMadeMs + 600);
  expect_nothing_missed(mirror, group_with_topic());
}

TEST_P(MissedTest, WhatChangedIsToldAndNothingElse) {
  told(group_made("Makers", "omar"), kMadeMs + 100);
  told(group_changed({}, "We break"), kMadeMs + 200);
  told(topic_made("Wood"), kMadeMs + 300);
  told(topic_changed({}, "About wood"), kMadeMs + 400);
  const auto before = topic().introduction;
  const auto found = missed_by(mirror, group_with_topic());
  ASSERT_EQ(kinds_of(found), (Kinds{MissedKind::group_changed, MissedKind::group_owner_changed,
                                    MissedKind::topic_changed}));
  const auto& owner = std::get<AfterChangeGroupOwner>(found[1].value);
  EXPECT_EQ(owner.old_owner_account.str(), "omar");
  EXPECT_EQ(owner.new_owner_account.str(), "vera_01");
  const bool timed = GetParam() == Told::timed;
  EXPECT_EQ(found[0].at_ms, timed ? kMadeMs + 201 : 0) << "just newer than the mirror, by its times";
  EXPECT_EQ(found[2].at_ms, timed ? kMadeMs + 401 : 0);
  healed(mirror, group_with_topic());
  EXPECT_EQ(group().introduction.value, "We make");
  EXPECT_EQ(group().owner.value, "vera_01");
  EXPECT_EQ(topic().name.value, "Woodwork");
  EXPECT_EQ(topic().introduction, before);
  EXPECT_EQ(group().member_num(), 1) << "who was told to have made it stays so";
}

TEST_P(MissedTest, WhatOnlyAChangeTellsOfIsMadeAndKeepsWhatItHolds) {
  told(group_changed({}, "We make"), kMadeMs + 200);
  told(topic_changed({}, "About wood"), kMadeMs + 300);
  const Kinds kinds = healed(mirror, group_with_topic());
  EXPECT_EQ(kinds.front(), MissedKind::group_created);
  EXPECT_EQ(std::ranges::count(kinds, MissedKind::topic_created), 1);
  EXPECT_EQ(group().introduction.value, "We make");
  EXPECT_EQ(group().owner.value, "vera_01");
  EXPECT_EQ(topic().introduction.value, "About wood");
  EXPECT_EQ(topic().name.value, "Woodwork");
}

TEST_P(MissedTest, WhatOnlyAChangeTellsOfIsMadeAndWhatItHoldsIsPutRight) {
  told(group_changed("Breakers", "We break"), kMadeMs + 200);
  told(topic_changed("Wood", "About trees"), kMadeMs + 300);
  healed(mirror, group_with_topic());
  EXPECT_EQ(group().name.value, "Makers");
  EXPECT_EQ(topic().introduction.value, "About wood");
}

TEST_P(MissedTest, WhatWasHeardOfInAnEarlierLifeThatEndedUnheardIsMadeAnew) {
  told(group_changed("Makers", "We make"), kMadeMs - 5'000);
  told(topic_changed("Wood", "About trees"), kMadeMs - 4'000);
  healed(mirror, group_with_topic());
  EXPECT_EQ(topic().name.value, "Woodwork");
}

TEST_P(MissedTest, WhatOnlyAChangeTellsOfIsMadeAlsoWhereNoCreateTimeIsGiven) {
  told(group_changed({}, "We break"), kHealedMs - 2'000);
  told(topic_changed("Wood", {}), kHealedMs - 1'000);
  There there = group_with_topic();
  there.group.created_s = there.topics[0].created_s = 0;
  healed(mirror, there);
  EXPECT_EQ(group().introduction.value, "We make");
  EXPECT_EQ(topic().name.value, "Woodwork");
}

TEST_P(MissedTest, WhatTheAnswerDoesNotHoldIsNoDifferenceAndOverwritesNothing) {
  There there = group_with_topic();
  there.group.owner.reset();
  for (SourceProfile* profile : {static_cast<SourceProfile*>(&there.group),
                                 static_cast<SourceProfile*>(&there.topics[0])}) {
    profile->name.reset();
    profile->introduction.reset();
    profile->notification.reset();
    profile->face_url.reset();
  }
  AfterChangeGroupOwner owner;
  owner.group_id = GroupId{kGroup};
  owner.new_owner_account = UserId{"omar"};
  told(owner, kMadeMs + 100);
  told(group_changed("Breakers", {}), kMadeMs + 200);
  told(topic_changed("Wood", {}), kMadeMs + 300);
  EXPECT_EQ(healed(mirror, there), (Kinds{MissedKind::group_created, MissedKind::topic_created}));
  EXPECT_EQ(group().owner.value, "omar");
  EXPECT_EQ(group().name.value, "Breakers");
  EXPECT_EQ(topic().name.value, "Wood");
}

TEST_P(MissedTest, ATextThatNobodyToldDiffersWhereItIsNotEmpty) {
  told(group_made(), kMadeMs + 100);
  told(topic_made(), kMadeMs + 200);
  There there = group_with_topic();
  there.group.introduction = there.topics[0].introduction = "";
  expect_nothing_missed(mirror, there);
  there.topics[0].face_url = "https://example.com/a.png";
  EXPECT_EQ(healed(mirror, there), Kinds{MissedKind::topic_changed});
  EXPECT_EQ(topic().face_url.value, "https://example.com/a.png");
  EXPECT_FALSE(topic().introduction.stamp) << "what is as before is not told";
  there.topics[0].face_url = "";
  EXPECT_EQ(healed(mirror, there), Kinds{MissedKind::topic_changed}) << "told, and emptied since";
  EXPECT_EQ(topic().face_url.value, "");
  EXPECT_TRUE(topic().face_url.stamp);
}

TEST_P(MissedTest, WhatEndedAndIsThereLivesAgain) {
  told(group_made(), kMadeMs - 5'000);
  told(topic_made("Wood"), kMadeMs - 4'000);
  told(topic_changed({}, "About trees"), kMadeMs - 3'000);
  told(topic_ended(), kMadeMs - 2'000);
  told(topic_made("Other", kTopic + "2"), kMadeMs - 1'000);
  EXPECT_EQ(healed(mirror, group_with_topic()),
            (Kinds{MissedKind::group_changed, MissedKind::topic_created, MissedKind::topic_changed,
                   MissedKind::topic_destroyed}));
  EXPECT_TRUE(topic().alive());
  EXPECT_EQ(topic().created.time_ms, kMadeMs);
  EXPECT_EQ(topic().introduction.value, "About wood");
  EXPECT_FALSE(mirror.topic(kTopic + "2")->alive());
}

TEST_P(MissedTest, AGroupMadeAnewWithinTheSecondOfItsEndLivesWithItsTopics) {
  told(group_made(), kMadeMs - 5'000);
  told(group_changed("Breakers", "We break"), kMadeMs - 4'000);
  told(topic_made("Wood"), kMadeMs - 4'000);
  told(group_ended(), kMadeMs + 500);
  ASSERT_FALSE(topic().alive());
  There there = group_with_topic();
  there.topics.push_back(topic_there(kTopic + "2", "Never heard of", "A text"));
  EXPECT_EQ(healed(mirror, there),
            (Kinds{MissedKind::group_created, MissedKind::group_changed, MissedKind::topic_created,
                   MissedKind::topic_changed, MissedKind::topic_created, MissedKind::topic_changed}));
  EXPECT_EQ(group().name.value, "Makers");
  EXPECT_TRUE(topic().alive());
  EXPECT_EQ(mirror.topic(kTopic + "2")->introduction.value, "A text");
  if (GetParam() != Told::timed) return;
  EXPECT_EQ(group().created.time_ms, kMadeMs + 501);
  EXPECT_EQ(topic().created.time_ms, kMadeMs + 501);
}

TEST_P(MissedTest, TheSameIsMadeOnceMoreAfterItEndedOnceMore) {
  // As when a restored source, or an import that is done again, brings back the very same.
  const There there = group_with_topic();
  for (int life = 0; life < 3; ++life) {
    const std::int64_t now_ms = kHealedMs + life * 3'600'000;
    EXPECT_EQ(heal(mirror, there, now_ms).size(), 4U) << life;
    expect_nothing_missed(mirror, there);
    EXPECT_TRUE(topic().alive());
    told(topic_ended(), now_ms + 1'000);
    told(group_ended(), now_ms + 2'000);
    EXPECT_FALSE(group().alive());
  }
}

TEST_P(MissedTest, ATopicWhoseIdNamesAnotherGroupIsLeftAlone) {
  const std::string foreign = "@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_other";
  told(group_made(), kMadeMs + 100);
  told(group_changed({}, "We make"), kMadeMs + 100);
  told(topic_made("Foreign", foreign), kMadeMs + 200);
  ASSERT_EQ(mirror.topic(foreign)->group.str(), kGroup);
  There there = whole_group();
  expect_nothing_missed(mirror, there);
  // It is not of this group's either where the source says so: it would be missed again and again.
  there.topics.push_back(topic_there(foreign, "Foreign", "A text"));
  expect_nothing_missed(mirror, there);
}

TEST_P(MissedTest, WhatIsHealedSaysWhichGroupATopicIsOf) {
  told(group_made(), kMadeMs + 100);
  told(topic_made(), kMadeMs + 200);
  AfterTopicInfoChanged body = topic_changed({}, {});
  body.group_id = GroupId{"@TGS#2J4SZEAEL"};
  told(body, kMadeMs + 900);
  ASSERT_TRUE(topic().group_mismatch);
  healed(mirror, group_with_topic());
  EXPECT_FALSE(topic().group_mismatch);
  EXPECT_EQ(topic().group.str(), kGroup);
}

TEST_P(MissedTest, AGroupThatIsGoneTakesItsTopicsAlongHoweverNewTheyAre) {
  const std::string foreign = "@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_other";
  told(group_made(), kMadeMs + 100);
  told(topic_made(), kMadeMs + 200);
  told(topic_changed({}, "About wood"), kMadeMs + 9'000);
  told(topic_made("Foreign", foreign), kMadeMs + 10'000);
  There there = whole_group();
  there.gone = true;
  EXPECT_EQ(healed(mirror, there), Kinds{MissedKind::group_destroyed});
  EXPECT_FALSE(group().alive());
  EXPECT_FALSE(topic().alive());
  EXPECT_TRUE(mirror.topic(foreign)->alive());
  EXPECT_EQ(group().destroyed.time_ms, GetParam() == Told::timed ? kMadeMs + 9'001 : kHealedMs);
}

TEST_P(MissedTest, WhatIsToldLaterWinsOverWhatWasHealed) {
  told(group_made("Breakers"), kMadeMs + 100);
  told(topic_made("Wood"), kMadeMs + 200);
  healed(mirror, group_with_topic());
  told(topic_changed("Holz", {}), kHealedMs + 1);
  told(group_changed("Macher", {}), kHealedMs + 1);
  EXPECT_EQ(topic().name.value, "Holz");
  EXPECT_EQ(group().name.value, "Macher");
  told(topic_ended(), kHealedMs + 2);
  told(group_ended(), kHealedMs + 2);
  EXPECT_FALSE(topic().alive());
  EXPECT_FALSE(group().alive());
}

TEST(Missed, WhatIsToldLaterWinsWhateverTheReceiversClockSays) {
  ViewMirror mirror;
  Teller timed(Told::timed), numbered(Told::numbered);
  timed(mirror, topic_made("Wood"), kMadeMs + 200);
  There there = group_with_topic();
  heal(mirror, there, kHealedMs);
  timed(mirror, topic_changed("Holz", {}), kMadeMs + 202);
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Holz");
  timed(mirror, topic_changed("Late", {}), kMadeMs + 199);
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Holz");
  numbered(mirror, topic_changed("Bois", {}), 0);
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Bois");
}

TEST(Missed, ALateCreationTellsWhoTheFirstMembersWere) {
  ViewMirror mirror;
  heal(mirror, whole_group(), kHealedMs);
  EXPECT_EQ(mirror.group(kGroup)->member_num(), std::nullopt);
  Teller timed(Told::timed);
  timed(mirror, group_made(), kMadeMs + 300);
  EXPECT_EQ(mirror.group(kGroup)->member_num(), 1);
  heal(mirror, whole_group(), kHealedMs);
  expect_nothing_missed(mirror, whole_group());
}

}  // namespace
}  // namespace tidings::receiver
