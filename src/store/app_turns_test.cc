// Goal: apps take turns by weight, an app's items leave in the order they came in, nobody has all of the
// room, and nothing is lost, moved or allocated on the way. Method: numbers as items, what leaves as
// text; random pushes and takes beside a plain model, with printed seeds.
#include "store/app_turns.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

namespace tidings::store {
namespace {

using Turns = AppTurns<std::string>;

const SdkAppId kA{1}, kB{2}, kC{3};
constexpr Turns::Bounds kAll{1'000'000, 1'000'000};

bool push(Turns& turns, SdkAppId app, std::string item, std::size_t weight = 1, bool alone = false) {
  return turns.push(app, {weight, alone}, item);
}

/// What one take() gives, with spaces between, and its places given back.
std::string take(Turns& turns, const Turns::Bounds& bounds = kAll) {
  std::vector<Turns::Taken> taken;
  turns.take(bounds, taken);
  std::string text;
  for (const Turns::Taken& each : taken) text += (text.empty() ? "" : " ") + *each.item;
  turns.release(taken);
  return text;
}

TEST(AppTurns, OneAppsItemsLeaveAsTheyCame) {
  Turns turns({.turn = 3});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(push(turns, kA, std::to_string(i), 1 + i % 4));
  EXPECT_EQ(turns.size(), 10U);
  EXPECT_EQ(take(turns), "0 1 2 3 4 5 6 7 8 9");
  EXPECT_TRUE(turns.empty());
  EXPECT_EQ(take(turns), "");
}

TEST(AppTurns, AppsTakeTurnsAndWhoComesLateWaitsForOneTurnOfEachOther) {
  Turns turns({.turn = 2});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(push(turns, kA, "a" + std::to_string(i)));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(turns, kB, "b" + std::to_string(i)));
  ASSERT_TRUE(push(turns, kC, "c0"));
  EXPECT_EQ(take(turns), "a0 a1 b0 b1 c0 a2 a3 b2 a4");
}

TEST(AppTurns, ATurnThatTheBoundsEndGoesOnWithTheNextTake) {
  Turns turns({.turn = 4});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(push(turns, kA, "a" + std::to_string(i)));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(push(turns, kB, "b" + std::to_string(i)));
  EXPECT_EQ(take(turns, {3, 100}), "a0 a1 a2");
  EXPECT_EQ(take(turns, {3, 100}), "a3 b0 b1");
  EXPECT_EQ(take(turns, {3, 100}), "a4 a5");
}

TEST(AppTurns, TurnsAreOfWeightSoThatHeavyItemsAreRareOnes) {
  Turns turns({.turn = 4});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(turns, kA, "A" + std::to_string(i), 12));
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(push(turns, kB, "b", 1));
  // Three turns of B's four for each of A's twelve.
  EXPECT_EQ(take(turns, {27, 1000}), "b b b b b b b b A0 b b b b b b b b b b b b A1 b b b b b");
}

TEST(AppTurns, WhatATurnDidNotUseIsAddedToTheNextOne) {
  Turns turns({.turn = 5});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(push(turns, kA, "A", 3));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(push(turns, kB, "b", 1));
  // 5, then 2 + 5, then 1 + 5: one, two and two.
  EXPECT_EQ(take(turns, {20, 1000}), "A b b b b b A A b b b b b A A b b b b b");
}

TEST(AppTurns, CreditIsNotKeptByWhoHasNothingToDo) {
  Turns turns({.turn = 4});
  ASSERT_TRUE(push(turns, kA, "a"));
  EXPECT_EQ(take(turns), "a");
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(push(turns, kA, "a"));
  ASSERT_TRUE(push(turns, kB, "b"));
  EXPECT_EQ(take(turns), "a a a a b a a");
}

TEST(AppTurns, TheItemThatReachesTheBoundOfWeightIsTheLastHoweverHeavyItIs) {
  Turns turns({.turn = 64});
  for (const std::size_t weight : {3U, 3U, 3U, 5000U, 1U, 10U, 1U}) {
    ASSERT_TRUE(push(turns, kA, std::to_string(weight), weight));
  }
  EXPECT_EQ(take(turns, {100, 6}), "3 3");
  EXPECT_EQ(take(turns, {100, 6}), "3 5000");
  EXPECT_EQ(take(turns, {100, 1}), "1");
  EXPECT_EQ(take(turns, {100, 6}), "10");
  EXPECT_EQ(take(turns, {100, 6}), "1");
}

TEST(AppTurns, WhatIsToBeAloneSharesWithNothingBeforeOrBehindIt) {
  Turns turns({.turn = 64});
  ASSERT_TRUE(push(turns, kA, "a"));
  ASSERT_TRUE(push(turns, kB, "alone", 1, true));
  ASSERT_TRUE(push(turns, kB, "b"));
  ASSERT_TRUE(push(turns, kA, "a"));
  EXPECT_EQ(take(turns), "a a");
  EXPECT_EQ(take(turns), "alone");
  EXPECT_EQ(take(turns), "b");
}

TEST(AppTurns, AnAppHasAtMostHalfOfWhatTheOthersLeave) {
  Turns turns({.max_queued = 8, .turn = 64});
  const auto fill = [&](SdkAppId app) {
    int count = 0;
    while (push(turns, app, "x")) ++count;
    return count;
  };
  EXPECT_EQ(fill(kA), 4);
  EXPECT_EQ(fill(kB), 2);
  EXPECT_EQ(fill(kC), 1);
  EXPECT_EQ(fill(SdkAppId{4}), 1);
  EXPECT_EQ(fill(SdkAppId{5}), 0) << "all of it is taken, by four";
  EXPECT_EQ(turns.lines(), 4U) << "who was refused leaves nothing";
  std::string untouched = "mine";
  EXPECT_FALSE(turns.push(kA, {}, untouched));
  EXPECT_EQ(untouched, "mine");
  EXPECT_EQ(turns.queued(kA), 4U);
  EXPECT_EQ(turns.queued(SdkAppId{5}), 0U);
  EXPECT_EQ(take(turns, {5, 100}), "x x x x x");
  EXPECT_EQ(fill(SdkAppId{5}), 3) << "half of the five that the others leave, rounded up";
}

TEST(AppTurns, TakenItemsStayWhereTheyAreAndTheirPlacesAreUsedAgain) {
  Turns turns({.turn = 64});
  ASSERT_TRUE(push(turns, kA, "first"));
  std::vector<Turns::Taken> taken;
  turns.take(kAll, taken);
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(push(turns, kB, std::to_string(i)));
  EXPECT_EQ(*taken.at(0).item, "first") << "while others push";
  turns.release(taken);
  take(turns);

  std::set<const std::string*> places;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(turns, kA, "x"));
    turns.take(kAll, taken);
    for (const Turns::Taken& each : taken) places.insert(each.item);
    turns.release(taken);
  }
  EXPECT_EQ(places.size(), 3U);
}

TEST(AppTurns, LinesOfAppsThatSendNoMoreGoWhenThereAreMany) {
  Turns turns({.turn = 64, .idle_lines = 8});
  for (std::uint32_t app = 1; app <= 8; ++app) {
    ASSERT_TRUE(push(turns, SdkAppId{app}, "x"));
    take(turns);
  }
  EXPECT_EQ(turns.lines(), 8U) << "the next item of one of them allocates nothing";
  for (std::uint32_t app = 100; app <= 200; ++app) ASSERT_TRUE(push(turns, SdkAppId{app}, "x"));
  EXPECT_EQ(turns.lines(), 109U);
  take(turns);
  EXPECT_EQ(turns.lines(), 8U);
}

/// Heavy and light apps that never run dry: over a long time each gets the same weight.
TEST(AppTurns, AppsGetTheSameWeightWhateverTheirItemsWeigh) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    AppTurns<std::size_t> turns({.max_queued = 1'000'000, .turn = 16});
    std::map<std::uint32_t, std::size_t> got;
    std::vector<AppTurns<std::size_t>::Taken> taken;
    for (std::uint32_t app = 1; app <= 4; ++app) {
      for (int i = 0; i < 2000; ++i) {
        const std::size_t weight = 1 + random() % (app * app * 20);
        std::size_t item = app * 1000 + weight;
        ASSERT_TRUE(turns.push(SdkAppId{app}, {weight, false}, item));
      }
    }
    // As long as none is empty.
    while (turns.queued(SdkAppId{1}) > 100) {
      turns.take({50, 400}, taken);
      for (const auto& each : taken) {
        got[static_cast<std::uint32_t>(*each.item / 1000)] += *each.item % 1000;
      }
      turns.release(taken);
    }
    for (std::uint32_t app = 2; app <= 4; ++app) {
      EXPECT_NEAR(static_cast<double>(got[app]), static_cast<double>(got[1]), 400);
    }
  }
}

TEST(AppTurns, NothingIsLostOrOvertakenWhateverIsPushedAndTaken) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Turns turns({.max_queued = 60, .turn = 1 + random() % 20, .idle_lines = 3});
    std::map<SdkAppId, std::deque<std::string>> model;
    std::size_t queued = 0;
    std::vector<Turns::Taken> taken;
    for (int step = 0; step < 2000; ++step) {
      const SdkAppId app{static_cast<std::uint32_t>(1 + random() % 6)};
      if (random() % 3 != 0) {
        std::string item = app.str() + ":" + std::to_string(step);
        const std::string copy = item;
        const bool room = 2 * model[app].size() < 60 - (queued - model[app].size());
        ASSERT_EQ(turns.push(app, {1 + random() % 50, random() % 10 == 0}, item), room);
        if (room) {
          model[app].push_back(copy);
          ++queued;
        }
      } else {
        const std::size_t items = 1 + random() % 8;
        turns.take({items, 1 + random() % 60}, taken);
        ASSERT_EQ(taken.empty(), queued == 0);
        ASSERT_LE(taken.size(), items);
        queued -= taken.size();
        for (const Turns::Taken& each : taken) {
          const SdkAppId whose{static_cast<std::uint32_t>(std::stoul(*each.item))};
          ASSERT_EQ(*each.item, model[whose].front());
          model[whose].pop_front();
        }
        turns.release(taken);
      }
      ASSERT_EQ(turns.size(), queued);
      ASSERT_EQ(turns.queued(app), model[app].size());
    }
  }
}

}  // namespace
}  // namespace tidings::store
