// Goal: a file of an older version is brought to this one with everything in it, and what a new
// column counts is counted from the rows. Method: the steps up to an older version, rows by hand.
#include "store_sqlite/schema.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "store_sqlite/database.h"

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

}  // namespace
}  // namespace tidings::sqlite
