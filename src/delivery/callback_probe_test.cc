// Goal: a test delivery is a callback like any other but for its mark, tells what came of it for
// every class with the way out, and leaves no event behind. Method: the real connection pool and
// peers on 127.0.0.1; what each class looks like on the wire is bad_endpoints_test's.
#include "delivery/callback_probe.h"

#include <set>

#include "delivery/advice.h"
#include "delivery/real_delivery_test.h"
#include "tidings/callback.h"
#include "tidings/callback_sign.h"

namespace tidings::delivery {
namespace {

using net::RawSocket;
using net::ScriptedServer;

class CallbackProbeTest : public RealDelivery {
 protected:
  ProbeReport probe(const community::App& given) {
    start();
    CallbackProbe made({lane_, *pool_, clock_, random_, {}});
    auto report = runtime::block_on(lane_, made.send(std::make_shared<const community::App>(given)));
    EXPECT_TRUE(report) << report.error().what;
    return report ? *report : ProbeReport{};
  }
  static community::App to(const ScriptedServer& peer) {
    community::App made;
    made.id = SdkAppId{7};
    made.callback.url = "http://peer.test:" + std::to_string(peer.port()) + "/im";
    return made;
  }
};

ScriptedServer::Script replies(std::string answer, std::string* seen = nullptr) {
  return [answer = std::move(answer), seen](RawSocket& peer, int) {
    peer.receive_until("\"}");
    if (seen != nullptr) *seen = peer.received;
    peer.send(answer);
  };
}
std::string with_body(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(CallbackProbeTest, ItIsADocumentedCallbackWithAMark) {
  std::string seen;
  ScriptedServer peer(replies(with_body(std::string(kCallbackOk)), &seen));
  community::App signing = to(peer);
  signing.callback.sign = true;
  signing.callback.token = "S3cretTok";
  const ProbeReport report = probe(signing);
  EXPECT_EQ(report.result.what, AttemptClass::ok) << report.what;
  EXPECT_EQ(report.result.http_status, 200);
  EXPECT_EQ(report.address, "127.0.0.1:" + std::to_string(peer.port()));
  EXPECT_GT(report.timings.total_us, 0U);
  EXPECT_NE(seen.find("tidings-test: 1\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("&RequestID=" + report.request_id), std::string::npos) << seen;
  EXPECT_NE(seen.find("&Sign="), std::string::npos) << seen;
  EXPECT_EQ(seen.find("tidings-sequence"), std::string::npos) << "it has no place in a sequence";
  EXPECT_TRUE(seen.ends_with(report.body));
  const auto parsed = parse_callback(report.body);
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(parsed->command, "Group.CallbackAfterCreateTopic");
  EXPECT_EQ(report.body.find("S3cretTok"), std::string::npos);
  EXPECT_EQ(ledger(7).accepted, 0) << "never recorded as an event";
}

TEST_F(CallbackProbeTest, AReceiverThatRefusesHasReceived) {
  ScriptedServer peer(replies(with_body(R"({"ActionStatus":"FAIL","ErrorInfo":"","ErrorCode":7})")));
  const ProbeReport report = probe(to(peer));
  EXPECT_EQ(report.result.what, AttemptClass::ok);
  EXPECT_EQ(report.answered_code, 7);
}

TEST_F(CallbackProbeTest, AFailureHasItsClassAndSentence) {
  ScriptedServer peer(replies("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  const ProbeReport report = probe(to(peer));
  EXPECT_EQ(report.result.what, AttemptClass::status);
  EXPECT_EQ(report.what, "HTTP 404");
}

TEST_F(CallbackProbeTest, WithoutAUsableUrlItSaysSo) {
  start();
  CallbackProbe made({lane_, *pool_, clock_, random_, {}});
  auto nothing = std::make_shared<community::App>();
  nothing->callback.url = "ftp://peer.test/";
  EXPECT_FALSE(runtime::block_on(lane_, made.send(nothing)));
}

TEST(Advice, EveryClassSaysWhatItMeansAndTheWayOut) {
  std::set<std::string_view> meanings;
  for (std::size_t i = 0; i < kAttemptClasses; ++i) {
    const auto what = static_cast<AttemptClass>(i);
    const Advice advice = advice_for(what);
    EXPECT_FALSE(advice.meaning.empty()) << to_string(what);
    EXPECT_EQ(advice.way_out.empty(), what == AttemptClass::ok) << to_string(what);
    meanings.insert(advice.meaning);
  }
  EXPECT_EQ(meanings.size(), kAttemptClasses) << "no two classes say the same";
}

}  // namespace
}  // namespace tidings::delivery
