// Goal: the number of a default topic id tells it apart from others of its group, but for the trailer.
// Method: published ids, and texts that only look like one.
#include "store_sqlite/topic_number.h"

#include <gtest/gtest.h>

#include "tidings/identifier.h"

namespace tidings::sqlite {
namespace {

TEST(TopicNumber, IsThatOfADefaultIdWithAnyTrailer) {
  const std::string group = "@TGS#_@TGS#cQVLVHIM62CJ";
  EXPECT_EQ(topic_number(group + "@TOPIC#_@TOPIC#cETE3HIM62CQ"), 100'000'000'217'700);
  EXPECT_EQ(topic_number(group + "@TOPIC#_@TOPIC#cETE3HIM62C7"), 100'000'000'217'700);
  EXPECT_EQ(topic_number("@TGS#_own@TOPIC#_@TOPIC#cETE3HIM62CQ"), 100'000'000'217'700);
  for (const std::uint64_t number : {1ULL, 31ULL, 32ULL, 1'000'000'000'000ULL}) {
    EXPECT_EQ(topic_number(make_topic_id(GroupId{group}, number).view()),
              static_cast<std::int64_t>(number));
  }
}

TEST(TopicNumber, IsNoneWhereTheTextSaysMoreThanTheNumber) {
  for (const char* const id :
       {"", "@TOPIC#_@TOPIC#cETE3HIM62CQ", "@TGS#_g", "@TGS#_g@TOPIC#_woodwork",
        "@TGS#_g@TOPIC#_ETE3HIM62CQ",          // custom
        "@TGS#_g@TOPIC#_@TOPIC#aETE3HIM62CQ",  // a group's type
        "@TGS#_g@TOPIC#_@TOPIC#cEAQ",          // leading zero
        "@TGS#_g@TOPIC#_@TOPIC#c12", "@TGS#_g@TOPIC#_@TOPIC#c", "@TGS#_g@TOPIC#_@TOPIC#cQ",
        "@TGS#_g@TOPIC#_@TOPIC#cETE3HIM62C!", "@TGS#_g@TOPIC#_x@TOPIC#_@TOPIC#cETE3HIM62CQ",
        "@TGS#_g@TOPIC#_@TOPIC#_@TOPIC#cETE3HIM62CQ",
        "@TGS#_g@TOPIC#_@TOPIC#c7777777777777Q"}) {  // more than 63 bits
    EXPECT_FALSE(topic_number(id)) << id;
  }
}

TEST(TopicNumber, IsThereForMigrations) {
  auto database = Database::open(":memory:").value();
  ASSERT_TRUE(register_topic_functions(database));
  EXPECT_EQ(database.integer("SELECT topic_number('@TGS#_g@TOPIC#_@TOPIC#cETE3HIM62CQ')").value(),
            100'000'000'217'700);
  EXPECT_EQ(database.integer("SELECT topic_parent('@TGS#_g@TOPIC#_x') = '@TGS#_g' AND "
                             "topic_parent('x') IS NULL AND topic_number('x') IS NULL").value(), 1);
}

}  // namespace
}  // namespace tidings::sqlite
