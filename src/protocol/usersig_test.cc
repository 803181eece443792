// Goal: genuine tickets verify and every other gets the code of protocol 5.3, first failure first.
// Method: the published vectors; then tickets built member by member, each wrong in one way.
#include "tidings/usersig.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "protocol/base64.h"
#include "protocol/hmac.h"
#include "protocol/vectors_for_test.h"

namespace tidings {
namespace {

const std::string kKey = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff0";
const SdkAppId kApp{1400112233};
constexpr std::int64_t kNow = 1735689600;

std::string wrap(std::string_view payload) {
  uLongf size = compressBound(payload.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(payload.data()), payload.size(), 6);
  out.resize(size);
  std::string sig = base64_encode(out);
  std::ranges::replace(sig, '+', '*');
  std::ranges::replace(sig, '/', '-');
  std::ranges::replace(sig, '=', '_');
  return sig;
}

int code_of(std::string_view sig, SdkAppId app = kApp, std::string_view user = "vera_01",
            std::vector<std::string> keys = {kKey}, std::int64_t now = kNow) {
  const auto result = verify_user_sig(sig, app, user, keys, now);
  if (result) return 0;
  EXPECT_EQ(result.error().kind, Errc::unauthenticated);
  EXPECT_EQ(result.error().what.find(kKey), std::string::npos);
  return result.error().code;
}

TEST(UserSig, published_vectors_give_their_codes) {
  const auto vectors = read_vectors("usersig.json");
  for (const auto& vector : vectors.at("vectors").as_array()) {
    const std::string sig = text_of(vector.at("usersig"));
    const SdkAppId app{vector.at("sdkappid").to_number<std::uint32_t>()};
    const std::string user = text_of(vector.at("userid"));
    const std::string key = text_of(vector.at("key"));
    const auto at = vector.at("verify_at").as_int64();
    EXPECT_EQ(code_of(sig, app, user, {key}, at), vector.at("expect_code").as_int64()) << sig;

    const auto claims = decode_user_sig(sig);
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->identifier.view(), user);
    EXPECT_EQ(claims->time_s, vector.at("time").as_int64());
    EXPECT_EQ(claims->expire_s, vector.at("expire").as_int64());
    EXPECT_EQ(base64_encode(claims->sig), text_of(vector.at("tls_sig")));
    EXPECT_EQ(claims->userbuf.has_value(), vector.at("userbuf_base64").is_string());
  }
}

TEST(UserSig, what_is_made_has_the_vectors_claims_and_signature) {
  const auto vectors = read_vectors("usersig.json");
  for (const auto& vector : vectors.at("vectors").as_array()) {
    if (vector.at("expect_code").as_int64() == 70009) continue;  // made with another key
    const SdkAppId app{vector.at("sdkappid").to_number<std::uint32_t>()};
    const UserId user{text_of(vector.at("userid"))};
    std::optional<std::string> userbuf;
    if (vector.at("userbuf_base64").is_string()) {
      userbuf = base64_decode(text_of(vector.at("userbuf_base64")));
    }
    const auto buffer = userbuf ? std::optional<std::string_view>(*userbuf) : std::nullopt;
    const std::string sig =
        make_user_sig(app, user, text_of(vector.at("key")), vector.at("time").as_int64(),
                      vector.at("expire").as_int64(), buffer);
    const auto claims = decode_user_sig(sig);
    ASSERT_TRUE(claims);
    EXPECT_EQ(base64_encode(claims->sig), text_of(vector.at("tls_sig")));
    EXPECT_EQ(claims->userbuf, userbuf);
    EXPECT_EQ(sig.find_first_of("+/="), std::string::npos);
  }
}

TEST(UserSig, it_is_valid_up_to_and_including_its_last_second) {
  const std::string sig = make_user_sig(kApp, UserId{"vera_01"}, kKey, kNow, 60);
  EXPECT_EQ(code_of(sig, kApp, "vera_01", {kKey}, kNow + 60), 0);
  EXPECT_EQ(code_of(sig, kApp, "vera_01", {kKey}, kNow + 61), kUserSigExpired);
  EXPECT_EQ(code_of(sig, kApp, "vera_01", {kKey}, kNow - 3600), 0) << "clocks may differ";
}

TEST(UserSig, fifty_years_and_more_do_not_overflow) {
  const std::string sig = make_user_sig(kApp, UserId{"vera_01"}, kKey, kNow, INT64_MAX);
  EXPECT_EQ(code_of(sig), 0);
  const std::string past = make_user_sig(kApp, UserId{"vera_01"}, kKey, INT64_MIN, -1);
  EXPECT_EQ(code_of(past), kUserSigExpired);
}

TEST(UserSig, the_checks_run_in_their_order) {
  const std::string good = make_user_sig(kApp, UserId{"vera_01"}, kKey, kNow, 60);
  const SdkAppId other{1400000001};
  EXPECT_EQ(code_of(""), kUserSigEmpty);
  EXPECT_EQ(code_of("eJy"), kUserSigUndecodable);
  // Everything after the SDKAppID is wrong too: the first failure names the code.
  EXPECT_EQ(code_of(good, other, "omar", {}, kNow + 100), kUserSigOtherApp);
  EXPECT_EQ(code_of(good, kApp, "omar", {}, kNow + 100), kUserSigOtherIdentifier);
  EXPECT_EQ(code_of(good, kApp, "vera_01", {}, kNow + 100), kUserSigNoKey);
  EXPECT_EQ(code_of(good, kApp, "vera_01", {""}, kNow + 100), kUserSigNoKey);
  EXPECT_EQ(code_of(good, kApp, "vera_01", {"wrong"}, kNow + 100), kUserSigBadSignature);
  EXPECT_EQ(code_of(good, kApp, "vera_01", {kKey}, kNow + 100), kUserSigExpired);
}

TEST(UserSig, the_retiring_key_still_verifies) {
  const std::string sig = make_user_sig(kApp, UserId{"vera_01"}, kKey, kNow, 60);
  EXPECT_EQ(code_of(sig, kApp, "vera_01", {"new key", kKey}), 0);
  EXPECT_EQ(code_of(sig, kApp, "vera_01", {"new key", ""}), kUserSigBadSignature);
}

TEST(UserSig, what_cannot_be_decoded_is_70003) {
  const std::string good = make_user_sig(kApp, UserId{"vera_01"}, kKey, kNow, 60);
  const std::vector<std::string> bad = {"!",
                                        "plain text",
                                        good.substr(0, good.size() - 4),
                                        good + "AAAA",
                                        "+" + good.substr(1),
                                        wrap("no json"),
                                        wrap("[1]"),
                                        wrap("\"text\""),
                                        wrap("{\"a\":1,\"a\":2}"),
                                        wrap(std::string(8193, ' ')),
                                        wrap("{\"a\":\"" + std::string(1 << 20, 'a') + "\"}"),
                                        std::string(20000, 'A')};
  for (const std::string& sig : bad) {
    EXPECT_EQ(code_of(sig), kUserSigUndecodable) << sig.substr(0, 60);
  }
}

TEST(UserSig, inflation_is_bounded_at_8192_bytes) {
  const std::string body = R"({"TLS.ver":"2.0"})";
  EXPECT_EQ(code_of(wrap(body + std::string(8192 - body.size(), ' '))), kUserSigBadMembers);
  EXPECT_EQ(code_of(wrap(body + std::string(8193 - body.size(), ' '))), kUserSigUndecodable);
}

/// The members of a good ticket, one of them replaced by `text` (or left out when it is empty).
std::string ticket(const std::string& name = {}, const std::string& text = {}) {
  const std::string line =
      "TLS.identifier:vera_01\nTLS.sdkappid:1400112233\nTLS.time:" + std::to_string(kNow) +
      "\nTLS.expire:60\n";
  const std::vector<std::pair<std::string, std::string>> members = {
      {"TLS.ver", "\"2.0\""},
      {"TLS.identifier", "\"vera_01\""},
      {"TLS.sdkappid", "1400112233"},
      {"TLS.time", std::to_string(kNow)},
      {"TLS.expire", "60"},
      {"TLS.sig", "\"" + base64_encode(hmac_sha256(kKey, line)) + "\""}};
  std::string json;
  for (const auto& [member, value] : members) {
    const std::string& used = member == name ? text : value;
    if (used.empty()) continue;
    json += (json.empty() ? "{\"" : ",\"") + member + "\":" + used;
  }
  if (name == "TLS.userbuf") json += ",\"TLS.userbuf\":" + text;
  return wrap(json + "}");
}

TEST(UserSig, missing_or_mistyped_members_are_70005) {
  ASSERT_EQ(code_of(ticket()), 0);
  const std::vector<std::pair<std::string, std::string>> cases = {{"TLS.ver", ""},
                                                                  {"TLS.ver", "2.0"},
                                                                  {"TLS.ver", "\"1.0\""},
                                                                  {"TLS.identifier", ""},
                                                                  {"TLS.identifier", "7"},
                                                                  {"TLS.identifier", "\"a\\nb\""},
                                                                  {"TLS.sdkappid", ""},
                                                                  {"TLS.sdkappid", "true"},
                                                                  {"TLS.sdkappid", "\"x\""},
                                                                  {"TLS.sdkappid", "0"},
                                                                  {"TLS.sdkappid", "4294967296"},
                                                                  {"TLS.sdkappid", "-1"},
                                                                  {"TLS.time", ""},
                                                                  {"TLS.time", "1.5"},
                                                                  {"TLS.time", "\"\""},
                                                                  {"TLS.time", "[]"},
                                                                  {"TLS.expire", ""},
                                                                  {"TLS.expire", "null"},
                                                                  {"TLS.expire", "\"60s\""},
                                                                  {"TLS.sig", ""},
                                                                  {"TLS.sig", "1"},
                                                                  {"TLS.sig", "\"***\""},
                                                                  {"TLS.userbuf", "1"},
                                                                  {"TLS.userbuf", "\"a\""}};
  for (const auto& [name, text] : cases) {
    EXPECT_EQ(code_of(ticket(name, text)), kUserSigBadMembers) << name << " " << text;
  }
}

TEST(UserSig, numbers_may_be_decimal_strings) {
  EXPECT_EQ(code_of(ticket("TLS.sdkappid", "\"1400112233\"")), 0);
  EXPECT_EQ(code_of(ticket("TLS.time", "\"" + std::to_string(kNow) + "\"")), 0);
  EXPECT_EQ(code_of(ticket("TLS.expire", "\"60\"")), 0);
}

TEST(UserSig, changed_claims_do_not_verify) {
  EXPECT_EQ(code_of(ticket("TLS.time", std::to_string(kNow + 1))), kUserSigBadSignature);
  EXPECT_EQ(code_of(ticket("TLS.expire", "61")), kUserSigBadSignature);
  EXPECT_EQ(code_of(ticket("TLS.userbuf", "\"aGVsbG8=\"")), kUserSigBadSignature);
  EXPECT_EQ(code_of(ticket("TLS.sig", "\"\"")), kUserSigBadSignature);
}

}  // namespace
}  // namespace tidings
