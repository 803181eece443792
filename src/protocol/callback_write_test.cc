// Goal: every callback body is written as documented: member order, additive members by setting.
// Method: the samples of protocol section 7 and of the seed page as exact bytes, per setting.
#include <gtest/gtest.h>

#include "tidings/callback.h"

namespace tidings {
namespace {

constexpr auto kPlain = AdditiveMembers::documented;
constexpr auto kNeeded = AdditiveMembers::needed;
constexpr auto kEverything = AdditiveMembers::all;

#define GROUP "@TGS#_@TGS#cBJYDIIM62CB"
#define TOPIC GROUP "@TOPIC#_@TOPIC#cCJYDIIM62CC"

template <class C>
void expect_in_every_setting(const C& body, const std::string& text) {
  for (const auto setting : {kPlain, kNeeded, kEverything}) {
    EXPECT_EQ(write_callback(body, setting), text) << to_string(setting);
  }
}

TEST(WriteCallback, after_create_topic_is_the_pages_eight_members) {
  AfterCreateTopic body;
  body.group_id = GroupId{"@TGS#2J4SZEAEL"};
  body.topic_id = TopicId{"@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5"};
  body.operator_account = UserId{"group_root"};
  body.owner_account = UserId{"leckie"};
  body.name = "MyFirstTopic";
  body.user_defined_data_list =
      KeyValues{KeyValue{"UserDefined1", "hello"}, KeyValue{"UserDefined2", "world"}};
  body.event_time_ms = 1735689600456;
  const std::string page =
      R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#2J4SZEAEL",)"
      R"("TopicId":"@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5",)"
      R"("Operator_Account":"group_root","Owner_Account":"leckie","Type":"Community",)"
      R"("Name":"MyFirstTopic","UserDefinedDataList":[{"Key":"UserDefined1","Value":"hello"},)"
      R"({"Key":"UserDefined2","Value":"world"}])";
  EXPECT_EQ(write_callback(body, kPlain), page + "}");
  EXPECT_EQ(write_callback(body, kNeeded), page + "}");
  EXPECT_EQ(write_callback(body, kEverything), page + R"(,"EventTime":1735689600456})");
}

TEST(WriteCallback, after_create_topic_without_custom_fields_and_owner) {
  AfterCreateTopic body;
  body.group_id = GroupId{GROUP};
  body.topic_id = TopicId{TOPIC};
  body.operator_account = UserId{"vera_01"};
  body.name = "Woodwork";
  expect_in_every_setting(body,
                          R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":")" GROUP
                          R"(","TopicId":")" TOPIC
                          R"(","Operator_Account":"vera_01","Owner_Account":"","Type":"Community",)"
                          R"("Name":"Woodwork"})");
}

TEST(WriteCallback, before_create_topic_gets_its_group_when_needed) {
  BeforeCreateTopic body;
  body.operator_account = UserId{"vera_01"};
  body.name = "Woodwork";
  body.group_id = GroupId{GROUP};
  body.topic_id = TopicId{GROUP "@TOPIC#_woodwork"};
  body.event_time_ms = 1735689600123;
  const std::string documented =
      R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic","Operator_Account":"vera_01",)"
      R"("Type":"Community","Name":"Woodwork")";
  const std::string group = R"(,"GroupId":")" GROUP R"(")";
  EXPECT_EQ(write_callback(body, kPlain), documented + "}");
  EXPECT_EQ(write_callback(body, kNeeded), documented + group + "}");
  EXPECT_EQ(write_callback(body, kEverything), documented + group +
                                            R"(,"TopicId":")" GROUP
                                            R"(@TOPIC#_woodwork","EventTime":1735689600123})");
  body.topic_id.reset();
  EXPECT_EQ(write_callback(body, kEverything), documented + group + R"(,"EventTime":1735689600123})");
}

TEST(WriteCallback, after_topic_info_changed_gets_its_topic_when_needed) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{GROUP};
  body.operator_account = UserId{"vera_01"};
  body.name = "Woodwork & tools";
  body.face_url = "";
  body.topic_id = TopicId{TOPIC};
  body.event_time_ms = 1735689700001;
  const std::string documented =
      R"({"CallbackCommand":"Group.CallbackAfterTopicInfoChanged","GroupId":")" GROUP
      R"(","Type":"Community","Operator_Account":"vera_01","Name":"Woodwork & tools","FaceUrl":"")";
  const std::string topic = R"(,"TopicId":")" TOPIC R"(")";
  EXPECT_EQ(write_callback(body, kPlain), documented + "}");
  EXPECT_EQ(write_callback(body, kNeeded), documented + topic + "}");
  EXPECT_EQ(write_callback(body, kEverything), documented + topic + R"(,"EventTime":1735689700001})");
  body.name.reset();
  body.face_url.reset();
  body.introduction = "i";
  body.notification = "n";
  EXPECT_EQ(write_callback(body, kPlain),
            R"({"CallbackCommand":"Group.CallbackAfterTopicInfoChanged","GroupId":")" GROUP
            R"(","Type":"Community","Operator_Account":"vera_01","Introduction":"i",)"
            R"("Notification":"n"})");
}

TEST(WriteCallback, after_topic_destroyed_lists_its_topics) {
  AfterTopicDestroyed body;
  body.group_id = GroupId{GROUP};
  body.topic_id_list = {TopicId{TOPIC}, TopicId{GROUP "@TOPIC#_woodwork"}};
  body.operator_account = UserId{"administrator"};
  body.event_time_ms = 1735689800777;
  const std::string documented =
      R"({"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":")" GROUP
      R"(","Type":"Community","TopicIdList":[")" TOPIC R"(",")" GROUP R"(@TOPIC#_woodwork"])";
  EXPECT_EQ(write_callback(body, kPlain), documented + "}");
  EXPECT_EQ(write_callback(body, kNeeded), documented + "}");
  EXPECT_EQ(write_callback(body, kEverything),
            documented + R"(,"Operator_Account":"administrator","EventTime":1735689800777})");
}

TEST(WriteCallback, before_create_group) {
  BeforeCreateGroup body;
  body.operator_account = UserId{"administrator"};
  body.owner_account = UserId{"vera_01"};
  body.type = "Community";
  body.name = "Riverside Makers";
  body.create_group_num = 2;
  body.member_list = {UserId{"omar"}};
  body.event_time_ms = 1735689600001;
  expect_in_every_setting(
      body,
      R"({"CallbackCommand":"Group.CallbackBeforeCreateGroup","Operator_Account":"administrator",)"
      R"("Owner_Account":"vera_01","Type":"Community","Name":"Riverside Makers",)"
      R"("CreateGroupNum":2,"MemberList":[{"Member_Account":"omar"}],"EventTime":1735689600001})");
}

TEST(WriteCallback, after_create_group) {
  AfterCreateGroup body;
  body.group_id = GroupId{GROUP};
  body.operator_account = UserId{"administrator"};
  body.owner_account = UserId{"vera_01"};
  body.type = "Community";
  body.name = "Riverside Makers";
  body.member_list = {UserId{"vera_01"}, UserId{"omar"}};
  body.user_defined_data_list = KeyValues{KeyValue{"topic_category", R"(["crafts","garden"])"}};
  body.event_time_ms = 1735689600050;
  expect_in_every_setting(
      body, R"({"CallbackCommand":"Group.CallbackAfterCreateGroup","GroupId":")" GROUP
            R"(","Operator_Account":"administrator","Owner_Account":"vera_01","Type":"Community",)"
            R"("Name":"Riverside Makers","MemberList":[{"Member_Account":"vera_01"},)"
            R"({"Member_Account":"omar"}],"UserDefinedDataList":[{"Key":"topic_category",)"
            R"("Value":"[\"crafts\",\"garden\"]"}],"EventTime":1735689600050})");
}

TEST(WriteCallback, joining_and_leaving) {
  BeforeApplyJoinGroup apply;
  apply.group_id = GroupId{GROUP};
  apply.type = "Community";
  apply.requestor_account = UserId{"lin-7"};
  apply.event_time_ms = 1735689650000;
  expect_in_every_setting(
      apply, R"({"CallbackCommand":"Group.CallbackBeforeApplyJoinGroup","GroupId":")" GROUP
             R"(","Type":"Community","Requestor_Account":"lin-7","EventTime":1735689650000})");

  BeforeInviteJoinGroup invite;
  invite.group_id = GroupId{GROUP};
  invite.type = "Community";
  invite.operator_account = UserId{"administrator"};
  invite.destination_members = {UserId{"lin-7"}, UserId{"omar"}};
  invite.event_time_ms = 1735689651000;
  expect_in_every_setting(
      invite,
      R"({"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","GroupId":")" GROUP
      R"(","Type":"Community","Operator_Account":"administrator","DestinationMembers":[)"
      R"({"Member_Account":"lin-7"},{"Member_Account":"omar"}],"EventTime":1735689651000})");

  AfterNewMemberJoin join;
  join.group_id = GroupId{GROUP};
  join.type = "Community";
  join.join_type = AfterNewMemberJoin::kInvited;
  join.operator_account = UserId{"administrator"};
  join.new_member_list = {UserId{"lin-7"}};
  join.event_time_ms = 1735689652000;
  expect_in_every_setting(
      join, R"({"CallbackCommand":"Group.CallbackAfterNewMemberJoin","GroupId":")" GROUP
            R"(","Type":"Community","JoinType":"Invited","Operator_Account":"administrator",)"
            R"("NewMemberList":[{"Member_Account":"lin-7"}],"EventTime":1735689652000})");

  AfterMemberExit exit;
  exit.group_id = GroupId{GROUP};
  exit.type = "Community";
  exit.exit_type = AfterMemberExit::kKicked;
  exit.operator_account = UserId{"administrator"};
  exit.exit_member_list = {UserId{"lin-7"}};
  exit.event_time_ms = 1735689660000;
  expect_in_every_setting(
      exit, R"({"CallbackCommand":"Group.CallbackAfterMemberExit","GroupId":")" GROUP
            R"(","Type":"Community","ExitType":"Kicked","Operator_Account":"administrator",)"
            R"("ExitMemberList":[{"Member_Account":"lin-7"}],"EventTime":1735689660000})");
}

TEST(WriteCallback, group_full_destroyed_and_changed) {
  AfterGroupFull full;
  full.group_id = GroupId{"@TGS#2HB3IFAEP"};
  full.event_time_ms = 1735689670000;
  expect_in_every_setting(full, R"({"CallbackCommand":"Group.CallbackAfterGroupFull",)"
                                R"("GroupId":"@TGS#2HB3IFAEP","EventTime":1735689670000})");

  AfterGroupDestroyed destroyed;
  destroyed.group_id = GroupId{GROUP};
  destroyed.type = "Community";
  destroyed.owner_account = UserId{"vera_01"};
  destroyed.name = "Riverside Makers";
  destroyed.event_time_ms = 1735689900000;
  const std::string start =
      R"({"CallbackCommand":"Group.CallbackAfterGroupDestroyed","GroupId":")" GROUP
      R"(","Type":"Community","Owner_Account":"vera_01",)"
      R"("Name":"Riverside Makers")";
  expect_in_every_setting(destroyed, start + R"(,"EventTime":1735689900000})");
  destroyed.member_list.emplace();
  expect_in_every_setting(destroyed, start + R"(,"MemberList":[],"EventTime":1735689900000})");

  AfterGroupInfoChanged changed;
  changed.group_id = GroupId{GROUP};
  changed.type = "Community";
  changed.operator_account = UserId{"administrator"};
  changed.notification = "Market on the 12th";
  changed.event_time_ms = 1735689680000;
  expect_in_every_setting(
      changed, R"({"CallbackCommand":"Group.CallbackAfterGroupInfoChanged","GroupId":")" GROUP
               R"(","Type":"Community","Operator_Account":"administrator",)"
               R"("Notification":"Market on the 12th","EventTime":1735689680000})");
}

TEST(WriteCallback, the_rarer_group_commands) {
  OnMemberStateChange state;
  state.group_id = GroupId{"@TGS#aHB3IFAEP"};
  state.event_type = OnMemberStateChange::kOffline;
  state.member_list = {UserId{"omar"}};
  state.event_time_ms = 7;
  const std::string start =
      R"({"CallbackCommand":"Group.CallbackOnMemberStateChange","GroupId":"@TGS#aHB3IFAEP",)"
      R"("EventType":"Offline","MemberList":[{"Member_Account":"omar"}])";
  EXPECT_EQ(write_callback(state, kPlain), start + "}");
  EXPECT_EQ(write_callback(state, kNeeded), start + "}");
  EXPECT_EQ(write_callback(state, kEverything), start + R"(,"EventTime":7})");

  AfterMemberFieldChanged field;
  field.group_id = GroupId{"g"};
  field.type = "Community";
  field.operator_account = UserId{"o"};
  field.member_account = UserId{"m"};
  field.role = "Admin";
  field.event_time_ms = 7;
  expect_in_every_setting(
      field, R"({"CallbackCommand":"Group.CallbackAfterMemberFieldChanged","GroupId":"g",)"
             R"("Type":"Community","Operator_Account":"o","Member_Account":"m","Role":"Admin",)"
             R"("EventTime":7})");

  AfterChangeGroupOwner owner;
  owner.group_id = GroupId{"g"};
  owner.type = "Public";
  owner.operator_account = UserId{"o"};
  owner.old_owner_account = UserId{"a"};
  owner.new_owner_account = UserId{"b"};
  owner.event_time_ms = 7;
  expect_in_every_setting(
      owner, R"({"CallbackCommand":"Group.CallbackAfterChangeGroupOwner","GroupId":"g",)"
             R"("Type":"Public","Operator_Account":"o","OldOwner_Account":"a",)"
             R"("NewOwner_Account":"b","EventTime":7})");

  AfterGroupAttrChanged attr;
  attr.group_id = GroupId{"g"};
  attr.type = "Public";
  attr.operator_account = UserId{"o"};
  attr.option_type = "set";
  attr.group_attr = {KeyValue{"k", "v"}};
  attr.event_time_ms = 7;
  expect_in_every_setting(
      attr, R"({"CallbackCommand":"Group.CallbackAfterGroupAttrChanged","GroupId":"g",)"
            R"("Type":"Public","Operator_Account":"o","OptionType":"set",)"
            R"("GroupAttr":[{"key":"k","value":"v"}],"EventTime":7})");

  OnDailyGroupQuotaAlarm alarm;
  alarm.quota_used = 7000;
  alarm.quota = 10000;
  alarm.event_time_ms = 7;
  expect_in_every_setting(alarm, R"({"CallbackCommand":"Group.CallbackOnDailyGroupQuotaAlarm",)"
                                 R"("QuotaUsed":7000,"Quota":10000,"EventTime":7})");
}

TEST(WriteCallback, text_is_escaped_and_appended_to_what_is_there) {
  AfterCreateTopic body;
  body.name = std::string("a\0\"\\\n\xc3\xa9", 7);
  std::string out = "before ";
  append_callback(out, body, kNeeded);
  EXPECT_EQ(out.find("before {\"CallbackCommand\""), 0U);
  EXPECT_NE(out.find("\"Name\":\"a\\u0000\\\"\\\\\\n\xc3\xa9\""), std::string::npos) << out;
}

TEST(AdditiveMembers, names_are_those_of_the_configuration) {
  for (const auto setting : {kPlain, kNeeded, kEverything}) {
    EXPECT_EQ(parse_additive_members(to_string(setting)), setting);
  }
  EXPECT_EQ(parse_additive_members("some"), std::nullopt);
}

}  // namespace
}  // namespace tidings
