// Goal: outcomes of delivery share commits: with each other, and with a command that comes along.
// Method: waits so long that only what is tested can end them; everything else waits on conditions.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <vector>

#include "base/random.h"
#include "store/committer.h"
#include "store/memory_engine.h"

namespace tidings::store {
namespace {

using namespace std::chrono_literals;

/// Notes how many outcomes each commit took; they are of no event, so the store behind sees none.
class CountingEngine final : public UnitOfWork {
 public:
  Result<void> load(const community::Needs& needs, community::View& view) override {
    return memory_.load(needs, view);
  }
  Result<void> commit(community::View& view, std::span<const Outcome> outcomes,
                      std::span<const EventJob> jobs) override {
    const std::lock_guard lock{mutex_};
    commits_.push_back(outcomes.size());
    changed_.notify_all();
    return memory_.commit(view, {}, jobs);
  }
  Result<void> sync() override { return {}; }
  Result<void> take_back() override { return {}; }

  /// How many each took, once there are `count` commits.
  std::vector<std::size_t> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    EXPECT_TRUE(changed_.wait_for(lock, 30s, [&] { return commits_.size() >= count; }));
    return commits_;
  }

 private:
  MemoryEngine memory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> commits_;
};

class NobodyListens final : public CommitListener {
 public:
  void committed(std::vector<community::Event>, std::vector<community::Notice>) override {}
  void batch_done() override {}
};

class CommitterOutcomes : public testing::Test {
 protected:
  const SdkAppId app_{1'400'000'001};

  void SetUp() override { committer_.start(); }

  void submit(std::int64_t from, std::int64_t count) {
    std::vector<Outcome> outcomes;
    for (std::int64_t seq = from; seq < from + count; ++seq) {
      outcomes.push_back({seq, app_, EventState::delivered, 1, 0, {}});
    }
    committer_.submit_outcomes(std::move(outcomes));
  }

  CountingEngine engine_;
  ManualClock clock_;
  SeededRandom random_{5};
  NobodyListens listener_;
  Committer committer_{engine_, clock_, random_, listener_,
                       {.outcomes_wait = 10min, .outcomes_at_once = 6}};
};

TEST_F(CommitterOutcomes, SoManyAtOnceWaitNoLonger) {
  // Often: one that did not wait would now and then find all six.
  for (std::size_t round = 1; round <= 50; ++round) {
    submit(1, 2);
    submit(3, 2);
    submit(5, 2);
    ASSERT_EQ(engine_.wait_for(round), std::vector<std::size_t>(round, 6));
  }
}

TEST_F(CommitterOutcomes, ACommandTakesThemAlong) {
  submit(1, 2);
  community::App app;
  app.id = app_;
  app.name = "outcomes";
  app.keys = {{"key", 0, 0}};
  app.admins = {UserId{"administrator"}};
  std::promise<bool> stored;
  committer_.submit(community::PutApp{app, 0},
                    [&](Result<community::Reply>&& reply) { stored.set_value(reply.has_value()); });
  auto answer = stored.get_future();
  ASSERT_EQ(answer.wait_for(30s), std::future_status::ready);
  EXPECT_TRUE(answer.get());
  EXPECT_EQ(engine_.wait_for(1), std::vector<std::size_t>{2});
}

TEST_F(CommitterOutcomes, AStopCommitsThemAtOnce) {
  submit(1, 2);
  committer_.stop();
  EXPECT_EQ(engine_.wait_for(1), std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace tidings::store
