// Goal: no text of others steers the terminal or forges a line, and everything else stays as it is.
#include "cli/printable.h"

#include <gtest/gtest.h>

#include "tidings/json.h"

namespace tidings::cli {
namespace {

using namespace std::string_literals;

TEST(Printable, OrdinaryTextOfAnyLanguageStaysAsItIs) {
  for (const char* text : {"", "Woodwork", "Wörk", "木工", "\xF0\x9F\xAA\x9A", "a \\ \" ' b", "\xC2\xA0"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(printable_lines(text), text);
  }
}

TEST(Printable, WhatSteersATerminalIsWrittenAsJsonWritesIt) {
  EXPECT_EQ(printable("a\nb\r\tc\b\f"), R"(a\nb\r\tc\b\f)");
  EXPECT_EQ(printable("\x1b[2J\x1b]0;title\x07"), R"(\u001b[2J\u001b]0;title\u0007)");
  EXPECT_EQ(printable("\x7f"s + "\0"s), R"(\u007f\u0000)");
  EXPECT_EQ(printable("\xC2\x80\xC2\x9b\xC2\x9f"), R"(\u0080\u009b\u009f)");
}

TEST(Printable, NoControlCharacterIsEverLeft) {
  for (int code = 0; code < 0xA0; code = code == 0x1F ? 0x7F : code + 1) {
    const std::string text = code < 0x80 ? std::string(1, static_cast<char>(code))
                                         : "\xC2"s + static_cast<char>(code);
    EXPECT_EQ(printable(text).front(), '\\') << code;
    EXPECT_EQ(printable_lines(text).front(), code == '\n' ? '\n' : '\\') << code;
  }
}

TEST(Printable, BytesThatAreNotUtf8AreReplaced) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(printable("a\x9b" "1mb"), "a" + mark + "1mb");
  EXPECT_EQ(printable("\xC2"), mark);
  EXPECT_EQ(printable("\xC0\x9b"), mark + mark);
  EXPECT_EQ(printable("\xE0\x82\x9b"), mark + mark + mark);
  EXPECT_EQ(printable("\xED\xA0\x80"), mark + mark + mark);
  EXPECT_EQ(printable("\xF5\x80"), mark + mark);
}

TEST(Printable, JsonStaysTheSameJson) {
  std::string json = "{\"name\":";
  append_json_string(json, "a\n\x1b\x7f\xC2\x9b\"\\");
  json += "}";
  const auto before = parse_json_strict(json);
  const auto after = parse_json_strict(printable(json));
  ASSERT_TRUE(before && after);
  EXPECT_EQ(*before, *after);
}

}  // namespace
}  // namespace tidings::cli
