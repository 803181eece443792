// Goal: custom fields are declared, written and read as protocol 3.6 and 8.4 say. Method: tables of
// declarations at their limits, and each level of reader and writer against each other.
#include "community/custom_field.h"

#include <gtest/gtest.h>

#include "community/limits.h"

namespace tidings::community {
namespace {

constexpr FieldLevel kLevels[] = {FieldLevel::app_admin, FieldLevel::owner, FieldLevel::admin,
                                  FieldLevel::member, FieldLevel::anyone};

FieldDeclaration field(const std::string& key, FieldLevel read = FieldLevel::anyone,
                       FieldLevel write = FieldLevel::anyone) {
  return {key, {{GroupType::community, read, write, false, false}}};
}

TEST(FieldDeclarations, keys_have_their_form) {
  const struct {
    std::string key;
    bool good;
  } rows[] = {{"a", true},          {"_", true},
              {"A_9", true},        {std::string(16, 'x'), true},
              {"", false},          {std::string(17, 'x'), false},
              {"9a", false},        {"a-b", false},
              {"a b", false},       {"\xc3\xa4", false}};
  for (const auto& row : rows) {
    EXPECT_EQ(change_declarations(FieldLists::group, {}, {}, field(row.key)).has_value(), row.good)
        << row.key;
  }
}

TEST(FieldDeclarations, lists_hold_ten_and_five_keys_without_clash) {
  std::vector<FieldDeclaration> list;
  for (int i = 0; i < 10; ++i) {
    const FieldDeclaration next = field("k" + std::to_string(i));
    EXPECT_EQ(change_declarations(FieldLists::member, list, {}, next).has_value(), i < 5);
    list = *change_declarations(FieldLists::group, list, {}, next);
  }
  const auto over = change_declarations(FieldLists::group, list, {}, field("k10"));
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().kind, Errc::too_large);
  const auto clash = change_declarations(FieldLists::member, {}, list, field("k3"));
  ASSERT_FALSE(clash.has_value());
  EXPECT_EQ(clash.error().kind, Errc::conflict);
}

TEST(FieldDeclarations, scopes_are_added_or_changed_never_removed) {
  std::vector<FieldDeclaration> list = {field("k")};
  FieldDeclaration change{"k",
                          {{GroupType::community, FieldLevel::owner, FieldLevel::owner, true, true},
                           {GroupType::public_group, {}, {}, true, true}}};
  list = *change_declarations(FieldLists::group, list, {}, change);
  ASSERT_EQ(list.size(), 1U);
  ASSERT_EQ(list[0].scopes.size(), 2U);
  EXPECT_EQ(list[0].scopes[0].write, FieldLevel::owner);
  list = *change_declarations(FieldLists::group, list, {}, field("k"));
  EXPECT_EQ(list[0].scopes.size(), 2U) << "what is not named stays";
  change.scopes.push_back(change.scopes[0]);
  EXPECT_FALSE(change_declarations(FieldLists::group, list, {}, change).has_value()) << "twice";
  EXPECT_FALSE(change_declarations(FieldLists::group, {}, {}, {"k", {}}).has_value()) << "none";
  const FieldDeclaration live{"k", {{GroupType::av_chat_room, {}, {}, true, true}}};
  EXPECT_TRUE(change_declarations(FieldLists::group, {}, {}, live).has_value());
  EXPECT_FALSE(change_declarations(FieldLists::member, {}, {}, live).has_value());
}

TEST(FieldValuesRules, each_level_grants_everyone_stricter) {
  for (const FieldLevel needed : kLevels) {
    const std::vector<FieldDeclaration> declared = {field("k", needed, needed)};
    for (const FieldLevel caller : kLevels) {
      const bool expected = caller <= needed;
      const auto written = write_fields(declared, GroupType::community, 512, {caller, true}, {},
                                        {{"k", "v"}});
      EXPECT_EQ(written.has_value(), expected);
      if (!written) {
        EXPECT_EQ(written.error().code, 10007);
      }
      const FieldValues read =
          readable_fields(declared, GroupType::community, {caller, true}, {{"k", "v"}});
      EXPECT_EQ(read.size(), expected ? 1U : 0U);
    }
  }
}

TEST(FieldValuesRules, ones_own_value_has_flags_of_its_own) {
  std::vector<FieldDeclaration> declared = {field("k", FieldLevel::owner, FieldLevel::owner)};
  declared[0].scopes[0].self_read = true;
  declared[0].scopes[0].self_write = true;
  const FieldAccess own{FieldLevel::member, true};
  const FieldAccess other{FieldLevel::member, false};
  EXPECT_TRUE(write_fields(declared, GroupType::community, 64, own, {}, {{"k", "v"}}).has_value());
  EXPECT_FALSE(
      write_fields(declared, GroupType::community, 64, other, {}, {{"k", "v"}}).has_value());
  EXPECT_EQ(readable_fields(declared, GroupType::community, own, {{"k", "v"}}).size(), 1U);
  EXPECT_EQ(readable_fields(declared, GroupType::community, other, {{"k", "v"}}).size(), 0U);
}

TEST(FieldValuesRules, values_are_bytes_kept_in_the_order_of_their_first_writing) {
  const std::vector<FieldDeclaration> declared = {field("a"), field("b"), field("c")};
  const FieldAccess all{FieldLevel::app_admin, false};
  const auto write = [&](const FieldValues& now, const FieldValues& writes) {
    return *write_fields(declared, GroupType::community, 512, all, now, writes);
  };
  FieldValues values = write({}, {{"b", "1"}, {"a", std::string("x\0y", 3)}});
  values = write(values, {{"b", "2"}, {"c", "3"}});
  EXPECT_EQ(values, (FieldValues{{"b", "2"}, {"a", std::string("x\0y", 3)}, {"c", "3"}}));
  EXPECT_EQ(write(values, {{"b", ""}, {"b", "again"}, {"c", ""}}),
            (FieldValues{{"a", std::string("x\0y", 3)}, {"b", "again"}}));
  EXPECT_EQ(write({}, {{"a", ""}}), FieldValues{});
}

TEST(FieldValuesRules, a_refused_write_names_the_key) {
  const std::vector<FieldDeclaration> declared = {field("a")};
  const FieldAccess all{FieldLevel::app_admin, false};
  const auto code = [&](GroupType type, const FieldValues& writes) {
    const auto result = write_fields(declared, type, 512, all, {}, writes);
    return result ? 0 : result.error().code;
  };
  EXPECT_EQ(code(GroupType::community, {{"a", std::string(512, 'x')}}), 0);
  EXPECT_EQ(code(GroupType::community, {{"a", std::string(513, 'x')}}), 10004);
  EXPECT_EQ(code(GroupType::community, {{"zz", "x"}}), 10004);
  EXPECT_EQ(code(GroupType::public_group, {{"a", "x"}}), 10004);
}

}  // namespace
}  // namespace tidings::community
