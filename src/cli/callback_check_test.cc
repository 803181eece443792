// Goal: `callback verify` passes what the receiver would take, and nothing else.
#include "cli/callback_check.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidings::cli {
namespace {

// Of another service: its body has no members that must be there.
constexpr const char* kCommand = "State.StateChange";

/// Query and body as given; no token, any app.
std::vector<CheckStep> check(const std::string& query, const std::string& body,
                             std::uint32_t sdkappid = 0) {
  CapturedCallback captured;
  captured.target = query;
  captured.body = body;
  CheckWith with;
  with.sdkappid = SdkAppId(sdkappid);
  return check_callback(captured, with);
}

bool good(const std::vector<CheckStep>& steps) {
  return std::all_of(steps.begin(), steps.end(), [](const CheckStep& step) { return step.ok; });
}

std::string text_of(const std::vector<CheckStep>& steps, const std::string& name) {
  for (const CheckStep& step : steps) {
    if (step.name == name) return step.text;
  }
  return "";
}

const std::string kQuery = "?SdkAppid=1400000001&CallbackCommand=" + std::string(kCommand);
const std::string kBody = "{\"CallbackCommand\":\"" + std::string(kCommand) + "\"}";

TEST(CallbackCheck, AQueryWithoutAnAppFails) {
  for (const char* query : {"foo", "", "?CallbackCommand=State.StateChange"}) {
    const auto steps = check(query, kBody);
    EXPECT_FALSE(good(steps)) << query;
    EXPECT_EQ(text_of(steps, "sdkappid"), "SdkAppid is missing from the query");
  }
  EXPECT_TRUE(good(check(kQuery, kBody)));
  EXPECT_TRUE(good(check(kQuery, kBody, 1400000001)));
  EXPECT_FALSE(good(check(kQuery, kBody, 1400000002)));
}

TEST(CallbackCheck, TheCommandMustBeNamedAndWhoNamesItIsSaid) {
  const struct {
    std::string query, body;
    bool good;
    const char* text;
  } cases[] = {
      {kQuery, kBody, true, "query and body agree"},
      {kQuery, "{}", true, "only the query names it: State.StateChange"},
      {kQuery, "", true, "only the query names it: State.StateChange"},
      {"?SdkAppid=1", kBody, true, "only the body names it: State.StateChange"},
      {"?SdkAppid=1", "{}", false, ""},  // the body's own step says so
      {"?SdkAppid=1", "", false,
       "CallbackCommand is not in the query, and no body was given (--body-file)"},
      {kQuery, "{\"CallbackCommand\":\"C2C.CallbackAfterSendMsg\"}", false,
       "the query says State.StateChange, the body C2C.CallbackAfterSendMsg"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.query + " " + each.body);
    const auto steps = check(each.query, each.body);
    EXPECT_EQ(good(steps), each.good);
    EXPECT_EQ(text_of(steps, "command"), each.text);
  }
}

}  // namespace
}  // namespace tidings::cli
