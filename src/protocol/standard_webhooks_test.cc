// Goal: signatures are those of the reference implementation, and nothing else verifies.
// Method: values made once with the npm package standardwebhooks 1.1.1 and the specification's own
// example, written here as constants; then one thing changed at a time.
#include "tidings/standard_webhooks.h"

#include <gtest/gtest.h>

#include <optional>

namespace tidings {
namespace {

struct Vector {
  const char* secret;
  const char* id;
  std::int64_t timestamp;
  const char* payload;
  const char* signature;
};
constexpr Vector kVectors[] = {
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
     R"({"test": 2432232314})", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "evt_0000000000000001", 1735689601,
     R"({"CallbackCommand":"Group.CallbackAfterCreateTopic"})",
     "v1,odH3YBrphFDbZifN0bEGXEAtzkJDIqQHQNYliyh863M="},
    {"whsec_//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eDf3t3c29rZ2NfW1dTT0tHQz87NzMvKycjHxsXEw8LBwA"
     "==",
     "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11", 1735689601, R"({"Name":"木工 ☃"})",
     "v1,bL830MplTNYJ2sV1De1UEZDGif4oSUZkqjxBT/rxzjg="},
    {"whsec_AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tk=", "m", 0, "",
     "v1,Ol5NImK4/I0hoDb0vCafOQfw+8nYe7uKzidPFvPPZ+c="},
};

WebhookSecret secret_of(const char* text) {
  const auto secret = parse_webhook_secret(text);
  EXPECT_TRUE(secret) << text;
  return secret ? *secret : WebhookSecret{};
}

struct Message {
  std::vector<WebhookSecret> secrets{secret_of(kVectors[0].secret)};
  std::string id = kVectors[0].id;
  std::string timestamp = "1614265330";
  std::string signature = kVectors[0].signature;
  std::string payload = kVectors[0].payload;
  std::int64_t now = 1614265330;

  [[nodiscard]] std::string refusal() const {
    const auto result = verify_webhook(secrets, id, timestamp, signature, payload, now);
    if (!result) {
      EXPECT_EQ(result.error().kind, Errc::unauthenticated);
    }
    return result ? "" : result.error().what;
  }
};

TEST(StandardWebhooks, signatures_are_those_of_the_reference_library) {
  for (const Vector& vector : kVectors) {
    const std::vector<WebhookSecret> secrets{secret_of(vector.secret)};
    EXPECT_EQ(webhook_secret_text(secrets[0]), vector.secret);
    EXPECT_EQ(sign_webhook(secrets, vector.id, vector.timestamp, vector.payload), vector.signature);
    EXPECT_TRUE(verify_webhook(secrets, vector.id, std::to_string(vector.timestamp),
                               vector.signature, vector.payload, vector.timestamp));
  }
}

TEST(StandardWebhooks, one_signature_per_secret_and_either_verifies) {
  const std::vector<WebhookSecret> both{secret_of(kVectors[0].secret),
                                        secret_of(kVectors[1].secret)};
  Message message;
  message.signature = sign_webhook(both, message.id, 1614265330, message.payload);
  EXPECT_EQ(message.signature.find("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,"), 0U);
  for (const WebhookSecret& secret : both) {
    message.secrets = {secret};
    EXPECT_EQ(message.refusal(), "");
  }
  message.secrets = {secret_of(kVectors[2].secret)};
  EXPECT_NE(message.refusal().find("fits none"), std::string::npos);
}

TEST(StandardWebhooks, other_versions_are_skipped) {
  Message message;
  message.signature = "v1a,abc  " + message.signature + " v2,x";
  EXPECT_EQ(message.refusal(), "");
  message.signature = "v1a,abc v2,x";
  EXPECT_NE(message.refusal().find("no v1"), std::string::npos);
}

TEST(StandardWebhooks, the_tolerance_is_300_seconds_on_either_side) {
  Message message;
  for (const std::int64_t age : {-300, 0, 300}) {
    message.now = 1614265330 + age;
    EXPECT_EQ(message.refusal(), "") << age;
  }
  for (const std::int64_t age : {-301, 301}) {
    message.now = 1614265330 + age;
    EXPECT_NE(message.refusal().find("301 s"), std::string::npos) << age;
  }
}

TEST(StandardWebhooks, any_change_is_refused) {
  const auto with = [](auto change) {
    Message message;
    change(message);
    return message.refusal();
  };
  EXPECT_EQ(with([](auto&) {}), "");
  EXPECT_NE(with([](auto& m) { m.payload += " "; }), "");
  EXPECT_NE(with([](auto& m) { m.id += "x"; }), "");
  EXPECT_NE(with([](auto& m) { m.timestamp = "1614265331"; }), "");
  EXPECT_NE(with([](auto& m) { m.signature[5] = 'X'; }), "");
  EXPECT_NE(with([](auto& m) { m.signature.pop_back(); }), "");
  EXPECT_NE(with([](auto& m) { m.secrets.clear(); }), "");
}

TEST(StandardWebhooks, missing_and_malformed_headers_are_named) {
  const auto with = [](auto change) {
    Message message;
    change(message);
    return message.refusal();
  };
  EXPECT_EQ(with([](auto& m) { m.id.clear(); }), "webhook-id is missing");
  EXPECT_EQ(with([](auto& m) { m.timestamp.clear(); }), "webhook-timestamp is missing");
  EXPECT_EQ(with([](auto& m) { m.signature.clear(); }), "webhook-signature is missing");
  for (const char* time : {"x", "-1", "1614265330.5", "16142653300000000000000"}) {
    EXPECT_NE(with([&](auto& m) { m.timestamp = time; }).find("not a decimal"), std::string::npos);
  }
  std::string many;
  for (int i = 0; i < 17; ++i) many += "v1,x ";
  EXPECT_NE(with([&](auto& m) { m.signature = many; }).find("more than 16"), std::string::npos);
}

TEST(StandardWebhooks, secrets_have_24_to_64_bytes_of_base64) {
  EXPECT_TRUE(parse_webhook_secret(webhook_secret_text({std::string(24, 'k')})));
  EXPECT_TRUE(parse_webhook_secret(webhook_secret_text({std::string(64, 'k')})));
  const std::vector<std::string> bad = {
      webhook_secret_text({std::string(23, 'k')}), webhook_secret_text({std::string(65, 'k')}),
      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",          "whsec_",
      "whsec_not base64 at all, no, sir!",         "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"};
  for (const std::string& text : bad) {
    const auto secret = parse_webhook_secret(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_EQ(secret.error().kind, Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace tidings
