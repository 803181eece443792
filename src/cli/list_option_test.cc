// Goal: a filter that would match nothing for ever is refused, and a short name is completed.
#include "cli/list_option.h"

#include <gtest/gtest.h>

#include "tidings/callback_command.h"

namespace tidings::cli {
namespace {

std::string whole(std::string_view name) {
  const auto found = whole_command(name);
  return found ? *found : "refused: " + found.error().what;
}

TEST(ListOption, AShortNameBecomesTheWholeOne) {
  for (const char* name : {"AfterCreateTopic", "Group.CallbackAfterCreateTopic"}) {
    EXPECT_EQ(whole(name), "Group.CallbackAfterCreateTopic");
  }
  EXPECT_EQ(whole("BeforeSendMsg"), "Group.CallbackBeforeSendMsg");
  EXPECT_EQ(whole("StateChange"), "State.StateChange");
  for (const std::string_view command : kCallbackCommands) {
    EXPECT_EQ(whole(command), command);
  }
}

TEST(ListOption, WhatIsNoCallbackIsRefusedWithWhatWasProbablyMeant) {
  const auto wrong = whole_command("AfterCraeteTopic");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().what.find("did you mean 'AfterCreateTopic'?"), std::string::npos)
      << wrong.error().what;
  EXPECT_FALSE(whole_command(""));
  EXPECT_FALSE(whole_command("Callback"));
}

}  // namespace
}  // namespace tidings::cli
