/// For the tests of missed.h: what a source has, compared with a mirror as the reconciler does it, and the
/// mirror healed of what it missed.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "receiver/missed.h"
#include "receiver/test_callbacks.h"

namespace tidings::receiver::testing {

/// One group of a source and its topics.
struct There {
  SourceGroup group;
  std::vector<SourceTopic> topics;
  bool gone = false;
};

/// For the case that nothing that is compared has a time.
inline constexpr std::int64_t kHealedMs = 1'735'689'600'000;
/// CreateTime is whole seconds; what happens, happens within them.
inline constexpr std::int64_t kMadeS = 1'735'000'000;
inline constexpr std::int64_t kMadeMs = kMadeS * 1000;

inline There whole_group() {
  There there;
  there.group.group = GroupId{kGroup};
  there.group.type = "Community";
  there.group.owner = UserId{"vera_01"};
  there.group.has_topics = true;
  there.group.created_s = kMadeS;
  there.group.name = "Makers";
  there.group.introduction = "We make";
  there.group.notification = there.group.face_url = "";
  return there;
}

inline SourceTopic topic_there(const std::string& id, const std::string& name,
                               const std::string& introduction = "") {
  SourceTopic topic;
  topic.topic = TopicId{id};
  topic.created_s = kMadeS;
  topic.name = name;
  topic.introduction = introduction;
  topic.notification = topic.face_url = "";
  return topic;
}

inline There group_with_topic() {
  There there = whole_group();
  there.topics = {topic_there(kTopic, "Woodwork", "About wood")};
  return there;
}

/// How the callbacks that made a mirror say when they happened.
enum class Told { timed, numbered, arriving };

class Teller {
 public:
  explicit Teller(Told told) : told_(told) {}

  template <class Body>
  void operator()(ViewMirror& mirror, Body body, std::int64_t at_ms) {
    if (told_ == Told::timed) body.event_time_ms = at_ms;
    ++count_;
    const std::string request_id =
        std::to_string(static_cast<int>(told_)) + " " + std::to_string(count_);
    EXPECT_EQ(mirror.take(testing::callback_of(write_callback(body, AdditiveMembers::all),
                                               told_ == Told::numbered ? count_ : 0,
                                               request_id)),
              Applied::accepted);
  }

 private:
  Told told_;
  std::int64_t count_ = 0;
};

inline AfterCreateGroup group_made(const std::string& name = "Makers",
                                   const std::string& owner = "vera_01") {
  AfterCreateGroup body;
  body.group_id = GroupId{kGroup};
  body.owner_account = UserId{owner};
  body.type = "Community";
  body.name = name;
  body.member_list = {UserId{owner}};
  return body;
}

inline AfterGroupInfoChanged group_changed(std::optional<std::string> name,
                                           std::optional<std::string> introduction) {
  AfterGroupInfoChanged body;
  body.group_id = GroupId{kGroup};
  body.type = "Community";
  body.name = std::move(name);
  body.introduction = std::move(introduction);
  return body;
}

inline AfterGroupDestroyed group_ended() {
  AfterGroupDestroyed body;
  body.group_id = GroupId{kGroup};
  body.type = "Community";
  return body;
}

inline AfterCreateTopic topic_made(const std::string& name = "Woodwork",
                                   const std::string& id = kTopic) {
  AfterCreateTopic body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{id};
  body.name = name;
  return body;
}

inline AfterTopicInfoChanged topic_changed(std::optional<std::string> name,
                                           std::optional<std::string> introduction) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{kTopic};
  body.name = std::move(name);
  body.introduction = std::move(introduction);
  return body;
}

inline AfterTopicDestroyed topic_ended(const std::string& id = kTopic) {
  AfterTopicDestroyed body;
  body.group_id = GroupId{kGroup};
  body.topic_id_list = {TopicId{id}};
  return body;
}

/// Those that live and die with the group, tombstones included, as the store gives them.
inline std::vector<store::MirrorTopic> topics_under(const ViewMirror& mirror, const GroupId& group) {
  std::vector<store::MirrorTopic> topics;
  for (const auto& [key, entry] : mirror.view().topics.entries()) {
    if (entry.row && store::parent_of(*entry.row) == group) topics.push_back(*entry.row);
  }
  return topics;
}

inline std::vector<Missed> missed_by(const ViewMirror& mirror, const There& there) {
  std::vector<Missed> found;
  const store::MirrorGroup* const here = mirror.group(there.group.group.str());
  const auto topics = topics_under(mirror, there.group.group);
  if (there.gone) {
    if (here != nullptr && here->alive()) group_is_gone(*here, topics, found);
    return found;
  }
  compare_group(there.group, here, found);
  compare_topics(there.group, there.topics, topics, here != nullptr ? here->destroyed.time_ms : 0,
                 found);
  return found;
}

inline std::string shown(const std::vector<Missed>& found) {
  std::string all;
  for (const Missed& each : found) {
    all += std::string(to_string(each.kind)) + " " + callback_of(each, kApp, 0).body + "\n";
  }
  return all;
}

/// Gives what was healed.
inline std::vector<Missed> heal(ViewMirror& mirror, const There& there, std::int64_t now_ms) {
  std::vector<Missed> found = missed_by(mirror, there);
  for (const Missed& each : found) {
    EXPECT_EQ(mirror.take(callback_of(each, kApp, now_ms)), Applied::accepted) << shown({each});
  }
  return found;
}

}  // namespace tidings::receiver::testing
