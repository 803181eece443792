// Goal: Sign is SHA-256(token || RequestTime), checked within a window, every refusal readable.
// Method: the published vectors; one query changed in one way at a time.
#include "tidings/callback_sign.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/vectors_for_test.h"

namespace tidings {
namespace {

constexpr std::int64_t kAt = 1735689601;
const std::vector<std::string> kTokens = {"S3cretTok"};

CallbackQuery signed_query() {
  CallbackQuery query;
  query.sign = "b89098544161938fe8b8f2692d9fb2b89d38e0ed6ed1b90a0f1f7ff69414d294";
  query.request_time = "1735689601";
  return query;
}

std::string reason(const CallbackQuery& query, std::int64_t now = kAt,
                   const std::vector<std::string>& tokens = kTokens, std::int64_t window = 60) {
  const auto result = verify_sign(query, tokens, now, window);
  if (result) return "";
  EXPECT_EQ(result.error().kind, Errc::unauthenticated);
  EXPECT_EQ(result.error().what.find("S3cretTok"), std::string::npos);
  return result.error().what;
}

TEST(CallbackSign, published_vectors_match) {
  const auto vectors = read_vectors("callback_sign.json");
  for (const auto& vector : vectors.at("vectors").as_array()) {
    const auto at = vector.at("request_time").as_int64();
    CallbackQuery query;
    query.request_time = std::to_string(at);
    query.sign = make_sign(text_of(vector.at("token")), *query.request_time);
    EXPECT_EQ(*query.sign, text_of(vector.at("sign")));
    EXPECT_EQ(reason(query, at, {text_of(vector.at("token"))}), "");
  }
}

TEST(CallbackSign, the_window_is_closed_at_60_and_open_at_61_seconds) {
  EXPECT_EQ(reason(signed_query(), kAt + 60), "");
  EXPECT_EQ(reason(signed_query(), kAt - 60), "");
  EXPECT_NE(reason(signed_query(), kAt + 61).find("61 s behind"), std::string::npos);
  EXPECT_NE(reason(signed_query(), kAt - 61).find("61 s ahead of"), std::string::npos);
  EXPECT_EQ(reason(signed_query(), kAt + 600, kTokens, 600), "");
}

TEST(CallbackSign, upper_case_hex_is_the_same_sign) {
  CallbackQuery query = signed_query();
  std::ranges::transform(*query.sign, query.sign->begin(),
                         [](char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(reason(query), "");
}

TEST(CallbackSign, a_sign_that_was_right_a_moment_ago_is_not_right_for_another_second_or_token) {
  EXPECT_EQ(reason(signed_query()), "");
  EXPECT_NE(reason(signed_query(), kAt, {"another"}), "");
  EXPECT_EQ(reason(signed_query()), "");
  CallbackQuery later = signed_query();
  later.request_time = "1735689602";
  EXPECT_NE(reason(later), "");
  later.sign = make_sign(kTokens[0], "1735689602");
  EXPECT_EQ(reason(later), "");
  EXPECT_EQ(reason(signed_query()), "");
}

TEST(CallbackSign, the_previous_token_counts_during_rotation) {
  EXPECT_EQ(reason(signed_query(), kAt, {"newer", "S3cretTok"}), "");
  EXPECT_NE(reason(signed_query(), kAt, {"newer", "newest"}), "");
}

TEST(CallbackSign, each_failure_says_what_is_wrong) {
  const auto with = [](auto change) {
    CallbackQuery query = signed_query();
    change(query);
    return reason(query);
  };
  EXPECT_NE(with([](auto& q) { q.sign.reset(); }).find("Sign is missing"), std::string::npos);
  EXPECT_NE(with([](auto& q) { q.request_time.reset(); }).find("RequestTime is missing"),
            std::string::npos);
  for (const char* time : {"", "now", "-1", "+1735689601", "1735689601.0", "0x1", " 1735689601",
                           "99999999999999999999", "9223372036854775808"}) {
    EXPECT_NE(with([&](auto& q) { q.request_time = time; }).find("not a decimal"),
              std::string::npos)
        << time;
  }
  for (const std::string& sign :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g')}) {
    EXPECT_NE(with([&](auto& q) { q.sign = sign; }).find("64 hexadecimal"), std::string::npos);
  }
  EXPECT_NE(with([](auto& q) { q.sign = std::string(64, 'a'); }).find("does not fit"),
            std::string::npos);
  EXPECT_NE(reason(signed_query(), kAt, {}).find("no token"), std::string::npos);
  EXPECT_NE(reason(signed_query(), kAt, {""}).find("no token"), std::string::npos);
}

TEST(CallbackSign, a_sign_for_another_second_is_refused) {
  CallbackQuery query = signed_query();
  query.request_time = "1735689602";
  EXPECT_NE(reason(query), "");
}

}  // namespace
}  // namespace tidings
