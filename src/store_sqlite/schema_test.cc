// Goal: a file of an older version is brought to this one with everything in it, and what a new
// column counts is counted from the rows. Method: the steps up to an older version, rows by hand.
#include "store_sqlite/schema.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "store_sqlite/community_queries.h"
#include "store_sqlite/database.h"
#include "store_sqlite/event_queries.h"

namespace tidings::sqlite {
namespace {

class StoreSchema : public testing::Test {
 protected:
  StoreSchema() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-schema-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~StoreSchema() override { std::filesystem::remove_all(folder_); }
  Database open() const { return Database::open((folder_ / "a.db").string()).value(); }

  std::filesystem::path folder_;
};

TEST_F(StoreSchema, AvChatRoomsOfAnOlderFileAreCounted) {
  auto db = open();
  Schema older = store_schema();
  older.migrations = older.migrations.first(3);
  ASSERT_TRUE(migrate(db, older));
  const std::string group =
      "INSERT INTO grp(sdkappid, group_id, type, name, introduction, notification, face_url, "
      "create_time_s, info_seq, last_info_time_s, last_msg_time_s, next_msg_seq, max_member_num, "
      "apply_join, mute_all, support_topic, fields) VALUES";
  const std::string rest = "'', '', '', '', 1, 1, 1, 0, 1, 0, 0, 0, 0, x'')";
  for (const char* head : {"(1, 'a', 3, ", "(1, 'b', 3, ", "(1, 'c', 2, ", "(2, 'a', 3, "}) {
    ASSERT_TRUE(db.execute((group + head + rest).c_str()));
  }
  ASSERT_TRUE(db.execute("INSERT INTO tally VALUES(1, 9, 3, 0, 20000, 3, 8), (2, 0, 1, 0, 0, 0, 0), "
                         "(3, 0, 0, 0, 0, 0, 5)"));
  ASSERT_TRUE(migrate(db, store_schema()));
  const auto rooms = [&](int app) {
    return db
        .integer(("SELECT av_chat_rooms FROM tally WHERE sdkappid = " + std::to_string(app)).c_str())
        .value();
  };
  EXPECT_EQ(rooms(1), 2);
  EXPECT_EQ(rooms(2), 1);
  EXPECT_EQ(rooms(3), 0);
  EXPECT_EQ(db.integer("SELECT event_sequence FROM tally WHERE sdkappid = 1").value(), 8);
}

TEST_F(StoreSchema, TopicsOfAnOlderFileAreAllInTheChainsOfTheirGroups) {
  auto db = open();
  Schema older = store_schema();
  older.migrations = older.migrations.first(4);
  ASSERT_TRUE(migrate(db, older));
  for (const char* row : {"1", "2", "3"}) {
    const std::string number{row};
    ASSERT_TRUE(db.execute(
        ("INSERT INTO grp VALUES(" + number + ", 1, 'g" + number + "', 4, '', '', '', '', NULL, 1, "
         "1, 1, 0, 1, 0, 0, 0, 1, x''); INSERT INTO grp_count VALUES(" + number + ", 1, 0)").c_str()));
  }
  // Group 1 has both kinds of id, group 2 only ones of its own, group 3 nothing.
  for (const char* head : {"1, 100000000000005, 'default 5'", "1, 100000000000002, 'default 2'",
                           "1, 'wood', 'own wood'", "1, 'clay', 'own clay'", "2, 'wood', 'other wood'"}) {
    ASSERT_TRUE(db.execute(
        (std::string{"INSERT INTO topic VALUES("} + head + ", '', '', '', '', 0, 7, 0, 1, 'vera', x'')")
            .c_str()));
  }
  ASSERT_TRUE(db.execute("INSERT INTO counter VALUES(1, 100000000000005, 1, 3, 0, 0, 0)"));
  ASSERT_TRUE(migrate(db, store_schema()));
  const auto chain = [&](int group) {
    auto walk = db.prepare("WITH RECURSIVE chain(row) AS (SELECT last_topic FROM grp_count WHERE "
                           "row = ?1 AND last_topic IS NOT NULL UNION ALL SELECT t.previous FROM "
                           "chain JOIN topic t ON t.row = chain.row WHERE t.previous IS NOT NULL) "
                           "SELECT t.name, t.group_row FROM chain JOIN topic t ON t.row = chain.row")
                    .value();
    std::set<std::string> names;
    auto rows = walk.query(group);
    while (rows.next().value()) {
      EXPECT_EQ(rows.integer(1), group);
      EXPECT_TRUE(names.emplace(rows.text(0)).second) << rows.text(0);
    }
    return names;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(chain(1), (Names{"default 5", "default 2", "own wood", "own clay"}));
  EXPECT_EQ(chain(2), Names{"other wood"});
  EXPECT_EQ(chain(3), Names{});
  EXPECT_EQ(db.integer("SELECT row FROM topic WHERE name = 'default 5'").value(), 100000000000005);
  EXPECT_EQ(db.integer("SELECT count(*) FROM topic WHERE row < 0 AND id IS NOT NULL").value(), 3);
  EXPECT_EQ(db.integer("SELECT own_topic_ids FROM counter").value(), 3);
}

TEST_F(StoreSchema, EventsOfAnOlderFileKeepTheirStatesAndAttempts) {
  auto db = open();
  Schema older = store_schema();
  older.migrations = older.migrations.first(5);
  ASSERT_TRUE(migrate(db, older));
  for (const char* seq : {"1", "2", "3", "4", "5"}) {
    const std::string n{seq};
    ASSERT_TRUE(db.execute(("INSERT INTO event VALUES(" + n + ", 7, " + n +
                            ", 1, 'g', x'', 1000, '', 1, x'7b7d')").c_str()));
  }
  ASSERT_TRUE(db.execute("INSERT INTO delivery VALUES(1, 7, 1, 2, 0, 1001, 1), "
                         "(2, 7, 0, 3, 1900, 1002, 1), (3, 7, 2, 9, 0, 1003, 1), "
                         "(4, 7, 0, 0, -1, 1004, 0), (5, 7, 3, 0, 0, 1005, 0)"));
  ASSERT_TRUE(db.execute("INSERT INTO attempt VALUES(1, 1, 900, 5, 1, 500, '', 1, 0), "
                         "(1, 2, 950, 6, 1, 200, '', 1, 2)"));
  ASSERT_TRUE(db.execute("INSERT INTO ledger VALUES(7, 5, 1, 2, 1, 1)"));
  ASSERT_TRUE(migrate(db, store_schema()));
  auto queries = EventQueries::prepare(db).value();
  store::EventFilter filter;
  filter.app = SdkAppId{7};
  filter.limit = 10;
  const auto records = queries.list(filter).value();
  ASSERT_EQ(records.size(), 5U);
  using store::EventState;
  const EventState states[] = {EventState::delivered, EventState::pending, EventState::dead,
                               EventState::pending, EventState::cancelled};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(records[i].state, states[i]);
    EXPECT_EQ(records[i].since_ms, 1001 + static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(records[0].attempts, 2);
  EXPECT_EQ(records[1].next_attempt_ms, 1900);
  EXPECT_TRUE(records[3].parked());
  const auto attempts = queries.attempts(1).value();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].http_status, 500);
  EXPECT_EQ(attempts[1].http_status, 200);
  EXPECT_EQ(queries.pending(SdkAppId{7}, 0, 10).value().size(), 2U);
  EXPECT_EQ(db.integer("SELECT count(*) FROM delivery WHERE state = 0").value(), 2);
  EXPECT_EQ(db.integer("SELECT count(*) FROM delivery").value(), 5);
}

TEST_F(StoreSchema, WhatWaitsInAnOlderFileIsCancelledOnlyWithItsApp) {
  auto db = open();
  Schema older = store_schema();
  older.migrations = older.migrations.first(7);
  ASSERT_TRUE(migrate(db, older));
  ASSERT_TRUE(db.execute("INSERT INTO pending VALUES(7, 1, 2, 1900, 1001, 1), (7, 2, 0, -1, 1002, 0), "
                         "(8, 3, 1, 1800, 1003, 1)"));
  ASSERT_TRUE(db.execute("INSERT INTO ended(seq, sdkappid, state, attempts, at_ms, changed_ms, "
                         "last_outcome) VALUES(4, 7, 1, 1, 0, 1004, 1)"));
  ASSERT_TRUE(migrate(db, store_schema()));
  const auto count = [&db](const char* where) {
    return db.integer(std::string{"SELECT count(*) FROM delivery WHERE "} + where).value();
  };
  EXPECT_EQ(count("state = 0"), 3);
  EXPECT_EQ(count("state = 0 AND next_attempt_ms IN (1900, -1, 1800) AND changed_ms < 1004"), 3);
  ASSERT_TRUE(db.execute("INSERT INTO deleted_app VALUES(7, 5000)"));
  EXPECT_EQ(count("state = 3 AND sdkappid = 7 AND next_attempt_ms = 0 AND changed_ms = 5000"), 2);
  EXPECT_EQ(count("state = 0 AND sdkappid = 8 AND changed_ms = 1003"), 1);
  EXPECT_EQ(count("state = 1 AND changed_ms = 1004"), 1);
}

TEST_F(StoreSchema, WhoLeadsAGroupIsFoundWithoutReadingItsMembers) {
  auto db = open();
  ASSERT_TRUE(migrate(db, store_schema()));
  auto plan = db.prepare(("EXPLAIN QUERY PLAN " + std::string(kLeadingMembers)).c_str());
  ASSERT_TRUE(plan);
  auto rows = plan->query(std::int64_t{1}, std::int64_t{0});
  ASSERT_TRUE(rows.next().value());
  const std::string step{rows.text(3)};
  EXPECT_NE(step.find("INDEX member_leading (group_row=? AND joined>?)"), std::string::npos) << step;
  EXPECT_FALSE(rows.next().value()) << "sorted besides";
}

}  // namespace
}  // namespace tidings::sqlite
