// Goal: the group calls take the documented requests and give the documented responses; filters,
// paging, per-item results and aliases work; each code that can occur occurs.
// Method: sample requests of protocol 4.7.6 to 4.7.11, 4.7.17, 4.7.19 against the whole backend.
#include "backend/rest/rest_fixture.h"
#include "tidings/identifier.h"

namespace tidings::backend::rest::group_calls_test {
namespace {

constexpr const char* kCreate = "group_open_http_svc/create_group";
constexpr const char* kInfo = "group_open_http_svc/get_group_info";
constexpr const char* kModify = "group_open_http_svc/modify_group_base_info";
constexpr const char* kDestroy = "group_open_http_svc/destroy_group";
constexpr const char* kList = "group_open_http_svc/get_appid_group_list";
constexpr const char* kJoined = "group_open_http_svc/get_joined_group_list";
constexpr const char* kOwner = "group_open_http_svc/change_group_owner";
constexpr const char* kImport = "group_open_http_svc/import_group";

/// What a fresh group has; counts up from here.
constexpr int kFirstInfoSeq = 1;

using GroupCallsTest = RestFixture;

TEST_F(GroupCallsTest, the_documented_create_sample_answers_as_documented) {
  import({"vera_01", "omar"});
  const std::string answer = text(
      kCreate,
      R"({"Type":"Community","Name":"Riverside Makers","Owner_Account":"vera_01",)"
      R"("SupportTopic":1,"AppDefinedData":[{"Key":"topic_category",)"
      R"("Value":"[\"crafts\",\"garden\"]"}],"MemberList":[{"Member_Account":"omar",)"
      R"("Role":"Admin"}]})");
  const std::string id(boost::json::parse(answer).at("GroupId").as_string());
  EXPECT_TRUE(is_community_id(id)) << id;
  EXPECT_EQ(answer, R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupId":")" + id +
                        R"(","HugeGroupFlag":0,"Type":"Community"})");
  EXPECT_EQ(text(kInfo, R"({"GroupIdList":[")" + id +
                            R"("],"ResponseFilter":{"GroupBaseInfoFilter":)"
                            R"(["Type","Name","Owner_Account"],)"
                            R"("AppDefinedDataFilter_Group":["topic_category"]}})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupInfo":[{"GroupId":")" + id +
                R"(","ErrorCode":0,"ErrorInfo":"","Type":"Community","Name":"Riverside Makers",)"
                R"("Owner_Account":"vera_01","AppDefinedData":[{"Key":"topic_category",)"
                R"("Value":"[\"crafts\",\"garden\"]"}]}]})");
}

TEST_F(GroupCallsTest, other_groups_answer_with_the_id_alone_and_types_have_aliases) {
  for (const char* type : {"Private", "Work", "Public", "ChatRoom", "Meeting", "AVChatRoom"}) {
    const auto reply = call(kCreate, R"({"Name":"N","Type":")" + std::string(type) + R"("})");
    EXPECT_EQ(reply.at("ErrorCode").as_int64(), 0) << type << reply.at("ErrorInfo");
    EXPECT_EQ(reply.size(), 4U) << type;
  }
  const auto work = call(kCreate, R"({"Name":"N","Type":"Work"})");
  const std::string id(work.at("GroupId").as_string());
  const auto info = call(kInfo, R"({"GroupIdList":[")" + id + R"("]})");
  EXPECT_EQ(info.at("GroupInfo").at(0).at("Type").as_string(), "Private");
}

TEST_F(GroupCallsTest, create_refuses_with_the_documented_codes) {
  make_community();
  struct Case {
    std::string body;
    int code;
  };
  std::string many;
  for (int i = 0; i < 101; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"Member_Account":"u)" + std::to_string(i) + "\"}";
  }
  const std::vector<Case> cases = {
      {R"({"Name":"N"})", 10004},
      {R"({"Type":"Public"})", 10004},
      {R"({"Type":"Public","Name":""})", 10004},
      {R"({"Type":"Nothing","Name":"N"})", 10004},
      {R"({"Type":"Public","Name":"0123456789012345678901234567890"})", 10004},
      {R"({"Type":"Public","Name":"N","MaxMemberCount":"5"})", 10004},
      {R"({"Type":"Public","Name":"N","SupportTopic":true})", 10004},
      {R"({"Type":"Community","Name":"N","SupportTopic":2})", 10004},
      {R"({"Type":"Public","Name":"N","MemberList":{}})", 10004},
      {R"({"Type":"Public","Name":"N","MemberList":[{}]})", 10004},
      {R"({"Type":"Public","Name":"N","MemberList":[{"Member_Account":"omar","Role":"Owner"}]})",
       10004},
      {R"({"Type":"Public","Name":"N","MemberList":[)" + many + "]}", 10005},
      {R"({"Type":"AVChatRoom","Name":"N","MemberList":[{"Member_Account":"omar"}]})", 10007},
      {R"({"Type":"Public","Name":"N","GroupId":"@TGS#mine"})", 10015},
      {R"({"Type":"Community","Name":"N","GroupId":"@TGS#_@TGS#mine"})", 10015},
      {R"({"Type":"Public","Name":"N","Owner_Account":"ghost"})", 10019},
      {R"({"Type":"Public","Name":"N","MemberList":[{"Member_Account":"ghost"}]})", 10019},
      {R"({"Type":"Community","Name":"N","GroupId":"@TGS#_makers","Owner_Account":"omar"})", 10021},
      {R"({"Type":"Community","Name":"N","GroupId":"@TGS#_makers","Owner_Account":"vera_01"})",
       10025},
  };
  for (const Case& each : cases) EXPECT_EQ(code(kCreate, each.body), each.code) << each.body;
  community::App off = app();
  off.topic_on = false;
  put_app(off);
  EXPECT_EQ(code(kCreate, R"({"Type":"Community","Name":"N","SupportTopic":1})"), 11000);
  EXPECT_EQ(code(kCreate, R"({"Type":"Community","Name":"N"})"), 0) << last_info;
  off = app();
  off.community_on = false;
  put_app(off);
  EXPECT_EQ(code(kCreate, R"({"Type":"Community"})"), 11000) << "before required fields";
}

TEST_F(GroupCallsTest, every_field_of_create_and_modify_is_taken_and_shown) {
  import({"vera_01", "omar"});
  ASSERT_EQ(code(kCreate, R"({"Type":"Public","Name":"Makers","GroupId":"pub","Introduction":"i",)"
                          R"("Notification":"n","FaceUrl":"f","MaxMemberCount":50,)"
                          R"("ApplyJoinOption":"DisableApply","Owner_Account":"vera_01",)"
                          R"("AppDefinedData":[{"Key":"season","Value":"a\u0000b"}],)"
                          R"("MemberList":[{"Member_Account":"omar","Role":"Admin",)"
                          R"("AppMemberDefinedData":[{"Key":"badge","Value":"gold"}]}]})"),
            0)
      << last_info;
  const auto shown = [&](const char* filter) {
    const auto reply = call(kInfo, R"({"GroupIdList":["pub"],"ResponseFilter":{)" +
                                       std::string(filter) + "}}");
    return boost::json::serialize(reply.at("GroupInfo").at(0));
  };
  const char* profile =
      R"("GroupBaseInfoFilter":["Name","Introduction","Notification","FaceUrl","MaxMemberNum",)"
      R"("ApplyJoinOption","Owner_Account"])";
  EXPECT_EQ(shown(profile),
            R"({"GroupId":"pub","ErrorCode":0,"ErrorInfo":"","Name":"Makers","Introduction":"i",)"
            R"("Notification":"n","FaceUrl":"f","Owner_Account":"vera_01","MaxMemberNum":50,)"
            R"("ApplyJoinOption":"DisableApply"})");
  EXPECT_EQ(shown(R"("AppDefinedDataFilter_Group":["season","no"])"),
            R"({"GroupId":"pub","ErrorCode":0,"ErrorInfo":"",)"
            R"("AppDefinedData":[{"Key":"season","Value":"a\u0000b"}]})");
  EXPECT_EQ(shown(R"("AppDefinedDataFilter_Group":["no"])"),
            R"({"GroupId":"pub","ErrorCode":0,"ErrorInfo":""})");
  EXPECT_EQ(shown(R"("MemberInfoFilter":["Role"],"AppDefinedDataFilter_GroupMember":["badge"])"),
            R"({"GroupId":"pub","ErrorCode":0,"ErrorInfo":"","MemberList":[)"
            R"({"Member_Account":"omar","Role":"Admin",)"
            R"("AppMemberDefinedData":[{"Key":"badge","Value":"gold"}]},)"
            R"({"Member_Account":"vera_01","Role":"Owner"}]})");

  ASSERT_EQ(code(kModify, R"({"GroupId":"pub","Name":"M","Introduction":"ii","Notification":"nn",)"
                          R"("FaceUrl":"ff","MaxMemberNum":60,"ApplyJoinOption":"FreeAccess"})"),
            0)
      << last_info;
  EXPECT_EQ(shown(profile),
            R"({"GroupId":"pub","ErrorCode":0,"ErrorInfo":"","Name":"M","Introduction":"ii",)"
            R"("Notification":"nn","FaceUrl":"ff","Owner_Account":"vera_01","MaxMemberNum":60,)"
            R"("ApplyJoinOption":"FreeAccess"})");
}

TEST_F(GroupCallsTest, joined_groups_are_chosen_by_type_and_huge_ones_on_request) {
  import({"omar"});
  for (const char* type : {"Private", "Public", "AVChatRoom"}) {
    ASSERT_EQ(code(kCreate, R"({"Name":"N","Owner_Account":"omar","Type":")" + std::string(type) +
                                R"(","GroupId":")" + type + "\"}"),
              0)
        << last_info;
  }
  const auto joined = [&](const char* more) {
    const auto reply = call(kJoined, R"({"Member_Account":"omar")" + std::string(more) + "}");
    std::string ids;
    for (const auto& item : reply.at("GroupIdList").as_array()) {
      ids += std::string(item.at("GroupId").as_string()) + " ";
    }
    return ids;
  };
  EXPECT_EQ(joined(""), "Private Public ");
  EXPECT_EQ(joined(R"(,"WithHugeGroups":1)"), "Private Public AVChatRoom ");
  EXPECT_EQ(joined(R"(,"WithNoActiveGroups":1)"), "Private Public ");
  EXPECT_EQ(joined(R"(,"GroupType":"Public")"), "Public ");
  EXPECT_EQ(joined(R"(,"Type":"Private")"), "Private ") << "legacy name";
  EXPECT_EQ(joined(R"(,"Limit":1,"Offset":1)"), "Public ");
  EXPECT_EQ(joined(R"(,"Limit":5000)"), "Private Public ");
  EXPECT_EQ(text(kJoined, R"({"Member_Account":"omar","GroupType":"Public","ResponseFilter":{)"
                          R"("SelfInfoFilter":["Role","JoinTime","MsgFlag","MsgSeq"]}})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,"TotalCount":1,)"
            R"("GroupIdList":[{"GroupId":"Public","SelfInfo":{"Role":"Owner",)"
            R"("JoinTime":1735689600,"MsgFlag":"AcceptAndNotify","MsgSeq":0}}]})");
}

TEST_F(GroupCallsTest, a_quota_of_av_chat_rooms_is_10036) {
  community::App changed = app();
  changed.quotas.av_chat_rooms = 1;
  put_app(changed);
  EXPECT_EQ(code(kCreate, R"({"Type":"AVChatRoom","Name":"N","GroupId":"stage"})"), 0);
  EXPECT_EQ(code(kCreate, R"({"Type":"AVChatRoom","Name":"N"})"), 10036);
  EXPECT_EQ(code("group_open_http_svc/destroy_group", R"({"GroupId":"stage"})"), 0);
  EXPECT_EQ(code(kCreate, R"({"Type":"AVChatRoom","Name":"N"})"), 0);
}

TEST_F(GroupCallsTest, info_without_a_filter_shows_everything_in_the_documented_order) {
  make_community();
  EXPECT_EQ(
      text(kInfo, R"({"GroupIdList":["@TGS#_makers"]})"),
      R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupInfo":[{)"
      R"("GroupId":"@TGS#_makers","ErrorCode":0,"ErrorInfo":"","Type":"Community",)"
      R"("Name":"Riverside Makers","Appid":1400112233,"Introduction":"","Notification":"",)"
      R"("FaceUrl":"","Owner_Account":"vera_01","CreateTime":1735689600,"InfoSeq":)" +
          std::to_string(kFirstInfoSeq) +
          R"(,"LastInfoTime":1735689600,"LastMsgTime":0,"NextMsgSeq":1,"MemberNum":2,)"
          R"("MaxMemberNum":100000,"ApplyJoinOption":"FreeAccess","MuteAllMember":"Off",)"
          R"("SupportTopic":1,"MemberList":[)"
          R"({"Member_Account":"vera_01","Role":"Owner","JoinTime":1735689600,"MsgSeq":0,)"
          R"("MsgFlag":"AcceptAndNotify","LastSendMsgTime":0,"MuteUntil":0,"NameCard":""},)"
          R"({"Member_Account":"omar","Role":"Admin","JoinTime":1735689600,"MsgSeq":0,)"
          R"("MsgFlag":"AcceptAndNotify","LastSendMsgTime":0,"MuteUntil":0,"NameCard":""}]}]})");
}

TEST_F(GroupCallsTest, info_has_an_item_for_each_id_also_for_bad_ones) {
  make_community();
  const auto reply = call(
      kInfo,
      R"({"GroupIdList":["@TGS#_none","@TGS#_makers","@TGS#_makers@TOPIC#_a",""],)"
      R"("ResponseFilter":{"GroupBaseInfoFilter":["Name"],)"
      R"("MemberInfoFilter":["Account","Role"]}})");
  EXPECT_EQ(reply.at("ErrorCode").as_int64(), 0);
  const auto& items = reply.at("GroupInfo").as_array();
  ASSERT_EQ(items.size(), 4U);
  const int codes[] = {10010, 0, 10015, 10015};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(items[i].at("ErrorCode").as_int64(), codes[i]) << i;
  EXPECT_EQ(boost::json::serialize(items[1].at("MemberList")),
            R"([{"Member_Account":"vera_01","Role":"Owner"},)"
            R"({"Member_Account":"omar","Role":"Admin"}])");
  EXPECT_EQ(items[1].as_object().size(), 5U);
  std::string many = "\"x\"";
  for (int i = 1; i < 50; ++i) many += ",\"x\"";
  EXPECT_EQ(code(kInfo, "{\"GroupIdList\":[" + many + "]}"), 0) << "50 are allowed";
  many += ",\"x\"";
  EXPECT_EQ(code(kInfo, "{\"GroupIdList\":[" + many + "]}"), 10004);
  EXPECT_EQ(code(kInfo, R"({"GroupIdList":[]})"), 10004);
  EXPECT_EQ(code(kInfo, R"({"GroupIdList":["a"],"ResponseFilter":[]})"), 10004);
}

TEST_F(GroupCallsTest, modify_clears_fields_and_takes_both_names_of_a_limit) {
  make_community();
  EXPECT_EQ(text(kModify, R"({"GroupId":"@TGS#_makers","Notification":"Market on the 12th",)"
                          R"("ShutUpAllMember":"On","MaxMemberCount":500,)"
                          R"("AppDefinedData":[{"Key":"season","Value":"winter"}]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  auto info = call(kInfo, R"({"GroupIdList":["@TGS#_makers"]})").at("GroupInfo").at(0).as_object();
  EXPECT_EQ(info.at("Notification").as_string(), "Market on the 12th");
  EXPECT_EQ(info.at("MuteAllMember").as_string(), "On");
  EXPECT_EQ(info.at("MaxMemberNum").as_int64(), 500);
  EXPECT_EQ(info.at("AppDefinedData").at(0).at("Value").as_string(), "winter");
  EXPECT_EQ(code(kModify, R"({"GroupId":"@TGS#_makers","Notification":"",)"
                          R"("AppDefinedData":[{"Key":"season","Value":""}]})"),
            0);
  info = call(kInfo, R"({"GroupIdList":["@TGS#_makers"]})").at("GroupInfo").at(0).as_object();
  EXPECT_EQ(info.at("Notification").as_string(), "");
  EXPECT_FALSE(info.contains("AppDefinedData"));
  EXPECT_EQ(code(kModify, R"({"GroupId":"@TGS#_none","Name":"N"})"), 10010);
  EXPECT_EQ(code(kModify, R"({"GroupId":"@TGS#_makers@TOPIC#_x","Name":"N"})"), 10015);
  EXPECT_EQ(code(kModify, R"({"Name":"N"})"), 10004);
  EXPECT_EQ(code(kModify, R"({"GroupId":"@TGS#_makers","Name":""})"), 10004);
}

TEST_F(GroupCallsTest, a_destroyed_group_is_gone_with_its_topics) {
  make_community();
  make_topic();
  EXPECT_EQ(text(kDestroy, R"({"GroupId":"@TGS#_makers"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  EXPECT_EQ(code(kDestroy, R"({"GroupId":"@TGS#_makers"})"), 10010);
  EXPECT_EQ(code("million_group_open_http_svc/get_topic",
                 R"({"GroupId":"@TGS#_makers","From_Account":"omar"})"),
            10010);
}

TEST_F(GroupCallsTest, the_apps_groups_come_in_pages) {
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(code(kCreate, R"({"Type":"Community","Name":"N","GroupId":"@TGS#_g)" +
                                std::to_string(i) + "\"}"),
              0);
    ASSERT_EQ(code(kCreate, R"({"Type":"Public","Name":"N"})"), 0);
  }
  std::int64_t next = 0;
  std::vector<std::string> seen;
  int pages = 0;
  do {
    const auto page = call(kList, R"({"Limit":2,"GroupType":"Community","Next":)" +
                                      std::to_string(next) + "}");
    ASSERT_EQ(page.at("ErrorCode").as_int64(), 0);
    EXPECT_EQ(page.at("TotalCount").as_int64(), 3);
    for (const auto& item : page.at("GroupIdList").as_array()) {
      seen.emplace_back(item.at("GroupId").as_string());
    }
    next = page.at("Next").as_int64();
    ASSERT_LT(++pages, 5);
  } while (next != 0);
  EXPECT_EQ(seen, (std::vector<std::string>{"@TGS#_g0", "@TGS#_g1", "@TGS#_g2"}));
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(call(kList, R"({"Type":"Public"})").at("TotalCount").as_int64(), 3) << "legacy name";
  EXPECT_EQ(call(kList, "{}").at("GroupIdList").as_array().size(), 6U);
  EXPECT_EQ(text(kList, R"({"GroupType":"BChatRoom"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TotalCount":0,)"
            R"("GroupIdList":[],"Next":0})");
  EXPECT_EQ(code(kList, R"({"Limit":10001})"), 10004);
  EXPECT_EQ(code(kList, R"({"Limit":10000})"), 0);
  EXPECT_EQ(code(kList, R"({"Next":"0"})"), 10004);
  EXPECT_EQ(code(kList, R"({"GroupType":"Nothing"})"), 10004);
}

TEST_F(GroupCallsTest, joined_groups_leave_topic_communities_to_their_own_question) {
  make_community();
  ASSERT_EQ(code(kCreate, R"({"Type":"Public","Name":"P","GroupId":"pub",)"
                          R"("MemberList":[{"Member_Account":"omar"}]})"),
            0)
      << last_info;
  EXPECT_EQ(text(kJoined, R"({"Member_Account":"omar","SupportTopic":1})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,"TotalCount":1,)"
            R"("GroupIdList":[{"GroupId":"@TGS#_makers","Type":"Community","SupportTopic":1,)"
            R"("GrossTopicNextMsgSeq":1,"SelfInfo":{"GrossTopicReadSeq":0}}]})");
  EXPECT_EQ(text(kJoined, R"({"Member_Account":"omar"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,"TotalCount":1,)"
            R"("GroupIdList":[{"GroupId":"pub"}]})");
  EXPECT_EQ(text(kJoined, R"({"Member_Account":"omar","ResponseFilter":{)"
                          R"("GroupBaseInfoFilter":["Type","Name"],"SelfInfoFilter":["Role"]}})"),
            R"({"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0,"TotalCount":1,)"
            R"("GroupIdList":[{"GroupId":"pub","Type":"Public","Name":"P",)"
            R"("SelfInfo":{"Role":"Member"}}]})");
  const auto filtered = call(kJoined, R"({"Member_Account":"omar","SupportTopic":1,)"
                                      R"("ResponseFilter":{)"
                                      R"("GroupBaseInfoFilter":["Type","Name"]}})");
  EXPECT_EQ(filtered.at("GroupIdList").at(0).at("Name").as_string(), "Riverside Makers");
  EXPECT_EQ(call(kJoined, R"({"Member_Account":"omar","Limit":1,"Offset":1})")
                .at("GroupIdList")
                .as_array()
                .size(),
            0U);
  EXPECT_EQ(code(kJoined, "{}"), 10004);
  EXPECT_EQ(code(kJoined, R"({"Member_Account":"omar","Limit":5001})"), 10004);
  EXPECT_EQ(code(kJoined, R"({"Member_Account":"omar","SupportTopic":1,"GroupType":"Public"})"),
            10004);
  EXPECT_EQ(code(kJoined, R"({"Member_Account":"ghost"})"), 10019);
  community::App off = app();
  off.topic_on = false;
  put_app(off);
  EXPECT_EQ(code(kJoined, R"({"Member_Account":"omar","SupportTopic":1})"), 11000);
  EXPECT_EQ(code(kJoined, R"({"Member_Account":"omar"})"), 0);
}

TEST_F(GroupCallsTest, a_new_owner_must_be_a_member) {
  make_community();
  EXPECT_EQ(text(kOwner, R"({"GroupId":"@TGS#_makers","NewOwner_Account":"omar"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  EXPECT_EQ(code(kOwner, R"({"GroupId":"@TGS#_makers","NewOwner_Account":"lin-7"})"), 10004);
  EXPECT_EQ(code(kOwner, R"({"GroupId":"@TGS#_none","NewOwner_Account":"omar"})"), 10010);
  EXPECT_EQ(code(kOwner, R"({"GroupId":"@TGS#_makers"})"), 10004);
}

TEST_F(GroupCallsTest, an_imported_group_keeps_its_time_and_answers_with_the_id_alone) {
  import({"vera_01"});
  const auto reply = call(kImport, R"({"Type":"Community","Name":"Old Forum","SupportTopic":1,)"
                                   R"("CreateTime":1420070400,"Owner_Account":"vera_01"})");
  EXPECT_EQ(reply.size(), 4U);
  const auto info = call(kInfo, R"({"GroupIdList":[")" +
                                    std::string(reply.at("GroupId").as_string()) + R"("]})");
  EXPECT_EQ(info.at("GroupInfo").at(0).at("CreateTime").as_int64(), 1420070400);
  EXPECT_EQ(code(kImport, R"({"Type":"AVChatRoom","Name":"N"})"), 10007);
  EXPECT_EQ(code(kImport, R"({"Type":"Public","Name":"N","CreateTime":1735689601})"), 10004);
}

TEST_F(GroupCallsTest, a_response_over_one_megabyte_is_10018) {
  // 6000 members of about 180 bytes are more than 1 MB.
  constexpr int kMembers = 6000;
  ASSERT_EQ(code(kCreate, R"({"Type":"Public","Name":"Big","GroupId":"big"})"), 0);
  for (int first = 0; first < kMembers; first += 100) {
    std::string accounts;
    std::string members;
    for (int i = first; i < first + 100; ++i) {
      const std::string user = "\"a-member-with-a-long-name-" + std::to_string(10000 + i) + "\"";
      accounts += (accounts.empty() ? "" : ",") + user;
      members += std::string(members.empty() ? "" : ",") + "{\"Member_Account\":" + user + "}";
    }
    ASSERT_EQ(code("im_open_login_svc/multiaccount_import", "{\"Accounts\":[" + accounts + "]}"),
              0);
    ASSERT_EQ(code("group_open_http_svc/add_group_member",
                   "{\"GroupId\":\"big\",\"MemberList\":[" + members + "]}"),
              0)
        << last_info;
  }
  EXPECT_EQ(code(kInfo, R"({"GroupIdList":["big"]})"), 10018);
  EXPECT_EQ(code("group_open_http_svc/get_group_member_info", R"({"GroupId":"big"})"), 10018);
  EXPECT_EQ(code("group_open_http_svc/get_group_member_info",
                 R"({"GroupId":"big","MemberInfoFilter":["Role"]})"),
            0)
      << last_info;
}

}  // namespace
}  // namespace tidings::backend::rest::group_calls_test
