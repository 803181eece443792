// Goal: what was missed is found (P8): gaps are noticed after the settle time and not before, told
// of, and filled from the source exactly once, whatever the source does meanwhile; a restart goes on
// where it was.
// Method: a source that is a list of events behind the transport's seam, a real committer and
// SQLite. Settle times of milliseconds; every wait is for a condition.
#include "receiver/gap_keeper.h"

#include <gtest/gtest.h>

#include "receiver/mirror_json.h"
#include "receiver/test_keeping.h"
#include "support/eventually.h"

namespace tidings::receiver {
namespace {

using namespace std::chrono_literals;
using namespace tidings::receiver::testing;
using test::eventually;

using Vias = std::map<std::int64_t, store::InboxVia>;
constexpr auto kSent = store::InboxVia::callback;
constexpr auto kFetched = store::InboxVia::feed;

TEST_F(GapKeeperTest, AtStartEverythingAfterTheLastContiguousNumberIsFetched) {
  source.set_last(1200);
  Keeping keeping(file(), &source, patient());
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 1200; }));
  EXPECT_EQ(keeping.topics(), 1200);
  EXPECT_EQ(keeping.numbers().filled, 1200);
  EXPECT_EQ(keeping.inbox().size(), 1200U);
  const auto entry = keeping.entry(1).value();
  EXPECT_EQ(entry.via, kFetched);
  EXPECT_EQ(entry.body, numbered_topic(1));
  EXPECT_EQ(entry.request_id, request_id(1));
  EXPECT_EQ(entry.client_ip, "203.0.113.9");
  EXPECT_EQ(entry.opt_platform, "Web");
  EXPECT_EQ(entry.target, "");
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 0; }));
  EXPECT_EQ(source.asked(), (std::vector<store::SequenceRange>{
                                {1, 1}, {1, 500}, {501, 1000}, {1001, 1200}}));
  EXPECT_NE(keeping.metrics().find("tidings_receiver_missed_total{result=\"filled\"} 1200"),
            std::string::npos);
}

TEST_F(GapKeeperTest, NumbersThatOvertakeEachOtherAreNoGap) {
  Keeping keeping(file(), &source, patient());
  ASSERT_TRUE(eventually([&] { return keeping.status().asked_ms != 0; }));
  source.set_last(4);
  for (const std::int64_t n : {1, 4, 2}) EXPECT_EQ(keeping.arrives(n), Applied::accepted);
  EXPECT_EQ(keeping.arrives(3), Applied::accepted);
  EXPECT_EQ(keeping.status().seen, 0);
  EXPECT_EQ(source.asked().size(), 1U) << "only at the start";
  EXPECT_EQ(keeping.numbers().have.contiguous(), 4);
}

TEST_F(GapKeeperTest, AGapThatShowsItselfIsFilledAndOnlyItIsAskedFor) {
  // All of them arrive before a hole has settled, in however many commits.
  GapOptions options = quick();
  options.settle = 500ms;
  Keeping keeping(file(), &source, options);
  ASSERT_TRUE(eventually([&] { return keeping.status().asked_ms != 0; }));
  source.set_last(9);
  keeping.arrive_at_once({1, 2, 5, 7, 8, 9});
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 9; }));
  EXPECT_EQ(keeping.inbox(), (Vias{{1, kSent}, {2, kSent}, {3, kFetched}, {4, kFetched},
                                   {5, kSent}, {6, kFetched}, {7, kSent}, {8, kSent}, {9, kSent}}));
  EXPECT_EQ(keeping.topics(), 9);
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 0 && keeping.status().seen == 3; }));
  const auto asked = source.asked();
  EXPECT_EQ(asked.back(), (store::SequenceRange{3, 6})) << "from the first hole to the last";
  EXPECT_NE(keeping.log().find("numbers=3-4, 6"), std::string::npos) << keeping.log();
  EXPECT_NE(keeping.log().find("gap closed sdkappid=1400112233 filled=3 gone=0 unreadable=0"),
            std::string::npos)
      << keeping.log();
  // The callback that was only late changes nothing.
  EXPECT_EQ(keeping.arrives(3), Applied::duplicate);
  EXPECT_EQ(keeping.topics(), 9);
}

TEST_F(GapKeeperTest, TheLossOfTheLastCallbackIsFoundByAsking) {
  GapOptions options = quick();
  options.check_every = 10ms;
  Keeping keeping(file(), &source, options);
  ASSERT_TRUE(eventually([&] { return keeping.status().asked_ms != 0; }));
  for (const std::int64_t n : {1, 2}) keeping.arrives(n);
  source.set_last(3);
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 3; }));
  EXPECT_EQ(keeping.inbox().at(3), kFetched);
}

TEST_F(GapKeeperTest, WhatTheSourceHasPurgedIsGivenUpAndNotAskedForAgain) {
  source.set_last(6);
  for (const std::int64_t n : {1, 2, 4}) source.purge(n);
  {
    Keeping keeping(file(), &source, quick());
    ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 6; }));
    EXPECT_EQ(keeping.numbers().gone, 3);
    EXPECT_EQ(keeping.numbers().filled, 3);
    EXPECT_EQ(keeping.topics(), 3);
    ASSERT_TRUE(eventually([&] { return keeping.status().open == 0; }));
    EXPECT_TRUE(eventually([&] {
      return keeping.log().find("callbacks are lost") != std::string::npos;
    })) << keeping.log();
  }
  const std::size_t before = source.asked().size();
  Keeping again(file(), &source, quick());
  ASSERT_TRUE(eventually([&] { return again.status().asked_ms != 0; }));
  source.set_last(8);
  again.arrives(8);
  ASSERT_TRUE(eventually([&] { return again.numbers().have.contiguous() == 8; }));
  for (std::size_t i = before; i < source.asked().size(); ++i) {
    EXPECT_GE(source.asked()[i].first, 7) << "a restart goes on behind what it has";
  }
  EXPECT_EQ(again.numbers().gone, 3);
}

TEST_F(GapKeeperTest, AReceiverThatBeginsLateDoesNotAskForMillionsThatAreGone) {
  source.set_last(100'005);
  for (std::int64_t n = 1; n <= 100'000; ++n) source.purge(n);
  Keeping keeping(file(), &source, patient());
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 100'005; }));
  EXPECT_EQ(keeping.numbers().gone, 100'000);
  EXPECT_EQ(keeping.numbers().filled, 5);
  EXPECT_LE(source.asked().size(), 4U);
  // Counted by the keeper once the commit has answered, which readers may see a moment earlier.
  EXPECT_TRUE(eventually([&] {
    return keeping.metrics().find("tidings_receiver_missed_total{result=\"gone\"} 100000") !=
           std::string::npos;
  })) << keeping.metrics();
}

TEST_F(GapKeeperTest, WhatIsGoneInTheMiddleIsGivenUpInOneGoToo) {
  source.set_last(50'000);
  for (std::int64_t n = 2; n < 50'000; ++n) source.purge(n);  // the first one is still pending there
  Keeping keeping(file(), &source, patient());
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 50'000; }));
  EXPECT_EQ(keeping.numbers().gone, 49'998);
  EXPECT_LE(source.asked().size(), 4U);
}

TEST_F(GapKeeperTest, AnEventThatCannotBeReadIsNotCalledPurged) {
  source.set_last(5);
  source.spoil(2);
  source.purge(4);
  Keeping keeping(file(), &source, patient());
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 5; }));
  EXPECT_EQ(keeping.numbers().filled, 3);
  ASSERT_TRUE(eventually([&] {
    return keeping.log().find("filled=3 gone=1 unreadable=1") != std::string::npos;
  })) << keeping.log();
  const std::string log = keeping.log();
  EXPECT_NE(log.find("missing=1 numbers=2-2 what=the source has them, and they cannot be read: "),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("missing=1 numbers=4-4 what=the source has purged them"), std::string::npos)
      << log;
  EXPECT_EQ(keeping.status().unreadable, 1);
  EXPECT_NE(keeping.metrics().find("missed_total{result=\"gone\"} 1\n"), std::string::npos);
  EXPECT_NE(keeping.metrics().find("missed_total{result=\"unreadable\"} 1\n"), std::string::npos);
}

TEST_F(GapKeeperTest, ASourceThatIsDownIsAskedAgainAndThenEverythingIsThere) {
  source.set_last(5);
  source.set_down(true);
  Keeping keeping(file(), &source, quick());
  for (const std::int64_t n : {1, 3}) keeping.arrives(n);
  ASSERT_TRUE(eventually([&] { return source.asked().size() >= 4; }));
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 1; }))
      << "number 2 is told of although the source is silent";
  EXPECT_FALSE(keeping.status().source_answers);
  EXPECT_NE(keeping.status().trouble.find("connection refused"), std::string::npos);
  const std::string log = keeping.log();
  EXPECT_EQ(log.find("gaps cannot be filled"), log.rfind("gaps cannot be filled"))
      << "one line for one trouble: " << log;
  source.set_down(false);
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 5; }));
  ASSERT_TRUE(eventually([&] { return keeping.status().source_answers; }));
  EXPECT_EQ(keeping.status().trouble, "");
  EXPECT_NE(keeping.log().find("source answers again"), std::string::npos);
}

TEST_F(GapKeeperTest, ASourceThatRefusesIsNamedWithItsReasonAndWithoutOurTicket) {
  source.set_answer(R"({"ActionStatus":"FAIL","ErrorCode":60010,"ErrorInfo":"not an admin"})");
  Keeping keeping(file(), &source, quick());
  ASSERT_TRUE(eventually([&] { return !keeping.status().trouble.empty(); }));
  EXPECT_NE(keeping.status().trouble.find("60010: not an admin"), std::string::npos);
  EXPECT_EQ(keeping.log().find("eJ"), std::string::npos) << keeping.log();
  EXPECT_EQ(keeping.log().find("the-key"), std::string::npos);
}

TEST_F(GapKeeperTest, OurOwnDiskIsNotTheSourcesFaultAndNothingIsLostBeforeItIsStored) {
  Keeping keeping(file(), &source, quick());
  ASSERT_TRUE(eventually([&] { return keeping.status().asked_ms != 0; }));
  keeping.break_giving_up(true);
  source.set_last(4);
  source.purge(3);
  keeping.arrive_at_once({1, 2, 4});
  // What the engine says, a file and a reason, is for the log.
  const auto own_store = [&] { return keeping.status().trouble.find("own store") != std::string::npos; };
  ASSERT_TRUE(eventually(own_store));
  EXPECT_TRUE(keeping.status().source_answers);
  const std::size_t asked = source.asked().size();
  ASSERT_TRUE(eventually([&] { return source.asked().size() > asked + 3; })) << "tried again";
  EXPECT_TRUE(keeping.status().source_answers);
  EXPECT_TRUE(own_store());
  EXPECT_EQ(keeping.status().trouble.find("/secret/path"), std::string::npos);
  std::string log = keeping.log();
  EXPECT_NE(log.find("/secret/path: the disk is full"), std::string::npos) << log;
  EXPECT_EQ(log.find("callbacks are lost"), std::string::npos) << log;
  EXPECT_NE(log.find("gaps cannot be filled"), std::string::npos) << log;
  EXPECT_EQ(log.find("gaps cannot be filled"), log.rfind("gaps cannot be filled")) << log;

  keeping.break_giving_up(false);
  ASSERT_TRUE(eventually([&] { return keeping.numbers().gone == 1; }));
  ASSERT_TRUE(eventually([&] { return keeping.status().trouble.empty(); }));
  log = keeping.log();
  EXPECT_NE(log.find("callbacks are lost sdkappid=1400112233 missing=1 numbers=3-3"),
            std::string::npos)
      << log;
  EXPECT_EQ(log.find("callbacks are lost"), log.rfind("callbacks are lost")) << log;
  EXPECT_EQ(log.find("source answers again"), std::string::npos) << log;
}

TEST_F(GapKeeperTest, NewCredentialsAreTriedAtOnce) {
  source.set_last(2);
  source.set_answer(R"({"ActionStatus":"FAIL","ErrorCode":70009,"ErrorInfo":"wrong key"})");
  GapOptions slow = quick();
  slow.first_backoff = slow.longest_backoff = 1h;
  Keeping keeping(file(), &source, slow);
  ASSERT_TRUE(eventually([&] { return !keeping.status().trouble.empty(); }));
  source.set_answer("");
  EXPECT_EQ(source.asked().size(), 1U);
  keeping.renew_credentials();
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 2; }));
}

TEST_F(GapKeeperTest, ASourceThatCountsLessIsToldOfAndNothingIsInvented) {
  source.set_last(3);
  Keeping keeping(file(), &source, quick());
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 3; }));
  keeping.arrives(90);
  ASSERT_TRUE(eventually(
      [&] { return keeping.log().find("source counts less") != std::string::npos; }));
  EXPECT_NE(keeping.status().trouble.find("newest number is 3, and 90"), std::string::npos);
  EXPECT_EQ(keeping.status().open, 0);
  EXPECT_EQ(keeping.numbers().have.contiguous(), 3);
  EXPECT_EQ(keeping.numbers().gone, 0);
}

TEST_F(GapKeeperTest, WithoutASourceGapsAreCountedAndTheWayOutIsNamed) {
  Keeping keeping(file(), nullptr, quick());
  keeping.arrive_at_once({1, 2, 6});
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 3; }));
  EXPECT_EQ(keeping.status().seen, 3);
  EXPECT_FALSE(keeping.is_filling()) << "nobody fetches them";
  EXPECT_NE(keeping.status().trouble.find("source.url"), std::string::npos);
  EXPECT_NE(keeping.log().find("callbacks were missed sdkappid=1400112233 missing=3 numbers=3-5"),
            std::string::npos)
      << keeping.log();
  keeping.arrives(4);
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 2; })) << "a late one counts";
  keeping.arrives(9);
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 4; }));
  EXPECT_EQ(keeping.status().seen, 5);
  EXPECT_NE(keeping.metrics().find("tidings_receiver_missed_total{result=\"seen\"} 5"),
            std::string::npos);
}

TEST_F(GapKeeperTest, NumbersBelowTheFirstOneAreNotMissed) {
  Keeping keeping(file(), nullptr, quick(), 100);
  keeping.arrive_at_once({103, 101, 105});
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 3; }));
  EXPECT_EQ(keeping.status().seen, 3) << "100, 102 and 104";
  std::string shown;
  append_gaps(shown, kApp, keeping.numbers(), keeping.status());
  EXPECT_NE(shown.find(R"("missing":[[100,100],[102,102],[104,104]])"), std::string::npos) << shown;
}

TEST_F(GapKeeperTest, IsFillingWhileItsSourceAnswersAndNumbersAreMissed) {
  Keeping keeping(file(), &source, quick());
  keeping.break_giving_up(true);  // so that the gap stays open
  source.purge(1);
  source.set_last(3);
  EXPECT_FALSE(keeping.is_filling());
  keeping.arrives(3);
  ASSERT_TRUE(eventually([&] { return keeping.is_filling(); }));
  source.set_down(true);
  ASSERT_TRUE(eventually([&] { return !keeping.is_filling(); })) << "nothing can be fetched";
  source.set_down(false);
  ASSERT_TRUE(eventually([&] { return keeping.is_filling(); }));
  keeping.break_giving_up(false);
  ASSERT_TRUE(eventually([&] { return keeping.status().open == 0; }));
  EXPECT_FALSE(keeping.is_filling());
}

TEST_F(GapKeeperTest, ACallbackAndItsCopyFromTheFeedAreAppliedOnce) {
  source.set_last(300);
  Keeping keeping(file(), &source, patient());
  std::int64_t accepted = 0;
  for (std::int64_t n = 300; n >= 1; --n) {
    accepted += keeping.arrives(n) == Applied::accepted ? 1 : 0;
  }
  ASSERT_TRUE(eventually([&] { return keeping.numbers().have.contiguous() == 300; }));
  ASSERT_TRUE(eventually([&] { return keeping.numbers().filled + accepted == 300; }));
  EXPECT_EQ(keeping.inbox().size(), 300U);
  EXPECT_EQ(keeping.topics(), 300);
}

}  // namespace
}  // namespace tidings::receiver
