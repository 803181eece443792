// Goal: what the inbox keeps of a request's target is what was sent, bounded and printable, and its
// query reads back as JSON. Method: a table of targets.
#include "receiver/request_target.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <vector>

namespace tidings::receiver {
namespace {

TEST(RequestTarget, IsKeptAsReceived) {
  const std::string target = "/im?SdkAppid=1400000001&ClientIP=203.0.113.9&Sign=ab&RequestTime=7";
  EXPECT_EQ(kept_target(target), target);
  EXPECT_EQ(kept_target("/im?a=b\xff&c= \n"), "/im?a=b%FF&c=%20%0A");
}

TEST(RequestTarget, ALongOneLosesWholeParametersAtItsEnd) {
  const std::string begin = "/im?SdkAppid=1&Sign=ab";
  EXPECT_EQ(kept_target(begin + "&x=" + std::string(kMaxKeptTarget, 'x')), begin);
  const std::string exact = begin + "&x=" + std::string(kMaxKeptTarget - begin.size() - 3, 'x');
  EXPECT_EQ(kept_target(exact), exact);
  EXPECT_EQ(kept_target(exact + "y"), begin);
  EXPECT_EQ(kept_target(begin + "&x=" + std::string(kMaxKeptTarget, '\xff')), begin);
  EXPECT_EQ(kept_target("/" + std::string(kMaxKeptTarget, 'x')), "");
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
