/// Each engine as the contract suite sees it: the three seams, and a way to close and open again.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "store/memory_engine.h"
#include "store/store.h"
#include "store_sqlite/database.h"
#include "store_sqlite/engine.h"

namespace tidings::store {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual UnitOfWork& unit() = 0;
  virtual CommunityReader& reader() = 0;
  virtual EventReader& log() = 0;
  /// Everything that was committed is there again afterwards.
  virtual void reopen() = 0;
};

class MemoryUnderTest final : public StoreUnderTest {
 public:
  UnitOfWork& unit() override { return engine_; }
  CommunityReader& reader() override { return engine_; }
  EventReader& log() override { return engine_; }
  void reopen() override {}

 private:
  MemoryEngine engine_;
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-store-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    reopen();
  }
  ~SqliteUnderTest() override {
    purge_deleted();
    engine_.reset();
    check_references();
    std::filesystem::remove_all(folder_);
  }
  UnitOfWork& unit() override { return *engine_; }
  CommunityReader& reader() override { return *engine_; }
  EventReader& log() override { return *engine_; }
  void reopen() override {
    engine_.reset();
    sqlite::EngineOptions options;
    options.path = path();
    options.groups_kept = 3;  // so that the cache is left and entered all the time
    options.counts_logged = 5;  // so that they are moved all the time
    options.readers = 2;
    auto opened = sqlite::Engine::open(options);
    ASSERT_TRUE(opened) << opened.error().what;
    engine_ = std::move(*opened);
  }

 private:
  [[nodiscard]] std::string path() const { return (folder_ / "tidings.db").string(); }
  /// A little at a time: nothing of what was deleted may stay, nor anything else go.
  void purge_deleted() {
    SeededRandom random{1};
    while (engine_ && engine_->unpurged({}).value()) {
      community::View purged{0, random};
      purged.set_changes.emplace_back(community::ForgetDeleted{{}, 3});
      ASSERT_TRUE(engine_->commit(purged, {}));
    }
  }
  /// No row may refer to one that is not there; SQLite is not asked to see to it.
  void check_references() const {
    auto file = sqlite::Database::open(path());
    ASSERT_TRUE(file) << file.error().what;
    auto violations = file->prepare("SELECT \"table\", rowid FROM pragma_foreign_key_check UNION ALL "
                                    "SELECT 'topic', row FROM topic WHERE group_row NOT IN "
                                    "(SELECT row FROM grp)");
    ASSERT_TRUE(violations) << violations.error().what;
    auto rows = violations->query();
    while (rows.next().value()) {
      ADD_FAILURE() << rows.text(0) << " " << rows.integer(1) << " refers to nothing";
    }
  }

  std::filesystem::path folder_;
  std::unique_ptr<sqlite::Engine> engine_;
};

struct EngineKind {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const EngineKind& kind) {
  return out << kind.name;
}

inline std::vector<EngineKind> engine_kinds() {
  return {{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }},
          {"Sqlite", [] { return std::make_unique<SqliteUnderTest>(); }}};
}

/// Base of the suites: one store with one app in it, and short words for what the tests do.
class StoreContract : public testing::TestWithParam<EngineKind> {
 protected:
  static constexpr std::int64_t kNowMs = 1'735'689'600'000;
  const SdkAppId app_{1'400'000'001};

  StoreContract() : store_(GetParam().make()) {}
  void SetUp() override { put_app(app_); }

  community::View view(std::int64_t now_ms = kNowMs) { return {now_ms, random_}; }
  community::View load(const community::Needs& needs) {
    community::View loaded = view();
    const auto result = store_->unit().load(needs, loaded);
    EXPECT_TRUE(result) << result.error().what;
    return loaded;
  }
  community::View read(const community::Needs& needs) {
    community::View loaded = view();
    const auto result = store_->reader().read(needs, loaded);
    EXPECT_TRUE(result) << result.error().what;
    return loaded;
  }
  void commit(community::View& changed, std::vector<Outcome> outcomes = {}) {
    const auto result = store_->unit().commit(changed, outcomes);
    ASSERT_TRUE(result) << result.error().what;
  }
  void put_app(SdkAppId id) {
    community::View changed = load({.apps = {id}});
    community::App app;
    app.id = id;
    app.name = "app " + id.str();
    app.version = 1;
    community::Tally tally = changed.tally(id);
    app.events_before = tally.event_sequence;  // of one that was deleted
    changed.put(app);
    tally.accounts = 0;
    changed.put(tally);
    commit(changed);
  }
  [[nodiscard]] community::GroupKey group_key(const char* id) const { return {app_, GroupId{id}}; }
  [[nodiscard]] static community::Group make_group(const community::GroupKey& key,
                                                   GroupType type = GroupType::community) {
    community::Group group;
    group.key = key;
    group.type = type;
    group.name = "name of " + key.group.str();
    return group;
  }
  [[nodiscard]] static community::TopicKey topic_key(const community::GroupKey& group,
                                                     const std::string& suffix) {
    return {group, TopicId{group.group.str() + "@TOPIC#_" + suffix}};
  }
  void put_group(const community::GroupKey& key, GroupType type = GroupType::community) {
    community::View changed = load({.groups = {key}});
    changed.put(make_group(key, type));
    commit(changed);
  }
  /// Events of the app, in one commit; their seqs.
  std::vector<std::int64_t> append(SdkAppId app, int count, const char* group = "g") {
    community::View changed = load({.apps = {app}});
    for (int i = 0; i < count; ++i) {
      community::Event made;
      made.app_sequence = ++changed.tallies.change(app).event_sequence;
      made.app = app;
      made.command = "Group.CallbackAfterCreateTopic";
      made.group = GroupId{group};
      made.request_id = random_.uuid();
      made.time_ms = kNowMs;
      made.body = "{}";
      changed.events.push_back(made);
    }
    commit(changed);
    std::vector<std::int64_t> seqs;
    for (const community::Event& each : changed.events) seqs.push_back(each.seq);
    return seqs;
  }

  SeededRandom random_{7};
  std::unique_ptr<StoreUnderTest> store_;
};

}  // namespace tidings::store
