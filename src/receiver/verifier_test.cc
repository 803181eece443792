// Goal: nobody unverified gets in (P7), each check comes before the next (design.md, "Receiver"),
// and each refusal has its own reason.
// Method: one good request; a table of flaws in the order of the checks. A request with flaws i and
// everything after it must be refused for i: so check i was made, and was made first.
#include "receiver/verifier.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "receiver/before_rules.h"

namespace tidings::receiver {
namespace {

constexpr std::int64_t kNow = 1'735'689'601;
constexpr const char* kToken = "S3cretTok";
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const std::string kBody =
    R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_@TGS#cBJYDIIM62CB",)"
    R"("Name":"Woodwork","Operator_Account":"vera_01","Owner_Account":"vera_01",)"
    R"("TopicId":"@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_woodwork","Type":"Community"})";

ReceiverApp strict_app() {
  ReceiverApp app;
  app.sdkappid = 1400112233;
  app.tokens = {kToken, "theOldToken"};
  app.allow_sources = {"203.0.113.0/24", "2001:db8::/32"};
  app.require_client_certificate = true;
  return app;
}

Verifier verifier_of(ReceiverApp app, CertificateCheck certificate = {}) {
  ReceiverOptions options;
  options.apps = {std::move(app)};
  return Verifier(options, check_options(options).value(), std::move(certificate));
}

/// A request whose parts a test spoils one by one.
struct Request {
  std::string method = "POST";
  std::string path = "/im";
  std::string app = "1400112233";
  std::string command = "Group.CallbackAfterCreateTopic";
  std::string token = kToken;
  std::string time = std::to_string(kNow);
  std::string rest;
  std::string body = kBody;
  std::string source = "203.0.113.9";
  std::string certificate = "CN=im backend";
  std::string target;

  Incoming incoming() {
    target = path + "?SdkAppid=" + app + "&CallbackCommand=" + command +
             "&contenttype=json&ClientIP=198.51.100.7&OptPlatform=RESTAPI"
             "&RequestID=3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11&Sign=" +
             make_sign(token, time) + "&RequestTime=" + time + rest;
    Incoming made;
    made.method = method;
    made.target = target;
    made.body = body;
    made.source = source;
    made.client_certificate = certificate;
    made.sequence = "17";
    return made;
  }
};

const Refused* refusal(const Verdict& verdict) { return std::get_if<Refused>(&verdict); }

struct Flaw {
  const char* name;
  Refusal reason;
  std::function<void(Request&)> spoil;
};

const std::vector<Flaw>& flaws() {
  static const std::vector<Flaw> table = {
      {"GET", Refusal::method, [](Request& r) { r.method = "GET"; }},
      {"a body of one byte over 1 MiB", Refusal::too_large,
       [](Request& r) { r.body = std::string(kMaxBodyBytes + 1, ' '); }},
      {"a broken query", Refusal::query, [](Request& r) { r.rest = "&ClientIP=%zz"; }},
      {"another app", Refusal::app, [](Request& r) { r.app = "1400112234"; }},
      {"a foreign source", Refusal::source, [](Request& r) { r.source = "198.51.100.7"; }},
      {"no client certificate", Refusal::certificate, [](Request& r) { r.certificate = ""; }},
      {"a wrong token", Refusal::signature, [](Request& r) { r.token = "guess"; }},
      {"broken JSON", Refusal::json, [](Request& r) { r.body = kBody.substr(1); }},
      {"another command in the query", Refusal::command,
       [](Request& r) { r.command = "Group.CallbackAfterGroupFull"; }},
  };
  return table;
}

TEST(Verifier, AGoodRequestIsAcceptedWithAllItSaid) {
  const Verifier verifier = verifier_of(strict_app());
  Request request;
  const Verdict verdict = verifier.verify(request.incoming(), kNow);
  ASSERT_EQ(refusal(verdict), nullptr) << refusal(verdict)->what;
  const Accepted& accepted = std::get<Accepted>(verdict);
  EXPECT_EQ(accepted.callback.app.number(), 1400112233U);
  EXPECT_EQ(accepted.callback.request_id, "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11");
  EXPECT_EQ(accepted.callback.client_ip, "198.51.100.7");
  EXPECT_EQ(accepted.callback.opt_platform, "RESTAPI");
  EXPECT_EQ(accepted.callback.sequence, 17);
  EXPECT_EQ(accepted.callback.body, kBody);
  EXPECT_EQ(std::get<AfterCreateTopic>(accepted.callback.parsed.value).name, "Woodwork");
}

TEST(Verifier, EachCheckComesBeforeTheNext) {
  const Verifier verifier = verifier_of(strict_app());
  for (std::size_t first = 0; first < flaws().size(); ++first) {
    Request alone;
    flaws()[first].spoil(alone);
    const Verdict single = verifier.verify(alone.incoming(), kNow);
    ASSERT_NE(refusal(single), nullptr) << flaws()[first].name;
    EXPECT_EQ(refusal(single)->reason, flaws()[first].reason) << refusal(single)->what;

    // Later flaws of the body would undo earlier ones; those that stay are enough.
    Request all;
    for (std::size_t i = flaws().size(); i-- > first;) flaws()[i].spoil(all);
    const Verdict together = verifier.verify(all.incoming(), kNow);
    ASSERT_NE(refusal(together), nullptr) << flaws()[first].name;
    EXPECT_EQ(refusal(together)->reason, flaws()[first].reason) << refusal(together)->what;
  }
}

TEST(Verifier, RefusalsAnswer4xxInTheProtocolsForm) {
  for (const Refusal reason : kRefusals) {
    const net::HttpResponse response = refusal_response({reason, "be\"cause"});
    EXPECT_GE(response.status, 400U) << to_string(reason);
    EXPECT_EQ(response.status >= 500, reason == Refusal::overloaded || reason == Refusal::store ||
                                          reason == Refusal::internal);
    EXPECT_EQ(response.body, R"({"ActionStatus":"FAIL","ErrorCode":)" +
                                 std::to_string(response.status) +
                                 R"(,"ErrorInfo":"be\"cause"})");
  }
}

TEST(Verifier, TheWindowOfRequestTimeIsSixtySecondsToBothSides) {
  const Verifier verifier = verifier_of(strict_app());
  for (const auto& [offset, good] : std::vector<std::pair<std::int64_t, bool>>{
           {-61, false}, {-60, true}, {0, true}, {60, true}, {61, false}}) {
    Request request;
    request.time = std::to_string(kNow + offset);
    EXPECT_EQ(refusal(verifier.verify(request.incoming(), kNow)) == nullptr, good) << offset;
  }
}

TEST(Verifier, ThePreviousTokenIsGoodDuringRotationAndASecretNeverShows) {
  const Verifier verifier = verifier_of(strict_app());
  Request old;
  old.token = "theOldToken";
  EXPECT_EQ(refusal(verifier.verify(old.incoming(), kNow)), nullptr);
  Request wrong;
  wrong.token = "guess";
  const Verdict verdict = verifier.verify(wrong.incoming(), kNow);
  EXPECT_EQ(refusal(verdict)->what.find(kToken), std::string::npos);
  EXPECT_EQ(refusal(verdict)->what.find(make_sign(kToken, wrong.time)), std::string::npos);
}

TEST(Verifier, AWebhookSignatureCoversTheBodyWhereSecretsAreConfigured) {
  ReceiverApp app;
  app.sdkappid = 1400112233;
  app.webhook_secrets = {kSecret};
  const Verifier verifier = verifier_of(app);
  const std::vector<WebhookSecret> secrets = {parse_webhook_secret(kSecret).value()};
  const std::string time = std::to_string(kNow);
  const std::string signature = sign_webhook(secrets, "msg_1", kNow, kBody);
  Request request;
  Incoming incoming = request.incoming();
  EXPECT_EQ(refusal(verifier.verify(incoming, kNow))->reason, Refusal::signature);
  incoming.webhook_id = "msg_1";
  incoming.webhook_timestamp = time;
  incoming.webhook_signature = signature;
  const Verdict good = verifier.verify(incoming, kNow);
  EXPECT_EQ(refusal(good), nullptr);
  const std::string forged = kBody + " ";
  incoming.body = forged;
  EXPECT_EQ(refusal(verifier.verify(incoming, kNow))->reason, Refusal::signature);
}

TEST(Verifier, SourcesMayBeV4V6OrMapped) {
  const Verifier verifier = verifier_of(strict_app());
  for (const auto& [source, good] : std::vector<std::pair<std::string, bool>>{
           {"203.0.113.255", true},
           {"::ffff:203.0.113.1", true},
           {"2001:db8::1", true},
           {"2001:db9::1", false},
           {"", false},
           {"203.0.113.x", false}}) {
    Request request;
    request.source = source;
    EXPECT_EQ(refusal(verifier.verify(request.incoming(), kNow)) == nullptr, good) << source;
  }
}

TEST(Verifier, TheCertificateHookHasTheLastWordOnASubject) {
  const Verifier verifier = verifier_of(strict_app(), [](SdkAppId, std::string_view subject) {
    return subject == "CN=im backend" ? Result<void>{}
                                      : Result<void>{fail(Errc::forbidden, "not that one")};
  });
  Request request;
  EXPECT_EQ(refusal(verifier.verify(request.incoming(), kNow)), nullptr);
  request.certificate = "CN=somebody";
  const Verdict verdict = verifier.verify(request.incoming(), kNow);
  EXPECT_EQ(refusal(verdict)->reason, Refusal::certificate);
}

TEST(Verifier, HostileBodiesAndQueriesAreRefused) {
  ReceiverApp open;
  open.sdkappid = 1400112233;
  open.unsigned_ok = true;
  const Verifier verifier = verifier_of(open);
  const std::string start = R"({"CallbackCommand":"Group.CallbackAfterGroupFull","GroupId":"a")";
  for (const std::string& body : std::vector<std::string>{
           "", "[]", "null", start, start + R"(,"GroupId":"b"})", start + "} x",
           start + ",\"X\":\"\xff\"}", start + ",\"X\":" + std::string(40, '[') + std::string(40, ']') + "}",
           start + "} // comment", R"({"CallbackCommand":7})"}) {
    Request request;
    request.command = "Group.CallbackAfterGroupFull";
    request.body = body;
    const Verdict verdict = verifier.verify(request.incoming(), kNow);
    ASSERT_NE(refusal(verdict), nullptr) << body;
    EXPECT_EQ(refusal(verdict)->reason, Refusal::json) << body;
  }
  for (const char* rest : {"&SdkAppid=1400112233", "&RequestID=a"}) {
    Request request;
    request.rest = rest;
    const Verdict verdict = verifier.verify(request.incoming(), kNow);
    ASSERT_NE(refusal(verdict), nullptr) << rest;
    EXPECT_EQ(refusal(verdict)->reason, Refusal::query) << rest;
  }
  Request foreign;
  foreign.target.clear();
  Incoming incoming = foreign.incoming();
  for (const char* platform : {"%ff", "%0d%0a", "%", "%4"}) {
    const std::string target = std::string("/im?SdkAppid=1400112233&OptPlatform=") + platform;
    incoming.target = target;
    const Verdict verdict = verifier.verify(incoming, kNow);
    ASSERT_NE(refusal(verdict), nullptr) << platform;
    EXPECT_EQ(refusal(verdict)->reason, Refusal::query) << platform;
  }
  incoming.target = "/im";
  EXPECT_EQ(refusal(verifier.verify(incoming, kNow))->reason, Refusal::app);
}

TEST(ReceiverOptions, EverythingWrongIsSaidAtOnce) {
  ReceiverOptions options;
  ReceiverApp app;
  app.allow_sources = {"10.1.0.0/8"};
  app.before_rules = {{"Group.CallbackAfterCreateTopic", "", 5, ""}};
  app.webhook_secrets = {"hunter2hunter2"};
  options.apps = {app, strict_app(), strict_app()};
  options.sign_window_s = 0;
  const auto checked = check_options(options);
  ASSERT_FALSE(checked);
  for (const char* part : {"apps[0].sdkappid", "apps[0].allow_sources", "apps[0].webhook_secrets",
                           "apps[0].before_rules[0].command", "apps[0].before_rules[0].error_code",
                           "apps[2].sdkappid", "sign_window_s"}) {
    EXPECT_NE(checked.error().what.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(checked.error().what.find("hunter2"), std::string::npos);
}

TEST(ReceiverOptions, AnAppWithoutAnySecretNeedsAnExplicitWord) {
  ReceiverOptions options;
  options.apps.emplace_back();
  options.apps[0].sdkappid = 7;
  EXPECT_FALSE(check_options(options));
  options.apps[0].unsigned_ok = true;
  EXPECT_TRUE(check_options(options));
  options.apps.clear();
  EXPECT_FALSE(check_options(options));
}

TEST(BeforeRules, TheFirstRuleThatFitsDecides) {
  const std::vector<BeforeRule> rules = {
      {"Group.CallbackBeforeCreateTopic", "spam", 10123, "no spam"},
      {"Group.CallbackBeforeCreateTopic", "", 0, ""},
      {"*", "", 1, "closed"}};
  BeforeCreateTopic topic;
  topic.group_id = GroupId{"@TGS#_x"};
  const auto ask = [&](const auto& body) {
    return answer_before(rules,
                         parse_callback(write_callback(body, AdditiveMembers::all)).value());
  };
  topic.name = "buy spam now";
  EXPECT_EQ(ask(topic).error_code, 10123);
  EXPECT_EQ(ask(topic).error_info, "no spam");
  topic.name = "Woodwork";
  EXPECT_EQ(ask(topic).error_code, 0);
  BeforeCreateGroup group;
  group.name = "spam";
  EXPECT_EQ(ask(group).error_code, 1);
  EXPECT_EQ(answer_before({}, parse_callback(write_callback(group, AdditiveMembers::all)).value())
                .error_code,
            0);
}

TEST(Verifier, ANumberThatIsNoneCountsAsNotSent) {
  const Verifier verifier = verifier_of(strict_app());
  for (const auto& [text, number] : std::vector<std::pair<std::string, std::int64_t>>{
           {"1", 1},
           {"9007199254740991", store::kMaxSequence},
           {"9007199254740992", 0},
           {"9223372036854775806", 0},
           {"9223372036854775807", 0},
           {"9223372036854775808", 0},
           {"0", 0},
           {"-1", 0},
           {"+1", 0},
           {"1 ", 0},
           {"", 0}}) {
    Request request;
    Incoming incoming = request.incoming();
    incoming.sequence = text;
    const Verdict verdict = verifier.verify(incoming, kNow);
    ASSERT_EQ(refusal(verdict), nullptr) << text;
    EXPECT_EQ(std::get<Accepted>(verdict).callback.sequence, number) << text;
  }
}

}  // namespace
}  // namespace tidings::receiver
