// Goal: the tape lets in what parse_json_strict() lets in, says of the rest the same, and holds what
// the text does.
// Method: texts good and bad through both readers, the tape written out as a tree again.
#include "protocol/json_tape.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace tidings {
namespace {

namespace json = boost::json;
using Kind = JsonNode::Kind;

json::value tree_of(const JsonNode& node) {
  switch (node.kind()) {
    case Kind::null:
      return nullptr;
    case Kind::boolean:
      return node.integer() != 0;
    case Kind::int64:
      return node.integer();
    case Kind::uint64:
      return static_cast<std::uint64_t>(node.integer());
    case Kind::real:
      return 0.5;
    case Kind::string:
      return json::string(node.text().data(), node.text().size());
    case Kind::array: {
      json::array array;
      for (const JsonNode& element : JsonChildren(node)) array.push_back(tree_of(element));
      return array;
    }
    case Kind::object: {
      json::object object;
      for (const JsonNode& member : JsonChildren(node)) {
        object.emplace(json::string_view(member.name().data(), member.name().size()), tree_of(member));
      }
      return object;
    }
  }
  return nullptr;
}

std::string many_members(std::string_view last) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  return text + '"' + std::string(last) + "\":0}";
}

TEST(JsonTape, it_holds_what_the_text_does) {
  for (const std::string& text :
       {std::string("{}"), std::string("7"), std::string(R"("t")"), std::string("[]"),
        std::string(R"( {"a":[1,-2,0.5,true,false,null,"x",[],{}],"b":{"c":{"d":""}},"":2} )"),
        std::string(R"({"a":{"a":1},"b":[{"a":1},{"a":2}],"c":18446744073709551615})"),
        std::string(R"({"\u0000":"\u0000","q\"":"\ud83d\ude00 and \\ more","plain":"z\n"})"),
        many_members("last")}) {
    JsonTape tape;
    const auto read = tape.read(text);
    ASSERT_TRUE(read) << text << ": " << read.error().what;
    EXPECT_EQ(json::serialize(tree_of(tape.root())), json::serialize(*parse_json_strict(text)));
  }
}

TEST(JsonTape, it_refuses_what_the_other_reader_refuses_in_the_same_words) {
  std::size_t refused = 0;
  for (const std::string& text :
       {std::string(), std::string(" "), std::string("{"), std::string(R"({"a"})"),
        std::string("[1,]"), std::string("nul"), std::string("01"), std::string("{} x"),
        std::string("1e999"), std::string("{/* c */}"), std::string("\"\x80\""),
        std::string(R"("\ud800")"), std::string(33, '[') + std::string(33, ']'),
        std::string(R"({"a":1,"b":2,"a":1})"), std::string(R"([{"x":{"n":1,"n":2}}])"),
        std::string(R"({"a":{"q":1},"a":{"q":1,"r":2}})"),
        std::string(R"({"GroupId":"a","\u0047roupId":"b"})"), many_members("k0")}) {
    const auto other = parse_json_strict(text);
    JsonTape tape;
    const auto read = tape.read(text);
    ASSERT_FALSE(read) << text;
    ASSERT_FALSE(other) << text;
    EXPECT_EQ(read.error().what, other.error().what);
    ++refused;
  }
  EXPECT_EQ(refused, 18U);
  JsonTape shallow;
  EXPECT_FALSE(shallow.read("[[[1]]]", 2));
}

TEST(JsonTape, only_what_holds_escapes_is_copied) {
  const std::string text = R"({"plain":"text","esc\u0061ped":"a\tb"})";
  JsonTape tape;
  ASSERT_TRUE(tape.read(text));
  const auto stands_in_text = [&](std::string_view part) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
  };
  const JsonNode* plain = find_member(tape.root(), "plain");
  const JsonNode* escaped = find_member(tape.root(), "escaped");
  ASSERT_TRUE(plain != nullptr && escaped != nullptr);
  EXPECT_TRUE(stands_in_text(plain->name()) && stands_in_text(plain->text()));
  EXPECT_FALSE(stands_in_text(escaped->name()) || stands_in_text(escaped->text()));
  EXPECT_EQ(escaped->text(), "a\tb");
  EXPECT_EQ(find_member(tape.root(), "missing"), nullptr);
  EXPECT_EQ(find_member(*plain, "plain"), nullptr);
}

TEST(JsonTape, raw_values_are_the_texts_own_bytes) {
  const std::string text =
      R"({"a" : [1.50, "]\"", {"b":2}] ,"\u0062":"x\"y","n":-1.0e2 , "o":{ "a":"}" }})";
  JsonTape tape;
  ASSERT_TRUE(tape.read(text));
  std::size_t members = 0;
  for (const JsonNode& member : JsonChildren(tape.root())) {
    EXPECT_EQ(raw_value(text, member), raw_member(text, member.name())) << member.name();
    ++members;
  }
  EXPECT_EQ(members, 4U);
  EXPECT_EQ(raw_value(text, *find_member(tape.root(), "a")), R"([1.50, "]\"", {"b":2}])");
  EXPECT_EQ(raw_value(text, *find_member(tape.root(), "b")), R"("x\"y")");
}

}  // namespace
}  // namespace tidings
