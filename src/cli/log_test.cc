// Goal: log lines can be read by people and machines, hold no line feeds, and follow the file when
// it is moved away. Method: rendered lines; a real file in a temporary folder.
#include "cli/log.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tidings::cli {
namespace {

constexpr std::int64_t kNow = 1'767'323'045'678;

TEST(LogLine, TextIsKeyEqualsValueAndQuotesOnlyWhereNeeded) {
  EXPECT_EQ(log_line(LogFormat::text, kNow, "info", "ready",
                     {{"listen", "127.0.0.1:8080"}, {"why", "two words"}, {"count", 3}, {"no", ""}}),
            "2026-01-02T03:04:05.678Z info ready listen=127.0.0.1:8080 why=\"two words\" count=3 "
            "no=\"\"");
}

TEST(LogLine, JsonHasTheSameFieldsAndNumbersStayNumbers) {
  const auto line = log_line(LogFormat::json, kNow, "error", "say \"it\"",
                             {{"text", "a\nb\x01"}, {"count", -3}});
  const auto value = boost::json::parse(line).as_object();
  EXPECT_EQ(value.at("time").as_string(), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(value.at("event").as_string(), "say \"it\"");
  EXPECT_EQ(value.at("text").as_string(), "a\nb\x01");
  EXPECT_EQ(value.at("count").as_int64(), -3);
}

TEST(LogLine, AValueCannotStartANewLineOrLookLikeAnotherField) {
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    const auto line = log_line(format, kNow, "info", "x", {{"a", "1\n2 b=3"}});
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    if (format == LogFormat::json) continue;
    EXPECT_TRUE(line.ends_with(R"(a="1\n2 b=3")")) << line;
  }
}

TEST(LogLine, AValueCannotSteerTheTerminalThatShowsTheLog) {
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    const auto line = log_line(format, kNow, "info", "x", {{"a", "1\x7f\xC2\x9b\x1b\xFF"}});
    EXPECT_NE(line.find(R"(1\u007f\u009b\u001b)" "\xEF\xBF\xBD"), std::string::npos) << line;
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Log, ReopenFollowsTheNameAfterTheFileWasMovedAway) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tidings-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  const ManualClock clock;
  auto log = Log::open({"text", "info", (folder / "log").string()}, clock);
  ASSERT_TRUE(log);
  (*log)->info("first");
  (*log)->debug("hidden");
  std::filesystem::rename(folder / "log", folder / "log.1");
  (*log)->info("second");
  ASSERT_TRUE((*log)->reopen());
  (*log)->warning("third");
  const std::string moved = read_file(folder / "log.1");
  const std::string fresh = read_file(folder / "log");
  EXPECT_NE(moved.find("first"), std::string::npos);
  EXPECT_NE(moved.find("second"), std::string::npos);
  EXPECT_EQ(moved.find("hidden"), std::string::npos);
  EXPECT_EQ(fresh.find("second"), std::string::npos);
  EXPECT_NE(fresh.find("warning third"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Log, AFileThatCannotBeOpenedIsAnErrorThatNamesIt) {
  const ManualClock clock;
  const auto log = Log::open({"text", "info", "/nonexistent/log"}, clock);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().what.find("/nonexistent/log"), std::string::npos);
}

}  // namespace
}  // namespace tidings::cli
