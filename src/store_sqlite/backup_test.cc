// Goal: a copy is one commit's state, whoever writes meanwhile; a bad one never gets its name.
// Method: real files; a writer that commits between the steps of the copy.
#include "store_sqlite/backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "store_sqlite/database.h"

namespace tidings::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kOurs = 0x1234;
constexpr std::int64_t kRows = 20'000;

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    std::string name = (fs::temp_directory_path() / "tidings-backup-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    from = folder / "store.db";
    to = folder / "copy.db";
    database = Database::open(from.string(), {}).value();
    EXPECT_TRUE(database.execute("PRAGMA application_id=0x1234; PRAGMA user_version=7;"
                                 "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)"));
    add(kRows);
  }
  ~BackupTest() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void add(std::int64_t rows) {
    const std::string sql =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(rows) + ") INSERT INTO t(x) SELECT hex(randomblob(500)) FROM n";
    EXPECT_TRUE(database.execute(sql.c_str()));
  }
  static std::int64_t rows_of(const fs::path& file) {
    OpenOptions reading;
    reading.read_only = true;
    auto opened = Database::open(file.string(), reading).value();
    return opened.integer("SELECT count(*) FROM t").value();
  }

  fs::path folder, from, to;
  Database database;
};

TEST_F(BackupTest, IsTheStateOfOneCommitWhileOthersGoOn) {
  int steps = 0;
  BackupProgress last;
  const auto copied = back_up(from, to, {kOurs, [&](const BackupProgress& progress) {
                                           ++steps;
                                           EXPECT_GE(progress.done, last.done);
                                           last = progress;
                                           if (steps < 50) add(10);
                                         }});
  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_GT(steps, 3) << "written between the steps";
  EXPECT_LT(steps, 20) << "and never begun anew for it";
  EXPECT_EQ(last.done, last.total);
  EXPECT_EQ(rows_of(to), kRows);
  EXPECT_EQ(rows_of(from), kRows + 10 * steps);
  EXPECT_EQ(*copied, static_cast<std::int64_t>(fs::file_size(to)));
  struct stat status {};
  ASSERT_EQ(::stat(to.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  auto opened = Database::open(to.string(), {}).value();
  EXPECT_EQ(opened.integer("PRAGMA user_version").value(), 7);
  EXPECT_EQ(opened.integer("PRAGMA application_id").value(), kOurs);
}

TEST_F(BackupTest, HoldsWhatIsOnlyInTheLog) {
  EXPECT_TRUE(database.execute("PRAGMA wal_autocheckpoint=0"));
  add(5);
  ASSERT_TRUE(back_up(from, to, {kOurs, {}}));
  EXPECT_EQ(rows_of(to), kRows + 5);
}

TEST_F(BackupTest, WritesNothingOver) {
  std::ofstream(to) << "mine";
  const auto refused = back_up(from, to, {kOurs, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::conflict);
  EXPECT_EQ(fs::file_size(to), 4U);
}

TEST_F(BackupTest, SomebodyElsesFileAndNoneAreRefused) {
  EXPECT_EQ(back_up(from, to, {kOurs + 1, {}}).error().kind, Errc::conflict);
  EXPECT_EQ(back_up(folder / "none.db", to, {kOurs, {}}).error().kind, Errc::not_found);
  std::ofstream(folder / "text.db") << std::string(8192, 'x');
  EXPECT_EQ(back_up(folder / "text.db", to, {kOurs, {}}).error().kind, Errc::corrupt);
  EXPECT_FALSE(fs::exists(to));
}

TEST_F(BackupTest, ADamagedOneGetsNoName) {
  EXPECT_TRUE(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  database = {};
  std::fstream file(from, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(500 * 4096 + 8);  // a page's own list of its cells
  file << std::string(64, '\x7f');
  file.close();
  const auto refused = back_up(from, to, {kOurs, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::corrupt) << refused.error().what;
  EXPECT_FALSE(fs::exists(to));
  EXPECT_FALSE(fs::exists(to.string() + ".partial"));
}

}  // namespace
}  // namespace tidings::sqlite
