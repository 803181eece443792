// Goal: names, switches and answers of callbacks.
// Method: the tables of protocol 6.6, 6.8 and 6.9, with answers that are none.
#include "tidings/callback_command.h"

#include <gtest/gtest.h>

#include <set>

#include "tidings/callback_answer.h"

namespace tidings {
namespace {

TEST(CallbackCommand, topics_share_their_groups_switch) {
  const auto name = [](const char* command) {
    const auto which = switch_of(command);
    return which ? std::string(to_string(*which)) : std::string();
  };
  EXPECT_EQ(name("Group.CallbackBeforeCreateTopic"), "before_create_group");
  EXPECT_EQ(name("Group.CallbackBeforeCreateGroup"), "before_create_group");
  EXPECT_EQ(name("Group.CallbackAfterCreateTopic"), "after_create_group");
  EXPECT_EQ(name("Group.CallbackAfterCreateGroup"), "after_create_group");
  EXPECT_EQ(name("Group.CallbackAfterTopicDestroyed"), "after_group_destroyed");
  EXPECT_EQ(name("Group.CallbackAfterTopicInfoChanged"), "after_group_info_changed");
  EXPECT_EQ(name("Group.CallbackOnDailyGroupQuotaAlarm"), "after_group_info_changed");
  EXPECT_EQ(name("Group.CallbackAfterGroupFull"), "after_group_full");
  EXPECT_EQ(name("State.StateChange"), "");
  EXPECT_EQ(name("Group.CallbackAfterNothing"), "");
}

TEST(CallbackCommand, every_group_command_has_a_switch_and_no_name_is_listed_twice) {
  std::set<std::string_view> names;
  std::set<CallbackSwitch> used;
  for (const std::string_view command : kCallbackCommands) {
    EXPECT_TRUE(names.insert(command).second) << command;
    EXPECT_EQ(switch_of(command).has_value(), command.starts_with("Group.")) << command;
    if (const auto which = switch_of(command)) used.insert(*which);
    EXPECT_TRUE(is_known_command(command));
  }
  EXPECT_EQ(used.size(), kCallbackSwitchCount);
  EXPECT_FALSE(is_known_command("roup.CallbackBeforeApplyJoinGroup"));
}

TEST(CallbackCommand, switch_names_are_read_back) {
  ASSERT_EQ(all_callback_switches().size(), kCallbackSwitchCount);
  for (const CallbackSwitch which : all_callback_switches()) {
    EXPECT_EQ(parse_callback_switch(to_string(which)), which);
  }
  EXPECT_EQ(parse_callback_switch("After_create_group"), std::nullopt);
}

TEST(CallbackCommand, before_commands_are_those_that_can_refuse) {
  for (const std::string_view command : kCallbackCommands) {
    const bool before = command.find("Before") != std::string_view::npos ||
                        command.find("Prev") != std::string_view::npos;
    EXPECT_EQ(is_before_command(command), before) << command;
  }
  EXPECT_FALSE(is_before_command("Group.CallbackBeforeNothing"));
}

TEST(CallbackAnswer, documented_answers_are_read_and_written) {
  const auto ok = parse_callback_answer(kCallbackOk);
  ASSERT_TRUE(ok);
  EXPECT_EQ(*ok, CallbackAnswer{});
  EXPECT_EQ(write_callback_answer({}), kCallbackOk);
  const CallbackAnswer refused{
      10123, "only \"curators\"", "FAIL", {UserId{"lin-7"}, UserId{"omar"}}};
  const std::string text = write_callback_answer(refused);
  EXPECT_EQ(text, R"({"ActionStatus":"FAIL","ErrorInfo":"only \"curators\"","ErrorCode":10123,)"
                  R"("RefusedMembers_Account":["lin-7","omar"]})");
  const auto read = parse_callback_answer(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, refused);
}

TEST(CallbackAnswer, only_an_integer_error_code_makes_an_answer) {
  const std::vector<std::pair<std::string, int>> good = {
      {R"({"ErrorCode":0})", 0},
      {R"({"ErrorCode":"1"})", 1},
      {R"({"ErrorCode":-5})", -5},
      {R"({"ErrorCode":10200,"ActionStatus":7,"ErrorInfo":null,"Extra":[]})", 10200},
      {R"({"ErrorCode":99999999999})", 2147483647},
      {R"({"ErrorCode":18446744073709551615})", 2147483647}};
  for (const auto& [text, code] : good) {
    const auto answer = parse_callback_answer(text);
    ASSERT_TRUE(answer) << text;
    EXPECT_EQ(answer->error_code, code) << text;
  }
  for (const char* text :
       {"", "OK", "[]", "{}", "0", R"({"ErrorCode":null})", R"({"ErrorCode":"x"})",
        R"({"ErrorCode":""})", R"({"ErrorCode":0.5})", R"({"ErrorCode":true})",
        R"({"errorCode":0})", R"({"ErrorCode":0,"ErrorCode":1})", R"({"ErrorCode":0} trailing)",
        R"({"ErrorCode":0,"RefusedMembers_Account":"lin-7"})",
        R"({"ErrorCode":0,"RefusedMembers_Account":[{}]})"}) {
    const auto answer = parse_callback_answer(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().kind, Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace tidings
