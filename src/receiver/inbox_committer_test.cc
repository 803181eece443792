// Goal: what is damaged for one app refuses that app's callbacks alone, however they are batched; what
// ails the whole disk refuses the batch at once. A group that is to be read again is so until it was.
// Method: the real engine, with one around it that fails for chosen rows, while loading or committing.
#include "receiver/inbox_committer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "receiver/test_callbacks.h"
#include "receiver/test_mirror_file.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"
#include "support/eventually.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

class FailingEngine final : public store::MirrorUnitOfWork {
 public:
  explicit FailingEngine(store::MirrorUnitOfWork& inner) : inner_(inner) {}

  Result<void> load(const store::MirrorNeeds& needs, store::MirrorView& view) override {
    if (load_fails) {
      if (auto error = load_fails(needs)) return *error;
    }
    return inner_.load(needs, view);
  }
  Result<void> commit(store::MirrorView& view) override {
    ++commits;
    if (commit_fails) {
      if (auto error = commit_fails(view)) return *error;
    }
    return inner_.commit(view);
  }

  std::function<std::optional<Error>(const store::MirrorNeeds&)> load_fails;
  std::function<std::optional<Error>(const store::MirrorView&)> commit_fails;
  int commits = 0;

 private:
  store::MirrorUnitOfWork& inner_;
};

const SdkAppId kOther{1400999999};

class InboxCommitterTest : public ::testing::Test {
 protected:
  InboxCommitterTest() { lanes_.start(); }
  ~InboxCommitterTest() override {
    committer_.stop();
    lanes_.stop();
  }

  static Callback numbered(int i, SdkAppId app = kApp) {
    Callback made = callback_of(R"({"CallbackCommand":"X","n":)" + std::to_string(i) + "}", i,
                                "request " + std::to_string(i));
    made.app = app;
    made.key = inbox_key(app, made.request_id, made.parsed.command, made.body);
    made.client_ip = "203.0.113.9";
    return made;
  }
  /// Submitted together, so that they are one batch. Keeps the outcomes in order.
  std::vector<Result<Applied>> commit(std::vector<Callback> callbacks) {
    std::vector<std::future<Result<Applied>>> waiting;
    for (Callback& each : callbacks) {
      waiting.push_back(boost::asio::co_spawn(
          lanes_[0].executor(), committer_.commit(std::make_unique<Callback>(std::move(each))),
          boost::asio::use_future));
    }
    while (committer_.queued() != callbacks.size()) std::this_thread::yield();
    committer_.start();
    std::vector<Result<Applied>> outcomes;
    for (auto& each : waiting) outcomes.push_back(each.get());
    committer_.stop();  // after its listener
    return outcomes;
  }
  /// A change of some topic of the group, without saying which (R-04); gives the mark that it leaves.
  store::MirrorStamp mark(const std::string& name) {
    AfterTopicInfoChanged body;
    body.group_id = GroupId{kGroup};
    body.name = name;
    const auto made = callback_of(write_callback(body, AdditiveMembers::documented));
    EXPECT_TRUE(runtime::block_on(lanes_[0], committer_.commit(std::make_unique<Callback>(made))));
    return marked().value();
  }
  /// None: the mirror has no such group.
  std::optional<store::MirrorStamp> marked() {
    const auto group =
        sqlite::MirrorSqliteReader(folder_.file()).group({kApp, GroupId{kGroup}}).value();
    return group ? std::optional(group->reread) : std::nullopt;
  }
  Result<void> reread(store::MirrorStamp mark, const std::string& group = kGroup) {
    return runtime::block_on(lanes_[0], committer_.reread({kApp, GroupId{group}}, mark));
  }
  std::vector<store::InboxEntry> entries() {
    return sqlite::MirrorSqliteReader(folder_.file()).inbox({}).value().entries;
  }

  MirrorFolder folder_;
  sqlite::MirrorWriter writer_ = sqlite::MirrorWriter::open(folder_.file(), quick()).value();
  FailingEngine engine_{writer_};
  ManualClock clock_;
  runtime::Lanes lanes_{1};
  std::vector<BatchReport> reports_;
  InboxCommitter committer_{engine_, clock_,
                            [this](const BatchReport& report) { reports_.push_back(report); }};
};

TEST_F(InboxCommitterTest, ADamagedRowRefusesNoStrangers) {
  engine_.load_fails = [](const store::MirrorNeeds& needs) -> std::optional<Error> {
    if (!std::ranges::count(needs.apps, kOther)) return std::nullopt;
    return fail(Errc::corrupt, "the arrived numbers of an app are damaged");
  };
  std::vector<Callback> callbacks;
  for (int i = 1; i <= 20; ++i) callbacks.push_back(numbered(i, i % 7 == 0 ? kOther : kApp));
  const auto outcomes = commit(std::move(callbacks));
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i - 1)].has_value(), i % 7 != 0) << i;
  }
  EXPECT_EQ(entries().size(), 18U);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].callbacks, 18U);
  EXPECT_EQ(reports_[0].failed, 2U);
  EXPECT_EQ(reports_[0].failure, "the arrived numbers of an app are damaged");
  EXPECT_EQ(reports_[0].last_id, 18);
  EXPECT_TRUE(committer_.healthy());
}

TEST_F(InboxCommitterTest, ARowThatCannotBeWrittenRefusesNoStrangersAndTheirTextsAreWhole) {
  engine_.commit_fails = [](const store::MirrorView& view) -> std::optional<Error> {
    if (!std::ranges::count(view.inbox, 5, &store::InboxEntry::sequence)) return std::nullopt;
    return fail(Errc::internal, "a constraint failed");
  };
  std::vector<Callback> callbacks;
  for (int i = 1; i <= 8; ++i) callbacks.push_back(numbered(i));
  callbacks.push_back(numbered(3));
  const auto outcomes = commit(std::move(callbacks));
  ASSERT_EQ(outcomes.size(), 9U);
  EXPECT_FALSE(outcomes[4]);
  ASSERT_TRUE(outcomes[8]);
  EXPECT_EQ(*outcomes[8], Applied::duplicate);
  const auto stored = entries();
  ASSERT_EQ(stored.size(), 7U);
  for (const store::InboxEntry& entry : stored) {
    const Callback sent = numbered(static_cast<int>(entry.sequence));
    EXPECT_EQ(entry.body, sent.body);
    EXPECT_EQ(entry.command, "X");
    EXPECT_EQ(entry.request_id, sent.request_id);
    EXPECT_EQ(entry.client_ip, sent.client_ip);
  }
  EXPECT_EQ(reports_.at(0).callbacks, 8U);
  EXPECT_EQ(reports_.at(0).duplicates, 1U);
  EXPECT_EQ(reports_.at(0).failed, 1U);
}

TEST_F(InboxCommitterTest, AFullDiskIsAskedOnce) {
  engine_.commit_fails = [](const store::MirrorView&) -> std::optional<Error> {
    return fail(Errc::unavailable, "the disk is full");
  };
  std::vector<Callback> callbacks;
  for (int i = 1; i <= 8; ++i) callbacks.push_back(numbered(i));
  for (const auto& outcome : commit(std::move(callbacks))) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Errc::unavailable);
  }
  EXPECT_EQ(engine_.commits, 1);
  EXPECT_EQ(reports_.at(0).failed, 8U);
  EXPECT_FALSE(committer_.healthy());
}

TEST_F(InboxCommitterTest, ALargeDestructionGoesOnWhileNothingArrives) {
  std::vector<Callback> creates;
  for (int i = 0; i < 3'500; ++i) {
    AfterCreateTopic body;
    body.group_id = GroupId{kGroup};
    body.topic_id = TopicId{kGroup + "@TOPIC#_" + std::to_string(i)};
    creates.push_back(callback_of(write_callback(body, AdditiveMembers::all)));
  }
  ASSERT_TRUE(write_batch(writer_, std::move(creates), 1000));
  AfterGroupDestroyed destroyed;
  destroyed.group_id = GroupId{kGroup};
  committer_.start();
  ASSERT_TRUE(runtime::block_on(
      lanes_[0], committer_.commit(std::make_unique<Callback>(
                     callback_of(write_callback(destroyed, AdditiveMembers::all))))));
  sqlite::MirrorSqliteReader reader(folder_.file());
  EXPECT_TRUE(test::eventually([&] { return reader.tallies().value()[0].second.topics == 0; }));
  committer_.stop();
  EXPECT_GE(engine_.commits, 4);
  EXPECT_EQ(reports_.size(), 1U) << "a commit without callbacks is no batch";
}

TEST_F(InboxCommitterTest, AGroupThatWasReadAgainIsMarkedNoLonger) {
  committer_.start();
  const store::MirrorStamp first = mark("One");
  ASSERT_TRUE(first);
  const store::MirrorStamp second = mark("Two");
  EXPECT_TRUE(reread(first));
  EXPECT_EQ(marked(), second) << "it was marked again after it was read";
  EXPECT_TRUE(reread(second));
  EXPECT_EQ(marked(), store::MirrorStamp{});
  EXPECT_TRUE(reread(second)) << "it is no error to say it twice";
  EXPECT_EQ(marked(), store::MirrorStamp{});
  EXPECT_EQ(entries().size(), 2U) << "nothing was told";
}

TEST_F(InboxCommitterTest, WhatIsReadAgainNeedBeNoGroupOfTheMirror) {
  committer_.start();
  EXPECT_TRUE(reread({0, 0, 1}, "@TGS#_unknown"));
  EXPECT_EQ(sqlite::MirrorSqliteReader(folder_.file()).group({kApp, GroupId{"@TGS#_unknown"}}).value(),
            std::nullopt);
}

TEST_F(InboxCommitterTest, AMarkThatCannotBeTakenBackIsAnErrorAndStays) {
  committer_.start();
  const store::MirrorStamp left = mark("One");
  engine_.commit_fails = [](const store::MirrorView&) -> std::optional<Error> {
    return fail(Errc::unavailable, "the disk is full");
  };
  const auto refused = reread(left);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Errc::unavailable);
  EXPECT_EQ(marked(), left);
  committer_.stop();
  const auto late = reread(left);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, Errc::rate_limited);
}

TEST_F(InboxCommitterTest, AClockThatJumpsAheadTakesNothingFromTheInbox) {
  committer_.start();
  const auto commit_one = [&](int i) {
    EXPECT_TRUE(runtime::block_on(
        lanes_[0], committer_.commit(std::make_unique<Callback>(numbered(i)))));
  };
  commit_one(1);
  clock_.jump(std::chrono::hours(24 * 365));
  commit_one(2);
  clock_.advance(std::chrono::hours(11));
  commit_one(3);
  EXPECT_EQ(entries().size(), 3U);
  // Right after all: it is followed, and what is out of retention goes.
  clock_.advance(std::chrono::hours(2));
  commit_one(4);
  EXPECT_EQ(entries().size(), 3U);
  EXPECT_EQ(entries().front().sequence, 2);
}

}  // namespace
}  // namespace tidings::receiver
