// Goal: ids are accepted, refused, made and read exactly as protocol section 2 says.
// Method: the published vectors, and tables with both sides of every limit.
#include "tidings/identifier.h"

#include <gtest/gtest.h>

#include "protocol/vectors_for_test.h"

namespace tidings {
namespace {

const GroupId kCommunity{"@TGS#_@TGS#cBJYDIIM62CB"};

TEST(Identifier, tokens_match_the_published_vectors) {
  const auto vectors = read_vectors("ids.json");
  for (const auto& vector : vectors.at("vectors").as_array()) {
    const auto number = vector.at("number").to_number<std::uint64_t>();
    const std::string token = text_of(vector.at("token"));
    EXPECT_EQ(id_token(text_of(vector.at("type"))[0], number), token);
    EXPECT_EQ(decode_id_token(token), number) << token;
  }
  for (const auto& vector : vectors.at("decode").as_array()) {
    EXPECT_EQ(decode_id_token(text_of(vector.at("id"))),
              vector.at("number").to_number<std::uint64_t>());
  }
}

TEST(Identifier, default_ids_have_the_documented_form) {
  EXPECT_EQ(make_group_id(GroupType::community, 100'000'000'500'001), kCommunity);
  EXPECT_EQ(make_group_id(GroupType::public_group, 4'300'500'007).view(), "@TGS#2HB3IFAEP");
  EXPECT_EQ(make_group_id(GroupType::private_group, 4'300'500'008).view(), "@TGS#1IB3IFAEQ");
  EXPECT_EQ(make_group_id(GroupType::chat_room, 100'000'000'001).view(), "@TGS#3BA2NHE5CZ");
  EXPECT_EQ(make_group_id(GroupType::av_chat_room, 4'300'000'000).view().substr(0, 6), "@TGS#a");
  const TopicId topic = make_topic_id(kCommunity, 100'000'000'500'002);
  EXPECT_EQ(topic.view(), "@TGS#_@TGS#cBJYDIIM62CB@TOPIC#_@TOPIC#cCJYDIIM62CC");
  EXPECT_EQ(topic.view().size(), 50U);
  EXPECT_EQ(decode_id_token(topic.view()), 100'000'000'500'002U);
}

TEST(Identifier, what_is_no_default_id_decodes_to_nothing) {
  for (const char* text : {"", "c", "cA", "xAAB", "c0AAB", "cabcd", "@TGS#_woodwork", "makers",
                           "@TGS#_@TGS#", "cAAAAAAAAAAAAAAAB", "cBJYDIIM62C!"}) {
    EXPECT_EQ(decode_id_token(text), std::nullopt) << text;
  }
}

TEST(Identifier, a_topic_id_is_parsed_at_the_first_mark) {
  const GroupId parent{"@TGS#_@TGS#cQVLVHIM62CJ"};
  EXPECT_EQ(parent_group("@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5"), parent);
  EXPECT_EQ(parent_group("@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_TestTopic"), parent);
  EXPECT_EQ(parent_group("@TGS#_a@TOPIC#_b@TOPIC#_c"), GroupId{"@TGS#_a"});
  EXPECT_EQ(parent_group("@TGS#2J4SZEAEL"), std::nullopt);
  EXPECT_EQ(parent_group("x@TOPIC#_b"), std::nullopt);
  EXPECT_TRUE(is_community_id(parent.view()));
  EXPECT_FALSE(is_community_id("@TGS#_a@TOPIC#_b"));
  EXPECT_FALSE(is_community_id("@TGS#2J4SZEAEL"));
  EXPECT_TRUE(is_topic_id("@TGS#_a@TOPIC#_b"));
  EXPECT_FALSE(is_topic_id(parent.view()));
}

TEST(Identifier, group_types_have_wire_names_and_aliases) {
  for (const auto type : {GroupType::private_group, GroupType::public_group, GroupType::chat_room,
                          GroupType::av_chat_room, GroupType::community}) {
    EXPECT_EQ(parse_group_type(to_string(type)), type);
  }
  EXPECT_EQ(parse_group_type("Work"), GroupType::private_group);
  EXPECT_EQ(parse_group_type("Meeting"), GroupType::chat_room);
  for (const char* text : {"", "community", "BChatRoom", "Private "}) {
    EXPECT_EQ(parse_group_type(text), std::nullopt) << text;
  }
}

TEST(Identifier, user_ids_have_1_to_32_plain_characters) {
  EXPECT_TRUE(check_user_id("a"));
  EXPECT_TRUE(check_user_id("vera_01-Z"));
  EXPECT_TRUE(check_user_id(std::string(32, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(33, 'x'), std::string("a b"), std::string("a@b"),
        std::string("\xc3\xa9"), std::string("a\0b", 3)}) {
    const auto result = check_user_id(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, 70402);
    EXPECT_EQ(result.error().kind, Errc::invalid_argument);
  }
  EXPECT_TRUE(well_formed_user_id("@TLS#NOT_FOUND"));
  EXPECT_FALSE(well_formed_user_id("a b"));
  EXPECT_FALSE(well_formed_user_id(""));
}

struct GroupCase {
  GroupType type;
  std::string id;
  bool good;
};

TEST(Identifier, custom_group_ids_follow_the_rules_of_their_type) {
  const std::vector<GroupCase> cases = {
      {GroupType::public_group, "makers", true},
      {GroupType::public_group, "with space ~", true},
      {GroupType::public_group, std::string(48, 'g'), true},
      {GroupType::public_group, std::string(49, 'g'), false},
      {GroupType::public_group, "", false},
      {GroupType::public_group, "@TGS#mine", false},
      {GroupType::public_group, "@TGS#_mine", false},
      {GroupType::public_group, "tab\t", false},
      {GroupType::public_group, "caf\xc3\xa9", false},
      {GroupType::community, "@TGS#_m", true},
      {GroupType::community, "@TGS#_" + std::string(42, 'm'), true},
      {GroupType::community, "@TGS#_" + std::string(43, 'm'), false},
      {GroupType::community, "@TGS#_", false},
      {GroupType::community, "makers", false},
      {GroupType::community, "@TGS#_@TGS#mine", false},
      {GroupType::community, "@TGS#_a@TOPIC#_b", false},
  };
  for (const auto& one : cases) {
    const auto result = check_custom_group_id(one.type, one.id);
    EXPECT_EQ(result.has_value(), one.good) << one.id;
    if (!result) {
      EXPECT_EQ(result.error().code, 10015) << one.id;
    }
  }
}

TEST(Identifier, custom_topic_ids_stay_in_their_community_and_out_of_the_reserved_form) {
  const std::string prefix = kCommunity.str() + "@TOPIC#_";
  const std::vector<std::pair<std::string, bool>> cases = {
      {prefix + "woodwork", true},
      {prefix + std::string(96 - prefix.size(), 't'), true},
      {prefix + std::string(97 - prefix.size(), 't'), false},
      {prefix, false},
      {"woodwork", false},
      {"@TGS#_other@TOPIC#_woodwork", false},
      {kCommunity.str() + "x@TOPIC#_woodwork", false},
      {prefix + "@TOPIC#mine", false},
      {prefix + "a@TOPIC#_@TOPIC#b", false},
      {prefix + "a@TGS#_b", false},
      {prefix + "caf\xc3\xa9", false},
      {prefix + "a@TOPIC#b", true},
  };
  for (const auto& [id, good] : cases) {
    const auto result = check_custom_topic_id(kCommunity, id);
    EXPECT_EQ(result.has_value(), good) << id;
    if (!result) {
      EXPECT_EQ(result.error().code, 10015) << id;
    }
  }
}

TEST(Identifier, well_formed_ids_are_told_from_malformed_ones) {
  for (const char* id : {"@TGS#2J4SZEAEL", "@TGS#_@TGS#cQVLVHIM62CJ", "@TGS#_makers", "makers"}) {
    EXPECT_TRUE(well_formed_group_id(id)) << id;
  }
  for (const std::string& id :
       {std::string(), std::string("@TGS#"), std::string("@TGS#_"), std::string(49, 'g'),
        std::string("a\nb"), std::string("@TGS#_a@TOPIC#_b")}) {
    EXPECT_FALSE(well_formed_group_id(id)) << id;
  }
  EXPECT_TRUE(well_formed_topic_id("@TGS#_a@TOPIC#_b"));
  for (const std::string& id : {std::string("@TGS#_a@TOPIC#_"), std::string("@TGS#_@TOPIC#_b"),
                                std::string("@TGS#_a"), "@TGS#_a@TOPIC#_" + std::string(82, 'b')}) {
    EXPECT_FALSE(well_formed_topic_id(id)) << id;
  }
}

}  // namespace
}  // namespace tidings
