// Goal: whoever reads counts of groups gets the newest, whether they stand in the log or were moved, on
// connections that looked before and on fresh ones. Method: a file, the writer's connection, readers'.
#include "store_sqlite/group_counts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "store_sqlite/schema.h"

namespace tidings::sqlite {
namespace {

class GroupCountsLog : public testing::Test {
 protected:
  struct Reader {
    Database database;
    GroupCountsReader counts;
    RecentCounts known{};
    GroupCounts of(std::int64_t row) {
      auto snapshot = Transaction::begin(database, Transaction::Kind::snapshot);
      const auto read = counts.catch_up(known);
      EXPECT_TRUE(read) << read.error().what;
      return counts.of(row, known).value();
    }
  };

  GroupCountsLog() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-counts-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    database_ = open();
    EXPECT_TRUE(migrate(database_, store_schema()));
    EXPECT_TRUE(database_.execute("INSERT INTO grp_count VALUES(1, 10, 0, NULL), (2, 20, 0, NULL), "
                                  "(300, 30, 0, NULL)"));
    writer_ = GroupCountsWriter::prepare(database_).value();
  }
  ~GroupCountsLog() override { std::filesystem::remove_all(folder_); }

  Database open() const { return Database::open((folder_ / "a.db").string()).value(); }
  Reader reader() const {
    Database database = open();
    auto counts = GroupCountsReader::prepare(database).value();
    return {std::move(database), std::move(counts)};
  }
  void commit(std::int64_t row, const GroupCounts& counts, std::size_t limit = 100) {
    auto transaction = Transaction::begin(database_);
    ASSERT_TRUE(transaction);
    writer_.begin();
    writer_.put(row, counts, written_);
    const auto finished = writer_.finish(written_, limit);
    ASSERT_TRUE(finished) << finished.error().what;
    ASSERT_TRUE(transaction->commit());
  }
  std::int64_t integer(const char* sql) { return database_.integer(sql).value(); }

  std::filesystem::path folder_;
  Database database_;
  GroupCountsWriter writer_;
  RecentCounts written_;
};

void expect_counts(const GroupCounts& found, std::int64_t members, std::int64_t topics,
                   std::optional<std::int64_t> last) {
  EXPECT_EQ(found.member_num, members);
  EXPECT_EQ(found.topic_num, topics);
  EXPECT_EQ(found.last_topic, last);
}

TEST_F(GroupCountsLog, NewestEntryCountsAndTheRowWhereThereIsNone) {
  Reader early = reader();
  expect_counts(early.of(1), 10, 0, std::nullopt);
  commit(1, {11, 1, 100'000'000'000'005});
  commit(300, {30, 2, -7});
  expect_counts(early.of(1), 11, 1, 100'000'000'000'005);
  commit(1, {11, 0, std::nullopt});
  Reader late = reader();
  for (Reader* each : {&early, &late}) {
    expect_counts(each->of(1), 11, 0, std::nullopt);
    expect_counts(each->of(2), 20, 0, std::nullopt);
    expect_counts(each->of(300), 30, 2, -7);
    EXPECT_EQ(each->known.entries, 3U);
  }
  EXPECT_EQ(integer("SELECT member_num FROM grp_count WHERE row = 1"), 10);
}

TEST_F(GroupCountsLog, AFullLogIsMovedPieceByPieceWhileItGrows) {
  Reader early = reader();
  Reader steady = reader();
  commit(1, {11, 1, -1}, 2);
  commit(2, {21, 1, -2}, 2);
  expect_counts(early.of(1), 11, 1, -1);
  std::int64_t members = 30;
  while (integer("SELECT min(id) FROM grp_count_log") < 3) {  // a step each, with so low a limit
    ASSERT_LT(members, 40);
    commit(300, {++members, 1, -3}, 2);
    expect_counts(steady.of(1), 11, 1, -1);
    expect_counts(steady.of(2), 21, 1, -2);
    expect_counts(steady.of(300), members, 1, -3);
  }
  EXPECT_EQ(members, 34);  // two groups moved, then two rows gone
  EXPECT_EQ(integer("SELECT count(*) FROM grp_count_log"), 4);
  EXPECT_EQ(integer("SELECT sum(member_num) FROM grp_count"), 11 + 21 + 30);
  EXPECT_EQ(written_.groups.size(), 1U);
  Reader late = reader();
  for (Reader* each : {&early, &steady, &late}) {
    expect_counts(each->of(1), 11, 1, -1);
    expect_counts(each->of(2), 21, 1, -2);
    expect_counts(each->of(300), 34, 1, -3);
  }
  EXPECT_EQ(late.known.entries, 4U);
  EXPECT_EQ(early.known.entries, 4U) << "it has met none of the rows it knew";
}

TEST_F(GroupCountsLog, WhatChangesWhileItIsMovedIsNotLost) {
  commit(1, {11, 1, -1}, 2);
  commit(2, {21, 1, -2}, 2);
  commit(300, {31, 1, -3}, 2);  // full: moves group 1
  commit(2, {22, 2, -4}, 2);    // moves group 2, which has just changed
  for (const std::int64_t members : {32, 33}) commit(300, {members, 1, -3}, 2);
  EXPECT_EQ(integer("SELECT min(id) FROM grp_count_log"), 3);
  expect_counts(reader().of(2), 22, 2, -4);
  // The log without which it would be forgotten is whole.
  auto counts = GroupCountsReader::prepare(database_).value();
  written_ = {};
  ASSERT_TRUE(counts.catch_up(written_));
  expect_counts(counts.of(2, written_).value(), 22, 2, -4);
  expect_counts(counts.of(300, written_).value(), 33, 1, -3);
  // And goes on from there.
  for (const std::int64_t members : {34, 35, 36, 37, 38, 39}) commit(300, {members, 1, -3}, 2);
  EXPECT_GT(integer("SELECT min(id) FROM grp_count_log"), 5);
  expect_counts(reader().of(2), 22, 2, -4);
  expect_counts(reader().of(300), 39, 1, -3);
}

TEST_F(GroupCountsLog, MovedBeforeAStatementAndOnAfterwards) {
  commit(1, {11, 1, -1});
  Reader early = reader();
  expect_counts(early.of(1), 11, 1, -1);
  {
    auto transaction = Transaction::begin(database_);
    ASSERT_TRUE(transaction);
    writer_.begin();
    ASSERT_TRUE(writer_.move(written_));
    ASSERT_TRUE(database_.execute("UPDATE grp_count SET member_num = member_num - 1 WHERE row = 1"));
    ASSERT_TRUE(writer_.finish(written_, 100));
    ASSERT_TRUE(transaction->commit());
  }
  expect_counts(early.of(1), 10, 1, -1);
}

TEST_F(GroupCountsLog, AWriterThatStartsAgainGoesOnWithItsNumbers) {
  commit(1, {11, 1, -1});
  commit(2, {21, 1, -2});
  Reader early = reader();
  expect_counts(early.of(2), 21, 1, -2);
  auto counts = GroupCountsReader::prepare(database_).value();
  written_ = {};
  ASSERT_TRUE(counts.catch_up(written_));
  EXPECT_EQ(written_.entries, 2U);
  commit(2, {22, 1, -2});
  expect_counts(early.of(2), 22, 1, -2);
  EXPECT_EQ(integer("SELECT max(id) FROM grp_count_log"), 3);
}

TEST_F(GroupCountsLog, WhatAFailedCommitPutIsForgotten) {
  writer_.put(1, {99, 9, -9}, written_);
  written_ = {};  // as the writer's cache after an error
  commit(2, {21, 1, -2});
  expect_counts(reader().of(1), 10, 0, std::nullopt);
  expect_counts(reader().of(2), 21, 1, -2);
}

TEST_F(GroupCountsLog, DamagedEntriesAreAnError) {
  for (const char* bytes : {"x'81'", "x'0102'", "x'01020304ff'"}) {
    ASSERT_TRUE(database_.execute(("DELETE FROM grp_count_log; INSERT INTO grp_count_log VALUES(1, " +
                                   std::string{bytes} + ")").c_str()));
    Reader fresh = reader();
    const auto read = fresh.counts.catch_up(fresh.known);
    ASSERT_FALSE(read) << bytes;
    EXPECT_EQ(read.error().kind, Errc::corrupt);
  }
}

}  // namespace
}  // namespace tidings::sqlite
