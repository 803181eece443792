// Goal: whatever callbacks a mirror heard, in whatever order and however they say when it happened, one
// healing makes it what the source has, and a second look finds nothing.
// Method: random callbacks about two groups, then a random source for one of them, three times over; what
// is missed is applied. Seeds are printed; TIDINGS_SEED=n replays one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>

#include "receiver/test_missed.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

const std::string kNeighbour = "@TGS#_@TGS#cNEIGHBOUR";

class MissedStory {
 public:
  explicit MissedStory(std::uint64_t seed) : engine_(seed), how_(draw(4)) {}

  void run() {
    for (int chapter = 0; chapter < 3; ++chapter) {
      span_ms_ += 20'000;
      for (std::size_t left = draw(25); left > 0; --left) hear();
      const There there = source();
      const auto* const group = mirror_.group(kGroup);
      const bool was_alive = group != nullptr && group->alive();
      const auto neighbours = rows_of_neighbour();
      const auto found = heal(mirror_, there, kHealedMs + chapter * 1'000);
      ASSERT_EQ(shown(missed_by(mirror_, there)), "") << "after\n" << shown(found);
      EXPECT_TRUE(rows_of_neighbour() == neighbours);
      if (there.gone) {
        expect_gone(was_alive);
      } else {
        expect_equal(there);
      }
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  std::size_t draw(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(engine_);
  }
  bool one_in(std::size_t n) { return draw(n) == 0; }
  std::string text() { return std::array{"", "a", "b", "c"}.at(draw(4)); }
  std::optional<std::string> maybe_text() {
    return one_in(2) ? std::optional(text()) : std::nullopt;
  }
  std::string topic_of(const std::string& group) {
    return group + "@TOPIC#_" + std::to_string(draw(4));
  }

  /// One callback, about either group.
  void hear() {
    const GroupId group{one_in(3) ? kNeighbour : kGroup};
    const TopicId topic{topic_of(group.str())};
    switch (draw(11)) {
      case 0: {
        AfterCreateGroup body = group_made(text(), one_in(2) ? "omar" : "vera_01");
        body.group_id = group;
        return tell(body);
      }
      case 1: {
        AfterGroupInfoChanged body = group_changed(maybe_text(), maybe_text());
        body.notification = maybe_text();
        body.group_id = group;
        return tell(body);
      }
      case 2: {
        AfterChangeGroupOwner body;
        body.group_id = group;
        body.new_owner_account = UserId{text()};
        return tell(body);
      }
      case 3: {
        AfterNewMemberJoin body;
        body.group_id = group;
        body.new_member_list = {UserId{"kim"}};
        return tell(body);
      }
      case 4: {
        AfterGroupDestroyed body = group_ended();
        body.group_id = group;
        return tell(body);
      }
      case 5: {
        AfterTopicInfoChanged body;  // some topic of the group, but which?
        body.group_id = group;
        body.name = text();
        return tell(body);
      }
      case 6: {
        AfterTopicDestroyed body = topic_ended(topic.str());
        body.group_id = group;
        return tell(body);
      }
      case 7:
      case 8: {
        AfterCreateTopic body = topic_made(text(), topic.str());
        body.group_id = group;
        return tell(body);
      }
      default: {
        AfterTopicInfoChanged body = topic_changed(maybe_text(), maybe_text());
        body.face_url = maybe_text();
        body.group_id = group;
        body.topic_id = topic;
        return tell(body);
      }
    }
  }

  template <class Body>
  void tell(Body body) {
    const auto at_ms = kMadeMs + static_cast<std::int64_t>(draw(span_ms_));
    tellers_.at(how_ < 3 ? how_ : draw(3))(mirror_, std::move(body), at_ms);
  }

  void fill(SourceProfile& profile) {
    // What an answer leaves out is not known, and nothing can be said of it.
    for (auto* each : {&profile.name, &profile.introduction, &profile.notification, &profile.face_url}) {
      if (!one_in(8)) *each = text();
    }
    if (!one_in(5)) profile.created_s = kMadeS + static_cast<std::int64_t>(draw(span_ms_ / 1'000));
  }

  There source() {
    There there;
    there.group.group = GroupId{kGroup};
    there.group.type = "Community";
    there.group.has_topics = true;
    there.gone = one_in(5);
    if (!one_in(8)) there.group.owner = UserId{one_in(4) ? "" : "vera_01"};
    fill(there.group);
    for (std::size_t i = 0; i < 5; ++i) {
      if (one_in(3)) continue;
      SourceTopic& topic = there.topics.emplace_back();
      topic.topic = TopicId{kGroup + "@TOPIC#_" + std::to_string(i)};
      fill(topic);
    }
    return there;
  }

  std::vector<store::MirrorTopic> topics_by_id(const std::string& group) const {
    auto topics = topics_under(mirror_, GroupId{group});
    std::ranges::sort(topics, {}, [](const store::MirrorTopic& topic) { return topic.topic.str(); });
    return topics;
  }
  std::pair<std::optional<store::MirrorGroup>, std::vector<store::MirrorTopic>> rows_of_neighbour() const {
    const auto* const group = mirror_.group(kNeighbour);
    return {group != nullptr ? std::optional(*group) : std::nullopt, topics_by_id(kNeighbour)};
  }

  void expect_gone(bool was_alive) {
    const auto* const group = mirror_.group(kGroup);
    EXPECT_TRUE(group == nullptr || !group->alive());
    if (!was_alive) return;
    for (const auto& topic : topics_by_id(kGroup)) EXPECT_FALSE(topic.alive()) << topic.topic;
  }

  template <class Row>
  static void expect_texts(const SourceProfile& there, const Row& here, const std::string& what) {
    EXPECT_EQ(here.name.value, there.name.value_or(here.name.value)) << what;
    EXPECT_EQ(here.introduction.value, there.introduction.value_or(here.introduction.value)) << what;
    EXPECT_EQ(here.notification.value, there.notification.value_or(here.notification.value)) << what;
    EXPECT_EQ(here.face_url.value, there.face_url.value_or(here.face_url.value)) << what;
  }

  void expect_equal(const There& there) {
    const auto* const group = mirror_.group(kGroup);
    ASSERT_NE(group, nullptr);
    EXPECT_TRUE(group->created);
    EXPECT_EQ(group->owner.value, there.group.owner.value_or(UserId{group->owner.value}).str());
    expect_texts(there.group, *group, "group");
    std::map<TopicId, const SourceTopic*> left;
    for (const SourceTopic& topic : there.topics) left.emplace(topic.topic, &topic);
    for (const store::MirrorTopic& topic : topics_by_id(kGroup)) {
      const auto found = left.find(topic.topic);
      ASSERT_EQ(topic.alive(), found != left.end()) << topic.topic;
      if (found == left.end()) continue;
      EXPECT_TRUE(topic.created) << topic.topic;
      expect_texts(*found->second, topic, topic.topic.str());
      left.erase(found);
    }
    EXPECT_TRUE(left.empty()) << left.begin()->first;
  }

  std::mt19937_64 engine_;
  const std::size_t how_;  // of Told, or any of them
  std::size_t span_ms_ = 0;
  std::array<Teller, 3> tellers_{Teller(Told::timed), Teller(Told::numbered), Teller(Told::arriving)};
  ViewMirror mirror_;
};

TEST(MissedRandom, AnyMirrorIsHealedAtOnceAndForGood) {
  const char* const given = std::getenv("TIDINGS_SEED");
  const std::uint64_t first =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t seed = first; seed < first + (given != nullptr ? 1 : 1'000); ++seed) {
    SCOPED_TRACE("TIDINGS_SEED=" + std::to_string(seed));
    MissedStory(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tidings::receiver
