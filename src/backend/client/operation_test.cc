// Goal: every operation of protocol 9.1 with the SDK's names, its permission rules for clients, and
// arguments that are wrong. Method: two to three users online, real rules and commits on the memory
// engine; refusals are tables of operation, arguments and code.
#include "backend/client/client_fixture.h"

namespace tidings::backend {
namespace {

class Operations : public ClientFixture {
 protected:
  Operations()
      : vera(online("vera_01")), omar(online("omar", 1)), lin(online("lin-7")) {
    make_community(vera);
  }
  /// omar is a member, lin stays outside.
  void with_member() {
    ASSERT_EQ(omar.code("joinGroup", R"({"groupID":"@TGS#_makers"})"), 0) << omar.last_message;
  }
  TestClient& vera;
  TestClient& omar;
  TestClient& lin;
};

TEST_F(Operations, CreateGroupAnswersTheGroupWithItsOwnerAndRecordsThePlatform) {
  TestClient& nova = connect();
  ASSERT_EQ(nova.code("login", login_args("nova", "macos")), 0);
  const auto data = nova.data(
      "createGroup",
      R"({"type":"Community","name":"Garden","introduction":"i","notification":"n",
          "avatar":"https://a.test/1.png","isSupportTopic":true,"maxMemberNum":50,
          "memberList":[{"userID":"omar","role":"Admin"}],
          "groupCustomField":[{"key":"topic_category","value":"[\"beds\"]"}]})");
  const auto& group = data.at("group").get_object();
  EXPECT_EQ(group.at("name"), "Garden");
  EXPECT_EQ(group.at("type"), "Community");
  EXPECT_EQ(group.at("ownerID"), "nova");
  EXPECT_EQ(group.at("avatar"), "https://a.test/1.png");
  EXPECT_EQ(group.at("memberCount"), 2);
  EXPECT_EQ(group.at("maxMemberCount"), 50);
  EXPECT_EQ(group.at("isSupportTopic"), true);
  EXPECT_EQ(group.at("selfInfo").at("role"), "Owner");
  EXPECT_EQ(json::serialize(group.at("groupCustomField")),
            R"([{"key":"topic_category","value":"[\"beds\"]"}])");
  store::EventFilter filter;
  filter.app = kClientApp;
  const auto events = engine.list(filter);
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ(events->back().event.command, "Group.CallbackAfterCreateGroup");
  EXPECT_EQ(events->back().event.origin.opt_platform, "Mac");
  EXPECT_EQ(events->back().event.origin.client_ip, "192.0.2.9");
}

TEST_F(Operations, JoinAndQuitSayHowItStands) {
  const std::string args = R"({"groupID":"@TGS#_makers"})";
  auto data = omar.data("joinGroup", args);
  EXPECT_EQ(data.at("status"), "JoinedSuccess");
  EXPECT_EQ(data.at("group").at("selfInfo").at("role"), "Member");
  EXPECT_EQ(omar.data("quitGroup", args).at("groupID"), "@TGS#_makers");
  EXPECT_EQ(vera.code("quitGroup", args), 10009);
  EXPECT_EQ(omar.code("dismissGroup", args), 10007);
  EXPECT_EQ(vera.data("dismissGroup", args).at("groupID"), "@TGS#_makers");
  EXPECT_EQ(vera.code("getGroupProfile", args), 10010);
}

TEST_F(Operations, ProfilesAreReadByAnyoneAndFieldsByTheirLevel) {
  ASSERT_EQ(vera.code("updateGroupProfile",
                      R"({"groupID":"@TGS#_makers","groupCustomField":[
                          {"key":"topic_category","value":"[]"},
                          {"key":"staff_note","value":"s"}]})"),
            0)
      << vera.last_message;
  const std::string args = R"({"groupID":"@TGS#_makers"})";
  const auto own = vera.data("getGroupProfile", args).at("group").get_object();
  EXPECT_EQ(own.at("groupCustomField").get_array().size(), 2U);
  const auto outside = lin.data("getGroupProfile", args).at("group").get_object();
  EXPECT_EQ(json::serialize(outside.at("groupCustomField")),
            R"([{"key":"topic_category","value":"[]"}])");
  EXPECT_FALSE(outside.contains("selfInfo"));
  const auto one = vera.data("getGroupProfile",
                             R"({"groupID":"@TGS#_makers",
                                 "groupCustomFieldFilter":["staff_note"]})");
  EXPECT_EQ(json::serialize(one.at("group").at("groupCustomField")),
            R"([{"key":"staff_note","value":"s"}])");
}

TEST_F(Operations, UpdateGroupProfileChangesWhatIsGiven) {
  const auto data = vera.data(
      "updateGroupProfile",
      R"({"groupID":"@TGS#_makers","name":"Makers","introduction":"x","notification":"y",
          "avatar":"z","muteAllMembers":true})");
  const auto& group = data.at("group").get_object();
  EXPECT_EQ(group.at("name"), "Makers");
  EXPECT_EQ(group.at("introduction"), "x");
  EXPECT_EQ(group.at("notification"), "y");
  EXPECT_EQ(group.at("avatar"), "z");
  EXPECT_EQ(group.at("muteAllMembers"), true);
}

TEST_F(Operations, JoinedCommunitiesAreThoseWithTopics) {
  ASSERT_EQ(vera.code("createGroup", R"({"type":"Public","name":"Plain"})"), 0);
  ASSERT_EQ(vera.code("createGroup", R"({"type":"Community","name":"No topics"})"), 0);
  const auto list = vera.data("getJoinedCommunityList", "{}").at("groupList").get_array();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].at("groupID"), "@TGS#_makers");
  EXPECT_EQ(list[0].at("selfInfo").at("role"), "Owner");
  EXPECT_TRUE(lin.data("getJoinedCommunityList", "{}").at("groupList").get_array().empty());
}

TEST_F(Operations, MembersAreListedPageByPage) {
  with_member();
  ASSERT_EQ(omar.code("addGroupMember", R"({"groupID":"@TGS#_makers","userIDList":["lin-7"]})"), 0)
      << omar.last_message;
  std::vector<std::string> seen;
  std::int64_t offset = 0;
  do {
    const auto page = lin.data("getGroupMemberList",
                               R"({"groupID":"@TGS#_makers","count":2,"offset":)" +
                                   std::to_string(offset) + "}");
    for (const auto& member : page.at("memberList").get_array()) {
      seen.emplace_back(member.at("userID").get_string());
    }
    offset = page.at("offset").get_int64();
    EXPECT_EQ(page.at("memberCount"), 3);
  } while (offset != 0 && seen.size() < 10);
  EXPECT_EQ(seen, (std::vector<std::string>{"vera_01", "omar", "lin-7"}));
  const auto owners =
      lin.data("getGroupMemberList", R"({"groupID":"@TGS#_makers","role":"Owner"})");
  ASSERT_EQ(owners.at("memberList").get_array().size(), 1U);
  EXPECT_EQ(owners.at("memberList").get_array()[0].at("role"), "Owner");
}

TEST_F(Operations, AddingMembersSortsThemByOutcome) {
  with_member();
  const auto data = vera.data("addGroupMember",
                              R"({"groupID":"@TGS#_makers","userIDList":["lin-7","omar"]})");
  EXPECT_EQ(json::serialize(data.at("successUserIDList")), R"(["lin-7"])");
  EXPECT_EQ(json::serialize(data.at("existedUserIDList")), R"(["omar"])");
  EXPECT_TRUE(data.at("failureUserIDList").get_array().empty());
}

TEST_F(Operations, RolesAndRemovalFollowTheTableOfPermissions) {
  with_member();
  const auto data = vera.data("setGroupMemberRole",
                              R"({"groupID":"@TGS#_makers","userID":"omar","role":"Admin"})");
  EXPECT_EQ(data.at("member").at("role"), "Admin");
  ASSERT_EQ(lin.code("joinGroup", R"({"groupID":"@TGS#_makers"})"), 0);
  EXPECT_EQ(lin.code("deleteGroupMember", R"({"groupID":"@TGS#_makers","userIDList":["omar"]})"),
            10007);
  EXPECT_EQ(
      omar.code("deleteGroupMember", R"({"groupID":"@TGS#_makers","userIDList":["vera_01"]})"),
      10004);
  EXPECT_EQ(omar.code("deleteGroupMember", R"({"groupID":"@TGS#_makers","userIDList":["lin-7"]})"),
            0)
      << omar.last_message;
  EXPECT_EQ(lin.code("getTopicList", R"({"groupID":"@TGS#_makers"})"), 10007);
}

TEST_F(Operations, AMembersMuteCardAndFieldsAreSetAndTheOwnerChanged) {
  community::App app = *apps.find(kClientApp);
  app.member_fields = {{"badge",
                        {{GroupType::community, community::FieldLevel::anyone,
                          community::FieldLevel::admin}}}};
  put_app(app);
  with_member();
  const auto set = [](TestClient& who, std::string_view op, std::string_view rest) {
    return json::serialize(
        who.data(op, R"({"groupID":"@TGS#_makers",)" + std::string(rest) + "}"));
  };
  EXPECT_EQ(set(vera, "setGroupMemberMuteTime", R"("userID":"omar","muteTime":60)"),
            R"({"groupID":"@TGS#_makers","member":{"userID":"omar","muteTime":60}})");
  EXPECT_EQ(set(omar, "setGroupMemberNameCard", R"("nameCard":"Omar")"),
            R"({"groupID":"@TGS#_makers","member":{"userID":"omar","nameCard":"Omar"}})");
  EXPECT_EQ(set(vera, "setGroupMemberCustomField",
                R"("userID":"omar","memberCustomField":[{"key":"badge","value":"gold"}])"),
            R"({"groupID":"@TGS#_makers","member":{"userID":"omar",)"
            R"("memberCustomField":[{"key":"badge","value":"gold"}]}})");
  const auto members =
      vera.data("getGroupMemberList", R"({"groupID":"@TGS#_makers","role":"Member"})")
          .at("memberList")
          .get_array();
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].at("muteUntil"), clock.now_s() + 60);
  EXPECT_EQ(members[0].at("nameCard"), "Omar");
  EXPECT_EQ(json::serialize(members[0].at("memberCustomField")),
            R"([{"key":"badge","value":"gold"}])");
  const auto changed =
      vera.data("changeGroupOwner", R"({"groupID":"@TGS#_makers","newOwnerID":"omar"})");
  EXPECT_EQ(changed.at("group").at("ownerID"), "omar");
  EXPECT_EQ(changed.at("group").at("selfInfo").at("role"), "Member");
}

TEST_F(Operations, AMuteUnderATopicsIdIsForThatTopic) {
  with_member();
  make_topic(vera, "wood");
  ASSERT_EQ(vera.code("setGroupMemberMuteTime",
                      R"({"groupID":"@TGS#_makers@TOPIC#_wood","userID":"omar","muteTime":60})"),
            0)
      << vera.last_message;
  const auto own = omar.data("getTopicList", R"({"groupID":"@TGS#_makers"})");
  EXPECT_EQ(own.at("successTopicList").get_array()[0].at("selfInfo").at("muteTime"),
            clock.now_s() + 60);
  const auto members =
      vera.data("getGroupMemberList", R"({"groupID":"@TGS#_makers","role":"Member"})");
  EXPECT_EQ(members.at("memberList").get_array()[0].at("muteUntil"), 0);
}

TEST_F(Operations, TopicsAreCreatedChangedListedAndDeleted) {
  const auto created = vera.data(
      "createTopicInCommunity",
      R"({"groupID":"@TGS#_makers","topicName":"Woodwork","topicID":"@TGS#_makers@TOPIC#_wood",
          "avatar":"a","notification":"n","introduction":"i",
          "customData":"{\"category\":\"c\"}"})");
  EXPECT_EQ(created.at("topicID"), "@TGS#_makers@TOPIC#_wood");
  clock.advance(std::chrono::seconds(1));  // topics are listed by creation
  const auto drawn =
      vera.data("createTopicInCommunity", R"({"groupID":"@TGS#_makers","topicName":"Other"})");
  EXPECT_TRUE(is_topic_id(drawn.at("topicID").get_string()));

  const auto updated = vera.data(
      "updateTopicProfile",
      R"({"groupID":"@TGS#_makers","topicID":"@TGS#_makers@TOPIC#_wood","topicName":"Wood & tools",
          "muteAllMembers":true})");
  EXPECT_EQ(updated.at("topic").at("topicName"), "Wood & tools");
  EXPECT_EQ(updated.at("topic").at("muteAllMembers"), true);

  with_member();
  const auto list = omar.data("getTopicList", R"({"groupID":"@TGS#_makers"})");
  ASSERT_EQ(list.at("successTopicList").get_array().size(), 2U);
  const auto& topic = list.at("successTopicList").get_array()[0].get_object();
  for (const std::string_view name :
       {"topicID", "topicName", "avatar", "introduction", "notification", "unreadCount",
        "muteAllMembers", "customData", "groupAtInfoList", "lastMessage", "nextMessageSeq"}) {
    EXPECT_TRUE(topic.contains(name)) << name;
  }
  EXPECT_EQ(json::serialize(topic.at("selfInfo")),
            R"({"muteTime":0,"readedSequence":0,"messageRemindType":"AcceptAndNotify",)"
            R"("excludedUnreadSequenceList":[]})");
  EXPECT_EQ(topic.at("customData"), "{\"category\":\"c\"}");

  const auto some = omar.data(
      "getTopicList",
      R"({"groupID":"@TGS#_makers","topicIDList":["@TGS#_makers@TOPIC#_wood",
          "@TGS#_makers@TOPIC#_x",
          "@TGS#_makers@TOPIC#_wood"]})");
  EXPECT_EQ(some.at("successTopicList").get_array().size(), 1U) << "duplicates collapse";
  EXPECT_EQ(json::serialize(some.at("failureTopicList")),
            R"([{"topicID":"@TGS#_makers@TOPIC#_x","code":110003,"message":"topic deleted"}])");

  const auto gone = vera.data(
      "deleteTopicFromCommunity",
      R"({"groupID":"@TGS#_makers","topicIDList":["@TGS#_makers@TOPIC#_wood",
          "@TGS#_makers@TOPIC#_x"]})");
  EXPECT_EQ(json::serialize(gone.at("successTopicList")),
            R"([{"topicID":"@TGS#_makers@TOPIC#_wood"}])");
  EXPECT_EQ(gone.at("failureTopicList").get_array()[0].at("code"), 110003);
  const auto all = vera.data("deleteTopicFromCommunity", R"({"groupID":"@TGS#_makers"})");
  EXPECT_EQ(all.at("successTopicList").get_array().size(), 1U) << "no list means every topic";
  EXPECT_TRUE(vera.data("getTopicList", R"({"groupID":"@TGS#_makers"})")
                  .at("successTopicList")
                  .get_array()
                  .empty());
}

TEST_F(Operations, AMutedMemberSeesTheEndOfItsMute) {
  with_member();
  make_topic(vera, "wood");
  community::MuteMembers mute;
  mute.caller = {kClientApp, UserId("administrator"), true, {}};
  mute.group_id = "@TGS#_makers";
  mute.topic_id = "@TGS#_makers@TOPIC#_wood";
  mute.users.emplace_back("omar");
  mute.mute_time_s = 60;
  execute(std::move(mute));
  const auto own = omar.data("getTopicList", R"({"groupID":"@TGS#_makers"})");
  EXPECT_EQ(own.at("successTopicList").get_array()[0].at("selfInfo").at("muteTime"),
            clock.now_s() + 60);
  const auto other = vera.data("getTopicList", R"({"groupID":"@TGS#_makers"})");
  EXPECT_EQ(other.at("successTopicList").get_array()[0].at("selfInfo").at("muteTime"), 0);
}

TEST_F(Operations, WhatAUserMayNotDoIsRefused) {
  with_member();
  make_topic(vera, "wood");
  const std::string group = R"({"groupID":"@TGS#_makers")";
  const std::string topic = group + R"(,"topicID":"@TGS#_makers@TOPIC#_wood")";
  const struct {
    TestClient& who;
    std::string_view op;
    std::string args;
    int code;
  } rows[] = {
      {omar, "createTopicInCommunity", group + R"(,"topicName":"Mine"})", 10007},
      {lin, "createTopicInCommunity", group + R"(,"topicName":"Mine"})", 10007},
      {omar, "updateTopicProfile", topic + R"(,"topicName":"Mine"})", 10007},
      {omar, "deleteTopicFromCommunity", group + "}", 10007},
      {lin, "getTopicList", group + "}", 10007},
      {lin, "getGroupMemberList", group + "}", 10007},
      {omar, "updateGroupProfile", group + R"(,"name":"Mine"})", 10007},
      {omar, "setGroupMemberRole", group + R"(,"userID":"omar","role":"Admin"})", 10007},
      {omar, "setGroupMemberMuteTime", group + R"(,"userID":"vera_01","muteTime":9})", 10007},
      {omar, "setGroupMemberNameCard", group + R"(,"userID":"vera_01","nameCard":"V"})", 10007},
      {lin, "setGroupMemberNameCard", group + R"(,"nameCard":"Lin"})", 10004},
      {omar, "changeGroupOwner", group + R"(,"newOwnerID":"omar"})", 10007},
      {lin, "addGroupMember", group + R"(,"userIDList":["lin-7"]})", 10007},
      {omar, "dismissGroup", group + "}", 10007},
      {vera, "getTopicList", R"({"groupID":"@TGS#_nobody"})", 10010},
      {vera, "getTopicList", R"({"groupID":"bad\u0007id"})", 10015},
      {vera, "getGroupProfile", R"({"groupID":""})", 10015},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(row.who.code(row.op, row.args), row.code)
        << row.op << " " << row.args << ": " << row.who.last_message;
  }
}

TEST_F(Operations, WithoutTheFeatureTopicsAnswer11000) {
  community::App app = *apps.find(kClientApp);
  app.topic_on = false;
  put_app(app);
  for (const std::string_view op : {"getTopicList", "getJoinedCommunityList"}) {
    EXPECT_EQ(vera.code(op, R"({"groupID":"@TGS#_makers"})"), 11000) << op;
  }
  EXPECT_EQ(vera.code("createTopicInCommunity", R"({"groupID":"@TGS#_makers","topicName":"a"})"),
            11000);
}

TEST_F(Operations, WrongArgumentsNameTheField) {
  const struct {
    std::string_view op;
    std::string_view args;
    std::string_view field;
    int code = 10004;
  } rows[] = {
      {"createGroup", R"({"name":"a"})", "type"},
      {"createGroup", R"({"type":"Community"})", "name"},
      {"createGroup", R"({"type":"Community","name":1})", "name"},
      {"createGroup", R"({"type":"Community","name":"a","isSupportTopic":1})", "isSupportTopic"},
      {"createGroup", R"({"type":"Community","name":"a","maxMemberNum":"9"})", "maxMemberNum"},
      {"createGroup", R"({"type":"Community","name":"a","memberList":[{}]})", "memberList.userID"},
      {"createGroup", R"({"type":"Community","name":"a","memberList":[1]})", "memberList"},
      {"createGroup", R"({"type":"Community","name":"a","groupCustomField":[{"key":"k"}]})",
       "groupCustomField"},
      {"joinGroup", "{}", "groupID"},
      {"quitGroup", R"({"groupID":null})", "groupID"},
      {"dismissGroup", R"({"groupID":[]})", "groupID"},
      {"getGroupProfile", R"({"groupID":"@TGS#_makers","groupCustomFieldFilter":"k"})",
       "groupCustomFieldFilter"},
      {"updateGroupProfile", R"({"groupID":"@TGS#_makers","muteAllMembers":"On"})",
       "muteAllMembers"},
      {"getGroupMemberList", R"({"groupID":"@TGS#_makers","count":0})", "count"},
      {"getGroupMemberList", R"({"groupID":"@TGS#_makers","count":101})", "count"},
      {"getGroupMemberList", R"({"groupID":"@TGS#_makers","offset":-1})", "offset"},
      {"getGroupMemberList", R"({"groupID":"@TGS#_makers","role":"Boss"})", "role"},
      {"addGroupMember", R"({"groupID":"@TGS#_makers","userIDList":[]})", "userIDList"},
      {"addGroupMember", R"({"groupID":"@TGS#_makers","userIDList":[7]})", "userIDList"},
      {"deleteGroupMember", R"({"groupID":"@TGS#_makers"})", "userIDList"},
      {"setGroupMemberRole", R"({"groupID":"@TGS#_makers","userID":"omar"})", "role"},
      {"setGroupMemberMuteTime", R"({"groupID":"@TGS#_makers","userID":"omar"})", "muteTime"},
      {"setGroupMemberMuteTime", R"({"groupID":"@TGS#_makers","muteTime":1})", "userID"},
      {"setGroupMemberNameCard", R"({"groupID":"@TGS#_makers"})", "nameCard"},
      {"setGroupMemberCustomField", R"({"groupID":"@TGS#_makers"})", "memberCustomField"},
      {"changeGroupOwner", R"({"groupID":"@TGS#_makers"})", "newOwnerID"},
      {"createTopicInCommunity", R"({"groupID":"@TGS#_makers"})", "topicName"},
      {"createTopicInCommunity", R"({"topicName":"a"})", "groupID"},
      {"updateTopicProfile", R"({"groupID":"@TGS#_makers"})", "topicID"},
      {"getTopicList", R"({"groupID":"@TGS#_makers","topicIDList":{}})", "topicIDList"},
      {"deleteTopicFromCommunity", R"({"groupID":"@TGS#_makers","topicIDList":[1]})",
       "topicIDList"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(vera.code(row.op, row.args), row.code) << row.op << " " << row.args;
    EXPECT_TRUE(vera.last_message.starts_with(std::string(row.field) + ":"))
        << row.args << ": " << vera.last_message;
  }
}

TEST_F(Operations, ListsOverTheirLimitAreRefused) {
  std::string users;
  for (int i = 0; i < 301; ++i) users += (i == 0 ? "\"u" : ",\"u") + std::to_string(i) + "\"";
  EXPECT_EQ(
      vera.code("addGroupMember", R"({"groupID":"@TGS#_makers","userIDList":[)" + users + "]}"),
      10005);
  EXPECT_NE(vera.last_message.find("300"), std::string::npos);
  std::string topics;
  for (int i = 0; i < 201; ++i) topics += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + "\"";
  EXPECT_EQ(
      vera.code("getTopicList", R"({"groupID":"@TGS#_makers","topicIDList":[)" + topics + "]}"),
      10004);
}

}  // namespace
}  // namespace tidings::backend
