// Goal: a callback's request line, signatures and headers are the protocol's, and every answer is
// classified as protocol 6.8 says. Method: pure functions, checked with libtidings' own verifiers.
#include "delivery/callback_request.h"

#include <gtest/gtest.h>

#include "tidings/callback_sign.h"

namespace tidings::delivery {
namespace {

constexpr std::int64_t kNow = 1'735'689'601;
const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string kOther = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

community::App app() {
  community::App app;
  app.id = SdkAppId{1400112233};
  app.callback.url = "https://hooks.riverside.test/im";
  return app;
}

std::shared_ptr<const Endpoint> endpoint(community::App app) {
  auto made = Endpoint::create(std::make_shared<const community::App>(std::move(app)), nullptr);
  EXPECT_TRUE(made) << made.error().what;
  return *made;
}

const community::Origin kOrigin{"203.0.113.9", "RESTAPI"};
const CallbackMessage kMessage{"Group.CallbackAfterCreateTopic",
                               "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11", kOrigin, "{}", 42};

net::OutboundRequest request_of(const Endpoint& endpoint, const CallbackMessage& message) {
  return make_request(endpoint, message, kNow, runtime::Deadline::never());
}

std::string header(const net::OutboundRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(CallbackRequest, AppsShareWindowAndBreakerOfAUrlUnlessOneBelievesOtherAuthorities) {
  community::App one = app(), two = app();
  two.id = SdkAppId{1400112234};
  EXPECT_EQ(Endpoint::whose(one), Endpoint::whose(two));
  one.callback.trusted_pem = "-----BEGIN CERTIFICATE-----";
  EXPECT_NE(Endpoint::whose(one), Endpoint::whose(two));
}

TEST(CallbackRequest, TheRequestLineIsTheDocumentedOneInItsOrder) {
  const auto request = request_of(*endpoint(app()), kMessage);
  EXPECT_EQ(request.target,
            "/im?SdkAppid=1400112233&CallbackCommand=Group.CallbackAfterCreateTopic"
            "&contenttype=json&ClientIP=203.0.113.9&OptPlatform=RESTAPI"
            "&RequestID=3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11");
  EXPECT_EQ(request.origin, (net::HttpOrigin{true, "hooks.riverside.test", 443}));
  EXPECT_EQ(header(request, "tidings-sequence"), "42");
  EXPECT_EQ(header(request, "webhook-signature"), "");
}

TEST(CallbackRequest, WithSignOnTheDocumentedExampleComesOut) {
  community::App signed_app = app();
  signed_app.callback.sign = true;
  signed_app.callback.token = "S3cretTok";
  const auto request = request_of(*endpoint(signed_app), kMessage);
  EXPECT_TRUE(request.target.ends_with(
      "&Sign=b89098544161938fe8b8f2692d9fb2b89d38e0ed6ed1b90a0f1f7ff69414d294"
      "&RequestTime=1735689601"))
      << request.target;
}

TEST(CallbackRequest, WhatIsSignedOnceASecondIsWhatEachWouldHaveSigned) {
  community::App changed = app();
  changed.callback.webhook_secrets = {{kSecret, 0, 0}, {kOther, 0, kNow + 1}};
  for (const bool sign : {false, true}) {
    changed.callback.sign = sign;
    changed.callback.token = "S3cretTok";
    const auto to = endpoint(changed);
    for (const std::int64_t now : {kNow, kNow + 1}) {
      const SignedSecond at = sign_second(*to, now);
      EXPECT_EQ(at.second, now);
      for (const char* id : {"first", "second"}) {
        const CallbackMessage message{"Group.CallbackAfterCreateTopic", id, kOrigin, "{}", 42};
        const auto one = make_request(*to, message, at, runtime::Deadline::never());
        const auto other = make_request(*to, message, now, runtime::Deadline::never());
        EXPECT_EQ(one.target, other.target);
        EXPECT_EQ(one.headers, other.headers);
        EXPECT_EQ(one.target.find("Sign=") != std::string::npos, sign);
      }
    }
  }
}

TEST(CallbackRequest, EveryValidWebhookSecretSignsAndRetiredOnesDoNot) {
  community::App with_secrets = app();
  with_secrets.callback.webhook_secrets = {{kSecret, 0, 0}, {kOther, 0, kNow + 1}};
  const auto both = request_of(*endpoint(with_secrets), kMessage);
  for (const std::string& text : {kSecret, kOther}) {
    const std::vector<WebhookSecret> one = {*parse_webhook_secret(text)};
    EXPECT_TRUE(verify_webhook(one, header(both, "webhook-id"), header(both, "webhook-timestamp"),
                               header(both, "webhook-signature"), kMessage.body, kNow));
  }
  with_secrets.callback.webhook_secrets[1].valid_until_s = kNow;
  const auto current = request_of(*endpoint(with_secrets), kMessage);
  EXPECT_EQ(header(current, "webhook-signature").find(' '), std::string::npos);
}

TEST(CallbackRequest, BeforeCallbacksCarryNoSequence) {
  CallbackMessage before = kMessage;
  before.app_sequence = 0;
  EXPECT_EQ(header(request_of(*endpoint(app()), before), "tidings-sequence"), "");
}

TEST(CallbackRequest, AnUnusableSettingIsSaidNotSent) {
  community::App broken = app();
  broken.callback.url = "ftp://hooks.riverside.test/";
  EXPECT_FALSE(Endpoint::create(std::make_shared<const community::App>(broken), nullptr));
}

TEST(Classify, FollowsTheFailureClasses) {
  struct Case {
    unsigned status;
    std::string body;
    AttemptClass expected;
  };
  const std::vector<Case> cases = {
      {200, R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})", AttemptClass::ok},
      {200, R"({"ActionStatus":"FAIL","ErrorInfo":"no","ErrorCode":1})", AttemptClass::ok},
      {200, R"({"ErrorCode":"0"})", AttemptClass::ok},
      {200, R"({"ActionStatus":"OK"})", AttemptClass::not_an_answer},
      {200, R"({"ErrorCode":"no"})", AttemptClass::not_an_answer},
      {200, "[0]", AttemptClass::not_an_answer},
      {200, "OK", AttemptClass::not_json},
      {200, "", AttemptClass::not_json},
      {200, R"({"ErrorCode":0)", AttemptClass::not_json},
      {201, R"({"ErrorCode":0})", AttemptClass::status},
      {301, "", AttemptClass::status},
      {429, "", AttemptClass::status},
      {410, "", AttemptClass::gone},
      {500, "", AttemptClass::status},
      {400, "", AttemptClass::status},
      {400, "<center>No required SSL certificate was sent</center>",
       AttemptClass::client_certificate},
      {400, "<center>The SSL certificate error</center>", AttemptClass::client_certificate},
  };
  for (const Case& c : cases) {
    net::HttpExchange exchange;
    exchange.status = c.status;
    exchange.body = c.body;
    EXPECT_EQ(classify(exchange, kNow).what, c.expected) << c.status << " " << c.body;
  }
}

TEST(Classify, SaysWhatHappenedWithoutSayingTheBody) {
  net::HttpExchange exchange;
  exchange.status = 200;
  exchange.content_type = "text/html";
  exchange.body = "<h1>password=hunter2</h1>";
  EXPECT_EQ(describe(exchange, classify(exchange, kNow)),
            "the answer's body is not JSON (25 bytes, text/html)");
  exchange.status = 302;
  EXPECT_EQ(describe(exchange, classify(exchange, kNow)), "HTTP 302: redirects are not followed");
  exchange.status = 503;
  exchange.retry_after = "120";
  EXPECT_EQ(describe(exchange, classify(exchange, kNow)), "HTTP 503, Retry-After: 120");
  exchange.status = 200;
  exchange.body = kCallbackOk;
  EXPECT_EQ(describe(exchange, classify(exchange, kNow)), "");
}

TEST(RetryAfter, ReadsSecondsAndDatesAndNothingElse) {
  EXPECT_EQ(parse_retry_after("120", kNow), 120'000);
  EXPECT_EQ(parse_retry_after("999999", kNow), kMaxDelayMs);
  EXPECT_EQ(parse_retry_after("Wed, 01 Jan 2025 00:00:31 GMT", kNow), 30'000);
  EXPECT_EQ(parse_retry_after("Wed, 01 Jan 2020 00:00:00 GMT", kNow), 0);
  for (const char* text : {"", "-1", "soon", "12s", "Wed, 01 Jan 2025 00:00:31"}) {
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tidings::delivery
