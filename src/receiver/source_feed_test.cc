// Goal: a page of the feed is read with its bodies byte for byte, and what is no page says so; a
// request is the documented one. Method: texts in, values out; a transport that keeps the request.
#include "receiver/source_feed.h"

#include <gtest/gtest.h>

#include "receiver/test_keeping_transport.h"
#include "runtime/run_on.h"
#include "tidings/usersig.h"

namespace tidings::receiver {
namespace {

using testing::KeepingTransport;

const SdkAppId kSourceApp{1400112233};

TEST(SourcePage, BodiesAreReadByteForByte) {
  const std::string body = R"({ "CallbackCommand":"X", "Name":"a\u0000\"]}" , "n":1.50 })";
  const auto page = parse_source_page(
      R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"EventList":[{"Sequence":3,)"
      R"("CallbackCommand":"X","RequestID":"r","ClientIP":"::1","OptPlatform":"iOS","EventTime":9,)"
      R"("State":"dead","Body":)" + body + R"(},{"Sequence":5,"CallbackCommand":"Y","RequestID":"",)"
      R"("ClientIP":"","OptPlatform":"","Body":{}}],"FirstSequence":2,"LastSequence":9,"Next":7})");
  ASSERT_TRUE(page) << page.error().what;
  ASSERT_EQ(page->events.size(), 2U);
  EXPECT_EQ(page->events[0].body, body);
  EXPECT_EQ(page->events[0].sequence, 3);
  EXPECT_EQ(page->events[0].command, "X");
  EXPECT_EQ(page->events[0].request_id, "r");
  EXPECT_EQ(page->events[0].client_ip, "::1");
  EXPECT_EQ(page->events[0].opt_platform, "iOS");
  EXPECT_EQ(page->events[1].body, "{}");
  EXPECT_EQ(page->first, 2);
  EXPECT_EQ(page->last, 9);
  EXPECT_EQ(page->next, 7);
}

TEST(SourcePage, WhatIsNoPageSaysWhy) {
  const std::string event = R"({"Sequence":3,"CallbackCommand":"X","RequestID":"","ClientIP":"",)"
                            R"("OptPlatform":"","Body":{}})";
  const std::string ends = R"(,"FirstSequence":1,"LastSequence":9,"Next":9})";
  const std::string begin = R"({"ErrorCode":0,"EventList":)";
  struct Case {
    std::string answer;
    Errc kind;
    const char* hint;
  };
  for (const auto& [answer, kind, hint] : std::vector<Case>{
           {"", Errc::corrupt, "no page"},
           {"[]", Errc::corrupt, "no object"},
           {R"({"EventList":[]})", Errc::corrupt, "ErrorCode"},
           {R"({"ErrorCode":60010,"ErrorInfo":"'omar' is not an admin"})", Errc::unavailable,
            "60010: 'omar' is not an admin"},
           {begin + "{}" + ends, Errc::corrupt, "EventList"},
           {begin + "[7]" + ends, Errc::corrupt, "an event is no object"},
           {begin + "[{}]" + ends, Errc::corrupt, "Sequence"},
           {begin + "[" + event + "," + event + "]" + ends, Errc::corrupt, "do not ascend"},
           {begin + "[]}", Errc::corrupt, "FirstSequence"},
           {begin + "[" + event + R"(],"FirstSequence":1,"LastSequence":9,"Next":2})", Errc::corrupt,
            "Next is before"},
           {begin + "[" + event + R"(],"FirstSequence":1,"LastSequence":9,"Next":9007199254740992})",
            Errc::corrupt, "Next is 9007199254740992"},
           {begin + R"([],"FirstSequence":1,"LastSequence":9223372036854775807,"Next":9})",
            Errc::corrupt, "LastSequence is 9223372036854775807"},
           {begin + R"([],"FirstSequence":9223372036854775807,"LastSequence":9,"Next":9})",
            Errc::corrupt, "FirstSequence is 9223372036854775807"},
           {begin + R"([{"Sequence":9223372036854775807}])" + ends, Errc::corrupt,
            "Sequence is 9223372036854775807"},
           {begin + R"([{"Sequence":3,"CallbackCommand":"X","RequestID":"","ClientIP":"",)"
                    R"("OptPlatform":"","Body":[]}])" + ends,
            Errc::corrupt, "Body"},
       }) {
    const auto page = parse_source_page(answer);
    ASSERT_FALSE(page) << answer;
    EXPECT_EQ(page.error().kind, kind) << answer;
    EXPECT_NE(page.error().what.find(hint), std::string::npos) << page.error().what;
  }
  EXPECT_TRUE(parse_source_page(begin + "[" + event + "]" + ends));
}

class SourceFeedTest : public ::testing::Test {
 protected:
  SourceFeedTest() {
    transport.answer.status = 200;
    transport.answer.body = R"({"ErrorCode":0,"EventList":[],"FirstSequence":1,"LastSequence":0,)"
                            R"("Next":0})";
    lane.start();
  }
  ~SourceFeedTest() override {
    lane.finish();
    lane.join();
  }
  SourceOptions options() {
    SourceOptions made;
    made.url = "https://im.example.com:8443/base/";
    made.identifier = "admin+1";
    made.credentials.key = "the-key";
    return made;
  }
  Result<SourcePage> read(SourceFeed& feed) {
    return runtime::block_on(lane, feed.read(41, 100));
  }
  static std::string sig_of(const net::OutboundRequest& request) {
    const auto begin = request.target.find("usersig=") + 8;
    return request.target.substr(begin, request.target.find('&', begin) - begin);
  }

  ManualClock clock;
  KeepingTransport transport;
  runtime::Lane lane{"source"};
};

TEST_F(SourceFeedTest, ARequestIsTheDocumentedOneAndItsTicketVerifies) {
  auto feed = SourceFeed::create(kSourceApp, options(), transport, clock).value();
  ASSERT_TRUE(read(*feed));
  const net::OutboundRequest request = transport.requests.at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.origin, (net::HttpOrigin{true, "im.example.com", 8443}));
  EXPECT_TRUE(request.target.starts_with(
      "/base/v4/tidings/events?sdkappid=1400112233&identifier=admin%2B1&usersig="))
      << request.target;
  EXPECT_TRUE(request.target.ends_with("&contenttype=json&after=41&limit=100")) << request.target;
  std::string sig = sig_of(request);
  for (std::size_t at = 0; (at = sig.find("%2A")) != std::string::npos;) sig.replace(at, 3, "*");
  const std::vector<std::string> keys{"the-key"};
  EXPECT_TRUE(verify_user_sig(sig, kSourceApp, "admin+1", keys, clock.now_s()));

  ASSERT_TRUE(read(*feed));
  EXPECT_EQ(sig_of(transport.requests[1]), sig_of(request)) << "one ticket serves for a while";
  clock.advance(std::chrono::minutes(31));
  ASSERT_TRUE(read(*feed));
  const std::string third = sig_of(transport.requests[2]);
  EXPECT_NE(third, sig_of(request));
  feed->set_credentials({"another-key", ""});
  ASSERT_TRUE(read(*feed));
  EXPECT_NE(sig_of(transport.requests[3]), third) << "a new key makes a new ticket at once";
}

TEST_F(SourceFeedTest, AReadyTicketIsUsedAsItIs) {
  SourceOptions given = options();
  given.credentials = {"", "eJw-ticket"};
  auto feed = SourceFeed::create(kSourceApp, given, transport, clock).value();
  ASSERT_TRUE(read(*feed));
  EXPECT_EQ(sig_of(transport.requests.at(0)), "eJw-ticket");
  feed->set_credentials({"", "eJw-next"});
  ASSERT_TRUE(read(*feed));
  EXPECT_EQ(sig_of(transport.requests.at(1)), "eJw-next");
}

TEST_F(SourceFeedTest, WhatGoesWrongIsNamedWithoutTheTicket) {
  auto feed = SourceFeed::create(kSourceApp, options(), transport, clock).value();
  transport.answer.status = 404;
  const auto not_found = read(*feed);
  ASSERT_FALSE(not_found);
  EXPECT_EQ(not_found.error().kind, Errc::unavailable);
  EXPECT_NE(not_found.error().what.find("HTTP 404"), std::string::npos);
  transport.answer.failure = net::ExchangeFailure::refused;
  transport.answer.detail = "connection refused";
  const auto refused = read(*feed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.find("eJ"), std::string::npos);
  EXPECT_NE(refused.error().what.find("refused"), std::string::npos) << refused.error().what;
}

TEST_F(SourceFeedTest, WrongOptionsAreRefused) {
  const auto refusal = [&](const SourceOptions& given) {
    const auto feed = SourceFeed::create(kSourceApp, given, transport, clock);
    return feed ? std::string() : feed.error().what;
  };
  SourceOptions both = options();
  both.credentials.user_sig = "x";
  EXPECT_NE(refusal(both).find("not both"), std::string::npos);
  SourceOptions none = options();
  none.credentials.key.clear();
  EXPECT_NE(refusal(none).find("needs the app's key"), std::string::npos);
  SourceOptions query = options();
  query.url = "http://h/?a=b";
  EXPECT_NE(refusal(query).find("has a query"), std::string::npos);
  SourceOptions ca = options();
  ca.ca_file = "/nonexistent";
  EXPECT_NE(refusal(ca), "");
  EXPECT_EQ(refusal(options()), "");
}

}  // namespace
}  // namespace tidings::receiver
