// Goal: who hears of a committed change, on every lane, and that no push is lost around a login.
// Method: real sessions for the fan-out; seats driven by hand on a lane where the order of read and
// commit matters.
#include "backend/client/client_fixture.h"

namespace tidings::backend {
namespace {

class Pushes : public ClientFixture {
 protected:
  /// Everything committed so far has reached every lane: a ping is answered behind it.
  void settle() {
    for (auto& client : clients) {
      if (client->session->logged_in()) {
        EXPECT_EQ(client->code("ping", "{}"), 0);
      }
    }
  }
};

TEST_F(Pushes, MembersOnEveryLaneHearOfATopicAndShareOneFrame) {
  TestClient& vera = online("vera_01", 0);
  TestClient& omar = online("omar", 1);
  TestClient& omar_too = online("omar", 0);
  TestClient& lin = online("lin-7", 1);
  make_community(vera);
  ASSERT_EQ(omar.code("joinGroup", R"({"groupID":"@TGS#_makers"})"), 0);
  make_topic(vera, "wood");
  const auto data = omar.event("onTopicCreated");
  EXPECT_EQ(json::serialize(data),
            R"({"groupID":"@TGS#_makers","topicID":"@TGS#_makers@TOPIC#_wood"})");
  omar_too.event("onTopicCreated");
  vera.event("onTopicCreated");
  settle();
  EXPECT_EQ(lin.outbox.events("onTopicCreated"), 0U) << "an outsider heard of it";
  EXPECT_EQ(omar.outbox.events("onTopicCreated"), 1U);
  const auto frame_of = [](TestClient& client) {
    for (const auto& frame : client.outbox.frames()) {
      if (frame->find("onTopicCreated") != std::string::npos) return frame.get();
    }
    return static_cast<const std::string*>(nullptr);
  };
  EXPECT_EQ(frame_of(omar), frame_of(vera)) << "the frame was made more than once";
}

TEST_F(Pushes, ChangesAndDeletionsCarryWhatTheSdkShows) {
  TestClient& vera = online("vera_01");
  make_community(vera);
  make_topic(vera, "wood");
  make_topic(vera, "iron");
  ASSERT_EQ(vera.code("updateTopicProfile",
                      R"({"groupID":"@TGS#_makers","topicID":"@TGS#_makers@TOPIC#_wood",
                          "topicName":"Wood","customData":"c"})"),
            0);
  const auto updated = vera.event("onTopicUpdated");
  EXPECT_EQ(updated.at("groupID"), "@TGS#_makers");
  EXPECT_EQ(updated.at("topic").at("topicName"), "Wood");
  EXPECT_EQ(updated.at("topic").at("customData"), "c");
  EXPECT_FALSE(updated.at("topic").get_object().contains("selfInfo"))
      << "a shared frame says something about one user";
  ASSERT_EQ(vera.code("deleteTopicFromCommunity", R"({"groupID":"@TGS#_makers"})"), 0);
  EXPECT_EQ(vera.event("onTopicDeleted").at("topicIDList").get_array().size(), 2U);
}

TEST_F(Pushes, TheListOfGroupsIsToldToThoseWhoseListItIs) {
  TestClient& vera = online("vera_01", 0);
  TestClient& omar = online("omar", 1);
  TestClient& lin = online("lin-7", 0);
  make_community(vera);
  ASSERT_EQ(omar.code("joinGroup", R"({"groupID":"@TGS#_makers"})"), 0);
  EXPECT_EQ(json::serialize(omar.event("onGroupListUpdated")),
            R"({"groupID":"@TGS#_makers","change":"joined"})");
  const auto change = [](TestClient& client, std::string_view which) {
    return client.outbox.wait([which](const json::object& frame) {
      const auto* event = frame.if_contains("event");
      return event != nullptr && event->get_string() == "onGroupListUpdated" &&
             frame.at("data").at("change").get_string() == which;
    });
  };
  ASSERT_EQ(vera.code("updateGroupProfile", R"({"groupID":"@TGS#_makers","name":"M"})"), 0);
  EXPECT_TRUE(change(omar, "updated").is_object());
  ASSERT_EQ(vera.code("deleteGroupMember", R"({"groupID":"@TGS#_makers","userIDList":["omar"]})"),
            0);
  EXPECT_TRUE(change(omar, "left").is_object());
  make_topic(vera, "wood");
  vera.event("onTopicCreated");
  ASSERT_EQ(vera.code("dismissGroup", R"({"groupID":"@TGS#_makers"})"), 0);
  EXPECT_TRUE(change(vera, "dismissed").is_object());
  settle();
  EXPECT_EQ(omar.outbox.events("onTopicCreated"), 0U) << "who left still hears";
  EXPECT_EQ(omar.outbox.events("onGroupListUpdated"), 3U);
  EXPECT_EQ(lin.outbox.events("onGroupListUpdated"), 0U);
}

TEST_F(Pushes, AMemberWhoLogsInLaterHearsToo) {
  TestClient& vera = online("vera_01");
  online("omar", 1);
  make_community(vera);
  ASSERT_EQ(vera.code("addGroupMember", R"({"groupID":"@TGS#_makers","userIDList":["omar"]})"), 0);
  clients.pop_back();  // omar goes
  TestClient& omar = online("omar", 0);
  make_topic(vera, "wood");
  omar.event("onTopicCreated");
}

/// A seat's life in one coroutine, so that what is committed in between is known.
struct Steps {
  ClientHub& hub;
  ListOutbox& outbox;
  std::vector<community::Notice> while_reading;
  std::vector<community::Notice> after;
  std::vector<GroupId> read;
};

runtime::awaitable<std::size_t> take_seat(Steps* steps, runtime::Lane* lane) {
  HubSeat seat(steps->hub, {kClientApp, UserId("omar")}, steps->outbox);
  const auto drained = [](runtime::Lane* home) -> runtime::awaitable<void> {
    runtime::OneShot<int> shot(*home);
    auto sender = shot.sender();
    sender.complete(0);  // posted behind what the hub posted
    auto done = co_await shot.wait();
    EXPECT_TRUE(done.has_value());
  };
  steps->hub.committed(std::move(steps->while_reading));
  co_await drained(lane);
  EXPECT_TRUE(steps->outbox.frames().empty()) << "pushed before the login was answered";
  seat.seated(steps->read);
  steps->hub.committed(std::move(steps->after));
  co_await drained(lane);
  co_return seat.groups();
}

TEST_F(Pushes, WhatIsCommittedWhileMembershipsAreReadIsNotMissed) {
  const community::GroupKey makers{kClientApp, GroupId("@TGS#_makers")};
  const community::GroupKey other{kClientApp, GroupId("@TGS#_other")};
  const std::vector<UserId> omar = {UserId("omar")};
  const struct {
    std::string_view name;
    std::vector<GroupId> read;
    std::vector<community::Notice> while_reading;
    std::vector<community::Notice> after;
    std::vector<std::string> events;
    std::size_t groups;
  } rows[] = {
      {"a topic of a group that was read",
       {makers.group},
       {community::TopicCreated{makers, TopicId("t1")}},
       {},
       {"onTopicCreated"},
       1},
      {"joined after the read, and a topic",
       {},
       {community::MembersAdded{makers, omar}, community::TopicCreated{makers, TopicId("t1")}},
       {},
       {"onGroupListUpdated", "onTopicCreated"},
       1},
      {"joined before the read saw it",
       {makers.group},
       {community::MembersAdded{makers, omar}},
       {community::TopicCreated{makers, TopicId("t1")}},
       {"onGroupListUpdated", "onTopicCreated"},
       1},
      {"imported after the read: told nothing, but a topic",
       {},
       {community::MembersAdded{makers, omar, true},
        community::TopicCreated{makers, TopicId("t1")}},
       {},
       {"onTopicCreated"},
       1},
      {"removed after the read",
       {makers.group},
       {community::MembersRemoved{makers, omar}, community::TopicCreated{makers, TopicId("t1")}},
       {community::TopicCreated{makers, TopicId("t2")}},
       {"onGroupListUpdated"},
       0},
      {"dissolved after the read",
       {makers.group, other.group},
       {community::GroupDissolved{makers}},
       {community::TopicCreated{makers, TopicId("t1")},
        community::TopicCreated{other, TopicId("t2")}},
       {"onGroupListUpdated", "onTopicCreated"},
       1},
      {"another app's group of the same name",
       {makers.group},
       {community::TopicCreated{{SdkAppId(7), makers.group}, TopicId("t1")}},
       {community::TopicCreated{{SdkAppId(7), makers.group}, TopicId("t2")}},
       {},
       1},
  };
  for (const auto& row : rows) {
    ListOutbox outbox;
    Steps steps{hub, outbox, row.while_reading, row.after, row.read};
    EXPECT_EQ(runtime::block_on(lanes[0], take_seat(&steps, &lanes[0])), row.groups) << row.name;
    std::vector<std::string> events;
    for (const auto& frame : outbox.frames()) {
      events.emplace_back(json::parse(*frame).at("event").get_string());
    }
    EXPECT_EQ(events, row.events) << row.name;
    EXPECT_EQ(hub.online(), 0U);
  }
}

TEST_F(Pushes, ManyCommitsWhileManyLogInLoseNothing) {
  TestClient& vera = online("vera_01");
  make_community(vera);
  for (int i = 0; i < 8; ++i) {
    const std::string user = "user" + std::to_string(i);
    online(user);
    ASSERT_EQ(vera.code("addGroupMember",
                        R"({"groupID":"@TGS#_makers","userIDList":[")" + user + "\"]}"),
              0);
    clients.pop_back();
  }
  // Log in and create in turn without waiting: each client hears of every topic from its login on.
  std::vector<TestClient*> members;
  for (int i = 0; i < 8; ++i) {
    TestClient& member = connect(static_cast<std::size_t>(i) % 2);
    member.send(1, "login", login_args("user" + std::to_string(i)));
    members.push_back(&member);
    vera.send(i, "createTopicInCommunity",
              R"({"groupID":"@TGS#_makers","topicName":"T)" + std::to_string(i) + "\"}");
  }
  for (int i = 0; i < 8; ++i) EXPECT_EQ(vera.answer(i).at("code").to_number<int>(), 0);
  for (auto* member : members) {
    EXPECT_EQ(member->answer(1).at("code").to_number<int>(), 0);
    const auto list = member->data("getTopicList", R"({"groupID":"@TGS#_makers"})");
    EXPECT_EQ(list.at("successTopicList").get_array().size(), 8U);
  }
  make_topic(vera, "last");
  for (auto* member : members) {
    const auto found = member->outbox.wait([](const json::object& frame) {
      const auto* event = frame.if_contains("event");
      return event != nullptr && event->get_string() == "onTopicCreated" &&
             frame.at("data").at("topicID").get_string() == "@TGS#_makers@TOPIC#_last";
    });
    EXPECT_TRUE(found.is_object());
  }
}

}  // namespace
}  // namespace tidings::backend
