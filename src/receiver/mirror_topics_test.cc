// Goal: topics are found by id and by group whatever their ids look like and in whatever order they
// came, after a failed commit and in a file of before, too.
// Method: ids of every kind, the same numbers in each group, through the SQLite engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "receiver/test_callbacks.h"
#include "receiver/test_mirror_file.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_rows.h"
#include "store_sqlite/mirror_schema.h"
#include "store_sqlite/mirror_writer.h"
#include "store_sqlite/topic_number.h"
#include "tidings/identifier.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

std::string create_body(const std::string& group, const std::string& topic) {
  AfterCreateTopic body;
  body.group_id = GroupId{group};
  body.topic_id = TopicId{topic};
  body.name = "Name of " + topic;
  return write_callback(body, AdditiveMembers::all);
}

std::string destroy_group_body(const std::string& group) {
  return write_callback(AfterGroupDestroyed{GroupId{group}, "Community", {}, "", {}, {}},
                        AdditiveMembers::all);
}

std::vector<std::string> ids_of_group(sqlite::MirrorSqliteReader& reader, const std::string& group,
                                      std::size_t limit) {
  std::vector<std::string> ids;
  store::MirrorFilter filter;
  filter.app = kApp;
  filter.group = GroupId{group};
  filter.limit = limit;
  do {
    const auto page = reader.topics(filter).value();
    for (const auto& topic : page.rows) ids.push_back(topic.topic.str());
    EXPECT_LE(page.rows.size(), limit);
    filter.after = page.next;
  } while (!filter.after.empty() && ids.size() < 1000);
  return ids;
}

/// Ids of every kind in some groups: the same numbers in each, numbers with several trailers, and
/// what only looks like a default id. By group, in a random order of arrival.
std::vector<std::pair<std::string, std::string>> mixed_topics(std::mt19937_64& random) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::string group : {"@TGS#_a", "@TGS#_ab", "@TGS#_@TGS#cQVLVHIM62CJ"}) {
    for (std::uint64_t number = 1; number <= 20; ++number) {
      std::string id = make_topic_id(GroupId{group}, 100 * number).str();
      all.emplace_back(group, id);
      id.back() = id.back() == 'Z' ? 'Y' : 'Z';
      all.emplace_back(group, id);
      all.emplace_back(group, group + "@TOPIC#_own" + std::to_string(number));
      all.emplace_back(group, group + "@TOPIC#_@TOPIC#c" + std::to_string(number));
    }
  }
  std::shuffle(all.begin(), all.end(), random);
  return all;
}

TEST(MirrorTopics, TopicsOfEveryKindAreFoundByIdAndByGroupInEveryOrder) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto topics = mixed_topics(random);
  MirrorFolder folder;
  std::map<std::string, std::vector<std::string>> newest_first;
  {
    std::optional writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
    std::vector<Callback> batch;
    for (const auto& [group, topic] : topics) {
      batch.push_back(callback_of(create_body(group, topic)));
      auto& ids = newest_first[group];
      ids.insert(ids.begin(), topic);
      if (random() % 7 != 0) continue;
      ASSERT_TRUE(write_batch(*writer, std::exchange(batch, {}), 1000));
      if (random() % 5 == 0) writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
    }
    ASSERT_TRUE(write_batch(*writer, batch, 1000));
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  sqlite::MirrorSqliteReader reader(folder.file());
  for (const auto& [group, ids] : newest_first) {
    for (const std::size_t limit : {1U, 7U, 80U, 100U}) {
      EXPECT_EQ(ids_of_group(reader, group, limit), ids) << limit;
    }
  }
  for (const auto& [group, topic] : topics) {
    const auto found = reader.topic({kApp, TopicId{topic}}).value();
    ASSERT_TRUE(found) << topic;
    EXPECT_EQ(found->name.value, "Name of " + topic);
    EXPECT_FALSE(reader.topic({SdkAppId{1}, TopicId{topic}}).value());
    // Known to the writer too: no second row.
    ASSERT_TRUE(write_batch(writer, {callback_of(create_body(group, topic), 0, "again " + topic)}, 1));
  }
  EXPECT_EQ(reader.tallies().value()[0].second.topics, std::ssize(topics));
  EXPECT_EQ(reader.recount().value()[0].second.topics, std::ssize(topics));

  // A group takes all its topics with it, and no other's.
  ASSERT_TRUE(write_batch(writer, {callback_of(destroy_group_body("@TGS#_a"))}, 2000));
  for (const auto& [group, topic] : topics) {
    EXPECT_EQ(reader.topic({kApp, TopicId{topic}}).value()->alive(), group != "@TGS#_a") << topic;
  }
}

std::string destroy_topics_body(const std::string& group, const std::vector<std::string>& topics) {
  AfterTopicDestroyed body;
  body.group_id = GroupId{group};
  for (const std::string& id : topics) body.topic_id_list.emplace_back(id);
  return write_callback(body, AdditiveMembers::all);
}

/// 2,500 topics of a group, of which most are destroyed already, 10 that only their GroupId puts there, and
/// some of another group. Those alive, of this group.
std::vector<std::string> fill_large_group(store::MirrorUnitOfWork& writer) {
  std::vector<std::string> alive;
  std::vector<std::string> destroyed;
  std::vector<Callback> batch;
  std::int64_t sequence = 0;
  for (int i = 0; i < 2'500; ++i) {
    std::string id = make_topic_id(GroupId{"@TGS#_a"}, 1'000 + static_cast<std::uint64_t>(i)).str();
    batch.push_back(callback_of(create_body("@TGS#_a", id), ++sequence));
    (i % 20 == 0 ? alive : destroyed).push_back(std::move(id));
  }
  for (int i = 0; i < 10; ++i) {
    alive.push_back("no group's id " + std::to_string(i));
    batch.push_back(callback_of(create_body("@TGS#_a", alive.back()), ++sequence));
    batch.push_back(
        callback_of(create_body("@TGS#_b", "@TGS#_b@TOPIC#_" + std::to_string(i)), ++sequence));
  }
  EXPECT_TRUE(write_batch(writer, std::move(batch), 1000));
  EXPECT_TRUE(write_batch(
      writer, {callback_of(destroy_topics_body("@TGS#_a", destroyed), ++sequence)}, 1000));
  return alive;
}

TEST(MirrorTopics, AGroupWithManyTopicsEndsThemWithTheCommitsThatFollow) {
  MirrorFolder folder;
  std::optional writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  const auto of_group = fill_large_group(*writer);
  sqlite::MirrorSqliteReader reader(folder.file());
  const auto alive = [&](const std::string& id) {
    return reader.topic({kApp, TopicId{id}}).value()->alive();
  };
  const auto first = write_batch(*writer, {callback_of(destroy_group_body("@TGS#_a"), 9'000)}, 2000);
  ASSERT_TRUE(first && first->leaves_topics);
  EXPECT_FALSE(reader.group({kApp, GroupId{"@TGS#_a"}}).value()->alive());
  ASSERT_TRUE(alive(of_group.front())) << "it is the last one";

  // What was true before, of one whose turn has not come, does not make it live on; and once more is
  // nothing new.
  AfterTopicInfoChanged late;
  late.group_id = GroupId{"@TGS#_a"};
  late.topic_id = TopicId{of_group.front()};
  late.name = "Late";
  ASSERT_TRUE(write_batch(
      *writer,
      {callback_of(write_callback(late, AdditiveMembers::all), 8'000),
       callback_of(destroy_group_body("@TGS#_a"), 9'000)},
      3000));
  EXPECT_FALSE(alive(of_group.front()));
  writer.reset();
  writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  int commits = 0;
  while (write_batch(*writer, {}, 4000).value().leaves_topics) {
    ASSERT_LT(++commits, 5);
  }
  EXPECT_GE(commits, 1);
  for (const std::string& id : of_group) EXPECT_FALSE(alive(id)) << id;
  auto kept = reader.tallies().value();
  EXPECT_EQ(kept[0].second.topics, 10);
  EXPECT_EQ(kept[0].second.topic_tombstones, 2'510);
  EXPECT_EQ(reader.recount().value()[0].second.topics, 10);
  EXPECT_EQ(reader.recount().value()[0].second.topic_tombstones, 2'510);
  const auto last = reader.topic({kApp, TopicId{of_group[7]}}).value();
  EXPECT_EQ(last->destroyed, reader.group({kApp, GroupId{"@TGS#_a"}}).value()->destroyed);
}

TEST(MirrorTopics, ManyGroupsDestroyedAtOnceAreBoundedTogetherAndAllEnd) {
  MirrorFolder folder;
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  std::vector<Callback> creates;
  std::vector<Callback> destroys;
  for (int group = 0; group < 30; ++group) {
    const std::string id = "@TGS#_g" + std::to_string(group);
    for (int i = 0; i < 100; ++i) {
      creates.push_back(callback_of(create_body(id, id + "@TOPIC#_" + std::to_string(i))));
    }
    destroys.push_back(callback_of(destroy_group_body(id)));
  }
  ASSERT_TRUE(write_batch(writer, std::move(creates), 1000));
  sqlite::MirrorSqliteReader reader(folder.file());
  const auto left = [&] { return reader.tallies().value()[0].second.topics; };
  auto written = write_batch(writer, std::move(destroys), 2000).value();
  EXPECT_EQ(written.accepted, 30U);
  EXPECT_EQ(left(), 2'000);
  for (int commits = 0; written.leaves_topics; ++commits) {
    ASSERT_LT(commits, 5);
    written = write_batch(writer, {}, 3000).value();
  }
  EXPECT_EQ(left(), 0);
}

TEST(MirrorTopics, ACursorOfAnotherGroupsListIsRefused) {
  MirrorFolder folder;
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  for (const std::string id : {"@TGS#_a@TOPIC#_1", "@TGS#_a@TOPIC#_2", "@TGS#_b@TOPIC#_1"}) {
    ASSERT_TRUE(write_batch(writer, {callback_of(create_body(id.substr(0, 7), id))}, 1));
  }
  sqlite::MirrorSqliteReader reader(folder.file());
  store::MirrorFilter filter;
  filter.app = kApp;
  filter.group = GroupId{"@TGS#_a"};
  filter.limit = 1;
  filter.after = reader.topics(filter).value().next;
  EXPECT_TRUE(reader.topics(filter));
  filter.group = GroupId{"@TGS#_b"};
  EXPECT_EQ(reader.topics(filter).error().kind, Errc::invalid_argument);
  for (const char* const wrong : {"t", "tx", "t99", "gx", "x"}) {
    filter.after = wrong;
    EXPECT_EQ(reader.topics(filter).error().kind, Errc::invalid_argument) << wrong;
  }
}

TEST(MirrorTopics, AFailedCommitLeavesChainsAndKeysAsTheyWere) {
  MirrorFolder folder;
  auto options = quick();
  options.max_pages = 60;
  auto writer = sqlite::MirrorWriter::open(folder.file(), options).value();
  std::vector<std::string> stored;
  for (int i = 0; i < 20; ++i) {
    const std::string topic = make_topic_id(GroupId{"@TGS#_a"}, 1000 + i).str();
    Callback callback = callback_of(create_body("@TGS#_a", topic));
    Callback too_large = callback_of(create_body("@TGS#_a", topic), 0, "other");
    too_large.body = std::string(400'000, 'x');
    ASSERT_FALSE(write_batch(writer, {callback, too_large}, 1000 + i));
    ASSERT_EQ(write_batch(writer, {callback}, 1000 + i).value().accepted, 1U) << i;
    ASSERT_EQ(write_batch(writer, {callback}, 1000 + i).value().accepted, 0U) << i;
    stored.insert(stored.begin(), topic);
  }
  sqlite::MirrorSqliteReader reader(folder.file());
  EXPECT_EQ(ids_of_group(reader, "@TGS#_a", 6), stored);
}

TEST(MirrorTopics, AFilledFileOfTheThirdSchemaIsTheSameMirrorAndKnowsWhatItSaw) {
  std::mt19937_64 random(7);
  const auto topics = mixed_topics(random);
  MirrorFolder folder;
  const Callback seen = callback_of(R"({"CallbackCommand":"X"})");
  std::map<std::string, std::vector<std::string>> newest_first;
  {
    auto old = sqlite::Database::open(folder.file()).value();
    sqlite::Schema third = sqlite::kMirrorSchema;
    third.migrations = third.migrations.first(3);
    ASSERT_TRUE(sqlite::migrate(old, third));
    auto add = old.prepare("INSERT INTO mirror_topic(app, topic, grp, mismatch, alive, updated_ms, "
                           "stamps, type, owner, operator, name, introduction, notification, "
                           "face_url, user_defined_data) VALUES(?,?,?,?,1,5,?,'','','','','','','',"
                           "'')").value();
    const std::string stamps = sqlite::topic_stamps(store::MirrorTopic{});
    for (const auto& [group, topic] : topics) {
      ASSERT_TRUE(add.run(kApp, topic, group, 0, sqlite::Blob{stamps}));
      auto& ids = newest_first[group];
      ids.insert(ids.begin(), topic);
    }
    ASSERT_TRUE(add.run(kApp, std::string("@TGS#_b@TOPIC#_given"), std::string("@TGS#_a"), 1,
                        sqlite::Blob{stamps}));
    ASSERT_TRUE(add.run(kApp, std::string("no group"), std::string("@TGS#_a"), 1,
                        sqlite::Blob{stamps}));
    auto add_seen = old.prepare("INSERT INTO inbox VALUES(?,?,1,'X','',5,0,0,'','','','{}','',0)")
                        .value();
    const std::string_view key{reinterpret_cast<const char*>(seen.key.data()), seen.key.size()};
    ASSERT_TRUE(add_seen.run(1, sqlite::Blob{"other"}));
    ASSERT_TRUE(add_seen.run(2, sqlite::Blob{key}));
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  EXPECT_EQ(write_batch(writer, {seen}, 6).value().accepted, 0U);
  const std::string next = make_topic_id(GroupId{"@TGS#_a"}, 77'777).str();
  ASSERT_TRUE(write_batch(writer, {callback_of(create_body("@TGS#_a", next))}, 6));
  sqlite::MirrorSqliteReader reader(folder.file());
  auto& of_a = newest_first["@TGS#_a"];
  of_a.insert(of_a.begin(), next);
  of_a.push_back("@TGS#_b@TOPIC#_given");
  of_a.push_back("no group");
  newest_first["@TGS#_b"] = {"@TGS#_b@TOPIC#_given"};
  for (const auto& [group, ids] : newest_first) {
    EXPECT_EQ(ids_of_group(reader, group, 9), ids) << group;
  }
  for (const auto& [group, topic] : topics) {
    ASSERT_TRUE(reader.topic({kApp, TopicId{topic}}).value()) << topic;
  }
  EXPECT_TRUE(reader.topic({kApp, TopicId{"no group"}}).value());
  EXPECT_EQ(reader.inbox_range().value(), (std::pair<std::int64_t, std::int64_t>(1, 3)));
}

std::string change_body(const std::string& topic, std::uint64_t name) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{"@TGS#_a"};
  body.topic_id = TopicId{topic};
  body.name = std::to_string(name);
  return write_callback(body, AdditiveMembers::all);
}

/// Topics as they were kept before there were runs, with changes at times of any order.
void fill_fourth_schema(const std::string& file, std::mt19937_64& random,
                        const std::vector<store::MirrorTopicKey>& topics,
                        std::uint64_t moments = 50) {
  auto old = sqlite::Database::open(file).value();
  sqlite::Schema fourth = sqlite::kMirrorSchema;
  fourth.migrations = fourth.migrations.first(4);
  ASSERT_TRUE(sqlite::register_topic_functions(old));
  ASSERT_TRUE(sqlite::migrate(old, fourth));
  auto add = old.prepare("INSERT INTO mirror_topic(app, topic, grp, mismatch, alive, updated_ms, "
                         "stamps, type, owner, operator, name, introduction, notification, face_url, "
                         "user_defined_data) VALUES(?,?,'@TGS#_a',1,1,?,?,'','','','','','','','')")
                 .value();
  const std::string stamps = sqlite::topic_stamps(store::MirrorTopic{});
  auto transaction = sqlite::Transaction::begin(old).value();
  for (const auto& [app, topic] : topics) {
    const auto ms = static_cast<std::int64_t>(random() % moments);
    ASSERT_TRUE(add.run(app, topic, ms, sqlite::Blob{stamps}));
  }
  ASSERT_TRUE(transaction.commit());
}

TEST(MirrorTopics, ByTimeManyOfOneMomentArePagedThroughAndEveryPageIsBounded) {
  std::mt19937_64 random(11);
  std::vector<store::MirrorTopicKey> topics;
  for (int i = 0; i < 30'000; ++i) topics.push_back({kApp, TopicId{"topic " + std::to_string(i)}});
  MirrorFolder folder;
  ASSERT_NO_FATAL_FAILURE(fill_fourth_schema(folder.file(), random, topics, 1));
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  sqlite::MirrorSqliteReader reader(folder.file());
  store::MirrorFilter filter;
  filter.app = kApp;
  filter.limit = 1'000;
  std::set<std::string> listed;
  int pages = 0;
  do {
    const auto page = reader.topics(filter).value();
    for (const auto& topic : page.rows) EXPECT_TRUE(listed.insert(topic.topic.str()).second);
    filter.after = page.next;
    ++pages;
  } while (!filter.after.empty() && pages < 40);
  EXPECT_EQ(listed.size(), topics.size());
  EXPECT_LE(pages, 31);

  filter.after.clear();
  filter.state = store::MirrorState::destroyed;  // none: 20,000 rows are looked at, no more
  const auto none = reader.topics(filter).value();
  EXPECT_TRUE(none.rows.empty());
  ASSERT_FALSE(none.next.empty());
  filter.after = none.next;
  EXPECT_TRUE(reader.topics(filter).value().next.empty());
  filter.after = "0.9223372036854775807";
  EXPECT_TRUE(reader.topics(filter).value().next.empty());
}

TEST(MirrorTopics, ByTimeEachStandsOnceWhereItChangedLast) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const SdkAppId apps[] = {kApp, SdkAppId{kApp.number() + 1}};
  std::vector<store::MirrorTopicKey> topics;
  for (int i = 0; i < 40; ++i) {
    topics.push_back({apps[random() % 2], TopicId{"topic of before " + std::to_string(i)}});
  }
  MirrorFolder folder;
  ASSERT_NO_FATAL_FAILURE(fill_fourth_schema(folder.file(), random, topics));
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  sqlite::MirrorSqliteReader reader(folder.file());

  const auto check = [&] {
    for (const SdkAppId app : apps) {
      store::MirrorFilter filter;
      filter.app = app;
      filter.limit = 1 + random() % 7;
      if (random() % 2 == 0) filter.since_ms = random() % 200;
      if (random() % 2 == 0) filter.until_ms = random() % 200;
      std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, std::string>> expected;
      for (const auto& key : topics) {
        if (key.app != app) continue;
        const auto topic = reader.topic(key).value().value();
        if (topic.updated_ms < filter.since_ms.value_or(0) ||
            topic.updated_ms >= filter.until_ms.value_or(1000)) {
          continue;
        }
        expected.push_back({{topic.updated_ms, topic.row}, key.topic.str()});
      }
      std::sort(expected.begin(), expected.end());
      decltype(expected) listed;
      do {
        const auto page = reader.topics(filter).value();
        ASSERT_LE(page.rows.size(), filter.limit);
        for (const auto& topic : page.rows) {
          listed.push_back({{topic.updated_ms, topic.row}, topic.topic.str()});
        }
        filter.after = page.next;
      } while (!filter.after.empty() && listed.size() < 1000);
      ASSERT_EQ(listed, expected);
    }
  };

  std::int64_t now_ms = 60;
  std::uint64_t number = 0;
  for (int batch = 0; batch < 60; ++batch) {
    now_ms += static_cast<std::int64_t>(random() % 3);  // often none: batches of the same moment
    std::vector<Callback> callbacks;
    for (auto count = 1 + random() % 8; count > 0; --count) {
      ++number;
      if (random() % 2 == 0) {
        const auto& topic = topics[random() % topics.size()];
        callbacks.push_back(callback_of(change_body(topic.topic.str(), number)));
        callbacks.back().app = topic.app;
      } else {
        const std::string id = make_topic_id(GroupId{"@TGS#_a"}, number).str();
        callbacks.push_back(callback_of(create_body("@TGS#_a", id)));
        callbacks.back().app = apps[random() % 2];
        topics.push_back({callbacks.back().app, TopicId{id}});
      }
    }
    ASSERT_TRUE(write_batch(writer, std::move(callbacks), now_ms));
    if (batch % 6 == 0) {
      ASSERT_NO_FATAL_FAILURE(check());
    }
  }
  ASSERT_NO_FATAL_FAILURE(check());
  auto database = sqlite::Database::open(folder.file()).value();
  const auto singles = database.integer("SELECT count(*) FROM mirror_topic_run WHERE first = last");
  const auto stale = database.integer(
      "SELECT count(*) FROM mirror_topic_run r WHERE first = last AND updated_ms <> "
      "(SELECT updated_ms FROM mirror_topic WHERE row = r.first)");
  EXPECT_GT(singles.value(), 10);
  EXPECT_EQ(stale.value(), 0) << "they go with the change after";
}

}  // namespace
}  // namespace tidings::receiver
