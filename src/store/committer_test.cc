// Goal: group commit completes what is durable and nothing else, in order, whatever fails.
// Method: the in-memory engine behind a gate that a test can close (commits wait) or break (commits
// fail); everything waits on conditions.
#include "store/committer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>

#include "base/random.h"
#include "store/gated_engine_test.h"

namespace tidings::store {
namespace {

using namespace community;

class Journal final : public CommitListener {
 public:
  void committed(std::vector<Event> events, std::vector<Notice>) override {
    const std::lock_guard lock{mutex_};
    for (const Event& each : events) seqs_.push_back(each.seq);
  }
  void batch_done() override { completed_at_done_.push_back(completed.load()); }

  std::vector<std::int64_t> seqs() {
    const std::lock_guard lock{mutex_};
    return seqs_;
  }
  /// Read after stop() only.
  const std::vector<int>& completed_at_done() const { return completed_at_done_; }

  std::atomic<int> completed = 0;

 private:
  std::mutex mutex_;
  std::vector<std::int64_t> seqs_;
  std::vector<int> completed_at_done_;
};

class CommitterTest : public testing::Test {
 protected:
  const SdkAppId app_{1'400'000'001};

  void SetUp() override {
    App app;
    app.id = app_;
    app.name = "committer";
    app.keys = {{"key", 0, 0}};
    app.admins = {UserId{"administrator"}};
    app.community_on = true;
    app.topic_on = true;
    app.callback.switches = (1U << kCallbackSwitchCount) - 1;
    committer_.start();
    const auto made = ask(PutApp{app, 0});
    ASSERT_TRUE(made) << made.error().what;
    CreateGroup group;
    group.caller = caller();
    group.type = "Community";
    group.name = "makers";
    group.group_id = kGroup;
    group.support_topic = true;
    const auto created = ask(group);
    ASSERT_TRUE(created) << created.error().what;
  }

  Caller caller() const { return {app_, UserId{"administrator"}, true, {"::1", "RESTAPI"}}; }
  CreateTopic topic(const std::string& name) const {
    CreateTopic create;
    create.caller = caller();
    create.group_id = kGroup;
    create.topic_name = name;
    return create;
  }
  std::future<Result<Reply>> submit(Command command) {
    auto promise = std::make_shared<std::promise<Result<Reply>>>();
    auto answer = promise->get_future();
    committer_.submit(std::move(command), [this, promise](Result<Reply>&& reply) {
      ++journal_.completed;
      promise->set_value(std::move(reply));
    });
    return answer;
  }
  Result<Reply> ask(Command command) { return submit(std::move(command)).get(); }
  std::int64_t topics() {
    View view{0, random_};
    const GroupKey key{app_, GroupId{kGroup}};
    Needs needs;
    needs.groups = {key};
    EXPECT_TRUE(engine_.memory.read(needs, view));
    return view.group(key)->topic_num;
  }

  static constexpr const char* kGroup = "@TGS#_makers";
  GatedEngine engine_;
  ManualClock clock_;
  SeededRandom random_{5};
  Journal journal_;
  std::vector<std::string> troubles_;
  Committer committer_{engine_, clock_, random_, journal_,
                       {.max_batch = 64,
                        .max_queued = 200,
                        .retry_outcomes = std::chrono::milliseconds{1},
                        .trouble = [this](const CommitTrouble& told) {
                          troubles_.push_back(std::to_string(told.failed) + ": " + told.what);
                        }}};
};

TEST_F(CommitterTest, WhatQueuesUpDuringACommitSharesTheNextOne) {
  const std::uint64_t before = committer_.stats().batches;
  engine_.set_open(false);
  auto first = submit(topic("first"));
  engine_.wait_for_arrivals(3);
  std::vector<std::future<Result<Reply>>> crowd;
  for (int i = 0; i < 64; ++i) crowd.push_back(submit(topic("t" + std::to_string(i))));
  EXPECT_EQ(committer_.stats().queued, 64U);
  engine_.set_open(true);
  EXPECT_TRUE(first.get());
  for (auto& each : crowd) EXPECT_TRUE(each.get());
  EXPECT_EQ(topics(), 65);
  committer_.stop();
  EXPECT_EQ(committer_.stats().batches - before, 2U);
}

TEST_F(CommitterTest, WhoSubmitsFirstIsAskedToWakeItAndItFindsAllOfThem) {
  const std::uint64_t before = committer_.stats().batches;
  std::latch answered{8};
  for (int i = 0; i < 8; ++i) {
    const bool first = committer_.submit_quietly(
        topic("t" + std::to_string(i)), [&](Result<Reply>&&) { answered.count_down(); });
    EXPECT_EQ(first, i == 0);
  }
  committer_.wake();
  answered.wait();
  committer_.stop();
  EXPECT_EQ(committer_.stats().batches - before, 1U);
}

TEST_F(CommitterTest, ManyThreadsEachGetTheirAnswerAndEventsLeaveInCommitOrder) {
  std::vector<std::thread> threads;
  std::atomic<int> accepted = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t, &accepted] {
      for (int i = 0; i < 10; ++i) {
        if (ask(topic("t" + std::to_string(t) + "-" + std::to_string(i)))) ++accepted;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(accepted, 80);
  EXPECT_EQ(topics(), 80);
  committer_.stop();
  const std::vector<std::int64_t> seqs = journal_.seqs();
  EXPECT_EQ(seqs.size(), static_cast<std::size_t>(engine_.memory.ledger(app_).value().accepted));
  EXPECT_TRUE(std::ranges::is_sorted(seqs));
  // Each batch is announced once, after all its completions.
  EXPECT_EQ(journal_.completed_at_done().size(), committer_.stats().batches);
  EXPECT_EQ(journal_.completed_at_done().back(), journal_.completed.load());
  EXPECT_TRUE(std::ranges::is_sorted(journal_.completed_at_done()));
}

TEST_F(CommitterTest, ARefusedCommandLeavesTheOthersOfItsBatchAlone) {
  engine_.set_open(false);
  auto first = submit(topic("first"));
  engine_.wait_for_arrivals(3);
  auto good = submit(topic("good"));
  auto bad = submit(topic(""));
  auto also_good = submit(topic("also good"));
  engine_.set_open(true);
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(good.get());
  EXPECT_FALSE(bad.get());
  EXPECT_TRUE(also_good.get());
  EXPECT_EQ(topics(), 3);
  committer_.stop();
  EXPECT_EQ(committer_.stats().refused, 1U);
}

TEST_F(CommitterTest, ABatchOfRefusalsCostsNoCommit) {
  const std::size_t before = engine_.outcomes_seen().size();
  EXPECT_FALSE(ask(topic("")));
  EXPECT_EQ(engine_.outcomes_seen().size(), before);
}

TEST_F(CommitterTest, AFailedCommitAnswers10002ToAllOfTheBatchAndStoresNothing) {
  engine_.set_open(false);
  auto first = submit(topic("first"));
  engine_.wait_for_arrivals(3);
  auto good = submit(topic("good"));
  auto bad = submit(topic(""));
  engine_.fail_next(2);
  engine_.set_open(true);
  for (auto* each : {&first, &good, &bad}) {
    const Error refusal = each->get().error();
    EXPECT_EQ(refusal.code, 10002);
    EXPECT_EQ(refusal.kind, Errc::unavailable);
    EXPECT_EQ(refusal.what.find("disk is full"), std::string::npos) << "not a caller's affair";
    EXPECT_NE(refusal.what.find("try again"), std::string::npos);
  }
  EXPECT_EQ(topics(), 0);
  EXPECT_TRUE(ask(topic("works again")));
  EXPECT_EQ(topics(), 1);
  committer_.stop();
  EXPECT_EQ(committer_.stats().failed_batches, 2U);
  EXPECT_EQ(troubles_, (std::vector<std::string>{"1: the disk is full", "2: "})) << "begin, end";
}

TEST_F(CommitterTest, OutcomesAreKeptUntilACommitTakesThem) {
  ASSERT_TRUE(ask(topic("t")));
  const std::int64_t seq = engine_.memory.pending(app_, 0, 10).value().back().seq;
  engine_.fail_next(3);
  committer_.submit_outcomes({{seq, app_, EventState::delivered, 1, 0, {}}});
  // No command comes to help: it is tried again by itself.
  while (committer_.stats().failed_batches < 3) std::this_thread::yield();
  while (committer_.stats().outcomes < 1) std::this_thread::yield();
  EXPECT_EQ(engine_.memory.ledger(app_).value().delivered, 1);
}

/// Two batches: one in its sync, the other applied on it or about to be.
struct Crowd {
  std::future<Result<Reply>> first, second, third;
};

class CommitterSyncTest : public CommitterTest {
 protected:
  /// The first batch is committed while the second one waits, so that its sync runs on the side.
  Crowd begin() {
    Crowd crowd;
    const int syncs = engine_.syncs();
    engine_.set_sync_open(false);
    engine_.set_open(false);
    crowd.first = submit(topic("first"));
    engine_.wait_for_arrivals(3);
    crowd.second = submit(topic("second"));
    engine_.set_open(true);
    engine_.wait_for_syncs(syncs + 1);
    return crowd;
  }
};

TEST_F(CommitterSyncTest, TheNextBatchIsAppliedDuringASyncAndAnsweredAfterItsOwn) {
  Crowd crowd = begin();
  engine_.wait_for_arrivals(4);  // the second is applied, the first still waits for the disk
  EXPECT_EQ(crowd.first.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  crowd.third = submit(topic("third"));
  engine_.set_sync_open(true);
  EXPECT_TRUE(crowd.first.get());
  EXPECT_TRUE(crowd.second.get());
  EXPECT_TRUE(crowd.third.get());
  committer_.stop();
  EXPECT_TRUE(std::ranges::is_sorted(journal_.seqs()));
  EXPECT_EQ(engine_.taken_back(), 0);
}

TEST_F(CommitterSyncTest, AFailedSyncTakesBackWhatWasDecidedOnItToo) {
  Outcome outcome;
  outcome.seq = 1;
  outcome.app = app_;
  outcome.state = EventState::delivered;
  committer_.submit_outcomes({outcome});
  Crowd crowd = begin();
  engine_.wait_for_arrivals(4);
  engine_.fail_next_syncs(1);
  engine_.set_sync_open(true);
  for (auto* each : {&crowd.first, &crowd.second}) {
    const auto reply = each->get();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, 10002);
  }
  engine_.wait_for_taken_back(1);
  EXPECT_TRUE(ask(topic("fourth")));
  committer_.stop();
  EXPECT_EQ(journal_.seqs().size(), 2U) << "of the group and the last topic; nobody hears of others";
  EXPECT_EQ(engine_.taken_back(), 1);
  std::size_t outcomes = 0;
  for (const std::size_t seen : engine_.outcomes_seen()) outcomes += seen;
  EXPECT_GE(outcomes, 1U) << "outcomes are not given up";
}

TEST_F(CommitterSyncTest, AFailedSyncIsTakenBackWithoutAnythingElseToDo) {
  engine_.fail_next_syncs(1);
  EXPECT_FALSE(ask(topic("alone")));
  engine_.wait_for_taken_back(1);
  Crowd crowd = begin();  // and when it ran on the side
  engine_.fail_next_syncs(2);
  engine_.set_sync_open(true);
  EXPECT_FALSE(crowd.first.get());
  EXPECT_FALSE(crowd.second.get());
  engine_.wait_for_taken_back(2);
}

TEST_F(CommitterSyncTest, WhatCannotBeTakenBackIsTriedAgainWithoutAnythingElseToDo) {
  engine_.fail_take_backs(5);
  engine_.fail_next_syncs(1);
  EXPECT_FALSE(ask(topic("alone")));
  engine_.wait_for_taken_back(6);
  EXPECT_TRUE(ask(topic("works again")));
  EXPECT_EQ(engine_.taken_back(), 6);
}

TEST_F(CommitterTest, StopCommitsWhatIsQueuedAndRefusesTheRest) {
  ASSERT_TRUE(ask(topic("first")));
  const std::int64_t seq = engine_.memory.pending(app_, 0, 10).value().back().seq;
  engine_.set_open(false);
  auto running = submit(topic("running"));
  engine_.wait_for_arrivals(4);
  std::vector<std::future<Result<Reply>>> queued;
  for (int i = 0; i < 100; ++i) queued.push_back(submit(topic("t" + std::to_string(i))));
  committer_.submit_outcomes({{seq, app_, EventState::delivered, 1, 0, {}}});
  std::thread stopper{[this] { committer_.stop(); }};
  // stop() has begun as soon as a new command is refused for that reason.
  for (bool stopping = false; !stopping;) {
    auto late = submit(topic(""));
    if (late.wait_for(std::chrono::seconds{0}) != std::future_status::ready) continue;
    stopping = late.get().error().kind == Errc::cancelled;
  }
  engine_.set_open(true);
  stopper.join();
  EXPECT_TRUE(running.get());
  for (auto& each : queued) EXPECT_TRUE(each.get());
  EXPECT_EQ(engine_.memory.ledger(app_).value().delivered, 1);
  committer_.stop();  // twice is harmless
}

TEST_F(CommitterTest, OverloadIsRefusedAtOnce) {
  engine_.set_open(false);
  auto running = submit(topic("running"));
  engine_.wait_for_arrivals(3);
  std::vector<std::future<Result<Reply>>> queued;
  for (int i = 0; i < 100; ++i) queued.push_back(submit(topic("")));
  const Result<Reply> refused = ask(topic("too many"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 10002);
  EXPECT_EQ(refused.error().kind, Errc::unavailable);
  engine_.set_open(true);
  EXPECT_TRUE(running.get());
  for (auto& each : queued) (void)each.get();
  EXPECT_TRUE(ask(topic("room again")));
}

TEST(EventLog, StatesHaveNamesThatParseBack) {
  for (const EventState state : {EventState::pending, EventState::delivered, EventState::dead,
                                 EventState::cancelled}) {
    EXPECT_EQ(parse_event_state(to_string(state)), state);
  }
  EXPECT_EQ(parse_event_state("held"), std::nullopt);
}

TEST(EventLog, OnlyPendingEventsEndAndOnlyAReplayBringsThemBack) {
  using enum EventState;
  for (const EventState now : {pending, delivered, dead, cancelled}) {
    for (const EventState next : {pending, delivered, dead, cancelled}) {
      Outcome outcome;
      outcome.state = next;
      EXPECT_EQ(may_follow(now, outcome), now == pending);
      outcome.kind = OutcomeKind::replay;
      EXPECT_EQ(may_follow(now, outcome), next == pending);
      outcome.kind = OutcomeKind::note;
      EXPECT_TRUE(may_follow(now, outcome));
    }
  }
}

TEST(EventLog, StateSetsHaveNamesThatReadBack) {
  for (const char* text : {"", "pending", "parked", "dead,cancelled", "dead,cancelled,parked"}) {
    const auto states = parse_state_set(text);
    ASSERT_TRUE(states) << text;
    EXPECT_EQ(to_string(*states), text);
  }
  EXPECT_EQ(parse_state_set("dead,held"), std::nullopt);
  const StateSet parked = StateSet{}.add_parked();
  EXPECT_TRUE(parked.contains(EventState::pending, true));
  EXPECT_FALSE(parked.contains(EventState::pending, false));
  EXPECT_TRUE(StateSet{}.contains(EventState::dead, false)) << "none named: all";
}

TEST_F(CommitterTest, DecisionsAreAnsweredAfterTheirCommitAndKeptWhileTheDiskFails) {
  engine_.fail_next(2);
  EventJob job;
  job.id = 3;
  job.filter.app = SdkAppId{7};
  std::promise<bool> answered;
  committer_.submit_decisions({}, {job}, [&](Result<void> done) {
    answered.set_value(done && engine_.memory.jobs({}).value().size() == 1);
  });
  auto answer = answered.get_future();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds{30}), std::future_status::ready);
  EXPECT_TRUE(answer.get()) << "stored before it is answered";
  committer_.stop();
  std::optional<Errc> refused;
  committer_.submit_decisions({}, {job}, [&](Result<void> done) { refused = done.error().kind; });
  EXPECT_EQ(refused, Errc::cancelled);
}

}  // namespace
}  // namespace tidings::store
