// Goal: an app that sends much, or heavy commands, makes others wait for its turn and not for all that it
// sent, cannot fill the queue, and nothing is begun for a caller whose time has passed (promise P5).
// Method: commits are held back while commands queue up; the order of the answers and the sizes of the
// batches say what was done.
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/committer.h"
#include "store/gated_engine_test.h"

namespace tidings::store {
namespace {

using namespace community;
using std::chrono::steady_clock;

class UnheardListener final : public CommitListener {
 public:
  void committed(std::vector<Event>, std::vector<Notice>) override {}
  void batch_done() override {}
};

class CommitterTurns : public testing::Test {
 protected:
  const SdkAppId busy_{1'400'000'001}, other_{1'400'000'002};

  void SetUp() override {
    committer_.start();
    for (const SdkAppId app : {busy_, other_}) ASSERT_TRUE(ask(PutApp{app_of(app), 0}));
    sizes_.clear();
  }
  void TearDown() override { engine_.set_open(true); }

  static App app_of(SdkAppId id) {
    App app;
    app.id = id;
    app.name = "app " + id.str();
    app.keys = {{"key", 0, 0}};
    app.admins = {UserId{"administrator"}};
    return app;
  }
  /// A command that names so many accounts, always the same ones.
  static Command import(SdkAppId app, std::size_t accounts = 1) {
    ImportAccounts command;
    command.caller = {app, UserId{"administrator"}, true, {"::1", "RESTAPI"}};
    for (std::size_t i = 0; i < accounts; ++i) command.users.push_back("u" + std::to_string(i));
    return command;
  }

  std::future<Result<Reply>> submit(const std::string& name, Command command,
                                    Committer::TimePoint until = Committer::TimePoint::max()) {
    auto promise = std::make_shared<std::promise<Result<Reply>>>();
    auto answer = promise->get_future();
    const auto done = [this, name, promise](Result<Reply>&& reply) {
      {
        const std::lock_guard lock{mutex_};
        answered_.push_back(name);
      }
      promise->set_value(std::move(reply));
    };
    committer_.submit(std::move(command), done, until);
    return answer;
  }
  Result<Reply> ask(Command command) { return submit("", std::move(command)).get(); }
  /// The answer where there is one without any commit.
  static Result<Reply> answered_at_once(std::future<Result<Reply>> answer) {
    const bool ready = answer.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    EXPECT_TRUE(ready) << "it was queued";
    return ready ? answer.get() : Result<Reply>{Reply{}};
  }

  /// A commit that waits until go_on(): what is submitted meanwhile queues up.
  void stand_still() {
    engine_.set_open(false);
    first_ = submit("first", import(busy_));
    engine_.wait_for_arrivals(3);  // behind those of the apps
    const std::lock_guard lock{mutex_};
    answered_.clear();
  }
  /// Ends it, and waits for all.
  void go_on() {
    engine_.set_open(true);
    EXPECT_TRUE(first_.get());
    committer_.stop();
  }

  GatedEngine engine_;
  ManualClock clock_;
  SeededRandom random_{5};
  UnheardListener listener_;
  std::future<Result<Reply>> first_;
  std::mutex mutex_;                   // protects answered_
  std::vector<std::string> answered_;  // in that order
  std::vector<std::size_t> sizes_;     // of the batches; read after stop() only
  Committer committer_{engine_, clock_, random_, listener_,
                       {.max_batch = 64,
                        .max_weight = 128,
                        .max_queued = 200,
                        .turn = 4,
                        .observe = [this](std::chrono::microseconds, std::size_t commands) {
                          sizes_.push_back(commands);
                        }}};
};

using Names = std::vector<std::string>;

TEST_F(CommitterTurns, WhoSendsMuchMakesOthersWaitForOneTurnAndNotForAllOfIt) {
  stand_still();
  for (int i = 0; i < 90; ++i) (void)submit("busy", import(busy_));
  for (int i = 0; i < 2; ++i) (void)submit("other", import(other_));
  // Each names one account: two rows, so that a turn of four has two of them.
  go_on();
  ASSERT_EQ(answered_.size(), 93U);
  EXPECT_EQ(Names(answered_.begin() + 1, answered_.begin() + 7),
            (Names{"busy", "busy", "other", "other", "busy", "busy"}));
}

TEST_F(CommitterTurns, AnAppsCommandsKeepTheirOrder) {
  stand_still();
  Names busy, other;
  for (int i = 0; i < 60; ++i) {
    const bool heavy = i % 7 == 0;
    busy.push_back("b" + std::to_string(i));
    (void)submit(busy.back(), import(busy_, heavy ? 90 : 1));
    other.push_back("o" + std::to_string(i));
    (void)submit(other.back(), import(other_, heavy ? 1 : 5));
  }
  go_on();
  Names busy_answered, other_answered;
  for (const std::string& each : answered_) {
    if (each[0] == 'b') busy_answered.push_back(each);
    if (each[0] == 'o') other_answered.push_back(each);
  }
  EXPECT_EQ(busy_answered, busy);
  EXPECT_EQ(other_answered, other);
}

TEST_F(CommitterTurns, ABatchEndsWithTheCommandThatReachesItsWeight) {
  stand_still();
  for (int i = 0; i < 7; ++i) (void)submit("", import(busy_, 50));
  go_on();
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{1, 3, 3, 1}));
}

TEST_F(CommitterTurns, ABatchEndsAfterAsManyCommandsAsItMayHave) {
  stand_still();
  for (int i = 0; i < 70; ++i) (void)submit("", JoinGroup{{busy_, UserId{"u0"}, false, {}}, "none"});
  go_on();
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{1, 64, 6}));
}

TEST_F(CommitterTurns, ACommandHeavierThanABatchMayBeRunsWithThoseBeforeItOrAlone) {
  AddMembers add;
  add.caller = {busy_, UserId{"administrator"}, true, {}};
  add.group_id = "none";
  for (int i = 0; i < 300; ++i) add.members.push_back({UserId{"u" + std::to_string(i)}, {}, {}, {}, {}});
  stand_still();
  (void)submit("", import(busy_));
  auto heavy = submit("", add);
  auto heavier = submit("", add);
  (void)submit("", import(busy_));
  go_on();
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{1, 2, 1, 1}));
  for (auto* each : {&heavy, &heavier}) {
    EXPECT_EQ(each->get().error().code, 10010) << "it was decided: there is no such group";
  }
}

TEST_F(CommitterTurns, WhatRetentionPurgesSharesItsBatchWithNobody) {
  stand_still();
  for (int i = 0; i < 2; ++i) (void)submit("", import(busy_));
  for (int i = 0; i < 2; ++i) (void)submit("", PurgeEvents{});
  for (int i = 0; i < 2; ++i) (void)submit("", import(busy_));
  go_on();
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{1, 2, 1, 1, 2}));
}

TEST_F(CommitterTurns, AnAppThatFillsItsShareIsRefusedWithNumbersAndNobodyElseIs) {
  stand_still();
  for (int i = 0; i < 100; ++i) (void)submit("", import(busy_));
  const Result<Reply> refused = answered_at_once(submit("", import(busy_)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 10002);
  EXPECT_EQ(refused.error().kind, Errc::unavailable);
  EXPECT_EQ(refused.error().what,
            "the store is overloaded: app 1400000001 has 100 commands waiting for a commit, half of what "
            "others leave of 200 (serve.max_queued); have fewer under way at a time, and try again later");
  std::vector<std::future<Result<Reply>>> others;
  for (int i = 0; i < 50; ++i) others.push_back(submit("", import(other_)));
  EXPECT_FALSE(answered_at_once(submit("", import(other_)))) << "half of what is left";
  App off = app_of(busy_);
  off.status = AppStatus::disabled;
  auto switched_off = submit("", PutApp{off, 1});
  EXPECT_EQ(committer_.stats().queued, 151U);
  go_on();
  for (auto& each : others) EXPECT_TRUE(each.get());
  EXPECT_TRUE(switched_off.get()) << "what the operator wants does not wait behind the app";
}

TEST_F(CommitterTurns, WhatHasNotBegunWhenItsCallersTimeHasPassedIsNotBegun) {
  stand_still();
  const auto soon = steady_clock::now() + std::chrono::milliseconds{1};
  auto late = submit("", import(busy_, 3), soon);
  auto patient = submit("", import(busy_, 2), steady_clock::now() + std::chrono::hours{1});
  while (steady_clock::now() <= soon) std::this_thread::yield();
  const std::size_t named = engine_.accounts_named();
  go_on();
  const Result<Reply> told = late.get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, Errc::timeout);
  EXPECT_EQ(told.error().code, 0);
  EXPECT_TRUE(patient.get());
  View view{0, random_};
  Needs needs;
  for (const char* user : {"u1", "u2"}) needs.accounts.push_back({busy_, UserId{user}});
  ASSERT_TRUE(engine_.memory.read(needs, view));
  EXPECT_NE(view.account({busy_, UserId{"u1"}}), nullptr);
  EXPECT_EQ(view.account({busy_, UserId{"u2"}}), nullptr) << "only the one that came too late names it";
  EXPECT_EQ(engine_.accounts_named() - named, 2U) << "and nothing is loaded for that";
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{1, 1}));
  EXPECT_EQ(committer_.stats().expired, 1U);
  EXPECT_EQ(committer_.stats().refused, 0U) << "no rule was asked";
  EXPECT_EQ(committer_.stats().commands, 4U) << "two apps, the first one and the patient one";
}

TEST_F(CommitterTurns, ABatchOfThoseThatCameTooLateTouchesNoStore) {
  const std::size_t before = engine_.outcomes_seen().size();
  const int loads = engine_.loads();
  auto late = submit("", import(busy_), Committer::TimePoint::min());
  EXPECT_EQ(late.get().error().kind, Errc::timeout);
  EXPECT_EQ(engine_.outcomes_seen().size(), before);
  EXPECT_EQ(engine_.loads(), loads);
}

}  // namespace
}  // namespace tidings::store
