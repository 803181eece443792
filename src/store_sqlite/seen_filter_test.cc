// Goal: what is in the table is never excluded, while the filter is read, after it was, and when it is
// made anew; and nearly all of what is not in the table is excluded once it was read.
// Method: random work on a small table, with a few keys read at once, against a plain set.
#include "store_sqlite/seen_filter.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "store_sqlite/inbox_key_column.h"

namespace tidings::sqlite {
namespace {

constexpr std::size_t kShare = 5;
constexpr std::size_t kFewest = 200;

class SeenFilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = Database::open(":memory:").value();
    ASSERT_TRUE(database_.execute(
        "CREATE TABLE inbox(id INTEGER PRIMARY KEY);"
        "CREATE TABLE inbox_seen(key BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID"));
    insert_ = database_.prepare("INSERT INTO inbox_seen(key, id) VALUES(?, 1)").value();
    remove_ = database_.prepare("DELETE FROM inbox_seen WHERE key = ?").value();
  }
  /// Of one app, as most are.
  store::InboxKey draw_key() {
    store::InboxKey key{0x53, 0x72, 0x4e, 0x01};
    for (std::size_t i = 4; i < key.size(); ++i) key[i] = static_cast<unsigned char>(random_());
    return key;
  }
  void add() {
    const store::InboxKey key = draw_key();
    filter_.added(key);
    ASSERT_TRUE(insert_.run(blob_of(key)));
    table_.insert(key);
  }
  void remove() {
    const auto found = table_.lower_bound(draw_key());
    if (found == table_.end()) return;
    ASSERT_TRUE(remove_.run(blob_of(*found)));
    table_.erase(found);
  }
  void check() {
    for (const auto& key : table_) ASSERT_FALSE(filter_.excludes(key));
  }
  /// Of keys that nobody has seen.
  double share_excluded() {
    int excluded = 0;
    for (int i = 0; i < 1000; ++i) excluded += filter_.excludes(draw_key()) ? 1 : 0;
    return excluded / 1000.0;
  }

  Database database_;
  Statement insert_, remove_;
  SeenFilter filter_;
  std::set<store::InboxKey> table_;
  std::mt19937_64 random_;
};

TEST_F(SeenFilterTest, NeverExcludesWhatIsInTheTable) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  ASSERT_TRUE(filter_.open(database_, kShare, kFewest));
  bool useful = false;
  for (int round = 0; round < 2000; ++round) {
    ASSERT_TRUE(filter_.read_on(0));
    for (auto count = random_() % 3; count > 0; --count) ASSERT_NO_FATAL_FAILURE(add());
    if (random_() % 2 == 0) {
      ASSERT_NO_FATAL_FAILURE(remove());
    }
    if (round % 10 == 0) {
      ASSERT_NO_FATAL_FAILURE(check());
    }
    useful = useful || share_excluded() > 0.5;
  }
  EXPECT_TRUE(useful);
  EXPECT_GT(table_.size(), 2 * kFewest);  // it was made anew
}

TEST_F(SeenFilterTest, ExcludesWhatItReadPast) {
  for (int i = 0; i < 150; ++i) ASSERT_NO_FATAL_FAILURE(add());
  ASSERT_TRUE(filter_.open(database_, kShare, kFewest));
  EXPECT_EQ(share_excluded(), 0.0) << "nothing was read yet";
  double before = 0.0;
  for (int i = 0; i < 150 / static_cast<int>(kShare); ++i) {
    ASSERT_TRUE(filter_.read_on(0));
    ASSERT_NO_FATAL_FAILURE(check());
    EXPECT_GE(share_excluded(), before - 0.1);
    before = share_excluded();
  }
  ASSERT_TRUE(filter_.read_on(0));
  EXPECT_GT(share_excluded(), 0.95);
  ASSERT_NO_FATAL_FAILURE(check());
}

TEST_F(SeenFilterTest, IsReadToTheEndOfATableThatGrowsFaster) {
  for (int i = 0; i < 400; ++i) ASSERT_NO_FATAL_FAILURE(add());
  ASSERT_TRUE(filter_.open(database_, kShare, kFewest));
  constexpr int kAdding = 4 * static_cast<int>(kShare);
  int rounds = 0;
  for (; rounds < 20 && share_excluded() < 0.9; ++rounds) {
    ASSERT_TRUE(filter_.read_on(kAdding));
    for (int i = 0; i < kAdding; ++i) ASSERT_NO_FATAL_FAILURE(add());
  }
  EXPECT_LT(rounds, 20);
  ASSERT_NO_FATAL_FAILURE(check());
}

TEST_F(SeenFilterTest, AnEmptyTableIsReadAtOnce) {
  ASSERT_TRUE(filter_.open(database_, kShare, kFewest));
  ASSERT_TRUE(filter_.read_on(0));
  EXPECT_EQ(share_excluded(), 1.0);
  ASSERT_NO_FATAL_FAILURE(add());
  ASSERT_NO_FATAL_FAILURE(check());
}

}  // namespace
}  // namespace tidings::sqlite
