// Goal: what a deletion leaves in the store goes in the background, some rows a commit, until nothing is
// left; whoever makes an app anew waits until nothing of the old one is in its way; a disk that fails
// stops a round, not the purge.
// Method: an engine that says how much is left, behind the real committer and service.
#include "backend/deleted_purge.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "backend/rest/rest_fixture.h"
#include "support/eventually.h"

namespace tidings::backend::deleted_purge_test {
namespace {

const SdkAppId kGone{77};

/// The engine in memory, and steps of a purge that are left to do, by app.
class Leaving final : public store::UnitOfWork, public store::CommunityReader {
 public:
  std::atomic<int> of_gone = 0;     ///< steps that are left of kGone
  std::atomic<int> of_others = 0;
  std::atomic<int> to_fail = 0;     ///< commits that the disk refuses
  std::atomic<std::int64_t> most_rows = 0;
  std::atomic<bool> made_too_early = false;
  store::MemoryEngine memory;

  Result<void> load(const community::Needs& needs, community::View& view) override {
    return memory.load(needs, view);
  }
  Result<void> commit(community::View& view, std::span<const store::Outcome> outcomes,
                      std::span<const store::EventJob> jobs) override {
    for (const community::SetChange& change : view.set_changes) {
      const auto* forget = std::get_if<community::ForgetDeleted>(&change);
      if (forget == nullptr) continue;
      if (to_fail-- > 0) return fail(Errc::unavailable, "disk I/O error");
      most_rows = std::max(most_rows.load(), forget->rows);
      if (of_gone > 0 && (forget->app.number() == 0 || forget->app == kGone)) {
        --of_gone;
      } else if (of_others > 0 && forget->app.number() == 0) {
        --of_others;
      }
    }
    const auto& apps = view.apps.entries();
    if (apps.contains(kGone) && apps.at(kGone).row && of_gone > 0) made_too_early = true;
    return memory.commit(view, outcomes, jobs);
  }
  Result<bool> unpurged(SdkAppId app) override {
    return of_gone > 0 ? app.number() == 0 || app == kGone : of_others > 0 && app.number() == 0;
  }

  Result<void> read(const community::Needs& needs, community::View& view) override {
    return memory.read(needs, view);
  }
  Result<std::vector<community::App>> apps() override { return memory.apps(); }
  Result<store::GroupPage> groups(SdkAppId app, std::optional<GroupType> type, std::int64_t after,
                                  std::size_t limit) override {
    return memory.groups(app, type, after, limit);
  }
  Result<store::JoinedPage> joined(const store::JoinedQuery& query) override {
    return memory.joined(query);
  }
  Result<store::MemberPage> members(const store::MemberQuery& query) override {
    return memory.members(query);
  }
  Result<std::vector<community::Mute>> mutes(const community::GroupKey& group,
                                             const TopicId& topic, std::int64_t now_s,
                                             std::size_t limit) override {
    return memory.mutes(group, topic, now_s, limit);
  }
};

class DeletedPurgeTest : public ::testing::Test {
 protected:
  DeletedPurgeTest() {
    committer.start();
    lane.start();
  }
  ~DeletedPurgeTest() override {
    if (purge) runtime::block_on(lane, purge->stop(std::chrono::seconds{1}));
    committer.stop();
    readers.stop();
    lane.finish();
    lane.join();
  }
  void start() {
    DeletedPurgeOptions options;
    options.between_rounds = std::chrono::milliseconds{1};
    options.least_pause = std::chrono::milliseconds{0};
    purge = std::make_unique<DeletedPurge>(lane, service, options,
                                           [this](std::string_view) { ++logged; });
    lane.post([this] { purge->start(); });
  }
  static runtime::awaitable<Result<community::Reply>> executed(Service& by,
                                                               community::Command command) {
    auto reply = co_await by.execute(std::move(command));
    co_return reply;
  }
  Result<community::Reply> put(SdkAppId id) {
    community::App app = rest::make_app();
    app.id = id;
    return runtime::block_on(lane, executed(service, community::PutApp{app, 0}));
  }

  ManualClock clock{1'735'689'600'000};
  SeededRandom random{20250101};
  Leaving engine;
  CommitBridge bridge;
  store::Committer committer{engine, clock, random, bridge};
  runtime::BlockingPool readers{1};
  runtime::Lane lane{"test"};
  AppRegistry apps;
  rest::FakeAsker asker;
  Service service{Service::Parts{committer, bridge, engine, engine.memory, readers, apps, asker,
                                 clock, random}};
  std::atomic<int> logged = 0;
  std::unique_ptr<DeletedPurge> purge;
};

TEST_F(DeletedPurgeTest, goes_on_until_nothing_is_left_and_looks_again) {
  engine.of_others = 20;
  start();
  ASSERT_TRUE(test::eventually([&] { return engine.of_others == 0; }));
  engine.of_gone = 3;
  ASSERT_TRUE(test::eventually([&] { return engine.of_gone == 0; }));
  EXPECT_EQ(engine.most_rows, kRowsPurgedAtOnce);
  runtime::block_on(lane, purge->stop(std::chrono::seconds{1}));
  EXPECT_EQ(committer.stats().batches, 23U) << "commits where nothing was left";
}

TEST_F(DeletedPurgeTest, tries_again_after_a_commit_that_failed) {
  engine.of_others = 5;
  engine.to_fail = 3;
  start();
  ASSERT_TRUE(test::eventually([&] { return engine.of_others == 0; }));
  EXPECT_EQ(logged, 3);
}

TEST_F(DeletedPurgeTest, an_app_made_anew_waits_for_what_is_left_of_the_old_one_and_for_nothing_else) {
  engine.of_gone = 7;
  engine.of_others = 4;
  ASSERT_TRUE(put(SdkAppId{5}));
  EXPECT_EQ(engine.of_gone, 7) << "another app is in nobody's way";
  const auto made = put(kGone);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_FALSE(engine.made_too_early);
  EXPECT_EQ(engine.of_gone, 0);
  EXPECT_EQ(engine.of_others, 4);
  EXPECT_LE(engine.most_rows, kRowsPurgedAtOnce);
  EXPECT_NE(apps.find(kGone), nullptr);
}

TEST_F(DeletedPurgeTest, an_app_is_not_made_while_what_is_in_its_way_cannot_be_purged) {
  engine.of_gone = 2;
  engine.to_fail = 1;
  EXPECT_FALSE(put(kGone));
  EXPECT_EQ(apps.find(kGone), nullptr);
  EXPECT_TRUE(put(kGone));
  EXPECT_EQ(engine.of_gone, 0);
}

}  // namespace
}  // namespace tidings::backend::deleted_purge_test
