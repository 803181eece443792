// Goal: groups come into the writer's cache before they are named, all of them and as they are now, and
// never push out one that is in use or take more memory than they may. Method: a file with groups, the
// writer's reader and its cache.
#include "store_sqlite/group_read_ahead.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "store_sqlite/row_reader.h"
#include "store_sqlite/schema.h"

namespace tidings::sqlite {
namespace {

using community::Group;
using community::GroupKey;

const SdkAppId kCommunities{1400000001};

GroupKey key(int number) { return {kCommunities, GroupId{"@TGS#_" + std::to_string(number)}}; }

class ReadAhead : public testing::Test {
 protected:
  explicit ReadAhead(std::size_t groups_kept = 100'000) : cache_(groups_kept) {
    EXPECT_TRUE(migrate(database_, store_schema()));
    reader_ = RowReader::prepare(database_, apps_, &cache_).value();
  }

  /// Groups 1 to `count`, each with its number of members.
  void fill(int count, const std::string& introduction = "") {
    auto group = database_.prepare(
        "INSERT INTO grp(row, sdkappid, group_id, type, name, introduction, notification, face_url, "
        "owner, create_time_s, info_seq, last_info_time_s, last_msg_time_s, next_msg_seq, "
        "max_member_num, apply_join, mute_all, support_topic, fields) "
        "VALUES(?, ?, ?, 4, 'n', ?, '', '', NULL, 1, 1, 1, 0, 1, 100, 0, 0, 1, x'')");
    auto counts = database_.prepare("INSERT INTO grp_count VALUES(?, ?, 0, NULL)");
    auto transaction = Transaction::begin(database_);
    for (int each = 1; each <= count; ++each) {
      ASSERT_TRUE(group->run(each, kCommunities, key(each).group.str(), introduction));
      ASSERT_TRUE(counts->run(each, each));
    }
    ASSERT_TRUE(transaction->commit());
  }
  /// As a batch does that names this group.
  Group name(int number) {
    community::View view{0, random_};
    community::Needs needs;
    needs.groups.push_back(key(number));
    const auto loaded = reader_.load(needs, view);
    EXPECT_TRUE(loaded) << loaded.error().what;
    const Group* found = view.group(key(number));
    return found != nullptr ? *found : Group{};
  }
  int held(int count) {
    int held = 0;
    for (int each = 1; each <= count; ++each) held += cache_.groups.holds(key(each)) ? 1 : 0;
    return held;
  }

  SystemRandom random_;
  Database database_ = Database::open(":memory:").value();
  AppCache apps_;
  RowCache cache_;
  RowReader reader_;
};

TEST_F(ReadAhead, BringsAllGroupsNewestFirstWithThoseThatAreRead) {
  const int once = GroupReadAhead::kGroupsAtOnce;
  fill(3 * once);
  EXPECT_EQ(name(1).member_num, 1);
  EXPECT_EQ(held(3 * once), 1 + once);
  EXPECT_TRUE(cache_.groups.holds(key(3 * once)));
  EXPECT_FALSE(cache_.groups.holds(key(once)));

  EXPECT_EQ(name(3 * once).member_num, 3 * once);
  EXPECT_EQ(held(3 * once), 1 + once) << "nothing had to be read";
  name(2);
  name(3);
  EXPECT_EQ(held(3 * once), 3 * once);
}

TEST_F(ReadAhead, KeepsWhatTheLogOfCountsSays) {
  fill(2);
  auto writer = GroupCountsWriter::prepare(database_).value();
  RecentCounts written;
  auto transaction = Transaction::begin(database_);
  writer.begin();
  writer.put(1, {77, 5, 123}, written);
  ASSERT_TRUE(writer.finish(written, 100));
  ASSERT_TRUE(transaction->commit());

  name(2);
  const Group* ahead = cache_.groups.find(key(1));
  ASSERT_NE(ahead, nullptr);
  EXPECT_EQ(ahead->member_num, 77);
  EXPECT_EQ(ahead->topic_num, 5);
  ASSERT_NE(cache_.groups.find_chain(key(1)), nullptr);
  EXPECT_EQ(cache_.groups.find_chain(key(1))->last, 123);
}

TEST_F(ReadAhead, LeavesWhatIsThere) {
  fill(2);
  Group newer = name(1);
  cache_.groups.forget(key(2));
  newer.name = "newer";
  cache_.groups.keep(newer);
  cache_.ahead = {};
  name(2);
  EXPECT_EQ(cache_.groups.find(key(1))->name, "newer");
}

TEST_F(ReadAhead, BeginsAnewOnceTheCacheWasDropped) {
  fill(100);
  name(1);
  cache_.clear();
  EXPECT_EQ(held(100), 0);
  name(1);
  EXPECT_EQ(held(100), 100);
  cache_.forget_groups();  // an account was deleted, or an app
  EXPECT_EQ(held(100), 0);
  name(1);
  EXPECT_EQ(held(100), 100);
}

TEST_F(ReadAhead, EndsWhereProfilesAreLong) {
  const std::string megabyte(1 << 20, 'x');
  fill(100, megabyte);
  name(1);
  EXPECT_GE(held(100), 60);
  name(2);
  EXPECT_LE(held(100), 70);
}

class ReadAheadOfMoreThanFits : public ReadAhead {
 protected:
  ReadAheadOfMoreThanFits() : ReadAhead(10) {}
};

TEST_F(ReadAheadOfMoreThanFits, HoldsEachOnce) {
  fill(1000);
  name(1000);  // the first that is read ahead, too
  EXPECT_EQ(held(1000), 10);
}

TEST_F(ReadAheadOfMoreThanFits, PushesNothingOut) {
  fill(1000);
  for (int each = 1; each <= 3; ++each) EXPECT_EQ(name(each).member_num, each);
  EXPECT_EQ(held(1000), 10);
  for (int each = 1; each <= 3; ++each) EXPECT_TRUE(cache_.groups.holds(key(each)));
}

TEST(GroupCache, LetsGoOfWhatWasNotUsed) {
  GroupCache cache{3};
  const auto keep = [&cache](int number) {
    Group group;
    group.key = key(number);
    cache.keep(group);
  };
  for (int each = 1; each <= 3; ++each) keep(each);
  EXPECT_TRUE(cache.full());
  ASSERT_NE(cache.find(key(1)), nullptr);
  keep(4);
  EXPECT_TRUE(cache.holds(key(1)));
  EXPECT_FALSE(cache.holds(key(2)));
  keep(5);
  EXPECT_FALSE(cache.holds(key(3)));
  // All in use: one goes all the same.
  for (const int each : {1, 4, 5}) ASSERT_NE(cache.find(key(each)), nullptr);
  keep(6);
  EXPECT_TRUE(cache.holds(key(6)));
  EXPECT_EQ(cache.holds(key(1)) + cache.holds(key(4)) + cache.holds(key(5)), 2);
}

}  // namespace
}  // namespace tidings::sqlite
