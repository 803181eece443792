// Goal: a callback changes the mirror as protocol section 7 says, once, and whatever arrives late,
// twice or in another order ends in the same rows.
// Method: bodies as the protocol shows them go through the parser into apply() on a View; every
// permutation of a history is compared with the history in its order.
#include "receiver/mirror_apply.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>
#include <vector>

#include "base/random.h"
#include "base/time_uuid.h"
#include "receiver/test_callbacks.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

std::string create_topic(const std::string& name, std::int64_t time_ms = 0,
                         const std::string& topic = kTopic, const std::string& group = kGroup) {
  AfterCreateTopic body;
  body.group_id = GroupId{group};
  body.topic_id = TopicId{topic};
  body.operator_account = UserId{"vera_01"};
  body.owner_account = UserId{"omar"};
  body.name = name;
  if (time_ms != 0) body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}

std::string change_topic(std::optional<std::string> name, std::optional<std::string> introduction,
                         std::int64_t time_ms = 0) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{kTopic};
  body.operator_account = UserId{"vera_01"};
  body.name = std::move(name);
  body.introduction = std::move(introduction);
  if (time_ms != 0) body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}

std::string destroy_topic(std::int64_t time_ms = 0) {
  AfterTopicDestroyed body;
  body.group_id = GroupId{kGroup};
  body.topic_id_list = {TopicId{kTopic}};
  if (time_ms != 0) body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}

std::string create_group(std::int64_t time_ms = 0) {
  AfterCreateGroup body;
  body.group_id = GroupId{kGroup};
  body.operator_account = UserId{"administrator"};
  body.owner_account = UserId{"vera_01"};
  body.type = "Community";
  body.name = "Riverside Makers";
  body.member_list = {UserId{"vera_01"}, UserId{"omar"}};
  if (time_ms != 0) body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}

std::string destroy_group(std::int64_t time_ms = 0) {
  AfterGroupDestroyed body;
  body.group_id = GroupId{kGroup};
  body.type = "Community";
  body.name = "Riverside Makers";
  if (time_ms != 0) body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(MirrorApply, TheSeedPagesSampleIsStoredByTopicIdAndItsGroupIdIsFlagged) {
  const std::string body =
      file_text(TIDINGS_SOURCE_DIR "/tests/data/after_create_topic_sample.json");
  ViewMirror mirror;
  EXPECT_EQ(mirror.take(callback_of(body)), Applied::accepted);
  const auto* topic = mirror.topic("@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5");
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(topic->group.str(), "@TGS#2J4SZEAEL");
  EXPECT_TRUE(topic->group_mismatch);
  EXPECT_EQ(topic->name.value, "MyFirstTopic");
  EXPECT_EQ(topic->owner.str(), "leckie");
  EXPECT_EQ(topic->operator_account.str(), "group_root");
  EXPECT_EQ(topic->type, "Community");
  EXPECT_TRUE(topic->alive());
  const auto begin = body.find('[');
  EXPECT_EQ(topic->user_defined_data, body.substr(begin, body.rfind(']') + 1 - begin));
  EXPECT_EQ(mirror.view().inbox.front().body, body);
}

TEST(MirrorApply, UserDefinedDataListIsKeptByteForByte) {
  const std::string list = "[ {\"Value\":\"a\\u0000\\u00e9\\/b\",  \"Key\" : \"k\"}\n]";
  const std::string plain = create_topic("Woodwork");
  const std::string body =
      plain.substr(0, plain.size() - 1) + ",\"UserDefinedDataList\":" + list + "}";
  ViewMirror mirror;
  mirror.take(callback_of(body));
  EXPECT_EQ(mirror.topic(kTopic)->user_defined_data, list);
}

TEST(MirrorApply, ADuplicateChangesNothingAndIsCounted) {
  ViewMirror mirror;
  const std::string id = "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11";
  EXPECT_EQ(mirror.take(callback_of(create_topic("First"), 0, id)), Applied::accepted);
  // The same RequestID decides, whatever the body says.
  EXPECT_EQ(mirror.take(callback_of(create_topic("Second"), 0, id)), Applied::duplicate);
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "First");
  // Without one, command and body decide.
  EXPECT_EQ(mirror.take(callback_of(change_topic("Third", {}))), Applied::accepted);
  EXPECT_EQ(mirror.take(callback_of(change_topic("Third", {}))), Applied::duplicate);
  EXPECT_EQ(mirror.view().inbox.size(), 2U);
  EXPECT_EQ(mirror.tally().accepted, 2);
  EXPECT_EQ(mirror.tally().duplicates, 2);
}

TEST(MirrorApply, TwoAppsDoNotShareKeysOrRows) {
  ViewMirror mirror;
  Callback other = callback_of(create_topic("Theirs"));
  other.app = SdkAppId{7};
  other.key = inbox_key(other.app, "", other.parsed.command, other.body);
  mirror.take(callback_of(create_topic("Theirs")));
  EXPECT_EQ(mirror.take(std::move(other)), Applied::accepted);
  EXPECT_EQ(mirror.tally().topics, 1);
  EXPECT_EQ(mirror.view().tally(SdkAppId{7}).topics, 1);
}

TEST(MirrorApply, AnUnknownCommandGoesIntoTheInboxOnly) {
  ViewMirror mirror;
  mirror.take(callback_of(R"({"CallbackCommand":"Group.CallbackAfterTea","GroupId":"x"})"));
  mirror.take(callback_of(R"({"CallbackCommand":"State.StateChange","Info":{}})"));
  ASSERT_EQ(mirror.view().inbox.size(), 2U);
  EXPECT_EQ(mirror.view().inbox[0].command, "Group.CallbackAfterTea");
  EXPECT_TRUE(mirror.view().topics.entries().empty());
  EXPECT_TRUE(mirror.view().groups.entries().empty());
}

TEST(MirrorApply, AChangeWithoutTopicIdMarksTheCommunityForReading) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{kGroup};
  body.name = "New name";
  ViewMirror mirror;
  mirror.take(callback_of(create_topic("Old name")));
  mirror.take(callback_of(write_callback(body, AdditiveMembers::documented)));
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Old name");
  ASSERT_NE(mirror.group(kGroup), nullptr);
  EXPECT_TRUE(mirror.group(kGroup)->reread);
  EXPECT_FALSE(mirror.group(kGroup)->created);
}

TEST(MirrorApply, AnImportedTopicIsKnownFromItsFirstChange) {
  ViewMirror mirror;
  mirror.take(callback_of(change_topic({}, "About wood", 10), 1));
  const auto* topic = mirror.topic(kTopic);
  ASSERT_NE(topic, nullptr);
  EXPECT_TRUE(topic->alive());
  EXPECT_FALSE(topic->created);
  EXPECT_FALSE(topic->name.stamp);
  EXPECT_EQ(topic->introduction.value, "About wood");
}

TEST(MirrorApply, AnOldEventNeverOverwritesANewerState) {
  ViewMirror mirror;
  mirror.take(callback_of(create_topic("Created", 100)));
  mirror.take(callback_of(change_topic("Newest", {}, 300)));
  mirror.take(callback_of(change_topic("Older", "From the older one", 200)));
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Newest");
  EXPECT_EQ(mirror.topic(kTopic)->introduction.value, "From the older one");
  // The sequence decides where there is one, whatever the clocks say.
  ViewMirror counted;
  counted.take(callback_of(change_topic("Newest", {}, 100), 9));
  counted.take(callback_of(change_topic("Older", {}, 200), 8));
  EXPECT_EQ(counted.topic(kTopic)->name.value, "Newest");
  // Without either, the later arrival is the newer one.
  ViewMirror plain;
  plain.take(callback_of(change_topic("One", {})));
  plain.take(callback_of(change_topic("Two", {})));
  EXPECT_EQ(plain.topic(kTopic)->name.value, "Two");
}

/// With a RequestID that begins with its time, as a source makes it.
Callback numbered(const std::string& body, std::int64_t sequence, std::int64_t time_ms) {
  SeededRandom random(static_cast<std::uint64_t>(time_ms));
  return callback_of(body, sequence, time_uuid(time_ms, random));
}

TEST(MirrorApply, WhatAReplacedSourceNumbersAnewIsNewAndIsSeenToBeSo) {
  constexpr std::int64_t kThen = 1'735'000'000'000;
  constexpr std::int64_t kNow = 1'735'600'000'000;
  ViewMirror mirror;
  mirror.take(numbered(create_topic("First"), 1, kThen));
  mirror.take(numbered(change_topic("Second", {}), 2, kThen + 1));
  mirror.take(numbered(change_topic("Third", {}), 4, kThen + 2));  // 3 is on its way, or lost
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 0);
  EXPECT_TRUE(mirror.view().replaced.empty());

  EXPECT_EQ(mirror.take(numbered(change_topic("Of another", {}), 2, kNow)), Applied::accepted);
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Of another");
  // Not proven by its own number, but the earlier source used 3 as well.
  mirror.take(numbered(change_topic("And on", {}), 3, kNow + 1));
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "And on");
  mirror.take(numbered(change_topic("And on and on", {}), 4, kNow + 2));
  mirror.take(numbered(change_topic({}, "Beyond", 0), 5, kNow + 3));
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "And on and on");
  EXPECT_EQ(mirror.topic(kTopic)->introduction.value, "Beyond");
  const auto& numbers = mirror.view().sequences(kApp);
  EXPECT_EQ(numbers.renumbered, 2);
  EXPECT_EQ(numbers.renumbered_to, 4);
  EXPECT_EQ(numbers.used_twice, 4);
  EXPECT_EQ(mirror.view().replaced, std::vector{kApp}) << "told once";
  EXPECT_EQ(mirror.view().inbox[3].sequence, 2) << "the inbox shows what was sent";
}

TEST(MirrorApply, ACallbackThatMayHaveComeBeforeIsNoSignOfAReplacedSource) {
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::int64_t kForgotten = 500 * kHour;  // keys from before are not known any more
  ViewMirror mirror;
  mirror.view().purge_before_ms = kForgotten;
  mirror.take(numbered(create_topic("First"), 1, kForgotten + 2 * kHour));
  // Without a time one cannot tell; with one near the border clocks may differ.
  EXPECT_EQ(mirror.take(callback_of(change_topic("Untimed", {}), 1, "x")), Applied::accepted);
  mirror.take(numbered(change_topic("At the border", {}), 1, kForgotten + kHour / 2));
  EXPECT_EQ(mirror.take(numbered(change_topic("Old", {}), 1, kForgotten - 1)), Applied::duplicate);
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 0);
  mirror.take(numbered(change_topic("Another", {}), 1, kForgotten + 3 * kHour));
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 1);
  // Keys are kept for an hour only.
  const std::int64_t now = mirror.view().received_ms();
  mirror.view().purge_before_ms = now - kHour;
  mirror.take(numbered(change_topic("One more", {}), 1, now - kHour / 3));
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 2);
}

TEST(MirrorApply, WhatOnceForgotKeysCountsWhateverIsKeptNow) {
  constexpr std::int64_t kHour = 3'600'000;
  ViewMirror mirror;
  const std::int64_t now = mirror.view().now_ms();
  mirror.view().purge_before_ms = now - 700 * kHour;
  mirror.view().keys_forgotten_ms = now - 20 * kHour;
  mirror.take(numbered(create_topic("First"), 1, now - 40 * kHour));
  EXPECT_EQ(mirror.take(numbered(change_topic("Old", {}), 1, now - 21 * kHour)), Applied::duplicate);
  // Clocks may differ.
  mirror.take(numbered(change_topic("At the border", {}), 1, now - 20 * kHour + kHour / 2));
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 0);
  mirror.take(numbered(change_topic("Another", {}), 1, now - 18 * kHour));
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 1);
}

TEST(MirrorApply, KeysForgottenByAClockThatRanAheadHaveNothingNewTakenForOld) {
  constexpr std::int64_t kHour = 3'600'000;
  ViewMirror mirror;
  const std::int64_t now = mirror.view().now_ms();
  mirror.view().purge_before_ms = now - 700 * kHour;
  mirror.view().keys_forgotten_ms = mirror.view().last_received_ms = now + 90 * kHour;
  mirror.take(numbered(create_topic("First"), 1, now - kHour));
  EXPECT_EQ(mirror.take(numbered(change_topic("Now", {}), 1, now)), Applied::accepted);
  EXPECT_EQ(mirror.take(numbered(change_topic("Old", {}), 1, now - 2 * kHour)), Applied::duplicate);
  // The source's clock may have been as wrong.
  mirror.take(numbered(change_topic("Ahead", {}), 1, now + 80 * kHour));
  EXPECT_EQ(mirror.view().sequences(kApp).renumbered, 0);
}

TEST(MirrorApply, ForgottenNumbersAreThoseTheEarlierSourceMayHaveUsed) {
  store::MirrorView view(1000);
  const auto have = [&](std::int64_t number) { return view.sequences(kApp).have.contains(number); };
  view.sequence_rows.try_emplace(kApp);
  view.mark(kApp, {1, 100});
  view.mark(kApp, {110, 120});
  view.renumbered(kApp, 7);
  EXPECT_EQ(store::forget_through(view.sequences(kApp)), 7);
  view.forget_numbers(kApp, 7);
  EXPECT_EQ(view.sequences(kApp).have, store::SequenceSet(7, {}));
  EXPECT_FALSE(view.sequences(kApp).arrived(7)) << "what may still be on its way is no sign of a third";
  EXPECT_EQ(view.sequences(kApp).used_twice, 120);
  EXPECT_EQ(view.sequences(kApp).renumbered, 0);

  // Late, when the new source is beyond what the earlier one used: that is kept.
  view.mark(kApp, {8, 130});
  view.mark(kApp, {140, 150});
  view.renumbered(kApp, 9);
  view.mark(kApp, {151, 160});
  EXPECT_EQ(store::forget_through(view.sequences(kApp)), 150);
  view.forget_numbers(kApp, 150);
  EXPECT_TRUE(have(160));
  EXPECT_FALSE(have(161));
}

TEST(MirrorApply, ADestroyedTopicLeavesATombstoneThatLateCallbacksDoNotRevive) {
  ViewMirror mirror;
  mirror.take(callback_of(create_topic("Woodwork", 100)));
  mirror.take(callback_of(destroy_topic(300)));
  mirror.take(callback_of(change_topic("Late", {}, 200)));
  const auto* topic = mirror.topic(kTopic);
  EXPECT_FALSE(topic->alive());
  EXPECT_TRUE(topic->name.value.empty());
  EXPECT_EQ(mirror.tally().topics, 0);
  EXPECT_EQ(mirror.tally().topic_tombstones, 1);
  // The same id, created anew, lives.
  mirror.take(callback_of(create_topic("Again", 400)));
  EXPECT_TRUE(mirror.topic(kTopic)->alive());
  EXPECT_EQ(mirror.topic(kTopic)->name.value, "Again");
  EXPECT_EQ(mirror.tally().topics, 1);
  EXPECT_EQ(mirror.tally().topic_tombstones, 0);
}

TEST(MirrorApply, AGroupThatIsDestroyedTakesItsTopicsAlong) {
  const std::string stranger = "@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_other";
  ViewMirror mirror;
  mirror.take(callback_of(create_group(50)));
  mirror.take(callback_of(create_topic("Woodwork", 100)));
  // Given under this group, but its id names another community.
  mirror.take(callback_of(create_topic("Stranger", 100, stranger, kGroup)));
  mirror.take(callback_of(destroy_group(300)));
  EXPECT_FALSE(mirror.group(kGroup)->alive());
  EXPECT_FALSE(mirror.topic(kTopic)->alive());
  EXPECT_TRUE(mirror.topic(stranger)->alive());
  // A topic of it that is heard of only now was gone before it was heard of.
  const std::string late = kGroup + "@TOPIC#_late";
  mirror.take(callback_of(create_topic("Late", 200, late)));
  ASSERT_NE(mirror.topic(late), nullptr);
  EXPECT_FALSE(mirror.topic(late)->alive());
}

TEST(MirrorApply, MembersAreCountedAsTold) {
  AfterNewMemberJoin join;
  join.group_id = GroupId{kGroup};
  join.type = "Community";
  join.join_type = "Invited";
  join.new_member_list = {UserId{"lin-7"}, UserId{"kim"}, UserId{"ola"}};
  AfterMemberExit exit;
  exit.group_id = GroupId{kGroup};
  exit.type = "Community";
  exit.exit_type = "Quit";
  exit.exit_member_list = {UserId{"kim"}};
  ViewMirror mirror;
  mirror.take(callback_of(write_callback(join, AdditiveMembers::all)));
  EXPECT_EQ(mirror.group(kGroup)->member_num(), std::nullopt);
  EXPECT_EQ(mirror.group(kGroup)->member_change, 3);
  ViewMirror whole;
  whole.take(callback_of(create_group()));
  whole.take(callback_of(write_callback(join, AdditiveMembers::all)));
  whole.take(callback_of(write_callback(exit, AdditiveMembers::all)));
  whole.take(callback_of(write_callback(exit, AdditiveMembers::all)));  // a duplicate
  EXPECT_EQ(whole.group(kGroup)->member_num(), 4);
}

TEST(MirrorApply, WhatTheSourceWasReadForDoesNotSayWhoTheFirstMembersWere) {
  const auto taken = [](ViewMirror& mirror, std::int64_t time_ms, store::InboxVia via,
                        const std::string& type = "Community") {
    std::string body = create_group(time_ms);
    body.replace(body.find("Community"), 9, type);
    Callback made = callback_of(body);
    made.via = via;
    EXPECT_EQ(mirror.take(std::move(made)), Applied::accepted);
    return mirror.group(kGroup)->member_num();
  };
  ViewMirror mirror;
  EXPECT_EQ(taken(mirror, 100, store::InboxVia::reconciliation), std::nullopt);
  EXPECT_TRUE(mirror.group(kGroup)->alive());
  EXPECT_EQ(mirror.group(kGroup)->owner.value, "vera_01");
  EXPECT_EQ(mirror.view().inbox.back().via, store::InboxVia::reconciliation);
  EXPECT_EQ(mirror.view().sequences(kApp).filled, 0) << "no number was filled";
  EXPECT_EQ(taken(mirror, 200, store::InboxVia::callback), 2) << "it comes late, and says so";
  ViewMirror fed;
  EXPECT_EQ(taken(fed, 200, store::InboxVia::feed, ""), 2);
  EXPECT_EQ(taken(fed, 150, store::InboxVia::reconciliation), 2) << "what is older takes nothing";
  EXPECT_EQ(fed.group(kGroup)->type, "Community");
}

TEST(MirrorApply, OwnerProfileAndFullnessOfAGroupAreMirrored) {
  AfterChangeGroupOwner owner;
  owner.group_id = GroupId{kGroup};
  owner.type = "Community";
  owner.old_owner_account = UserId{"vera_01"};
  owner.new_owner_account = UserId{"omar"};
  AfterGroupInfoChanged info;
  info.group_id = GroupId{kGroup};
  info.type = "Community";
  info.notification = "Market on the 12th";
  AfterGroupFull full;
  full.group_id = GroupId{kGroup};
  ViewMirror mirror;
  mirror.take(callback_of(create_group()));
  EXPECT_EQ(mirror.group(kGroup)->owner.value, "vera_01");
  mirror.take(callback_of(write_callback(owner, AdditiveMembers::all)));
  mirror.take(callback_of(write_callback(info, AdditiveMembers::all)));
  mirror.take(callback_of(write_callback(full, AdditiveMembers::all)));
  const auto* group = mirror.group(kGroup);
  EXPECT_EQ(group->owner.value, "omar");
  EXPECT_EQ(group->name.value, "Riverside Makers");
  EXPECT_EQ(group->notification.value, "Market on the 12th");
  EXPECT_FALSE(group->introduction.stamp);
  EXPECT_TRUE(group->full);
  EXPECT_EQ(group->initial_members, 2);
}

/// One history, all its orders of arrival.
void expect_any_order_is_the_same(const std::vector<std::string>& bodies, bool with_sequence) {
  std::vector<std::size_t> order(bodies.size());
  std::iota(order.begin(), order.end(), 0U);
  std::optional<store::MirrorTopic> topic;
  std::optional<store::MirrorGroup> group;
  do {
    ViewMirror mirror;
    std::string shown;
    for (const std::size_t i : order) {
      shown += std::to_string(i) + " ";
      mirror.take(callback_of(bodies[i], with_sequence ? static_cast<std::int64_t>(i) + 1 : 0));
    }
    ASSERT_NE(mirror.topic(kTopic), nullptr) << shown;
    if (!topic) topic = settled(*mirror.topic(kTopic));
    EXPECT_TRUE(settled(*mirror.topic(kTopic)) == *topic) << "order " << shown;
    if (const auto* row = mirror.group(kGroup)) {
      if (!group) group = settled(*row);
      EXPECT_TRUE(settled(*row) == *group) << "order " << shown;
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(MirrorApply, AnyOrderOfArrivalEndsInTheSameMirror) {
  const auto stamped = [](bool timed, std::int64_t at) { return timed ? at : 0; };
  for (const bool timed : {true, false}) {
    const auto at = [&](std::int64_t ms) { return stamped(timed, ms); };
    SCOPED_TRACE(timed ? "by EventTime" : "by sequence");
    expect_any_order_is_the_same(
        {create_topic("A", at(10)), change_topic("B", {}, at(20)), destroy_topic(at(30))}, !timed);
    expect_any_order_is_the_same(
        {create_topic("A", at(10)), change_topic("B", {}, at(20)), change_topic({}, "C", at(30)),
         change_topic("D", {}, at(40))},
        !timed);
    expect_any_order_is_the_same(
        {create_topic("A", at(10)), change_topic("B", "C", at(20)), destroy_topic(at(30)),
         create_topic("E", at(40)), change_topic({}, "F", at(50))},
        !timed);
    expect_any_order_is_the_same(
        {create_group(at(10)), create_topic("A", at(20)), change_topic("B", {}, at(30)),
         destroy_group(at(40)), destroy_topic(at(35))},
        !timed);
  }
  // Within one millisecond: create, change, destroy.
  expect_any_order_is_the_same({create_topic("A", 10), change_topic("B", {}, 10)}, false);
  expect_any_order_is_the_same(
      {create_topic("A", 10), change_topic("B", {}, 10), destroy_topic(10)}, false);
}

}  // namespace
}  // namespace tidings::receiver
