// Goal: the strict door lets in exactly one JSON value and refuses what two readers could read in
// two ways; the writer's strings come back unchanged; raw members are the text's own bytes.
// Method: tables of good and bad texts.
#include "tidings/json.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "protocol/base64.h"
#include "protocol/hex.h"
#include "protocol/hmac.h"
#include "tidings/secure_compare.h"

namespace tidings {
namespace {

std::string json_refusal(std::string_view text, std::size_t depth = kMaxJsonDepth) {
  const auto value = parse_json_strict(text, depth);
  if (value) return "";
  EXPECT_EQ(value.error().kind, Errc::invalid_argument);
  EXPECT_EQ(value.error().what.find("JSON, byte "), 0U) << value.error().what;
  return value.error().what;
}

TEST(StrictJson, one_value_with_white_space_is_let_in) {
  for (const char* text : {"{}", " {\"a\":[1,-2,1.5e3,true,false,null,\"x\"]} \r\n", "7", "\"t\"",
                           R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})", R"({"\u0000":"\u0000"})",
                           R"("\ud83d\ude00")", "\"\xf0\x9f\x98\x80\""}) {
    EXPECT_EQ(json_refusal(text), "") << text;
  }
}

TEST(StrictJson, members_keep_their_order) {
  const auto value = parse_json_strict(R"({"z":1,"a":2,"m":{"y":1,"b":2}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(boost::json::serialize(*value), R"({"z":1,"a":2,"m":{"y":1,"b":2}})");
}

TEST(StrictJson, broken_texts_are_refused) {
  const std::vector<std::string> bad = {"",
                                        " ",
                                        "{",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1,}",
                                        "[1,]",
                                        "{a:1}",
                                        "{'a':1}",
                                        "nul",
                                        "01",
                                        "+1",
                                        ".5",
                                        "NaN",
                                        "Infinity",
                                        "{} {}",
                                        "{}x",
                                        "// c\n{}",
                                        "{}// c",
                                        "{/* c */}",
                                        "\"\x01\"",
                                        "\"a\nb\"",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "\xef\xbb\xbf{}",
                                        "{\"a\":1 \"b\":2}",
                                        std::string("{}\0", 3)};
  for (const std::string& text : bad) EXPECT_NE(json_refusal(text), "") << text;
}

TEST(StrictJson, numbers_that_read_as_infinite_are_refused) {
  for (const char* text : {"1e310", "[-1e999]", R"({"a":123456789e400})"}) {
    const auto value = parse_json_strict(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_NE(value.error().what.find("larger than any reader can hold"), std::string::npos);
  }
  EXPECT_TRUE(parse_json_strict("[1e308,-1e308,1e-400]").has_value());
}

TEST(StrictJson, invalid_utf8_and_lone_surrogates_are_refused) {
  for (const char* text : {"\"\x80\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                           "\"\xe2\x82\"", "{\"\xff\":1}", R"("\ud800")", R"("\udc00\ud800")"}) {
    EXPECT_NE(json_refusal(text), "") << text;
  }
}

TEST(StrictJson, duplicate_members_are_refused_at_any_depth_and_named) {
  EXPECT_EQ(json_refusal(R"({"a":1,"b":2,"a":1})"),
            R"(JSON, byte 15: the member "a" appears twice in one object)");
  EXPECT_NE(json_refusal(R"([{"x":{"n":1,"n":2}}])").find("\"n\" appears twice"), std::string::npos);
  EXPECT_NE(json_refusal(R"({"a":{"q":1},"a":{"q":1,"r":2}})").find("appears twice"), std::string::npos);
  EXPECT_NE(json_refusal(R"({"GroupId":"a","\u0047roupId":"b"})").find("\"GroupId\""),
            std::string::npos);
  std::string many = "{";
  for (int i = 0; i < 500; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(json_refusal(many + "\"last\":0}"), "");
  EXPECT_NE(json_refusal(many + "\"k0\":0}").find("\"k0\" appears twice"), std::string::npos);
  const std::string longest(200, 'n');
  EXPECT_NE(json_refusal("{\"" + longest + "\":1,\"" + longest + "\":1}").find("the member appears"),
            std::string::npos);
}

TEST(StrictJson, nesting_stops_at_the_limit) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(json_refusal(nested(32)), "");
  EXPECT_NE(json_refusal(nested(33)).find("more than 32 levels"), std::string::npos);
  EXPECT_NE(json_refusal(std::string(1 << 20, '[')).find("more than 32 levels"), std::string::npos);
  EXPECT_EQ(json_refusal("[[1]]", 2), "");
  EXPECT_NE(json_refusal("[[[1]]]", 2), "");
}

TEST(StrictJson, the_error_says_where) {
  EXPECT_EQ(json_refusal("{\"a\":tru}").find("JSON, byte 5:"), 0U) << json_refusal("{\"a\":tru}");
  EXPECT_EQ(json_refusal("{} x").find("JSON, byte 3:"), 0U) << json_refusal("{} x");
}

TEST(JsonString, every_byte_comes_back) {
  std::string text = "plain \" \\ / \xc3\xa9 \xf0\x9f\x98\x80 \x7f";
  for (int c = 0; c < 0x20; ++c) text.push_back(static_cast<char>(c));
  std::string out = "x";
  append_json_string(out, text);
  const auto value = parse_json_strict(std::string_view(out).substr(1));
  ASSERT_TRUE(value);
  EXPECT_EQ(std::string(value->get_string().data(), value->get_string().size()), text);
}

TEST(JsonString, escapes_are_the_short_ones) {
  std::string out;
  append_json_string(out, std::string_view("\0\x1f\b\f\n\r\t\"\\/", 10));
  EXPECT_EQ(out, R"("\u0000\u001f\b\f\n\r\t\"\\/")");
  out.clear();
  append_json_string(out, "");
  EXPECT_EQ(out, "\"\"");
}

TEST(RawMember, it_is_the_texts_own_bytes) {
  const std::string text =
      R"( { "a" : 1.50 , "b":[ {"x":"]}"}, [1] ] ,"\u0063":"q\"\\", "d":{"a":9},"e":null} )";
  ASSERT_EQ(json_refusal(text), "");
  EXPECT_EQ(raw_member(text, "a"), "1.50");
  EXPECT_EQ(raw_member(text, "b"), R"([ {"x":"]}"}, [1] ])");
  EXPECT_EQ(raw_member(text, "c"), R"("q\"\\")");
  EXPECT_EQ(raw_member(text, "d"), R"({"a":9})");
  EXPECT_EQ(raw_member(text, "e"), "null");
  EXPECT_EQ(raw_member(text, "x"), std::nullopt);
  EXPECT_EQ(raw_member("{}", "a"), std::nullopt);
  EXPECT_EQ(raw_member("[1]", "a"), std::nullopt);
}

TEST(RawElements, they_are_the_texts_own_bytes_in_order) {
  const auto elements_of = [](std::string_view text) {
    std::vector<std::string> found;
    RawElements elements(text);
    while (const auto element = elements.next()) found.emplace_back(*element);
    return found;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(elements_of(R"( [ {"a":"]"} ,1.50,[2, 3] , "x\"]" ] )"),
            (Texts{R"({"a":"]"})", "1.50", "[2, 3]", R"("x\"]")"}));
  EXPECT_EQ(elements_of("[]"), Texts{});
  EXPECT_EQ(elements_of(R"({"a":1})"), Texts{});
  EXPECT_EQ(elements_of("[}"), Texts{});
  const std::string text = R"([{"x":["q\\"]},[1],"ab"])";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_LE(elements_of(std::string(text, 0, size)).size(), 3U);
  }
}

TEST(RawMember, text_that_breaks_off_never_runs_past_its_end) {
  const std::string text = R"({"a":"q\"\\","b":[{"x":1}],"c":12})";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string part = text.substr(0, size);  // its own allocation: sanitizers see overruns
    RawMembers members(part);
    std::size_t count = 0;
    while (members.next()) ++count;
    EXPECT_LE(count, 3U);
  }
}

TEST(Base64, it_is_strict_both_ways) {
  for (const char* text : {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"}) {
    const auto bytes = base64_decode(text);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(base64_encode(*bytes), text);
  }
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n", "*m9v"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Digest, published_values_match) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // RFC 4231, test case 2.
  EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // RFC 4231, test case 6: a key longer than a block.
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex_encode(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(SecureEqual, it_compares_all_bytes_and_the_length) {
  EXPECT_TRUE(secure_equal("", ""));
  EXPECT_TRUE(secure_equal(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(secure_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  EXPECT_FALSE(secure_equal("a", "ab"));
}

}  // namespace
}  // namespace tidings
