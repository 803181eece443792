// Goal: a source's lists are read as the protocol writes them, what an answer leaves out stays unknown, and
// what is no list says so; the questions are the documented ones.
// Method: texts in, values out; a transport that keeps the requests.
#include "receiver/source_state.h"

#include <gtest/gtest.h>

#include "receiver/test_keeping_transport.h"
#include "runtime/run_on.h"

namespace tidings::receiver {
namespace {

using testing::KeepingTransport;

constexpr std::string_view kGroupIds =
    R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TotalCount":3,"GroupIdList":)"
    R"([{"GroupId":"@TGS#_a"},{"GroupId":"@TGS#2b"}],"Next":4454685361})";

TEST(SourceGroupIds, APageIsReadInItsOrderWithItsCursor) {
  const auto page = parse_group_ids(kGroupIds);
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->groups, (std::vector{GroupId{"@TGS#_a"}, GroupId{"@TGS#2b"}}));
  EXPECT_EQ(page->next, 4454685361);
}

TEST(SourceGroupIds, AnEmptyPageOrOneWithoutCursorIsTheLast) {
  const auto empty = parse_group_ids(R"({"ErrorCode":0,"GroupIdList":[],"Next":7})");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->next, 0) << "a cursor that leads from nothing to nothing would never end";
  const auto last = parse_group_ids(R"({"ErrorCode":0,"GroupIdList":[{"GroupId":"g"}]})");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->next, 0);
  EXPECT_EQ(last->groups.size(), 1U);
}

TEST(SourceGroups, AGroupIsReadAsItIsAnswered) {
  const auto groups = parse_groups(
      R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupInfo":[{"GroupId":"@TGS#_a",)"
      R"("ErrorCode":0,"ErrorInfo":"","Type":"Community","Name":"Ma\u0000kers","Introduction":"",)"
      R"("Notification":"Mondays","FaceUrl":"https://e.com/a","Owner_Account":"vera_01",)"
      R"("CreateTime":1426976500,"SupportTopic":1,"More":{}},{"GroupId":"@TGS#2b","ErrorCode":10010,)"
      R"("ErrorInfo":"group is not existed"}]})");
  ASSERT_TRUE(groups) << groups.error().what;
  ASSERT_EQ(groups->size(), 2U);
  const SourceGroup& group = groups->at(0);
  EXPECT_EQ(group.group.str(), "@TGS#_a");
  EXPECT_EQ(group.code, 0);
  EXPECT_EQ(group.type, "Community");
  EXPECT_EQ(group.name, std::string("Ma\0kers", 7));
  EXPECT_EQ(group.introduction, "");
  EXPECT_EQ(group.notification, "Mondays");
  EXPECT_EQ(group.face_url, "https://e.com/a");
  EXPECT_EQ(group.owner, UserId{"vera_01"});
  EXPECT_EQ(group.created_s, 1426976500);
  EXPECT_TRUE(group.has_topics);
  EXPECT_EQ(groups->at(1).group.str(), "@TGS#2b");
  EXPECT_EQ(groups->at(1).code, 10010) << "of this group alone";
}

TEST(SourceGroups, WhatIsMissingOrOfAnotherTypeIsNotKnown) {
  const auto groups = parse_groups(
      R"({"ErrorCode":0,"GroupInfo":[{"GroupId":"g"},{"GroupId":"h","Name":7,"Introduction":null,)"
      R"("Notification":[],"FaceUrl":{},"Owner_Account":1,"CreateTime":"1","SupportTopic":"1",)"
      R"("Type":2}]})");
  ASSERT_TRUE(groups) << groups.error().what;
  ASSERT_EQ(groups->size(), 2U);
  for (const SourceGroup& group : *groups) {
    EXPECT_EQ(group.name, std::nullopt);
    EXPECT_EQ(group.introduction, std::nullopt);
    EXPECT_EQ(group.notification, std::nullopt);
    EXPECT_EQ(group.face_url, std::nullopt);
    EXPECT_EQ(group.owner, std::nullopt);
    EXPECT_EQ(group.created_s, 0);
    EXPECT_EQ(group.type, "");
    EXPECT_FALSE(group.has_topics);
  }
}

TEST(SourceTopics, TopicsAreReadAndThoseThatWentMeanwhileLeftOut) {
  const auto topics = parse_topics(
      R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TopicAndSelfInfo":[{"ErrorCode":0,)"
      R"("TopicInfo":{"TopicId":"t1","TopicName":"Wood","Name":"not this","Introduction":"About",)"
      R"("CreateTime":5,"FaceUrl":""}},{"ErrorCode":10010,"ErrorInfo":"gone"},)"
      R"({"TopicInfo":{"TopicId":"t2"}}]})");
  ASSERT_TRUE(topics) << topics.error().what;
  ASSERT_EQ(topics->size(), 2U);
  EXPECT_EQ(topics->at(0).topic.str(), "t1");
  EXPECT_EQ(topics->at(0).name, "Wood");
  EXPECT_EQ(topics->at(0).introduction, "About");
  EXPECT_EQ(topics->at(0).face_url, "");
  EXPECT_EQ(topics->at(0).notification, std::nullopt);
  EXPECT_EQ(topics->at(0).created_s, 5);
  EXPECT_EQ(topics->at(1).topic.str(), "t2");
  EXPECT_EQ(topics->at(1).name, std::nullopt);
}

struct SourceAnswerCase {
  std::string answer;
  const char* hint;
};

template <class Parsed>
void expect_corrupt(Result<Parsed> (*parse)(std::string_view),
                    const std::vector<SourceAnswerCase>& more) {
  std::vector<SourceAnswerCase> cases{
      {"", "no list"},         {"<html>", "no list"},
      {"[]", "no object"},     {R"({"ErrorCode":0})", "is missing"},
      {"{}", "ErrorCode"},     {R"({"ErrorCode":"0"})", "ErrorCode"},
      {R"({"ErrorCode":-1})", "ErrorCode"},
  };
  cases.insert(cases.end(), more.begin(), more.end());
  for (const auto& [answer, hint] : cases) {
    const auto parsed = parse(answer);
    ASSERT_FALSE(parsed) << answer;
    EXPECT_EQ(parsed.error().kind, Errc::corrupt) << answer;
    EXPECT_NE(parsed.error().what.find(hint), std::string::npos) << parsed.error().what;
  }
  const auto refused = parse(R"({"ActionStatus":"FAIL","ErrorCode":10007,"ErrorInfo":"no power"})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::unavailable);
  EXPECT_EQ(refused.error().code, 10007);
  EXPECT_NE(refused.error().what.find("10007: no power"), std::string::npos) << refused.error().what;
}

TEST(SourceAnswers, WhatIsNoListSaysWhyAndARefusalKeepsItsCode) {
  const auto in = [](const std::string& name, const std::string& list) {
    return R"({"ErrorCode":0,")" + name + "\":" + list + "}";
  };
  expect_corrupt(parse_group_ids, {{in("GroupIdList", "{}"), "GroupIdList is missing"},
                                   {in("GroupIdList", R"(["g"])"), "no object"},
                                   {in("GroupIdList", "[{}]"), "GroupId is missing"},
                                   {in("GroupIdList", R"([{"GroupId":7}])"), "GroupId is missing"},
                                   {in("GroupIdList", R"([{"GroupId":""}])"), "or empty"}});
  expect_corrupt(parse_groups, {{in("GroupInfo", "7"), "GroupInfo is missing"},
                                {in("GroupInfo", "[7]"), "no object"},
                                {in("GroupInfo", R"([{"ErrorCode":10010}])"), "GroupId is missing"}});
  expect_corrupt(parse_topics,
                 {{in("TopicAndSelfInfo", "null"), "TopicAndSelfInfo is missing"},
                  {in("TopicAndSelfInfo", "[[]]"), "no object"},
                  {in("TopicAndSelfInfo", "[{}]"), "TopicInfo is missing"},
                  {in("TopicAndSelfInfo", R"([{"TopicInfo":[]}])"), "TopicInfo is missing"},
                  {in("TopicAndSelfInfo", R"([{"TopicInfo":{}}])"), "TopicId is missing"}});
}

class SourceStateTest : public ::testing::Test {
 protected:
  SourceStateTest() {
    transport.answer.status = 200;
    lane.start();
  }
  ~SourceStateTest() override {
    lane.finish();
    lane.join();
  }
  static SourceOptions options() {
    SourceOptions made;
    made.url = "http://127.0.0.1:8080/base";
    made.identifier = "admin \"1\"";
    made.credentials.user_sig = "eJw-ticket";
    return made;
  }
  void expect_asked(const std::string& command, const std::string& body) {
    ASSERT_EQ(transport.requests.size(), 1U);
    const net::OutboundRequest& request = transport.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.origin, (net::HttpOrigin{false, "127.0.0.1", 8080}));
    EXPECT_EQ(request.target, "/base/v4/" + command +
                                  "?sdkappid=1400112233&identifier=admin%20%221%22&usersig=eJw-ticket"
                                  "&contenttype=json&random=" +
                                  std::to_string(clock.now_ms() & 0xffff'ffff));
    EXPECT_EQ(transport.bodies.at(0), body);
  }

  ManualClock clock;
  KeepingTransport transport;
  runtime::Lane lane{"source"};
  SourceState state{SourceClient::create(SdkAppId{1400112233}, options(), transport, clock).value()};
};

TEST_F(SourceStateTest, IdsAreAskedForAPageAtATime) {
  transport.answer.body = kGroupIds;
  const auto page = runtime::block_on(lane, state.group_ids(4454685361));
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_EQ(page->groups.size(), 2U);
  expect_asked("group_open_http_svc/get_appid_group_list", R"({"Limit":1000,"Next":4454685361})");
}

TEST_F(SourceStateTest, GroupsAreAskedForByTheirIds) {
  transport.answer.body = R"({"ErrorCode":0,"GroupInfo":[{"GroupId":"a\"b"},{"GroupId":"c"}]})";
  const auto groups = runtime::block_on(lane, state.groups({GroupId{"a\"b"}, GroupId{"c"}}));
  ASSERT_TRUE(groups) << groups.error().what;
  EXPECT_EQ(groups->at(0).group.str(), "a\"b");
  expect_asked("group_open_http_svc/get_group_info",
               R"({"GroupIdList":["a\"b","c"],"ResponseFilter":{"GroupBaseInfoFilter":["Type","Name",)"
               R"("Introduction","Notification","FaceUrl","Owner_Account","CreateTime",)"
               R"("SupportTopic"]}})");
}

TEST_F(SourceStateTest, TopicsAreAskedForAsTheAdmin) {
  transport.answer.body = R"({"ErrorCode":0,"TopicAndSelfInfo":[{"TopicInfo":{"TopicId":"t"}}]})";
  const auto topics = runtime::block_on(lane, state.topics(GroupId{"@TGS#_\"a"}));
  ASSERT_TRUE(topics) << topics.error().what;
  EXPECT_EQ(topics->at(0).topic.str(), "t");
  expect_asked("million_group_open_http_svc/get_topic",
               R"({"GroupId":"@TGS#_\"a","From_Account":"admin \"1\"","ResponseFilter":["TopicName",)"
               R"("Introduction","Notification","FaceUrl","CreateTime"]})");
}

TEST_F(SourceStateTest, ARefusalAndAnAnswerOfSomethingElseAreErrors) {
  transport.answer.body = R"({"ActionStatus":"FAIL","ErrorCode":10010,"ErrorInfo":"no such group"})";
  const auto refused = runtime::block_on(lane, state.topics(GroupId{"g"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::unavailable);
  EXPECT_EQ(refused.error().code, 10010);
  transport.answer.body = "it works!";
  const auto strange = runtime::block_on(lane, state.groups({GroupId{"g"}}));
  ASSERT_FALSE(strange);
  EXPECT_EQ(strange.error().kind, Errc::corrupt);
  transport.answer.status = 502;
  const auto broken = runtime::block_on(lane, state.group_ids(0));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, Errc::unavailable);
  EXPECT_EQ(broken.error().code, 0) << "it is no answer of the protocol";
  EXPECT_EQ(broken.error().what.find("eJw"), std::string::npos) << broken.error().what;
}

}  // namespace
}  // namespace tidings::receiver
