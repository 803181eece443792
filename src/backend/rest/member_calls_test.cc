// Goal: the member calls take the documented requests and give the documented responses; paging,
// filters, legacy names and per-member results work.
// Method: sample requests of protocol 4.7.12 to 4.7.16, 4.7.18, 4.7.20 against the whole backend.
#include "backend/rest/rest_fixture.h"

namespace tidings::backend::rest::member_calls_test {
namespace {

constexpr const char* kAdd = "group_open_http_svc/add_group_member";
constexpr const char* kDelete = "group_open_http_svc/delete_group_member";
constexpr const char* kMembers = "group_open_http_svc/get_group_member_info";
constexpr const char* kModify = "group_open_http_svc/modify_group_member_info";
constexpr const char* kRoles = "group_open_http_svc/get_role_in_group";
constexpr const char* kMute = "group_open_http_svc/forbid_send_msg";
constexpr const char* kMuted = "group_open_http_svc/get_group_muted_account";
constexpr const char* kShutted = "group_open_http_svc/get_group_shutted_uin";
constexpr const char* kImport = "group_open_http_svc/import_group_member";

class MemberCallsTest : public RestFixture {
 protected:
  void SetUp() override {
    make_community();
    ASSERT_EQ(code("group_open_http_svc/create_group",
                   R"({"Type":"AVChatRoom","Name":"Live","GroupId":"live"})"),
              0);
    ASSERT_EQ(code("group_open_http_svc/create_group",
                   R"({"Type":"Public","Name":"P","GroupId":"pub","MemberList":[)"
                   R"({"Member_Account":"vera_01"},{"Member_Account":"omar"},)"
                   R"({"Member_Account":"lin-7"}]})"),
              0);
  }
  void add_lin() {
    ASSERT_EQ(code(kAdd, R"({"GroupId":"@TGS#_makers","MemberList":[{"Member_Account":"lin-7"}]})"),
              0)
        << last_info;
  }
};

TEST_F(MemberCallsTest, add_tells_for_each_member_what_became_of_it) {
  EXPECT_EQ(text(kAdd, R"({"GroupId":"@TGS#_makers","Silence":1,"MemberList":[)"
                       R"({"Member_Account":"lin-7"},{"Member_Account":"omar"}]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MemberList":[)"
            R"({"Member_Account":"lin-7","Result":1},{"Member_Account":"omar","Result":2}]})");
  std::string many;
  for (int i = 0; i < 301; ++i) {
    many += i == 0 ? R"({"Member_Account":"x"})" : R"(,{"Member_Account":"x"})";
  }
  EXPECT_EQ(code(kAdd, R"({"GroupId":"@TGS#_makers","MemberList":[)" + many + "]}"), 10005);
  EXPECT_EQ(code(kAdd, R"({"GroupId":"live","MemberList":[{"Member_Account":"omar"}]})"), 10007);
  EXPECT_EQ(code(kAdd, R"({"GroupId":"@TGS#_none","MemberList":[{"Member_Account":"omar"}]})"),
            10010);
  EXPECT_EQ(code(kAdd, R"({"GroupId":"@TGS#_makers"})"), 10004);
  EXPECT_EQ(code(kAdd, R"({"GroupId":"@TGS#_makers","MemberList":[]})"), 10004);
}

TEST_F(MemberCallsTest, members_of_a_community_are_paged_by_cursor) {
  add_lin();
  std::string next;
  std::vector<std::string> seen;
  int pages = 0;
  do {
    const auto page =
        call(kMembers, R"({"GroupId":"@TGS#_makers","Limit":2,"Next":")" + next + "\"}");
    ASSERT_EQ(page.at("ErrorCode").as_int64(), 0) << page.at("ErrorInfo");
    EXPECT_EQ(page.at("MemberNum").as_int64(), 3);
    for (const auto& member : page.at("MemberList").as_array()) {
      seen.emplace_back(member.at("Member_Account").as_string());
    }
    next = page.at("Next").as_string();
    ASSERT_LT(++pages, 5);
  } while (!next.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"vera_01", "omar", "lin-7"}));
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers"})"), 0) << "Next may be missing";
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers","Limit":101,"Next":""})"), 10004);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers","Limit":100,"Next":""})"), 0);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers","Offset":1})"), 10004);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers","Next":"x1"})"), 10004);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers","Next":5})"), 10004);
}

TEST_F(MemberCallsTest, the_documented_member_sample_has_its_members_in_order) {
  EXPECT_EQ(text(kMembers, R"({"GroupId":"@TGS#_makers","Limit":2,"Next":""})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"Next":"","MemberNum":2,)"
            R"("MemberList":[{"Member_Account":"vera_01","Role":"Owner","JoinTime":1735689600,)"
            R"("MsgSeq":0,"MsgFlag":"AcceptAndNotify","LastSendMsgTime":0,"MuteUntil":0,)"
            R"("NameCard":""},{"Member_Account":"omar","Role":"Admin","JoinTime":1735689600,)"
            R"("MsgSeq":0,"MsgFlag":"AcceptAndNotify","LastSendMsgTime":0,"MuteUntil":0,)"
            R"("NameCard":""}]})");
}

TEST_F(MemberCallsTest, members_of_other_groups_are_paged_by_offset_and_filtered) {
  const auto users = [&](const char* members) {
    const auto reply = call(kMembers, R"({"GroupId":"pub",)" + std::string(members) + "}");
    EXPECT_EQ(reply.at("ErrorCode").as_int64(), 0) << reply.at("ErrorInfo");
    EXPECT_FALSE(reply.contains("Next"));
    return reply.at("MemberList").as_array().size();
  };
  EXPECT_EQ(users(R"("Limit":2,"Offset":0)"), 2U);
  EXPECT_EQ(users(R"("Limit":2,"Offset":2)"), 1U);
  EXPECT_EQ(users(R"("Limit":6000)"), 3U);
  EXPECT_EQ(users(R"("MemberRoleFilter":["Owner","Admin"])"), 0U);
  EXPECT_EQ(users(R"("MemberRoleFilter":["Member"])"), 3U);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"pub","MemberRoleFilter":["King"]})"), 10004);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"pub","Limit":6001})"), 10004);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"pub","Limit":0})"), 10004);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"live"})"), 10007);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"none"})"), 10010);
  EXPECT_EQ(code(kMembers, R"({"GroupId":"@TGS#_makers@TOPIC#_x"})"), 10015);
  EXPECT_EQ(code(kMembers, "{}"), 10004);
}

TEST_F(MemberCallsTest, a_member_is_changed_and_custom_data_is_shown_when_named) {
  add_lin();
  EXPECT_EQ(text(kModify, R"({"GroupId":"@TGS#_makers","Member_Account":"lin-7","Role":"Admin",)"
                          R"("NameCard":"Lin","ShutUpTime":60,)"
                          R"("AppMemberDefinedData":[{"Key":"badge","Value":"gold"}]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  const auto reply = call(kMembers, R"({"GroupId":"@TGS#_makers","MemberRoleFilter":["Admin"],)"
                                    R"("MemberInfoFilter":["NameCard","ShutUpUntil"],)"
                                    R"("AppDefinedDataFilter_GroupMember":["badge"]})");
  EXPECT_EQ(boost::json::serialize(reply.at("MemberList").at(1)),
            R"({"Member_Account":"lin-7","MuteUntil":1735689660,"NameCard":"Lin",)"
            R"("AppMemberDefinedData":[{"Key":"badge","Value":"gold"}]})");
  const auto modify = [&](const char* members) {
    return code(kModify, R"({"GroupId":"@TGS#_makers",)" + std::string(members) + "}");
  };
  EXPECT_EQ(modify(R"("Member_Account":"lin-7","MsgFlag":"Discard","MuteTime":4294967295)"), 0);
  EXPECT_EQ(boost::json::serialize(
                call(kMembers, R"({"GroupId":"@TGS#_makers","MemberRoleFilter":["Admin"],)"
                               R"("MemberInfoFilter":["MsgFlag","MuteUntil"]})")
                    .at("MemberList")
                    .at(1)),
            R"({"Member_Account":"lin-7","MsgFlag":"Discard","MuteUntil":4294967295})");
  EXPECT_EQ(modify(R"("Member_Account":"lin-7","MsgFlag":"Never")"), 10004);
  EXPECT_EQ(modify(R"("NameCard":"x")"), 10004);
  import({"mia"});
  EXPECT_EQ(modify(R"("Member_Account":"mia","NameCard":"x")"), 10004) << "no member";
  EXPECT_EQ(modify(R"("Member_Account":"ghost","NameCard":"x")"), 10019);
  EXPECT_EQ(modify(R"("Member_Account":"lin-7","Role":"Owner")"), 10004);
  EXPECT_EQ(modify(R"("Member_Account":"lin-7","MuteTime":-1)"), 10004);
  EXPECT_EQ(modify(R"("Member_Account":"lin-7","MuteTime":4294967296)"), 10004);
  EXPECT_EQ(modify(R"("Member_Account":"lin-7","MuteTime":"5")"), 10004);
}

TEST_F(MemberCallsTest, roles_of_users_include_those_outside) {
  EXPECT_EQ(text(kRoles, R"({"GroupId":"@TGS#_makers","User_Account":["vera_01","nobody"]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"UserIdList":[)"
            R"({"Member_Account":"vera_01","Role":"Owner"},)"
            R"({"Member_Account":"nobody","Role":"NotMember"}]})");
  EXPECT_EQ(code(kRoles, R"({"GroupId":"live","User_Account":["omar"]})"), 10007);
  EXPECT_EQ(code(kRoles, R"({"GroupId":"none","User_Account":["omar"]})"), 10010);
  EXPECT_EQ(code(kRoles, R"({"GroupId":"@TGS#_makers"})"), 10004);
  EXPECT_EQ(code(kRoles, R"({"GroupId":"@TGS#_makers","User_Account":"omar"})"), 10004);
  std::string many = "\"x\"";
  for (int i = 1; i < 500; ++i) many += ",\"x\"";
  EXPECT_EQ(code(kRoles, R"({"GroupId":"@TGS#_makers","User_Account":[)" + many + "]}"), 0);
  many += ",\"x\"";
  EXPECT_EQ(code(kRoles, R"({"GroupId":"@TGS#_makers","User_Account":[)" + many + "]}"), 10005);
}

TEST_F(MemberCallsTest, mutes_are_listed_under_the_names_of_the_command_that_asks) {
  EXPECT_EQ(text(kMute, R"({"GroupId":"@TGS#_makers","Members_Account":["omar"],"MuteTime":60})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  EXPECT_EQ(text(kMuted, R"({"GroupId":"@TGS#_makers"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupId":"@TGS#_makers",)"
            R"("MutedAccountList":[{"Member_Account":"omar","MutedUntil":1735689660}]})");
  EXPECT_EQ(text(kShutted, R"({"GroupId":"@TGS#_makers"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupId":"@TGS#_makers",)"
            R"("ShuttedUinList":[{"Member_Account":"omar","ShuttedUntil":1735689660}]})");
  EXPECT_EQ(code(kMute, R"({"GroupId":"@TGS#_makers","Members_Account":["omar"],)"
                        R"("ShutUpTime":4294967295})"),
            0);
  const auto forever = call(kMuted, R"({"GroupId":"@TGS#_makers"})");
  EXPECT_EQ(forever.at("MutedAccountList").at(0).at("MutedUntil").to_number<std::int64_t>(),
            4294967295);
  EXPECT_EQ(code(kMute, R"({"GroupId":"@TGS#_makers","Members_Account":["omar"],"MuteTime":0})"),
            0);
  EXPECT_EQ(call(kMuted, R"({"GroupId":"@TGS#_makers"})").at("MutedAccountList").as_array().size(),
            0U);
  EXPECT_EQ(code(kMute, R"({"GroupId":"@TGS#_makers","Members_Account":["omar"]})"), 10004);
  EXPECT_EQ(code(kMuted, R"({"GroupId":"@TGS#_makers","TopicId":"@TGS#_makers@TOPIC#_no"})"),
            10010);
  EXPECT_EQ(code(kMuted, R"({"GroupId":"@TGS#_makers","TopicId":"@TGS#_other@TOPIC#_no"})"),
            10015);
}

TEST_F(MemberCallsTest, delete_ignores_strangers_and_refuses_the_owner) {
  EXPECT_EQ(text(kDelete, R"({"GroupId":"@TGS#_makers","Reason":"spam",)"
                          R"("MemberToDel_Account":["omar","lin-7"]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  EXPECT_EQ(call(kRoles, R"({"GroupId":"@TGS#_makers","User_Account":["omar"]})")
                .at("UserIdList").at(0).at("Role").as_string(),
            "NotMember");
  EXPECT_EQ(code(kDelete, R"({"GroupId":"@TGS#_makers","MemberToDel_Account":["vera_01"]})"),
            10004);
  EXPECT_EQ(code(kDelete, R"({"GroupId":"@TGS#_makers"})"), 10004);
}

TEST_F(MemberCallsTest, imported_members_have_their_own_time_of_joining) {
  ASSERT_EQ(code("group_open_http_svc/import_group",
                 R"({"Type":"Public","Name":"Old","GroupId":"old","CreateTime":1420070400})"),
            0);
  EXPECT_EQ(text(kImport, R"({"GroupId":"old","MemberList":[)"
                          R"({"Member_Account":"omar","JoinTime":1420070500,"Role":"Admin"},)"
                          R"({"Member_Account":"vera_01","JoinTime":1420070000}]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MemberList":[)"
            R"({"Member_Account":"omar","Result":1},{"Member_Account":"vera_01","Result":0}]})");
  const auto members = call(kMembers, R"({"GroupId":"old"})");
  EXPECT_EQ(members.at("MemberList").at(0).at("JoinTime").as_int64(), 1420070500);
  EXPECT_EQ(members.at("MemberList").at(0).at("Role").as_string(), "Admin");
}

}  // namespace
}  // namespace tidings::backend::rest::member_calls_test
