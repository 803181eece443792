// Goal: a log's file has room for commits to come, so that their fsyncs have no length to store; a disk
// without that room costs no commit; what is durable of a log that was found is known.
// Method: real files in a temp folder; a limit on the size of files stands for a full disk.
#include "store_sqlite/log_vfs.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "store_sqlite/database.h"

namespace tidings::sqlite {
namespace {

constexpr std::uintmax_t kFrame = 24 + 4096;

class LogVfsTest : public testing::Test {
 protected:
  LogVfsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-log-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    OpenOptions options;
    options.wal_autocheckpoint_pages = 0;
    db_.emplace(Database::open(path(), options).value());
    EXPECT_TRUE(db_->execute("CREATE TABLE t(a)"));
  }
  ~LogVfsTest() override {
    db_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "a.db").string(); }
  [[nodiscard]] std::uintmax_t file_size() const {
    return std::filesystem::file_size(path() + "-wal");
  }
  [[nodiscard]] std::uintmax_t log_size() {
    return 32 + kFrame * static_cast<std::uintmax_t>(db_->log_pages());
  }
  [[nodiscard]] bool commit() { return db_->execute("INSERT INTO t VALUES(1)").has_value(); }

  std::filesystem::path folder_;
  std::optional<Database> db_;
};

TEST_F(LogVfsTest, FewCommitsChangeTheFilesLength) {
  std::set<std::uintmax_t> sizes;
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(commit());
    ASSERT_GE(file_size(), log_size());
    sizes.insert(file_size());
  }
  EXPECT_GT(log_size(), 2'000'000U);
  EXPECT_LT(sizes.size(), 12U);
  EXPECT_LE(file_size(), log_size() + 1024 * 1024);
}

TEST_F(LogVfsTest, ADiskWithoutThatRoomCostsNoCommit) {
  while (file_size() - log_size() >= kFrame) ASSERT_TRUE(commit());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{log_size() + 3 * kFrame, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const bool kept = commit();
  const bool again = commit();
  const auto left = file_size();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(kept);
  EXPECT_TRUE(again);
  EXPECT_EQ(left, log_size()) << "zeros hold room that a commit may need";
  EXPECT_TRUE(commit());
}

TEST(LogProgress, OfAFoundLogOnlyWhatStandsBeforeTheNextCommitIsDurable) {
  LogProgress progress;
  progress.note_found(1'000'000);
  const LogMark found = progress.written();
  EXPECT_TRUE(progress.is_durable(found));
  progress.note_write(500, 100);
  const LogMark written = progress.written();
  EXPECT_FALSE(progress.is_durable(written));
  EXPECT_EQ(progress.durable_bytes(), 500);
  EXPECT_EQ(progress.note_sync(written, SQLITE_OK), SQLITE_OK);
  EXPECT_TRUE(progress.is_durable(written));
  EXPECT_EQ(progress.durable_bytes(), 600);
}

}  // namespace
}  // namespace tidings::sqlite
