// Goal: the process may open as many files as the system lets it, and a door leaves some to the rest.
// Method: the real limit of this process, lowered for the test; the log in a file.
#include "cli/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"

namespace tidings::cli {
namespace {

TEST(OpenFiles, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_open_files_limit(), before.rlim_max);
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(OpenFiles, ADoorTakesNoMoreConnectionsThanLeaveFilesToTheRestAndSaysSo) {
  std::string name = (std::filesystem::temp_directory_path() / "tidings-files-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const SystemClock clock;
  LogConfig config;
  config.file = (folder / "log").string();
  auto log = Log::open(config, clock).value();
  EXPECT_EQ(connections_within(100'000, 2'000, 20'000, *log), 20'000U);
  EXPECT_EQ(connections_within(20'000, 2'000, 20'000, *log), 16'942U);
  EXPECT_EQ(std::filesystem::file_size(config.file), 0U);
  EXPECT_EQ(connections_within(10'000, 2'000, 20'000, *log), 7'530U);
  EXPECT_EQ(connections_within(1'024, 2'000, 20'000, *log), 512U) << "a half at least";
  log.reset();
  std::ifstream in(config.file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(text.find("open_files_limit=1024"), std::string::npos) << text;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidings::cli
