// Goal: the SQLite engine keeps what apply() decided, across batches, reopening and failures.
// Method: seeded random histories, cut into random batches, go through the engine and through a
// mirror that is nothing but a View; at the end both hold the same rows. And a naive replay of the
// history in its order, without stamps, agrees with what a shuffled arrival left.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "receiver/test_callbacks.h"
#include "receiver/test_mirror_file.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_schema.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

/// A history of a few groups and topics in the order in which it happened.
class History {
 public:
  explicit History(std::uint64_t seed) : engine_(seed) {}

  std::string next() {
    const std::string group = "@TGS#_g" + std::to_string(draw(3));
    const std::string topic = group + "@TOPIC#_t" + std::to_string(draw(3));
    const std::string text = "text " + std::to_string(++count_);
    switch (draw(10)) {
      case 0:
        return group_created(group, text);
      case 1:
        return write_callback(AfterGroupDestroyed{GroupId{group}, "Community", {}, text, {}, {}},
                              AdditiveMembers::all);
      case 2:
        return write_callback(
            AfterTopicDestroyed{GroupId{group}, "Community", {TopicId{topic}}, UserId{text}, {}},
            AdditiveMembers::all);
      case 3:
      case 4:
      case 5:
        return topic_created(group, topic, text);
      case 6:
        return write_callback(AfterGroupInfoChanged{GroupId{group}, "Community", UserId{"a"}, {},
                                                    text, {}, {}, {}},
                              AdditiveMembers::all);
      default:
        return topic_changed(group, topic, text);
    }
  }
  std::size_t draw(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(engine_);
  }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::string group_created(const std::string& group, const std::string& text) {
    AfterCreateGroup body;
    body.group_id = GroupId{group};
    body.type = "Community";
    body.owner_account = UserId{"owner"};
    body.name = text;
    return write_callback(body, AdditiveMembers::all);
  }
  std::string topic_created(const std::string& group, const std::string& topic,
                            const std::string& text) {
    AfterCreateTopic body;
    body.group_id = GroupId{group};
    body.topic_id = TopicId{topic};
    body.name = text;
    return write_callback(body, AdditiveMembers::all);
  }
  std::string topic_changed(const std::string& group, const std::string& topic,
                            const std::string& text) {
    AfterTopicInfoChanged body;
    body.group_id = GroupId{group};
    body.topic_id = TopicId{topic};
    (draw(2) == 0 ? body.name : body.introduction) = text;
    return write_callback(body, AdditiveMembers::all);
  }

  std::mt19937_64 engine_;
  int count_ = 0;
};

/// The history as a simple receiver would take it that hears everything in order.
class NaiveMirror {
 public:
  struct Topic {
    bool alive = true;
    std::string name, introduction;
  };
  void take(const ParsedCallback& callback) {
    if (const auto* made = std::get_if<AfterCreateTopic>(&callback.value)) {
      topics[made->topic_id.str()] = {true, made->name, ""};
    } else if (const auto* changed = std::get_if<AfterTopicInfoChanged>(&callback.value)) {
      Topic& topic = topics[changed->topic_id.str()];
      if (!topic.alive) topic = {};
      if (changed->name) topic.name = *changed->name;
      if (changed->introduction) topic.introduction = *changed->introduction;
    } else if (const auto* gone = std::get_if<AfterTopicDestroyed>(&callback.value)) {
      for (const TopicId& id : gone->topic_id_list) topics[id.str()] = {false, "", ""};
    } else if (const auto* dissolved = std::get_if<AfterGroupDestroyed>(&callback.value)) {
      for (auto& [id, topic] : topics) {
        if (id.starts_with(dissolved->group_id.str() + "@TOPIC#_")) topic = {false, "", ""};
      }
    }
  }
  std::map<std::string, Topic> topics;
};

TEST(MirrorSqlite, RandomHistoriesInRandomBatchesAgreeWithTwoModels) {
  const std::uint64_t base = std::random_device{}();
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint64_t seed = base + round;
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    std::vector<Callback> arrivals;
    NaiveMirror naive;
    for (int i = 1; i <= 120; ++i) {
      arrivals.push_back(callback_of(history.next(), i));
      naive.take(arrivals.back().parsed);
    }
    std::shuffle(arrivals.begin(), arrivals.end(), history.engine());
    for (int i = 0; i < 10; ++i) arrivals.push_back(arrivals[history.draw(arrivals.size())]);

    MirrorFolder folder;
    auto writer = sqlite::MirrorWriter::open(folder.file(), quick());
    ASSERT_TRUE(writer) << writer.error().what;
    ViewMirror model;
    std::size_t accepted = 0;
    for (std::size_t begin = 0; begin < arrivals.size();) {
      const std::size_t end = std::min(arrivals.size(), begin + 1 + history.draw(12));
      const auto written = write_batch(
          *writer, {arrivals.begin() + static_cast<std::ptrdiff_t>(begin),
                    arrivals.begin() + static_cast<std::ptrdiff_t>(end)}, 1000);
      ASSERT_TRUE(written) << written.error().what;
      accepted += written->accepted;
      for (; begin < end; ++begin) model.take(arrivals[begin]);
    }
    EXPECT_EQ(accepted, 120U);

    sqlite::MirrorSqliteReader reader(folder.file());
    for (const auto& [key, entry] : model.view().topics.entries()) {
      const auto stored = reader.topic(key).value();
      ASSERT_EQ(stored.has_value(), entry.row.has_value()) << key.topic;
      if (!stored) continue;
      EXPECT_TRUE(settled(*stored) == settled(*entry.row)) << key.topic;
      const NaiveMirror::Topic& simple = naive.topics[key.topic.str()];
      EXPECT_EQ(stored->alive(), simple.alive) << key.topic;
      EXPECT_EQ(stored->name.value, simple.name) << key.topic;
      EXPECT_EQ(stored->introduction.value, simple.introduction) << key.topic;
    }
    for (const auto& [key, entry] : model.view().groups.entries()) {
      const auto stored = reader.group(key).value();
      ASSERT_EQ(stored.has_value(), entry.row.has_value()) << key.group;
      if (!stored) continue;
      EXPECT_TRUE(settled(*stored) == settled(*entry.row)) << key.group;
    }
    auto kept = reader.tallies().value();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].second, model.tally());
    auto counted = reader.recount().value();
    kept[0].second.accepted = kept[0].second.duplicates = kept[0].second.max_sequence = 0;
    EXPECT_EQ(kept, counted);
  }
}

TEST(MirrorSqlite, WhatWasCommittedIsThereAfterReopening) {
  MirrorFolder folder;
  Callback first = callback_of(
      R"({"CallbackCommand":"Group.CallbackAfterCreateGroup","GroupId":"@TGS#_g","Name":"a\u0000b",)"
      R"("Type":"Community","UserDefinedDataList":[ {"Key":"k","Value":"\u0000"} ]})", 3);
  first.client_ip = "2001:db8::7";
  first.opt_platform = "iPad";
  first.target = "/im?SdkAppid=1&Sign=ab";
  {
    auto writer = sqlite::MirrorWriter::open(folder.file(), {}).value();
    ASSERT_EQ(write_batch(writer, {first}, 5000).value().accepted, 1U);
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), {}).value();
  EXPECT_EQ(write_batch(writer, {first}, 6000).value().accepted, 0U);
  // A clock that was set back does not put a later entry before an earlier one.
  EXPECT_EQ(write_batch(writer, {callback_of(R"({"CallbackCommand":"X"})")}, 10).value().received_ms,
            5000);
  sqlite::MirrorSqliteReader reader(folder.file());
  const auto group = reader.group({kApp, GroupId{"@TGS#_g"}}).value();
  ASSERT_TRUE(group);
  EXPECT_EQ(group->name.value, std::string("a\0b", 3));
  EXPECT_EQ(group->user_defined_data, R"([ {"Key":"k","Value":"\u0000"} ])");
  EXPECT_EQ(group->created.sequence, 3);
  const auto page = reader.inbox({}).value();
  ASSERT_EQ(page.entries.size(), 2U);
  EXPECT_EQ(page.entries[0].body, first.body);
  EXPECT_EQ(page.entries[0].client_ip, "2001:db8::7");
  EXPECT_EQ(page.entries[0].opt_platform, "iPad");
  EXPECT_EQ(page.entries[0].key, first.key);
  EXPECT_EQ(page.entries[0].target, first.target);
  EXPECT_EQ(page.entries[0].via, store::InboxVia::callback);
  EXPECT_EQ(page.entries[1].id, 2);
  EXPECT_EQ(reader.tallies().value()[0].second.duplicates, 1);
}

TEST(MirrorSqlite, TheInboxKnowsAfterReopeningHowEachCallbackReachedIt) {
  const std::vector ways{store::InboxVia::reconciliation, store::InboxVia::callback,
                         store::InboxVia::feed, store::InboxVia::reconciliation};
  MirrorFolder folder;
  {
    auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
    std::vector<Callback> batch;
    for (const store::InboxVia via : ways) {
      batch.push_back(callback_of(R"({"CallbackCommand":"X"})", 0, std::to_string(batch.size())));
      batch.back().via = via;
    }
    ASSERT_EQ(write_batch(writer, std::move(batch), 1000).value().accepted, ways.size());
  }
  std::vector<store::InboxVia> read;
  for (const auto& entry : sqlite::MirrorSqliteReader(folder.file()).inbox({}).value().entries) {
    read.push_back(entry.via);
  }
  EXPECT_EQ(read, ways);
}

TEST(MirrorSqlite, AFileWithANumberFromBeforeTheLimitHeals) {
  MirrorFolder folder;
  { ASSERT_TRUE(sqlite::MirrorWriter::open(folder.file(), quick())); }
  {
    auto old = sqlite::Database::open(folder.file()).value();
    // 2, 3 and 2^63 - 2 have arrived.
    ASSERT_TRUE(old.execute("INSERT INTO mirror_sequence(app, contiguous, beyond, filled, gone) "
                            "VALUES(1400112233, 0, x'0201fbffffffffffffff7f00', 0, 0)"));
  }
  sqlite::MirrorSqliteReader reader(folder.file());
  const auto before = reader.sequences();
  ASSERT_TRUE(before) << before.error().what;
  EXPECT_EQ(before->at(0).second.have.highest(), 3);
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  const auto written = write_batch(writer, {callback_of(R"({"CallbackCommand":"X"})", 1)}, 1000);
  ASSERT_TRUE(written) << written.error().what;
  EXPECT_EQ(reader.sequences().value().at(0).second.have, store::SequenceSet(3, {}));
}

TEST(MirrorSqlite, AFullDiskStoresNothingAndRecoversWhenThereIsSpace) {
  MirrorFolder folder;
  auto options = quick();
  options.max_pages = 40;
  auto writer = sqlite::MirrorWriter::open(folder.file(), options).value();
  const std::string padding(3000, 'x');
  const auto body = [&](int i) {
    return R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":"@TGS#_g","TopicId":)"
           R"("@TGS#_g@TOPIC#_)" + std::to_string(i) + R"(","Name":")" + padding + R"("})";
  };
  int stored = 0;
  Result<Written> written = Written{};
  for (; stored < 100; ++stored) {
    written = write_batch(writer, {callback_of(body(stored))}, 1000 + stored);
    if (!written) break;
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Errc::unavailable) << written.error().what;
  sqlite::MirrorSqliteReader reader(folder.file());
  EXPECT_EQ(reader.inbox_range().value().second, stored);
  EXPECT_EQ(reader.tallies().value()[0].second.topics, stored);
  EXPECT_FALSE(reader.topic({kApp, TopicId{"@TGS#_g@TOPIC#_" + std::to_string(stored)}}).value());
  // The entries go; the space they held is enough for a small one.
  ASSERT_TRUE(write_batch(writer, {}, 9000, 9000));
  EXPECT_EQ(reader.inbox_range().value(), (std::pair<std::int64_t, std::int64_t>(stored, stored)));
  const auto after = write_batch(writer, {callback_of(body(stored))}, 9001);
  EXPECT_TRUE(after) << after.error().what;
}

TEST(MirrorSqlite, OldEntriesGoAndTheirIdsAreNotUsedAgain) {
  MirrorFolder folder;
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  for (int i = 1; i <= 5; ++i) {
    const std::string body = R"({"CallbackCommand":"X","n":)" + std::to_string(i) + "}";
    ASSERT_TRUE(write_batch(writer, {callback_of(body)}, i * 1000));
  }
  ASSERT_TRUE(write_batch(writer, {}, 9000, 4000));
  sqlite::MirrorSqliteReader reader(folder.file());
  EXPECT_EQ(reader.inbox_range().value(), (std::pair<std::int64_t, std::int64_t>(4, 5)));
  ASSERT_TRUE(write_batch(writer, {}, 99'000, 99'000));
  EXPECT_EQ(reader.inbox_range().value(), (std::pair<std::int64_t, std::int64_t>(5, 5)));
  ASSERT_TRUE(write_batch(writer, {callback_of(R"({"CallbackCommand":"X","n":6})")}, 99'000));
  EXPECT_EQ(reader.inbox_range().value().second, 6);
}

TEST(MirrorSqlite, ListsPageInOrderByGroupAndByTime) {
  MirrorFolder folder;
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  const auto create = [&](const std::string& group, const std::string& topic, std::int64_t at) {
    AfterCreateTopic body;
    body.group_id = GroupId{group};
    body.topic_id = TopicId{topic};
    body.name = topic;
    ASSERT_TRUE(write_batch(writer, {callback_of(write_callback(body, AdditiveMembers::all))}, at));
  };
  create("@TGS#_a", "@TGS#_a@TOPIC#_3", 1000);
  create("@TGS#_a", "@TGS#_a@TOPIC#_1", 2000);
  create("@TGS#_ab", "@TGS#_ab@TOPIC#_9", 3000);
  create("@TGS#_a", "@TGS#_b@TOPIC#_given", 4000);  // R-02
  create("@TGS#_a", "@TGS#_a@TOPIC#_2", 5000);
  sqlite::MirrorSqliteReader reader(folder.file());

  const auto all_ids = [&](store::MirrorFilter filter) {
    std::vector<std::string> ids;
    filter.app = kApp;
    filter.limit = 2;
    for (int pages = 0; pages < 10; ++pages) {
      const auto page = reader.topics(filter).value();
      for (const auto& topic : page.rows) ids.push_back(topic.topic.str());
      EXPECT_LE(page.rows.size(), 2U);
      if (page.next.empty()) return ids;
      filter.after = page.next;
    }
    ADD_FAILURE() << "the pages do not end";
    return ids;
  };
  using Ids = std::vector<std::string>;
  store::MirrorFilter by_group;
  by_group.group = GroupId{"@TGS#_a"};
  EXPECT_EQ(all_ids(by_group), (Ids{"@TGS#_a@TOPIC#_2", "@TGS#_a@TOPIC#_1", "@TGS#_a@TOPIC#_3",
                                    "@TGS#_b@TOPIC#_given"}));
  by_group.group = GroupId{"@TGS#_b"};
  EXPECT_EQ(all_ids(by_group), (Ids{"@TGS#_b@TOPIC#_given"}));
  store::MirrorFilter by_time;
  by_time.since_ms = 2000;
  by_time.until_ms = 5000;
  EXPECT_EQ(all_ids(by_time),
            (Ids{"@TGS#_a@TOPIC#_1", "@TGS#_ab@TOPIC#_9", "@TGS#_b@TOPIC#_given"}));
  EXPECT_EQ(all_ids({}).size(), 5U);
  store::MirrorFilter dead;
  dead.state = store::MirrorState::destroyed;
  EXPECT_TRUE(all_ids(dead).empty());
  store::MirrorFilter wrong;
  wrong.after = "nonsense";
  EXPECT_EQ(reader.topics(wrong).error().kind, Errc::invalid_argument);

  store::InboxFilter inbox;
  inbox.since_ms = 2500;
  inbox.until_ms = 5000;
  EXPECT_EQ(reader.inbox(inbox).value().entries.size(), 2U);
  inbox.command = "X";
  EXPECT_TRUE(reader.inbox(inbox).value().entries.empty());
  store::InboxFilter tail;
  tail.after = 3;
  tail.limit = 1;
  EXPECT_EQ(reader.inbox(tail).value().entries.at(0).id, 4);
  EXPECT_EQ(reader.inbox(tail).value().next, 4);
}

TEST(MirrorSqlite, APageOfTheInboxIsBoundedInBytes) {
  MirrorFolder folder;
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  const std::string padding(1'000'000, 'x');
  std::vector<Callback> batch;
  for (int i = 1; i <= 12; ++i) {
    batch.push_back(callback_of(R"({"CallbackCommand":"X","n":)" + std::to_string(i) +
                                R"(,"p":")" + padding + "\"}"));
  }
  ASSERT_TRUE(write_batch(writer, std::move(batch), 1000));
  sqlite::MirrorSqliteReader reader(folder.file());
  store::InboxFilter filter;
  filter.limit = 1000;
  std::vector<std::size_t> sizes;
  do {
    const auto page = reader.inbox(filter).value();
    sizes.push_back(page.entries.size());
    ASSERT_EQ(page.entries.front().id, filter.after + 1);
    filter.after = page.next;
  } while (filter.after != 0 && sizes.size() < 20);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{5, 5, 2}));
  // However little is wanted, a page goes on.
  filter.max_bytes = 1;
  EXPECT_EQ(reader.inbox(filter).value().entries.size(), 1U);
}

TEST(MirrorSqlite, APageOfTopicsOrGroupsIsBoundedInBytes) {
  MirrorFolder folder;
  auto writer = sqlite::MirrorWriter::open(folder.file(), quick()).value();
  const std::string padding(1'000'000, 'x');
  std::vector<Callback> batch;
  for (int i = 1; i <= 12; ++i) {
    AfterCreateTopic topic;
    topic.group_id = GroupId{"@TGS#_g"};
    topic.topic_id = TopicId{"@TGS#_g@TOPIC#_" + std::to_string(i)};
    topic.name = padding;
    batch.push_back(callback_of(write_callback(topic, AdditiveMembers::all)));
    topic.topic_id = TopicId{"@TGS#_h@TOPIC#_" + std::to_string(i)};  // there by its GroupId only
    batch.push_back(callback_of(write_callback(topic, AdditiveMembers::all)));
    AfterCreateGroup group;
    group.group_id = GroupId{"@TGS#_" + std::to_string(i)};
    group.name = padding;
    batch.push_back(callback_of(write_callback(group, AdditiveMembers::all)));
  }
  ASSERT_TRUE(write_batch(writer, std::move(batch), 1000));
  sqlite::MirrorSqliteReader reader(folder.file());
  using Sizes = std::vector<std::size_t>;
  const auto page_sizes = [](store::MirrorFilter filter, const auto& read) {
    filter.app = kApp;
    filter.limit = 1000;
    Sizes sizes;
    do {
      const auto page = read(filter).value();
      sizes.push_back(page.rows.size());
      filter.after = page.next;
    } while (!filter.after.empty() && sizes.size() < 40);
    return sizes;
  };
  const auto topics = [&](const store::MirrorFilter& filter) { return reader.topics(filter); };
  const auto groups = [&](const store::MirrorFilter& filter) { return reader.groups(filter); };
  EXPECT_EQ(page_sizes({}, topics), (Sizes{5, 5, 5, 5, 4}));
  EXPECT_EQ(page_sizes({}, groups), (Sizes{5, 5, 2}));
  store::MirrorFilter of_group;
  of_group.group = GroupId{"@TGS#_g"};
  EXPECT_EQ(page_sizes(of_group, topics), (Sizes{5, 5, 5, 5, 4}));
  // However little is wanted, a page goes on.
  of_group.max_bytes = 1;
  EXPECT_EQ(page_sizes(of_group, topics), Sizes(24, 1));
}

TEST(MirrorSqlite, AFileOfTheFirstSchemaKeepsItsEntries) {
  MirrorFolder folder;
  {
    auto old = sqlite::Database::open(folder.file()).value();
    sqlite::Schema first = sqlite::kMirrorSchema;
    first.migrations = first.migrations.first(1);
    ASSERT_TRUE(sqlite::migrate(old, first));
    ASSERT_TRUE(old.execute("INSERT INTO inbox VALUES(1,x'00',1,'X','',5,0,0,'','','','{}')"));
  }
  auto writer = sqlite::MirrorWriter::open(folder.file(), {}).value();
  sqlite::MirrorSqliteReader reader(folder.file());
  const auto page = reader.inbox({}).value();
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0].body, "{}");
  EXPECT_EQ(page.entries[0].target, "");
}

TEST(MirrorSqlite, AFileOfAnotherProgramIsRefused) {
  MirrorFolder folder;
  {
    auto other = sqlite::Database::open(folder.file()).value();
    ASSERT_TRUE(other.execute("CREATE TABLE mine(x)"));
  }
  const auto opened = sqlite::MirrorWriter::open(folder.file(), {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, Errc::conflict);
}

}  // namespace
}  // namespace tidings::receiver
