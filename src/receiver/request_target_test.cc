// Goal: what the inbox keeps of a request's target is what was sent, bounded and printable, and its
// query reads back as JSON. Method: a table of targets.
#include "receiver/request_target.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <vector>

namespace tidings::receiver {
namespace {

const TargetWords kWords{SdkAppId{1400000001}, "Group.CallbackAfterCreateTopic", "203.0.113.9",
                         "RESTAPI", "0194c3f0-5d1e-7c3a-9b1e-4f6a2d8c7e10"};

/// What the query door shows of what was kept.
std::string kept_and_shown(std::string_view target, const TargetWords& words = kWords) {
  return whole_target(kept_target(target, words), words);
}

TEST(RequestTarget, IsShownAsReceived) {
  for (const std::string target :
       {"", "/", "/im", "/im?", "/im??", "/im?&", "/im?&&SdkAppid=1400000001", "/im?a=1&b=2&",
        "/im?SdkAppid=1400000001&CallbackCommand=Group.CallbackAfterCreateTopic&contenttype=json"
        "&ClientIP=203.0.113.9&OptPlatform=RESTAPI&RequestID=0194c3f0-5d1e-7c3a-9b1e-4f6a2d8c7e10"
        "&Sign=ab&RequestTime=7",
        "/im?SdkAppid=1&SdkAppid=1400000001&Sign&Sign=&ClientIP=&ClientIP=203%2E0.113.9&sign=1",
        "/im?x=SdkAppid=1400000001&RequestID=&SdkAppid=1400000001&=&==&RequestTime==",
        "?SdkAppid=1400000001", "SdkAppid=1400000001&Sign=1"}) {
    EXPECT_EQ(kept_and_shown(target), target);
    EXPECT_EQ(kept_and_shown(target, {}), target);
    EXPECT_EQ(whole_target(target, kWords), target) << "kept whole, as once";
  }
  EXPECT_EQ(kept_and_shown("/im?a=b\xff&c= \n&\x01\x11"), "/im?a=b%FF&c=%20%0A&%01%11");
}

TEST(RequestTarget, IsKeptWithoutWhatItsEntryHoldsBesides) {
  const std::string rest =
      "/im?SdkAppid=1400000001&CallbackCommand=Group.CallbackAfterCreateTopic&contenttype=json"
      "&ClientIP=203.0.113.9&OptPlatform=RESTAPI&RequestID=0194c3f0-5d1e-7c3a-9b1e-4f6a2d8c7e10";
  EXPECT_EQ(kept_target(rest, kWords).size(), std::string("/im?").size() + 6);
}

TEST(RequestTarget, ALongOneLosesWholeParametersAtItsEnd) {
  const std::string begin = "/im?SdkAppid=1&Sign=ab";
  EXPECT_EQ(kept_and_shown(begin + "&x=" + std::string(kMaxKeptTarget, 'x')), begin);
  const std::string exact = begin + "&x=" + std::string(kMaxKeptTarget - begin.size() - 3, 'x');
  EXPECT_EQ(kept_and_shown(exact), exact);
  EXPECT_EQ(kept_and_shown(exact + "y"), begin);
  EXPECT_EQ(kept_and_shown(begin + "&x=" + std::string(kMaxKeptTarget, '\xff')), begin);
  EXPECT_EQ(kept_and_shown("/" + std::string(kMaxKeptTarget, 'x')), "");
}

TEST(RequestTarget, ItsQueryIsAnObjectInTheOrderOfTheParameters) {
  struct Case {
    const char* target;
    const char* object;
  };
  for (const auto& [target, object] : std::vector<Case>{
           {"", ""},
           {"/im", "{}"},
           {"/im?", "{}"},
           {"/?b=1&a=2", R"({"b":"1","a":"2"})"},
           {"/?ClientIP=2001%3Adb8%3A%3A7&plus=+", R"({"ClientIP":"2001:db8::7","plus":"+"})"},
           {"/?a=1&a=2&=&&c", R"({"a":"1","":"","c":""})"},
           {"/?broken=%2&utf=%C3%A9&quote=%22", R"({"broken":"%2","utf":"%C3%A9","quote":"\""})"},
           {"/?a=b=c", R"({"a":"b=c"})"},
       }) {
    EXPECT_EQ(query_object(target), object) << target;
    if (*target == 0) continue;
    EXPECT_NO_THROW(boost::json::parse(query_object(target))) << target;
  }
}

}  // namespace
}  // namespace tidings::receiver
