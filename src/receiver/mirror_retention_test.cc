// Goal: what comes again after its inbox entry and key have gone changes nothing, whatever retention is
// now, and what a replaced source numbers anew is not taken for it.
// Method: callbacks with times and numbers go through the SQLite engine, at times and with retentions as
// the test says; the inbox's purge decides which keys are left.
#include <gtest/gtest.h>

#include <optional>

#include "base/random.h"
#include "base/time_uuid.h"
#include "receiver/test_callbacks.h"
#include "receiver/test_mirror_file.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_schema.h"
#include "store_sqlite/mirror_writer.h"
#include "store_sqlite/topic_number.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'735'689'600'000;

/// A callback of one who joined, with a RequestID that begins with its time, as a source makes it.
Callback joined(std::int64_t sequence, std::int64_t time_ms, const std::string& who) {
  AfterNewMemberJoin body;
  body.group_id = GroupId{"@TGS#_g"};
  body.type = "Community";
  body.new_member_list = {UserId{who}};
  SeededRandom random(static_cast<std::uint64_t>(time_ms + sequence));
  return callback_of(write_callback(body, AdditiveMembers::needed), sequence,
                     time_uuid(time_ms, random));
}

TEST(MirrorForgotten, ACallbackThatComesAgainAfterItsEntryHasGoneChangesNothing) {
  MirrorFolder folder;
  {
    auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
    ASSERT_TRUE(write_batch(writer, {joined(1, kDay, "vera"), joined(2, kDay, "omar")}, kDay));
    ASSERT_TRUE(write_batch(writer, {joined(5, 9 * kDay, "lena")}, 9 * kDay));
    store::MirrorView view(9 * kDay);
    store::MirrorNeeds needs;
    needs.apps = {kApp};
    ASSERT_TRUE(writer.load(needs, view));
    view.give_up(kApp, {3, 4});
    ASSERT_TRUE(writer.commit(view));
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  ASSERT_TRUE(write_batch(writer, {}, 9 * kDay, 2 * kDay));
  sqlite::MirrorSqliteReader reader(folder.file());
  ASSERT_EQ(reader.inbox_range().value().first, 3) << "the first two entries have gone";
  const auto members = [&] {
    return reader.group({kApp, GroupId{"@TGS#_g"}}).value().value().member_change;
  };
  EXPECT_EQ(write_batch(writer, {joined(1, kDay, "vera")}, 9 * kDay, 2 * kDay).value().accepted, 0U);
  EXPECT_EQ(members(), 3);
  // It was given up, and comes after all.
  EXPECT_EQ(write_batch(writer, {joined(3, kDay + 1, "ada")}, 9 * kDay, 2 * kDay).value().accepted,
            1U);
  EXPECT_EQ(members(), 4);
  // Its key would still be known: another source that numbers anew.
  EXPECT_EQ(write_batch(writer, {joined(2, 9 * kDay, "kim")}, 9 * kDay, 2 * kDay).value().accepted,
            1U);
  EXPECT_EQ(members(), 5);
  EXPECT_EQ(reader.sequences().value().at(0).second.gone, 2);
  EXPECT_EQ(reader.sequences().value().at(0).second.renumbered, 1);
  EXPECT_EQ(reader.sequences().value().at(0).second.renumbered_to, 2);
  EXPECT_EQ(reader.sequences().value().at(0).second.used_twice, 5);
}

/// A topic's new name, as joined().
Callback renamed(std::int64_t sequence, std::int64_t time_ms, const std::string& name) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{kTopic};
  body.type = "Community";
  body.name = name;
  SeededRandom random(static_cast<std::uint64_t>(time_ms + sequence));
  return callback_of(write_callback(body, AdditiveMembers::needed), sequence,
                     time_uuid(time_ms, random));
}

class MirrorRetention : public ::testing::Test {
 protected:
  void reopen() {
    writer_.reset();
    writer_ = sqlite::MirrorWriter::open(folder_.file(), quick()).value();
  }
  /// Whether it was new to an inbox with this retention.
  bool take(Callback callback, std::int64_t now_ms, std::int64_t retention_ms) {
    std::vector<Callback> batch;
    batch.push_back(std::move(callback));
    const auto written = write_batch(*writer_, std::move(batch), now_ms, now_ms - retention_ms);
    EXPECT_TRUE(written) << written.error().what;
    return written && written->accepted == 1;
  }
  std::string name() { return reader_.topic({kApp, TopicId{kTopic}}).value().value().name.value; }
  store::MirrorSequences numbers() { return reader_.sequences().value().at(0).second; }

  MirrorFolder folder_;
  std::optional<sqlite::MirrorWriter> writer_ =
      sqlite::MirrorWriter::open(folder_.file(), quick()).value();
  sqlite::MirrorSqliteReader reader_{folder_.file()};
};

TEST_F(MirrorRetention, WhatComesAgainIsKnownByItsNumberAlsoAfterRetentionWasRaised) {
  take(renamed(1, kStart, "old"), kStart, kDay);
  take(renamed(2, kStart + 1, "new"), kStart + 1, kDay);
  take(renamed(3, kStart + 3 * kDay, "newest"), kStart + 3 * kDay, kDay);
  take(renamed(4, kStart + 3 * kDay + 5, "newest"), kStart + 3 * kDay + 5, kDay);
  ASSERT_EQ(reader_.inbox_range().value().first, 3) << "the first two entries have gone";
  EXPECT_FALSE(take(renamed(1, kStart, "old"), kStart + 3 * kDay + 10, kDay));
  reopen();  // with another retention
  EXPECT_FALSE(take(renamed(1, kStart, "old"), kStart + 3 * kDay + 20, 30 * kDay));
  EXPECT_EQ(numbers().renumbered, 0);
  EXPECT_EQ(numbers().used_twice, 0);
  EXPECT_EQ(name(), "newest");
  // A replaced source is seen nevertheless, by what it sends now.
  EXPECT_TRUE(take(renamed(2, kStart + 4 * kDay, "another"), kStart + 4 * kDay, 30 * kDay));
  EXPECT_EQ(numbers().renumbered, 1);
  EXPECT_EQ(name(), "another");
}

TEST_F(MirrorRetention, OfAnInboxThatWasNeverPurgedAllKeysAreKnownHoweverOld) {
  take(renamed(1, kStart, "first"), kStart, 7 * kDay);
  reopen();
  // Made before the first that arrived. Its key would be there.
  EXPECT_TRUE(take(renamed(1, kStart - kDay, "another"), kStart + kHour, 30 * kDay));
  EXPECT_EQ(numbers().renumbered, 1);
  EXPECT_EQ(name(), "another");
}

TEST_F(MirrorRetention, ThatAnInboxBeginsWithARecentEntryMakesNothingOldThatIsNew) {
  take(renamed(1, kStart, "first"), kStart, 7 * kDay);
  take(renamed(2, kStart + 1, "second"), kStart + 1, 7 * kDay);
  // After a silence longer than retention another source numbers anew. Its first callback pushes out all
  // that was before; those that waited longer on their way are no older for that.
  const std::int64_t now = kStart + 20 * kDay;
  EXPECT_TRUE(take(renamed(1, now, "another"), now, 7 * kDay));
  EXPECT_TRUE(take(renamed(2, now + 1, "and on"), now + 1, 7 * kDay));
  ASSERT_EQ(reader_.inbox_range().value().first, 3);
  EXPECT_TRUE(take(joined(2, now - 3 * kHour, "vera"), now + 2, 7 * kDay));
  EXPECT_EQ(numbers().renumbered, 3);
}

TEST(MirrorForgotten, AFileThatWasPurgedByAnEarlierVersionKnowsKeysSinceItsFirstEntry) {
  MirrorFolder folder;
  {
    auto old = sqlite::Database::open(folder.file()).value();
    sqlite::Schema eighth = sqlite::kMirrorSchema;
    eighth.migrations = eighth.migrations.first(8);
    ASSERT_TRUE(sqlite::register_topic_functions(old));
    ASSERT_TRUE(sqlite::migrate(old, eighth));
    auto add = old.prepare("INSERT INTO inbox(id, key, app, command, grp, received_ms, event_time_ms, "
                           "sequence, request_id, client_ip, opt_platform, body) "
                           "VALUES(3,x'00',?,'X','',?,0,3,'','','','{}')").value();
    ASSERT_TRUE(add.run(kApp, kStart));
    ASSERT_TRUE(old.execute("INSERT INTO mirror_sequence(app, contiguous, beyond, filled, gone, given_up) "
                            "VALUES(1400112233, 3, x'', 0, 0, x'')"));
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  const std::int64_t now = kStart + kDay;
  EXPECT_EQ(write_batch(writer, {joined(1, kStart - kDay, "vera")}, now, now - 30 * kDay).value().accepted,
            0U);
  EXPECT_EQ(write_batch(writer, {joined(2, now, "omar")}, now, now - 30 * kDay).value().accepted, 1U);
  sqlite::MirrorSqliteReader reader(folder.file());
  EXPECT_EQ(reader.sequences().value().at(0).second.renumbered, 1);
}

TEST(MirrorForgotten, OfNumbersFromBeforeTheyWereKeptApartTheKeyAloneIsAsked) {
  MirrorFolder folder;
  { ASSERT_TRUE(sqlite::MirrorWriter::open(folder.file(), quick())); }
  {
    auto old = sqlite::Database::open(folder.file()).value();
    ASSERT_TRUE(old.execute("INSERT INTO mirror_sequence(app, contiguous, beyond, filled, gone) "
                            "VALUES(1400112233, 7, x'', 0, 2)"));
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  EXPECT_EQ(write_batch(writer, {joined(8, 1000, "vera")}, 9000, 5000).value().accepted, 1U);
  EXPECT_EQ(write_batch(writer, {joined(5, 1000, "omar")}, 9000, 5000).value().accepted, 1U);
  sqlite::MirrorSqliteReader reader(folder.file());
  const auto numbers = reader.sequences().value().at(0).second;
  EXPECT_FALSE(numbers.arrived(7));
  EXPECT_TRUE(numbers.arrived(8));
}

}  // namespace
}  // namespace tidings::receiver
