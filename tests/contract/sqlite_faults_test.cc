// Goal: a full or failing disk answers Errc::unavailable, stores nothing of that batch, lets
// readers go on, and everything works again when the disk does; a newer or foreign file is refused.
// Method: SQLite's file system behind a shim that fails on demand; after each fault the store is
// also closed and opened, and must hold exactly what was answered with success.
#include <future>

#include "contract/store_under_test.h"
#include "store_sqlite/database.h"
#include "store_sqlite/schema.h"
#include "support/eventually.h"
#include "support/faulty_vfs.h"

namespace tidings::store {
namespace {

using namespace community;
using test_support::DiskFault;
using test_support::set_disk_fault;

class SqliteFaults : public testing::TestWithParam<DiskFault> {
 protected:
  SqliteFaults() {
    test_support::register_faulty_vfs();
    std::string name = (std::filesystem::temp_directory_path() / "tidings-fault-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    reopen();
  }
  ~SqliteFaults() override {
    set_disk_fault(DiskFault::none);
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen(const sqlite::LogLimits& log = {.wake_pages = 20, .most_pages = 50}) {
    engine_.reset();
    sqlite::EngineOptions options;
    options.path = path();
    options.vfs = test_support::kFaultyVfs;
    options.readers = 1;
    options.writer_cache_kib = 64;    // so that a big batch spills before its commit
    options.log = log;
    auto opened = sqlite::Engine::open(options);
    ASSERT_TRUE(opened) << opened.error().what;
    engine_ = std::move(*opened);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "tidings.db").string(); }

  /// A group with a few topics, an event and a drawn number, in one batch.
  Result<void> add_group(int topics) {
    TRY_VOID(apply_group(topics));
    auto synced = engine_->sync();
    if (!synced) {
      EXPECT_TRUE(engine_->take_back());
    }
    return synced;
  }
  Result<void> apply_group(int topics) {
    View view{1'735'689'600'000, random_};
    const GroupKey key{app_, GroupId{"@TGS#_" + std::to_string(view_count_++)}};
    Needs needs;
    needs.apps = {app_};
    needs.groups = {key};
    TRY_VOID(engine_->load(needs, view));
    Group group;
    group.key = key;
    group.topic_num = topics;
    view.put(group);
    for (int i = 0; i < topics; ++i) {
      Topic topic;
      topic.key = {key, TopicId{key.group.str() + "@TOPIC#_" + std::to_string(i)}};
      topic.custom_string = std::string(2000, 'x');
      view.put(topic);
    }
    Event event;
    event.app = app_;
    event.app_sequence = ++view.tallies.change(app_).event_sequence;
    event.group = key.group;
    view.events.push_back(event);
    (void)view.draw_community_number();
    return engine_->apply(view, {}, {});
  }
  void expect_groups(std::int64_t count) {
    EXPECT_EQ(engine_->groups(app_, {}, 0, 1000).value().total, count);
    const Ledger ledger = engine_->ledger(app_).value();
    EXPECT_EQ(ledger.accepted, count);
    EXPECT_EQ(engine_->recount(app_).value(), ledger);
    View view{0, random_};
    Needs needs;
    needs.apps = {app_};
    ASSERT_TRUE(engine_->read(needs, view));
    EXPECT_EQ(view.tally(app_).event_sequence, count);
    EXPECT_EQ(view.counters.community_and_topic,
              IdCounters{}.community_and_topic + static_cast<std::uint64_t>(count));
  }

  const SdkAppId app_{1'400'000'001};
  std::filesystem::path folder_;
  SeededRandom random_{3};
  int view_count_ = 0;
  std::unique_ptr<sqlite::Engine> engine_;
};
INSTANTIATE_TEST_SUITE_P(Disk, SqliteFaults,
                         testing::Values(DiskFault::full, DiskFault::write_error,
                                         DiskFault::sync_error),
                         [](const auto& each) {
                           switch (each.param) {
                             case DiskFault::full: return "Full";
                             case DiskFault::write_error: return "WriteError";
                             default: return "SyncError";
                           }
                         });

TEST_P(SqliteFaults, NothingAnsweredIsLostAndItWorksAgainWhenTheDiskDoes) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(add_group(3));
  for (const int topics : {1, 150}) {  // fails at the commit; fails in the middle, at a spill
    const std::int64_t before = engine_->ledger(app_).value().accepted;
    set_disk_fault(GetParam());
    for (int i = 0; i < 3; ++i) {
      const auto failed = add_group(topics);
      ASSERT_FALSE(failed);
      EXPECT_EQ(failed.error().kind, Errc::unavailable) << failed.error().what;
      EXPECT_NE(failed.error().what.find("tidings.db"), std::string::npos) << failed.error().what;
    }
    expect_groups(before);
    set_disk_fault(DiskFault::none);
    const auto again = add_group(topics);
    ASSERT_TRUE(again) << again.error().what;
    expect_groups(before + 1);
    reopen();
    expect_groups(before + 1);
  }
}

TEST_P(SqliteFaults, WhatAFailedBatchSaidOfAGroupIsForgotten) {
  ASSERT_TRUE(add_group(3));
  set_disk_fault(GetParam());
  ASSERT_FALSE(add_group(3));
  set_disk_fault(DiskFault::none);
  const GroupKey key{app_, GroupId{"@TGS#_" + std::to_string(view_count_)}};
  ASSERT_TRUE(add_group(0));  // the row that the failed one had
  ASSERT_TRUE(add_group(3));  // and its topics' rows
  View view{1'735'689'600'000, random_};
  Needs needs;
  needs.groups = {key};
  needs.all_topics = {key};
  ASSERT_TRUE(engine_->load(needs, view));
  Topic topic;
  topic.key = {key, TopicId{key.group.str() + "@TOPIC#_only"}};
  view.put(topic);
  view.change_group(key).topic_num = 1;
  ASSERT_TRUE(engine_->commit(view, {}));
  View got{0, random_};
  ASSERT_TRUE(engine_->read(needs, got));
  EXPECT_EQ(got.topics_of(key).size(), 1U);
  EXPECT_EQ(got.group(key)->topic_num, 1);
}

TEST_P(SqliteFaults, APurgeThatTheDiskRefusedIsDoneLater) {
  ASSERT_TRUE(add_group(3));
  View gone{1'735'689'600'000, random_};
  Needs needs;
  needs.apps = {app_};
  ASSERT_TRUE(engine_->load(needs, gone));
  gone.drop(app_);
  ASSERT_TRUE(engine_->commit(gone, {}));
  const auto purge = [this] {
    View purged{0, random_};
    purged.set_changes.emplace_back(ForgetDeleted{{}, 1000});
    return engine_->commit(purged, {});
  };
  set_disk_fault(GetParam());
  ASSERT_FALSE(purge());
  set_disk_fault(DiskFault::none);
  EXPECT_TRUE(engine_->unpurged(app_).value());
  EXPECT_EQ(engine_->groups(app_, {}, 0, 10).value().total, 0);
  ASSERT_TRUE(purge());
  EXPECT_FALSE(engine_->unpurged({}).value());
  EXPECT_EQ(engine_->recount(app_).value(), engine_->ledger(app_).value());
}

TEST_P(SqliteFaults, AFailingDiskDuringCheckpointsLosesNothing) {
  std::int64_t stored = 0;
  for (int i = 0; i < 60; ++i) {
    set_disk_fault(i % 3 == 2 ? GetParam() : DiskFault::none);
    if (add_group(5)) ++stored;
  }
  set_disk_fault(DiskFault::none);
  EXPECT_GE(stored, 40);
  expect_groups(stored);
  reopen();
  expect_groups(stored);
}

TEST_P(SqliteFaults, ALogThatCannotGrowStartsOver) {
  reopen({.wake_pages = 1000, .most_pages = 2000});  // full before anyone saw to it
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(add_group(3));
  set_disk_fault(DiskFault::log_full);
  int refused = 0;
  for (int stored = 3; stored <= 10; ++stored) {
    ASSERT_TRUE(test::eventually([&] {  // the checkpointer may be at it in this moment
      const bool added = add_group(1).has_value();
      refused += added ? 0 : 1;
      return added;
    }));
    expect_groups(stored);
  }
  EXPECT_GT(refused, 0) << "the log could grow";
  set_disk_fault(DiskFault::none);
  reopen();
  expect_groups(10);
}

class SqliteCheckpoints : public SqliteFaults {};
INSTANTIATE_TEST_SUITE_P(Disk, SqliteCheckpoints, testing::Values(DiskFault::none));

TEST_P(SqliteCheckpoints, WhatIsMovedIsSyncedBeforeTheLogIsAtItsEnd) {
  reopen({.wake_pages = 20, .most_pages = 100'000});
  ASSERT_TRUE(add_group(1));
  // While somebody reads an older state the checkpoint does not get to the end of the log, where
  // SQLite would sync the database itself.
  sqlite::OpenOptions reading;
  reading.vfs = test_support::kFaultyVfs;
  auto reader = sqlite::Database::open(path(), reading).value();
  ASSERT_TRUE(reader.execute("BEGIN"));
  ASSERT_TRUE(reader.integer("SELECT count(*) FROM grp"));
  const std::uint64_t before = test_support::database_syncs();
  EXPECT_TRUE(test::eventually([&] {
    EXPECT_TRUE(add_group(20));
    return test_support::database_syncs() > before;
  }));
  ASSERT_TRUE(reader.execute("COMMIT"));
}

class SqliteSync : public SqliteFaults {};
INSTANTIATE_TEST_SUITE_P(Disk, SqliteSync, testing::Values(DiskFault::sync_error));

TEST_P(SqliteSync, WhatIsAppliedIsReadOnceItIsDurable) {
  ASSERT_TRUE(add_group(3));
  ASSERT_TRUE(apply_group(1));
  auto reading = std::async(std::launch::async, [this] {
    return engine_->groups(app_, {}, 0, 1000).value().total;
  });
  EXPECT_EQ(reading.wait_for(std::chrono::milliseconds{50}), std::future_status::timeout);
  ASSERT_TRUE(engine_->sync());
  EXPECT_EQ(reading.get(), 2);
}

TEST_P(SqliteSync, WhatIsTakenBackWasNeverThereAndReadersThatSawItReadAgain) {
  reopen({.wake_pages = 10'000, .most_pages = 20'000});  // a checkpoint would sync the log as well
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(add_group(3));
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(apply_group(2));
    auto reading = std::async(std::launch::async, [this] {
      return engine_->groups(app_, {}, 0, 1000).value().total;
    });
    set_disk_fault(GetParam());
    ASSERT_FALSE(engine_->sync());
    ASSERT_TRUE(apply_group(2));  // decided on what will be taken back: it goes as well
    ASSERT_TRUE(engine_->take_back());
    EXPECT_EQ(reading.get(), 5 + round);
    expect_groups(5 + round);
    set_disk_fault(DiskFault::none);
    ASSERT_TRUE(add_group(2));
    expect_groups(6 + round);
  }
  reopen();
  expect_groups(15);
}

TEST_P(SqliteSync, CheckpointsMoveNothingThatMayBeTakenBack) {
  // Longer than the limit at which the writer checkpoints itself, before it is durable.
  ASSERT_TRUE(add_group(3));
  for (int round = 0; round < 5; ++round) {
    set_disk_fault(round % 2 == 0 ? GetParam() : DiskFault::none);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(apply_group(60) || round % 2 == 0);
    set_disk_fault(GetParam());
    const bool stored = engine_->sync().has_value();  // a checkpoint may have synced it
    if (!stored) {
      ASSERT_TRUE(engine_->take_back());
    }
    set_disk_fault(DiskFault::none);
    const std::int64_t groups = engine_->groups(app_, {}, 0, 1000).value().total;
    expect_groups(groups);
    reopen();
    expect_groups(groups);
    auto check = sqlite::Database::open(path()).value();
    EXPECT_EQ(check.integer("SELECT count(*) FROM pragma_integrity_check").value(), 1);
    EXPECT_EQ(check.integer("SELECT count(*) FROM pragma_integrity_check WHERE "
                            "integrity_check = 'ok'").value(), 1);
  }
}

TEST(SqliteDatabase, AFailedSyncCostsOneCommitWhereNobodyCutsTheLogBack) {
  test_support::register_faulty_vfs();
  std::string name = (std::filesystem::temp_directory_path() / "tidings-fault-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const std::string path = (folder / "mirror.db").string();
  sqlite::OpenOptions options;
  options.vfs = test_support::kFaultyVfs;
  {
    auto database = sqlite::Database::open(path, options).value();
    ASSERT_TRUE(database.execute("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)"));
    set_disk_fault(DiskFault::sync_error);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(database.execute("INSERT INTO t VALUES(2)").error().kind, Errc::unavailable);
    }
    EXPECT_EQ(database.integer("SELECT sum(a) FROM t").value(), 1);
    set_disk_fault(DiskFault::none);
    ASSERT_TRUE(database.execute("INSERT INTO t VALUES(3)")) << "the disk is well again";
    EXPECT_EQ(database.integer("SELECT sum(a) FROM t").value(), 4);
  }
  auto again = sqlite::Database::open(path).value();
  EXPECT_EQ(again.integer("SELECT sum(a) FROM t").value(), 4);
  EXPECT_EQ(again.integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check").value(), 1);
  std::filesystem::remove_all(folder);
}

TEST(SqliteEngine, ANewerFileIsRefusedAndNamesBothVersions) {
  std::string name = (std::filesystem::temp_directory_path() / "tidings-newer-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  sqlite::EngineOptions options;
  options.path = (folder / "tidings.db").string();
  ASSERT_TRUE(sqlite::Engine::open(options));
  {
    auto database = sqlite::Database::open(options.path).value();
    ASSERT_TRUE(database.execute("PRAGMA user_version=999"));
  }
  const auto newer = sqlite::Engine::open(options);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, Errc::conflict);
  EXPECT_NE(newer.error().what.find("999"), std::string::npos) << newer.error().what;
  {
    auto database = sqlite::Database::open(options.path).value();
    ASSERT_TRUE(database.execute("PRAGMA user_version=1; PRAGMA application_id=77"));
  }
  const auto foreign = sqlite::Engine::open(options);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, Errc::conflict);
  std::filesystem::remove_all(folder);
}

TEST(SqliteEngine, TheLogIsCutBackWhileCommitsGoOn) {
  std::string name = (std::filesystem::temp_directory_path() / "tidings-log-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  sqlite::EngineOptions options;
  options.path = (folder / "tidings.db").string();
  options.log = {.wake_pages = 50, .most_pages = 200};
  auto engine = sqlite::Engine::open(options).value();
  SeededRandom random{1};
  std::uintmax_t largest = 0;
  for (int i = 0; i < 400; ++i) {
    View view{1, random};
    ASSERT_TRUE(engine->load({}, view));
    Account account;
    account.key = {SdkAppId{1}, UserId{random.hex(8)}};
    account.nick = std::string(400, 'n');
    view.put(account);
    ASSERT_TRUE(engine->commit(view, {}));
    largest = std::max(largest, std::filesystem::file_size(folder / "tidings.db-wal"));
  }
  // Without checkpoints it would hold the pages of all 400 commits, 800 at the least.
  EXPECT_LT(largest, 500U * 4120U);
  engine.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidings::store
