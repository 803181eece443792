// Goal: the wrapper around SQLite keeps bytes, tells failures apart and recovers from them; files
// of others and of the future are refused; a data folder has one owner.
// Method: real files in a temp folder; a page limit stands for a full disk.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store_sqlite/data_folder.h"
#include "store_sqlite/database.h"
#include "store_sqlite/migration.h"
#include "store_sqlite/multi_insert.h"

namespace tidings::sqlite {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-db-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~DatabaseTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string file(const char* name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TEST_F(DatabaseTest, TextBlobsAndNumbersComeBackAsTheyWereBound) {
  auto db = Database::open(file("a.db")).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(a, b, c, d)"));
  auto insert = db.prepare("INSERT INTO t VALUES(?, ?, ?, ?)").value();
  using namespace std::string_literals;
  const std::string text = "gr\xc3\xbc\xc3\x9f\0e \xf0\x9f\x93\xac"s;
  ASSERT_TRUE(insert.run(text, Blob{"\0\1\0"s}, INT64_MIN, std::optional<std::int64_t>{}));
  ASSERT_TRUE(insert.run(std::string_view{}, Blob{}, INT64_MAX, SdkAppId{4'294'967'295U}));
  auto select = db.prepare("SELECT a, b, c, d FROM t ORDER BY rowid").value();
  auto rows = select.query();
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(rows.text(0), text);
  EXPECT_EQ(rows.text(1), "\0\1\0"s);
  EXPECT_EQ(rows.integer(2), INT64_MIN);
  EXPECT_TRUE(rows.is_null(3));
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(rows.text(0), "");
  EXPECT_FALSE(rows.is_null(0)) << "an empty text is not NULL";
  EXPECT_FALSE(rows.is_null(1));
  EXPECT_EQ(rows.integer(2), INT64_MAX);
  EXPECT_EQ(rows.integer(3), 4'294'967'295);
  EXPECT_FALSE(rows.next().value());
}

TEST_F(DatabaseTest, ManyRowsAreInsertedWholeAndInTheirOrderHoweverManyTheyAre) {
  Database db = Database::open(file("many.db")).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(at INTEGER PRIMARY KEY, text TEXT NOT NULL, number)"));
  MultiInsert insert = MultiInsert::prepare(db, "INSERT INTO t(text, number)", "(?, ?)").value();
  struct Row {
    std::string text;
    std::optional<int> number;
  };
  std::int64_t stored = 0;
  for (std::size_t count = 0; count <= 40; ++count) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < count; ++i) {
      rows.push_back({std::string(i * 10, 'x'), i % 3 == 0 ? std::nullopt : std::optional{int(i)}});
    }
    ASSERT_TRUE(insert.run(std::span{rows}, [](Statement& to, int at, const Row& row) {
      return to.bind_from(at, row.text, row.number);
    }));
    stored += static_cast<std::int64_t>(count);
  }
  auto all = db.prepare("SELECT text, number FROM t ORDER BY at").value();
  auto rows = all.query();
  for (std::size_t count = 0; count <= 40; ++count) {
    for (std::size_t i = 0; i < count; ++i, --stored) {
      ASSERT_TRUE(rows.next().value());
      EXPECT_EQ(rows.text(0), std::string(i * 10, 'x'));
      EXPECT_EQ(rows.is_null(1), i % 3 == 0);
      EXPECT_EQ(rows.integer(1), i % 3 == 0 ? 0 : static_cast<std::int64_t>(i));
    }
  }
  EXPECT_FALSE(rows.next().value());
  EXPECT_EQ(stored, 0);
}

TEST_F(DatabaseTest, OpensWithTheDurablePragmas) {
  auto db = Database::open(file("a.db")).value();
  EXPECT_EQ(db.integer("PRAGMA synchronous").value(), 2);
  EXPECT_EQ(db.integer("SELECT journal_mode = 'wal' FROM pragma_journal_mode").value(), 1);
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
  auto db = Database::open(file("a.db")).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(a)"));
  {
    auto transaction = Transaction::begin(db).value();
    ASSERT_TRUE(db.execute("INSERT INTO t VALUES(1)"));
  }
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(db.integer("SELECT count(*) FROM t").value(), 0);
  auto transaction = Transaction::begin(db).value();
  ASSERT_TRUE(db.execute("INSERT INTO t VALUES(1)"));
  ASSERT_TRUE(transaction.commit());
  EXPECT_EQ(db.integer("SELECT count(*) FROM t").value(), 1);
}

// Commits of many sizes: within the log's buffer, over it, and spilled from the page cache before
// their end, so that the writer reads back what it has not written yet.
TEST_F(DatabaseTest, WhatWasCommittedIsInTheFilesForOthersAndAfterAKill) {
  OpenOptions options;
  options.cache_kib = 256;
  options.wal_autocheckpoint_pages = 0;
  auto db = Database::open(file("a.db"), options).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE)"));
  auto insert = db.prepare("INSERT INTO t(b) VALUES(?)").value();
  OpenOptions reading;
  reading.read_only = true;
  auto other = Database::open(file("a.db"), reading).value();
  std::int64_t rows = 0;
  for (const int count : {1, 7, 60, 500, 2500, 1}) {
    auto transaction = Transaction::begin(db).value();
    for (int i = 0; i < count; ++i) {
      // Keys that hash apart touch pages all over the index.
      const auto key = std::to_string((rows + i) * 2654435761LL % 1000003) + std::string(500, 'x');
      ASSERT_TRUE(insert.run(key));
    }
    ASSERT_TRUE(transaction.commit());
    rows += count;
    EXPECT_EQ(other.integer("SELECT count(*) FROM t").value(), rows);
    // What kill -9 leaves: the files as they are now, without anybody's closing them.
    const std::string copy = "copy" + std::to_string(rows) + ".db";
    std::filesystem::copy_file(file("a.db"), file(copy.c_str()));
    std::filesystem::copy_file(file("a.db-wal"), file((copy + "-wal").c_str()));
    auto after = Database::open(file(copy.c_str())).value();
    EXPECT_EQ(after.integer("SELECT count(*) FROM t").value(), rows);
    EXPECT_EQ(after.integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check").value(), 1);
  }
}

TEST_F(DatabaseTest, ALogThatIsRolledBackLeavesNothingBehind) {
  OpenOptions options;
  options.cache_kib = 64;
  auto db = Database::open(file("a.db"), options).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(a)"));
  auto insert = db.prepare("INSERT INTO t VALUES(?)").value();
  for (const bool keep : {false, true, false, true}) {
    auto transaction = Transaction::begin(db).value();
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(insert.run(std::string(1000, keep ? 'k' : 'r')));
    if (keep) {
      ASSERT_TRUE(transaction.commit());
    }
  }
  EXPECT_EQ(db.integer("SELECT count(*) FROM t WHERE a LIKE 'k%'").value(), 800);
  EXPECT_EQ(db.integer("SELECT count(*) FROM t").value(), 800);
  EXPECT_EQ(db.integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check").value(), 1);
}

TEST_F(DatabaseTest, AFullDiskIsUnavailableAndTheConnectionRecovers) {
  OpenOptions options;
  options.max_pages = 20;
  auto db = Database::open(file("a.db"), options).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(a)"));
  auto insert = db.prepare("INSERT INTO t VALUES(?)").value();
  const std::string block(3000, 'x');
  Result<void> result;
  {
    auto transaction = Transaction::begin(db).value();
    for (int i = 0; i < 50 && result; ++i) result = insert.run(block);
  }
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Errc::unavailable);
  EXPECT_NE(result.error().what.find("a.db"), std::string::npos) << result.error().what;
  EXPECT_NE(result.error().what.find("full"), std::string::npos) << result.error().what;
  ASSERT_TRUE(db.recover());
  ASSERT_TRUE(db.execute("PRAGMA max_page_count=1000"));
  auto transaction = Transaction::begin(db).value();
  ASSERT_TRUE(insert.run(block));
  ASSERT_TRUE(transaction.commit());
  EXPECT_EQ(db.integer("SELECT count(*) FROM t").value(), 1);
}

TEST_F(DatabaseTest, FailuresAreToldApart) {
  std::ofstream{file("text.db")} << std::string(5000, 'n') << "o database";
  const auto no_database = Database::open(file("text.db"));
  ASSERT_FALSE(no_database);
  EXPECT_EQ(no_database.error().kind, Errc::corrupt);

  const auto no_folder = Database::open(file("missing/a.db"));
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().kind, Errc::unavailable);

  auto db = Database::open(file("a.db")).value();
  const auto no_table = db.prepare("SELECT * FROM nowhere");
  ASSERT_FALSE(no_table);
  EXPECT_EQ(no_table.error().kind, Errc::internal);

  ASSERT_TRUE(db.execute("CREATE TABLE t(a)"));
  OpenOptions read_only;
  read_only.read_only = true;
  auto reader = Database::open(file("a.db"), read_only).value();
  const auto write = reader.execute("INSERT INTO t VALUES(1)");
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error().kind, Errc::unavailable);
}

constexpr Migration kTwoSteps[] = {
    {1, "first", "CREATE TABLE one(a)"},
    {2, "second", "CREATE TABLE two(a); INSERT INTO one VALUES(2)"},
};
constexpr Schema kOld{0x5431, "test", std::span{kTwoSteps}.first(1)};
constexpr Schema kNew{0x5431, "test", kTwoSteps};

TEST_F(DatabaseTest, MigrationsRunOnceAndForward) {
  auto db = Database::open(file("a.db")).value();
  ASSERT_TRUE(migrate(db, kOld));
  EXPECT_EQ(db.integer("PRAGMA user_version").value(), 1);
  ASSERT_TRUE(migrate(db, kNew));
  ASSERT_TRUE(migrate(db, kNew));
  EXPECT_EQ(db.integer("PRAGMA user_version").value(), 2);
  EXPECT_EQ(db.integer("SELECT count(*) FROM one").value(), 1);
}

TEST_F(DatabaseTest, AMigrationHasALargeCacheAndGivesItBack) {
  static constexpr Migration kNotesCache[] = {
      {1, "cache", "CREATE TABLE was AS SELECT cache_size AS size FROM pragma_cache_size"}};
  OpenOptions options;
  options.cache_kib = 256;
  auto db = Database::open(file("a.db"), options).value();
  ASSERT_TRUE(migrate(db, {0x5431, "test", kNotesCache}));
  EXPECT_EQ(db.integer("SELECT size FROM was").value(), -65536);
  EXPECT_EQ(db.integer("PRAGMA cache_size").value(), -256);
}

TEST_F(DatabaseTest, ANewerSchemaAndAForeignFileAreRefusedUnchanged) {
  auto db = Database::open(file("a.db")).value();
  ASSERT_TRUE(migrate(db, kNew));
  const auto newer = migrate(db, kOld);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, Errc::conflict);
  EXPECT_NE(newer.error().what.find("version 2"), std::string::npos) << newer.error().what;
  EXPECT_NE(newer.error().what.find("up to 1"), std::string::npos) << newer.error().what;

  auto foreign = Database::open(file("b.db")).value();
  ASSERT_TRUE(foreign.execute("CREATE TABLE theirs(a)"));
  const auto refused = migrate(foreign, kNew);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::conflict);
  EXPECT_EQ(foreign.integer("SELECT count(*) FROM sqlite_schema").value(), 1);
}

TEST_F(DatabaseTest, AFailedMigrationLeavesTheVersionBefore) {
  constexpr Migration kBroken[] = {kTwoSteps[0], {2, "broken", "CREATE TABLE x(a); CREATE nonsense"}};
  auto db = Database::open(file("a.db")).value();
  ASSERT_FALSE(migrate(db, {0x5431, "test", kBroken}));
  EXPECT_EQ(db.integer("PRAGMA user_version").value(), 1);
  EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'x'").value(), 0);
}

TEST_F(DatabaseTest, ADataFolderIsPrivateAndHasOneOwner) {
  const auto path = folder_ / "deep" / "data";
  auto first = DataFolder::open(path);
  ASSERT_TRUE(first) << first.error().what;
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);

  const auto second = DataFolder::open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Errc::conflict);
  EXPECT_NE(second.error().what.find(path.string()), std::string::npos);
  EXPECT_NE(second.error().what.find("pid " + std::to_string(::getpid())), std::string::npos)
      << second.error().what;

  first = DataFolder{};
  EXPECT_TRUE(DataFolder::open(path)) << "the lock goes with its owner";
}

TEST_F(DatabaseTest, AStoreFileItsLogAndItsIndexAreTheOwnersAloneWhateverTheUmaskIs) {
  for (const mode_t mask : {0000U, 0022U, 0777U}) {
    const auto path = folder_ / std::to_string(mask);
    const auto folder = DataFolder::open(path).value();
    const auto before = ::umask(mask);
    const auto file = folder.store_file("store.db");
    auto database = Database::open(file.value()).value();
    const auto written = database.execute("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    ::umask(before);
    ASSERT_TRUE(written) << written.error().what;
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      struct stat status {};
      ASSERT_EQ(::stat((*file + suffix).c_str(), &status), 0) << suffix;
      EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix << ", umask " << mask;
    }
  }
}

TEST_F(DatabaseTest, AStoreFileThatOthersMayReadKeepsItsModeAndIsToldOf) {
  const auto path = folder_ / "data";
  const auto folder = DataFolder::open(path).value();
  const std::string file = folder.store_file("store.db").value();
  EXPECT_EQ(folder.exposed("store.db"), "");
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  EXPECT_EQ(folder.exposed("store.db"), "") << "the folder keeps others out";
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  EXPECT_NE(folder.exposed("store.db").find("chmod 600 " + file), std::string::npos);
  EXPECT_EQ(folder.store_file("store.db").value(), file);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644U);
  ASSERT_EQ(::chmod(file.c_str(), 0620), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0701), 0);
  EXPECT_EQ(folder.exposed("store.db"), "") << "the group may not even look it up";
}

}  // namespace
}  // namespace tidings::sqlite
