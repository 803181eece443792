// Goal: a receiver reads what the service sends, documented or as captured, loses nothing it does
// not know, and refuses what is not one clear JSON object.
// Method: samples of section 7 and the seed page, the rulings R-02 to R-10 one by one, and what is
// parsed is written back.
#include <gtest/gtest.h>

#include <array>

#include "tidings/callback.h"

namespace tidings {
namespace {

constexpr auto kDocumented = AdditiveMembers::documented;
constexpr auto kAll = AdditiveMembers::all;

// The seed page's sample without its comments; a tab and spaces as printed there.
constexpr const char* kPageSample =
    "{\n\"CallbackCommand\": \"Group.CallbackAfterCreateTopic\",\n"
    "\"GroupId\"\t: \"@TGS#2J4SZEAEL\",\n"
    "\"TopicId\": \"@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5\",\n"
    "\"Operator_Account\": \"group_root\",\n\"Owner_Account\": \"leckie\",\n"
    "\"Type\": \"Community\",\n\"Name\": \"MyFirstTopic\",\n"
    "\"UserDefinedDataList\": [\n{\n\"Key\": \"UserDefined1\",\n\"Value\": \"hello\"\n},\n"
    "{\n\"Key\": \"UserDefined2\",\n\"Value\": \"world\"\n}\n]\n}";

ParsedCallback parsed(std::string_view body, std::string_view command = {}) {
  auto result = parse_callback(body, command);
  EXPECT_TRUE(result) << body << ": " << (result ? "" : result.error().what);
  return result ? std::move(*result) : ParsedCallback{};
}

std::string refusal(std::string_view body) {
  const auto result = parse_callback(body);
  if (result) return "";
  EXPECT_EQ(result.error().kind, Errc::invalid_argument);
  return result.error().what;
}

TEST(ParseCallback, the_pages_sample_is_accepted_and_its_mismatch_flagged) {
  const ParsedCallback callback = parsed(kPageSample);
  ASSERT_TRUE(std::holds_alternative<AfterCreateTopic>(callback.value));
  AfterCreateTopic expected;
  expected.group_id = GroupId{"@TGS#2J4SZEAEL"};
  expected.topic_id = TopicId{"@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5"};
  expected.operator_account = UserId{"group_root"};
  expected.owner_account = UserId{"leckie"};
  expected.name = "MyFirstTopic";
  expected.user_defined_data_list =
      KeyValues{KeyValue{"UserDefined1", "hello"}, KeyValue{"UserDefined2", "world"}};
  EXPECT_EQ(std::get<AfterCreateTopic>(callback.value), expected);
  EXPECT_TRUE(callback.group_mismatch);
  EXPECT_TRUE(callback.unknown.empty());
  EXPECT_EQ(callback.user_defined_data_raw,
            "[\n{\n\"Key\": \"UserDefined1\",\n\"Value\": \"hello\"\n},\n"
            "{\n\"Key\": \"UserDefined2\",\n\"Value\": \"world\"\n}\n]");
  EXPECT_EQ(parsed(write_callback(callback, kDocumented)).value, callback.value);
}

TEST(ParseCallback, captured_alphabetical_traffic_is_accepted) {
  const ParsedCallback callback = parsed(
      R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","EventTime":1735689600456,)"
      R"("GroupId":"@TGS#_@TGS#cBJYDIIM62CB","Name":"Woodwork","Operator_Account":"vera_01",)"
      R"("Owner_Account":"vera_01","TopicId":"@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_@TOPIC#cCJYDIIM62CC",)"
      R"("Type":"Community"})");
  const auto& body = std::get<AfterCreateTopic>(callback.value);
  EXPECT_EQ(body.event_time_ms, 1735689600456);
  EXPECT_FALSE(callback.group_mismatch);
  EXPECT_EQ(callback.user_defined_data_raw, "");
  EXPECT_EQ(body.user_defined_data_list, std::nullopt);
}

// One compact sample of each command, members in the written order, all settings on.
constexpr const char* kSamples[] = {
    R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic","Operator_Account":"v","Type":"Community","Name":"n","GroupId":"@TGS#_a","TopicId":"@TGS#_a@TOPIC#_b","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_a","TopicId":"@TGS#_a@TOPIC#_b","Operator_Account":"v","Owner_Account":"","Type":"Community","Name":"n","UserDefinedDataList":[],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterTopicInfoChanged","GroupId":"@TGS#_a","Type":"Community","Operator_Account":"v","Name":"n","Introduction":"","Notification":"x","FaceUrl":"u","TopicId":"@TGS#_a@TOPIC#_b","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":"@TGS#_a","Type":"Community","TopicIdList":["@TGS#_a@TOPIC#_b","@TGS#_a@TOPIC#_c"],"Operator_Account":"v","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackBeforeCreateGroup","Operator_Account":"v","Owner_Account":"w","Type":"Public","Name":"n","CreateGroupNum":123,"MemberList":[{"Member_Account":"a"},{"Member_Account":"b"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterCreateGroup","GroupId":"g","Operator_Account":"v","Owner_Account":"w","Type":"Public","Name":"n","MemberList":[],"UserDefinedDataList":[{"Key":"k","Value":"v"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackBeforeApplyJoinGroup","GroupId":"g","Type":"Public","Requestor_Account":"v","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackBeforeInviteJoinGroup","GroupId":"g","Type":"Public","Operator_Account":"v","DestinationMembers":[{"Member_Account":"a"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterNewMemberJoin","GroupId":"g","Type":"Public","JoinType":"Apply","Operator_Account":"v","NewMemberList":[{"Member_Account":"v"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterMemberExit","GroupId":"g","Type":"Public","ExitType":"Quit","Operator_Account":"v","ExitMemberList":[{"Member_Account":"v"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterGroupDestroyed","GroupId":"g","Type":"Public","Owner_Account":"v","Name":"n","MemberList":[{"Member_Account":"v"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterGroupInfoChanged","GroupId":"g","Type":"Public","Operator_Account":"v","Name":"n","Introduction":"i","Notification":"x","FaceUrl":"u","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackOnMemberStateChange","GroupId":"g","EventType":"Online","MemberList":[{"Member_Account":"v"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterMemberFieldChanged","GroupId":"g","Type":"Community","Operator_Account":"v","Member_Account":"w","Role":"Admin","NameCard":"c","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterChangeGroupOwner","GroupId":"g","Type":"Public","Operator_Account":"v","OldOwner_Account":"a","NewOwner_Account":"b","EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackAfterGroupAttrChanged","GroupId":"g","Type":"Public","Operator_Account":"v","OptionType":"modify","GroupAttr":[{"key":"k","value":"v"}],"EventTime":1})",
    R"({"CallbackCommand":"Group.CallbackOnDailyGroupQuotaAlarm","QuotaUsed":7,"Quota":10,"EventTime":1})",
};

TEST(ParseCallback, every_struct_is_read_and_written_back_byte_for_byte) {
  std::size_t kind = 0;
  for (const char* sample : kSamples) {
    const ParsedCallback callback = parsed(sample);
    EXPECT_EQ(callback.value.index(), ++kind) << sample;
    EXPECT_TRUE(callback.unknown.empty()) << sample;
    EXPECT_FALSE(callback.group_mismatch) << sample;
    EXPECT_EQ(write_callback(callback, kAll), sample);
  }
  EXPECT_EQ(kind + 1, std::variant_size_v<CallbackValue>);
}

TEST(ParseCallback, unknown_members_survive_byte_for_byte) {
  const std::string sample =
      R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g","EventTime":1,)"
      R"("InviteOption" : "Free",)"
      R"("Nested":{ "x" : [1.50, "a\u0000]}", {"GroupId":"h"}] },"Big":12345678901234567890,)"
      R"("\u0041":null})";
  const ParsedCallback callback = parsed(sample);
  const std::vector<UnknownMember> expected = {
      {"InviteOption", "\"Free\""},
      {"Nested", R"({ "x" : [1.50, "a\u0000]}", {"GroupId":"h"}] })"},
      {"Big", "12345678901234567890"},
      {"A", "null"}};
  EXPECT_EQ(callback.unknown, expected);
  const std::string written = write_callback(callback, kDocumented);
  EXPECT_EQ(written,
            R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g","EventTime":1,)"
            R"("InviteOption":"Free","Nested":{ "x" : [1.50, "a\u0000]}", {"GroupId":"h"}] },)"
            R"("Big":12345678901234567890,"A":null})");
  EXPECT_EQ(parsed(written).unknown, expected);
}

TEST(ParseCallback, unknown_commands_keep_everything) {
  const std::string sample =
      R"({"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g","MsgSeq":5})";
  const ParsedCallback callback = parsed(sample);
  EXPECT_EQ(callback.command, "Group.CallbackAfterSendMsg");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(callback.value));
  EXPECT_EQ(callback.unknown.size(), 2U);
  EXPECT_EQ(write_callback(callback, kDocumented), sample);
}

TEST(ParseCallback, binary_text_survives) {
  const ParsedCallback callback =
      parsed(R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_a",)"
             R"("TopicId":"@TGS#_a@TOPIC#_b","Name":"a\u0000b\u001f\ud83d\ude00",)"
             R"("UserDefinedDataList":[{"Key":"k","Value":"\u0000"}]})");
  const auto& body = std::get<AfterCreateTopic>(callback.value);
  EXPECT_EQ(body.name, std::string("a\0b\x1f\xf0\x9f\x98\x80", 8));
  EXPECT_EQ(body.user_defined_data_list->at(0).value, std::string(1, '\0'));
  EXPECT_EQ(callback.user_defined_data_raw, R"([{"Key":"k","Value":"\u0000"}])");
  EXPECT_EQ(parsed(write_callback(callback, kDocumented)).value, callback.value);
}

TEST(ParseCallback, r02_a_foreign_topic_is_flagged) {
  const auto mismatch = [](std::string_view rest) {
    return parsed(R"({"CallbackCommand":"Group.Callback)" + std::string(rest)).group_mismatch;
  };
  EXPECT_TRUE(
      mismatch(R"(AfterTopicInfoChanged","GroupId":"@TGS#2J","TopicId":"@TGS#_a@TOPIC#_b"})"));
  EXPECT_TRUE(mismatch(R"(AfterCreateTopic","GroupId":"@TGS#_a","TopicId":"no topic"})"));
  EXPECT_TRUE(mismatch(
      R"(AfterTopicDestroyed","GroupId":"@TGS#_a","TopicIdList":["@TGS#_a@TOPIC#_b","@TGS#_b@TOPIC#_b"]})"));
  EXPECT_TRUE(mismatch(R"(BeforeCreateTopic","GroupId":"@TGS#_a","TopicId":"@TGS#_b@TOPIC#_b"})"));
  EXPECT_FALSE(mismatch(R"(AfterCreateTopic","GroupId":"@TGS#_a","TopicId":"@TGS#_a@TOPIC#_b"})"));
  EXPECT_FALSE(mismatch(R"(AfterTopicInfoChanged","GroupId":"@TGS#_a"})"));
}

TEST(ParseCallback, r03_event_time_is_a_number_a_numeric_string_or_missing) {
  const auto time = [](std::string_view text) {
    const std::string body = R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g")" +
                             std::string(text) + "}";
    return std::get<AfterGroupFull>(parsed(body).value).event_time_ms;
  };
  EXPECT_EQ(time(R"(,"EventTime":1657389765743)"), 1657389765743);
  EXPECT_EQ(time(R"(,"EventTime":"1657389765743")"), 1657389765743);
  EXPECT_EQ(time(""), std::nullopt);
  for (const char* bad :
       {"\"\"", "\"soon\"", "\"1 \"", "1.5", "null", "[]", "18446744073709551615"}) {
    EXPECT_NE(
        refusal(R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g","EventTime":)" +
                std::string(bad) + "}")
            .find("EventTime"),
        std::string::npos)
        << bad;
  }
}

TEST(ParseCallback, r04_and_r05_the_undocumented_ids_may_be_missing) {
  const auto changed = parsed(
      R"({"CallbackCommand":"Group.CallbackAfterTopicInfoChanged","GroupId":"@TGS#_a","Type":"Community","Operator_Account":"v","Name":"n"})");
  EXPECT_TRUE(std::get<AfterTopicInfoChanged>(changed.value).topic_id.empty());
  const auto before = parsed(
      R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic","Operator_Account":"v","Type":"Community","Name":"n"})");
  EXPECT_TRUE(std::get<BeforeCreateTopic>(before.value).group_id.empty());
}

TEST(ParseCallback, ids_the_documentation_has_are_required) {
  EXPECT_NE(refusal(R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"g"})")
                .find("TopicId is missing"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","TopicId":"t"})")
                .find("GroupId is missing"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":"g"})")
                .find("TopicIdList is missing"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":""})")
                .find("GroupId is missing or empty"),
            std::string::npos);
}

TEST(ParseCallback, missing_documented_texts_are_empty) {
  const auto callback = parsed(
      R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_a","TopicId":"@TGS#_a@TOPIC#_b"})");
  const auto& body = std::get<AfterCreateTopic>(callback.value);
  EXPECT_EQ(body.type, "");
  EXPECT_EQ(body.name, "");
  EXPECT_TRUE(body.owner_account.empty());
}

TEST(ParseCallback, r08_accounts_may_be_integers) {
  const auto callback = parsed(
      R"({"CallbackCommand":"Group.CallbackAfterNewMemberJoin","GroupId":"g","Operator_Account":12345678901234567890,"NewMemberList":[{"Member_Account":7},"plain",8]})");
  const auto& body = std::get<AfterNewMemberJoin>(callback.value);
  EXPECT_EQ(body.operator_account.view(), "12345678901234567890");
  EXPECT_EQ(body.new_member_list, (std::vector<UserId>{UserId{"7"}, UserId{"plain"}, UserId{"8"}}));
}

TEST(ParseCallback, r10_group_id_has_three_spellings) {
  for (const char* name : {"GroupId", "groupID", "GroupID"}) {
    const auto callback = parsed(R"({"CallbackCommand":"Group.CallbackAfterGroupFull",")" +
                                 std::string(name) + R"(":"g"})");
    EXPECT_EQ(std::get<AfterGroupFull>(callback.value).group_id.view(), "g") << name;
    EXPECT_TRUE(callback.unknown.empty()) << name;
  }
  EXPECT_EQ(
      refusal(R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g","groupID":"g"})"),
      "");
  EXPECT_NE(
      refusal(R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"g","groupID":"h"})")
          .find("two spellings"),
      std::string::npos);
  for (const auto& [one, other, why] : {std::array{"null", "null", "not a string"},
                                        std::array{"7", "7", "not a string"},
                                        std::array{"\"\"", "7", "two spellings"}}) {
    const std::string body = std::string(R"({"CallbackCommand":"Group.CallbackAfterGroupFull",)") +
                             R"("GroupId":)" + one + R"(,"groupID":)" + other + "}";
    EXPECT_NE(refusal(body).find(why), std::string::npos) << body << ": " << refusal(body);
  }
}

TEST(ParseCallback, a_single_topic_id_is_a_list_of_one) {
  const auto callback = parsed(
      R"({"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":"@TGS#_a","TopicIdList":"@TGS#_a@TOPIC#_b"})");
  EXPECT_EQ(std::get<AfterTopicDestroyed>(callback.value).topic_id_list,
            std::vector<TopicId>{TopicId{"@TGS#_a@TOPIC#_b"}});
}

TEST(ParseCallback, the_querys_command_stands_in_for_a_missing_one) {
  const std::string body = R"({"GroupId":"g"})";
  EXPECT_EQ(refusal(body), "callback body: CallbackCommand is missing");
  const auto callback = parsed(body, "Group.CallbackAfterGroupFull");
  EXPECT_TRUE(std::holds_alternative<AfterGroupFull>(callback.value));
  EXPECT_EQ(parsed(R"({"CallbackCommand":"a"})", "b").command, "a");
}

TEST(ParseCallback, what_is_not_one_clear_object_is_refused) {
  const std::string deep =
      R"({"CallbackCommand":"x","d":)" + std::string(32, '[') + std::string(32, ']') + "}";
  const std::vector<std::string> bad = {"",
                                        "[]",
                                        "\"x\"",
                                        "{",
                                        R"({"CallbackCommand":"x"} {})",
                                        R"({"CallbackCommand":7})",
                                        R"({"CallbackCommand":""})",
                                        R"({"CallbackCommand":"x","CallbackCommand":"x"})",
                                        R"({"CallbackCommand":"x","a":{"b":1,"b":1}})",
                                        "{\"CallbackCommand\":\"x\"} // c",
                                        "{\"CallbackCommand\":\"\xff\"}",
                                        deep};
  for (const std::string& body : bad) EXPECT_NE(refusal(body), "") << body;
}

TEST(ParseCallback, known_members_of_another_type_are_named) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GroupId", "1"},
      {"TopicId", "[]"},
      {"Name", "7"},
      {"Type", "null"},
      {"Operator_Account", "{}"},
      {"Operator_Account", "1.5"},
      {"UserDefinedDataList", "{}"},
      {"UserDefinedDataList", "[1]"},
      {"UserDefinedDataList", R"([{"Key":"k"}])"},
      {"UserDefinedDataList", R"([{"Key":"k","Value":1}])"}};
  for (const auto& [name, value] : cases) {
    std::string body = R"({"CallbackCommand":"Group.CallbackAfterCreateTopic")";
    if (name != "GroupId") body += R"(,"GroupId":"@TGS#_a")";
    if (name != "TopicId") body += R"(,"TopicId":"@TGS#_a@TOPIC#_b")";
    body.append(",\"").append(name).append("\":").append(value).append("}");
    EXPECT_NE(refusal(body).find(name + " is not"), std::string::npos) << body << refusal(body);
  }
  EXPECT_NE(
      refusal(
          R"({"CallbackCommand":"Group.CallbackAfterTopicDestroyed","GroupId":"g","TopicIdList":[1]})")
          .find("TopicIdList"),
      std::string::npos);
  EXPECT_NE(
      refusal(
          R"({"CallbackCommand":"Group.CallbackAfterMemberExit","GroupId":"g","ExitMemberList":[{}]})")
          .find("ExitMemberList"),
      std::string::npos);
}

}  // namespace
}  // namespace tidings
