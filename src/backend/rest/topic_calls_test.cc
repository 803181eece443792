// Goal: the topic calls take the documented requests and give the documented responses, member for
// member; each code that can occur occurs; nothing happens where a call is refused.
// Method: sample requests of protocol 4.7.1 to 4.7.5 against the whole backend in memory.
#include "backend/rest/rest_fixture.h"
#include "tidings/identifier.h"

namespace tidings::backend::rest::topic_calls_test {
namespace {

constexpr const char* kCreate = "million_group_open_http_svc/create_topic";
constexpr const char* kGet = "million_group_open_http_svc/get_topic";
constexpr const char* kModify = "million_group_open_http_svc/modify_topic";
constexpr const char* kDestroy = "million_group_open_http_svc/destroy_topic";
constexpr const char* kImport = "group_open_http_svc/import_topic";

class TopicCallsTest : public RestFixture {
 protected:
  std::string create_body(std::string_view members) {
    return R"({"GroupId":"@TGS#_makers",)" + std::string(members) + "}";
  }
};

TEST_F(TopicCallsTest, the_documented_create_sample_answers_as_documented_and_says_so) {
  make_community();
  EXPECT_EQ(text(kCreate,
                 R"({"GroupId":"@TGS#_makers","TopicName":"Woodwork",)"
                 R"("TopicId":"@TGS#_makers@TOPIC#_woodwork","From_Account":"vera_01",)"
                 R"("CustomString":"{\"category\":\"crafts\"}",)"
                 R"("FaceUrl":"https://cdn.riverside.test/t/1.png",)"
                 R"("Notification":"Saturday workshop at nine",)"
                 R"("Introduction":"Joints, planes and patience"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,)"
            R"("TopicId":"@TGS#_makers@TOPIC#_woodwork"})");
  EXPECT_EQ(text(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,"TopicAndSelfInfo":[)"
            R"({"ErrorCode":0,"ErrorInfo":"ok",)"
            R"("SelfInfo":{"ShutUpTime":0,"MsgSeq":0,"MsgFlag":"AcceptAndNotify"},)"
            R"("TopicInfo":{"GroupID":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_woodwork",)"
            R"("TopicName":"Woodwork","FaceUrl":"https://cdn.riverside.test/t/1.png",)"
            R"("NextMsgSeq":1,"Notification":"Saturday workshop at nine",)"
            R"("Introduction":"Joints, planes and patience","CreateTime":1735689600,)"
            R"("LastMsgTime":0,"MuteAllMember":"Off",)"
            R"("CustomString":"{\"category\":\"crafts\"}"}}]})");
}

TEST_F(TopicCallsTest, an_event_carries_who_where_from_and_the_callers_address) {
  community::App changed = app();
  changed.callback.set(CallbackSwitch::after_create_group, true);
  put_app(changed);
  make_community();
  client_ip = "203.0.113.9";
  EXPECT_EQ(code(kCreate, create_body(R"("TopicName":"Woodwork","From_Account":"vera_01")")), 0);
  committer.stop();  // callers are answered before events are handed on
  const std::lock_guard lock(mutex);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].command, "Group.CallbackAfterCreateTopic");
  EXPECT_EQ(events[1].origin.client_ip, "203.0.113.9");
  EXPECT_EQ(events[1].origin.opt_platform, "RESTAPI");
  const auto body = boost::json::parse(events[1].body).as_object();
  EXPECT_EQ(body.at("Operator_Account").as_string(), "vera_01");
  EXPECT_EQ(body.at("Owner_Account").as_string(), "vera_01");
}

TEST_F(TopicCallsTest, an_absent_topic_id_is_assigned_and_aliases_do_the_same) {
  make_community();
  const auto reply = call("group_open_http_svc/create_topic", create_body(R"("TopicName":"A")"));
  const std::string id(reply.at("TopicId").as_string());
  EXPECT_EQ(parent_group(id)->str(), "@TGS#_makers");
  EXPECT_TRUE(decode_id_token(id).has_value()) << id;
  for (const char* alias : {"group_open_http_svc/get_topic", "group_open_http_svc/modify_topic",
                            "group_open_http_svc/destroy_topic"}) {
    EXPECT_EQ(code(alias, R"({"GroupId":"@TGS#_makers","From_Account":"omar","TopicId":")" + id +
                              R"(","TopicIdList":[")" + id + R"("]})"),
              0)
        << alias << last_info;
  }
  EXPECT_EQ(code("million_group_open_http_svc/import_topic", create_body(R"("TopicName":"B")")), 0);
}

TEST_F(TopicCallsTest, the_group_id_may_be_spelled_in_three_ways) {
  make_community();
  for (const char* name : {"GroupId", "groupID", "GroupID"}) {
    EXPECT_EQ(code(kCreate, "{\"" + std::string(name) + R"(":"@TGS#_makers","TopicName":"A"})"), 0)
        << name;
  }
  EXPECT_EQ(code(kCreate, R"({"GroupID":"@TGS#_none","GroupId":"@TGS#_makers","TopicName":"A"})"),
            0)
      << "the documented name wins";
}

TEST_F(TopicCallsTest, from_account_may_be_an_integer_and_is_a_user_id_then) {
  make_community();
  import({"70042"});
  EXPECT_EQ(code(kCreate, create_body(R"("TopicName":"A","From_Account":70042)")), 0) << last_info;
  EXPECT_EQ(code(kCreate, create_body(R"("TopicName":"A","From_Account":70043)")), 10019);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers","From_Account":70042})"), 0);
}

TEST_F(TopicCallsTest, create_refuses_with_the_documented_codes) {
  make_community();
  make_topic();
  ASSERT_EQ(code("group_open_http_svc/create_group",
                 R"({"Type":"Community","Name":"No topics","GroupId":"@TGS#_plain"})"),
            0);
  struct Case {
    std::string body;
    int code;
  };
  const std::vector<Case> cases = {
      {R"({"TopicName":"A"})", 10004},
      {R"({"GroupId":5,"TopicName":"A"})", 10004},
      {R"({"GroupId":"","TopicName":"A"})", 10004},
      {R"({"GroupId":"@TGS#_makers"})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":""})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":null})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":"0123456789012345678901234567890"})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","CustomString":{}})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","AppDefinedData":"x"})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","AppDefinedData":[{"Key":"season"}]})", 10004},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","AppDefinedData":[{"Key":"no","Value":"x"}]})",
       10004},
      {R"({"GroupId":"@TGS#2HB3IFAEP","TopicName":"A"})", 10015},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","TopicId":"@TGS#_other@TOPIC#_a"})", 10015},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","TopicId":"@TGS#_makers@TOPIC#_@TOPIC#a"})",
       10015},
      {R"({"GroupId":"@TGS#_none","TopicName":"A"})", 10010},
      {R"({"GroupId":"@TGS#_plain","TopicName":"A"})", 11000},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","From_Account":"ghost"})", 10019},
      {R"({"GroupId":"@TGS#_makers","TopicName":"A","TopicId":"@TGS#_makers@TOPIC#_woodwork"})",
       10025},
  };
  for (const Case& each : cases) EXPECT_EQ(code(kCreate, each.body), each.code) << each.body;
  community::App off = app();
  off.topic_on = false;
  put_app(off);
  EXPECT_EQ(code(kCreate, R"({"GroupId":5})"), 11000) << "the switch comes before every field";
  EXPECT_EQ(code(kGet, R"({"GroupId":5})"), 11000);
  EXPECT_EQ(code(kModify, R"({"GroupId":5})"), 11000);
  EXPECT_EQ(code(kDestroy, R"({"GroupId":5})"), 11000);
  EXPECT_EQ(code(kImport, R"({"GroupId":5})"), 11000);
}

TEST_F(TopicCallsTest, a_refused_word_is_80001_at_each_call_that_takes_texts) {
  make_community();
  make_topic();
  community::App strict = app();
  strict.refused_words = {"casino"};
  put_app(strict);
  EXPECT_EQ(code(kCreate, create_body(R"("TopicName":"Casino")")), 80001);
  EXPECT_NE(last_info.find("TopicName holds 'casino'"), std::string::npos) << last_info;
  EXPECT_EQ(code(kImport, create_body(R"("TopicName":"Casino")")), 80001);
  EXPECT_EQ(code(kModify, R"({"GroupId":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_woodwork",)"
                          R"("Introduction":"casino"})"),
            80001);
}

TEST_F(TopicCallsTest, error_texts_name_the_field_and_what_was_found) {
  make_community();
  code(kCreate, R"({"GroupId":5,"TopicName":"A"})");
  EXPECT_EQ(last_info, "GroupId is the integer 5; it must be a JSON string");
  code(kCreate, R"({"TopicName":"A"})");
  EXPECT_EQ(last_info, "GroupId is missing; it is required, a JSON string");
  code(kCreate, create_body(R"("TopicName":"A","AppDefinedData":[{"Key":"season","Value":1}])"));
  EXPECT_EQ(last_info, "AppDefinedData[0].Value is the integer 1; it must be a JSON string");
  code(kCreate, create_body(R"("TopicName":"A","AppDefinedData":[7])"));
  EXPECT_EQ(last_info, "AppDefinedData[0] is the integer 7; it must be an object");
}

TEST_F(TopicCallsTest, the_201st_topic_is_refused) {
  make_community();
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(code(i % 2 == 0 ? kCreate : kImport, create_body(R"("TopicName":"A")")), 0) << i;
  }
  EXPECT_EQ(code(kCreate, create_body(R"("TopicName":"A")")), 10037);
  EXPECT_EQ(code(kImport, create_body(R"("TopicName":"A")")), 10037);
  const auto all = call(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar"})");
  EXPECT_EQ(all.at("TopicAndSelfInfo").as_array().size(), 200U);
}

TEST_F(TopicCallsTest, get_answers_in_the_asked_order_with_an_item_for_what_is_gone) {
  make_community();
  make_topic("a");
  clock.advance(std::chrono::seconds(1));
  make_topic("b");
  EXPECT_EQ(text(kGet,
                 R"({"GroupId":"@TGS#_makers","From_Account":"omar","TopicIdList":[)"
                 R"("@TGS#_makers@TOPIC#_b","@TGS#_makers@TOPIC#_gone","@TGS#_makers@TOPIC#_a"],)"
                 R"("ResponseFilter":["TopicName","CustomString"]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,"TopicAndSelfInfo":[)"
            R"({"ErrorCode":0,"ErrorInfo":"ok",)"
            R"("SelfInfo":{"ShutUpTime":0,"MsgSeq":0,"MsgFlag":"AcceptAndNotify"},)"
            R"("TopicInfo":{"GroupID":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_b",)"
            R"("TopicName":"Woodwork","CustomString":""}},)"
            R"({"ErrorCode":110003,"ErrorInfo":"topic deleted",)"
            R"("TopicInfo":{"GroupID":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_gone"}},)"
            R"({"ErrorCode":0,"ErrorInfo":"ok",)"
            R"("SelfInfo":{"ShutUpTime":0,"MsgSeq":0,"MsgFlag":"AcceptAndNotify"},)"
            R"("TopicInfo":{"GroupID":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_a",)"
            R"("TopicName":"Woodwork","CustomString":""}}]})");
  const auto all = call(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar","TopicIdList":[],)"
                              R"("ResponseFilter":[]})");
  const auto& items = all.at("TopicAndSelfInfo").as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].at("TopicInfo").at("TopicId").as_string(), "@TGS#_makers@TOPIC#_a");
  EXPECT_EQ(items[0].at("TopicInfo").as_object().size(), 2U);
}

TEST_F(TopicCallsTest, get_shows_the_askers_mute_in_a_topic) {
  make_community();
  make_topic();
  EXPECT_EQ(code("group_open_http_svc/forbid_send_msg",
                 R"({"GroupId":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_woodwork",)"
                 R"("Members_Account":["omar"],"MuteTime":60})"),
            0)
      << last_info;
  const auto mute_of = [&](const char* user) {
    const auto reply = call(kGet, R"({"GroupId":"@TGS#_makers","From_Account":")" +
                                      std::string(user) + R"("})");
    return reply.at("TopicAndSelfInfo").at(0).at("SelfInfo").at("ShutUpTime").as_int64();
  };
  EXPECT_EQ(mute_of("omar"), kNow + 60);
  EXPECT_EQ(mute_of("vera_01"), 0);
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(mute_of("omar"), 0);
}

TEST_F(TopicCallsTest, get_refuses_with_the_documented_codes) {
  make_community();
  ASSERT_EQ(code("group_open_http_svc/create_group",
                 R"({"Type":"Community","Name":"No topics","GroupId":"@TGS#_plain"})"),
            0);
  EXPECT_EQ(code(kGet, R"({"From_Account":"omar"})"), 10004);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers"})"), 10004);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar","TopicIdList":"x"})"),
            10004);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar","TopicIdList":[1]})"),
            10004);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#1AAA","From_Account":"omar"})"), 10015);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_none","From_Account":"omar"})"), 10010);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_plain","From_Account":"omar"})"), 11000);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"ghost"})"), 10019);
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"lin-7"})"), 0) << "no member";
  EXPECT_EQ(code(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"administrator"})"), 0);
}

TEST_F(TopicCallsTest, modify_changes_what_is_given_and_accepts_the_legacy_name) {
  make_community();
  make_topic();
  EXPECT_EQ(text(kModify,
                 R"({"GroupId":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_woodwork",)"
                 R"("From_Account":"vera_01","TopicName":"Woodwork & tools",)"
                 R"("ShutUpAllMember":"On"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0})");
  const auto reply =
      call(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar",)"
                 R"("ResponseFilter":["TopicName","ShutUpAllMember"]})");
  const auto& info = reply.at("TopicAndSelfInfo").at(0).at("TopicInfo").as_object();
  EXPECT_EQ(info.at("TopicName").as_string(), "Woodwork & tools");
  EXPECT_EQ(info.at("MuteAllMember").as_string(), "On");
  EXPECT_EQ(code(kModify, R"({"GroupId":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_woodwork",)"
                          R"("CustomString":"c","FaceUrl":"f","Notification":"n",)"
                          R"("Introduction":"i","MuteAllMember":"Off"})"),
            0)
      << last_info;
  const auto all = call(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar","ResponseFilter":)"
                              R"(["FaceUrl","Notification","Introduction","MuteAllMember",)"
                              R"("CustomString"]})");
  EXPECT_EQ(boost::json::serialize(all.at("TopicAndSelfInfo").at(0).at("TopicInfo")),
            R"({"GroupID":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_woodwork","FaceUrl":"f",)"
            R"("Notification":"n","Introduction":"i","MuteAllMember":"Off","CustomString":"c"})");
  const auto modify = [&](const char* members) {
    return code(kModify, R"({"GroupId":"@TGS#_makers",)" + std::string(members) + "}");
  };
  EXPECT_EQ(modify(R"("TopicName":"A")"), 10004) << "TopicId is missing";
  EXPECT_EQ(modify(R"("TopicId":"@TGS#_makers@TOPIC#_woodwork","TopicName":"")"), 10004);
  EXPECT_EQ(modify(R"("TopicId":"@TGS#_makers@TOPIC#_woodwork","MuteAllMember":"on")"), 10004);
  EXPECT_EQ(modify(R"("TopicId":"@TGS#_makers@TOPIC#_gone","TopicName":"A")"), 10010);
  EXPECT_EQ(modify(R"("TopicId":"@TGS#_other@TOPIC#_gone","TopicName":"A")"), 10015);
  EXPECT_EQ(modify(R"("TopicId":"@TGS#_makers@TOPIC#_woodwork")"), 0);
}

TEST_F(TopicCallsTest, destroy_answers_item_by_item_in_request_order) {
  make_community();
  make_topic();
  const std::string answer =
      text(kDestroy, R"({"GroupId":"@TGS#_makers","TopicIdList":["@TGS#_makers@TOPIC#_woodwork",)"
                     R"("@TGS#_makers@TOPIC#_gone"]})");
  EXPECT_TRUE(
      answer.starts_with(R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,)"
                         R"("DestroyResultItem":[{"ErrorCode":0,"ErrorInfo":"ok",)"
                         R"("TopicId":"@TGS#_makers@TOPIC#_woodwork"},{"ErrorCode":110003,)"))
      << answer;
  const auto again = call(kDestroy, R"({"GroupId":"@TGS#_makers","TopicIdList":[)"
                                    R"("@TGS#_makers@TOPIC#_woodwork"]})");
  EXPECT_EQ(again.at("DestroyResultItem").at(0).at("ErrorCode").as_int64(), 110003);
  EXPECT_EQ(code(kDestroy, R"({"GroupId":"@TGS#_makers","TopicIdList":[]})"), 10004);
  EXPECT_EQ(code(kDestroy, R"({"GroupId":"@TGS#_makers"})"), 10004);
  EXPECT_EQ(code(kDestroy, R"({"GroupId":"@TGS#_none","TopicIdList":["@TGS#_none@TOPIC#_a"]})"),
            10010);
}

TEST_F(TopicCallsTest, import_takes_its_time_of_creation_and_tells_nobody) {
  community::App changed = app();
  changed.callback.set(CallbackSwitch::after_create_group, true);
  make_community();
  put_app(changed);
  const auto reply = call(kImport, R"({"GroupId":"@TGS#_makers","TopicName":"Archive 2019",)"
                                   R"("CreateTime":1568000000,"Type":"Community",)"
                                   R"("Introduction":"moved from the old forum"})");
  EXPECT_EQ(reply.at("ErrorCode").as_int64(), 0);
  EXPECT_EQ(reply.at("ErrorInfo").as_string(), "");
  const auto topics = call(kGet, R"({"GroupId":"@TGS#_makers","From_Account":"omar"})");
  EXPECT_EQ(topics.at("TopicAndSelfInfo").at(0).at("TopicInfo").at("CreateTime").as_int64(),
            1568000000);
  EXPECT_EQ(engine.ledger(kApp)->accepted, 0) << "no event was recorded";
  EXPECT_EQ(code(kImport, create_body(R"("TopicName":"A","Type":"Public")")), 10004);
  EXPECT_EQ(code(kImport, create_body(R"("TopicName":"A","CreateTime":1735689601)")), 10004);
  EXPECT_EQ(code(kImport, create_body(R"("TopicName":"A","CreateTime":"1")")), 10004);
  EXPECT_EQ(code(kImport, create_body(R"("CreateTime":1)")), 10004) << "TopicName is required";
  make_topic();
  const char* taken = R"("TopicName":"A","TopicId":"@TGS#_makers@TOPIC#_woodwork")";
  EXPECT_EQ(code(kImport, create_body(taken)), 10021);
}

}  // namespace
}  // namespace tidings::backend::rest::topic_calls_test
