// Goal: each event of an app becomes known exactly once, whether it arrives, is read from disk or is moved
// by an operator, in whatever order that happens; and no app waits for the backlog of another (P5).
// Method: the plain state machine; a model that draws what happens to two apps and reads like a disk would.
#include "delivery/backlog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace tidings::delivery {
namespace {

const SdkAppId kOne{1}, kTwo{2};
using Apps = std::vector<SdkAppId>;

TEST(Backlog, EverythingStaysOnDiskUntilItIsKnownWhatIsThere) {
  Backlog backlog;
  EXPECT_TRUE(backlog.any_behind());
  EXPECT_TRUE(backlog.behind(kOne));
  EXPECT_FALSE(backlog.arrived(kTwo, 4, true));
  EXPECT_FALSE(backlog.begin_turn());
  backlog.listed(Apps{kOne});
  std::set<SdkAppId> turns;
  while (const auto turn = backlog.begin_turn()) {
    turns.insert(turn->app);
    EXPECT_EQ(turn->after, 0);
    if (turn->app == kTwo) {
      EXPECT_TRUE(backlog.read(kTwo, 4));
    }
    backlog.end_turn(*turn, /*to_the_end=*/true, /*room=*/true);
  }
  EXPECT_EQ(turns, (std::set<SdkAppId>{kOne, kTwo}));
  EXPECT_FALSE(backlog.any_behind());
  EXPECT_FALSE(backlog.arrived(kTwo, 4, true)) << "was read";
  EXPECT_TRUE(backlog.arrived(kTwo, 5, true));
}

TEST(Backlog, AnAppWithoutRoomFallsBehindAndNobodyElseWithIt) {
  Backlog backlog;
  backlog.listed({});
  EXPECT_TRUE(backlog.arrived(kOne, 1, true));
  EXPECT_FALSE(backlog.arrived(kOne, 2, false));
  EXPECT_FALSE(backlog.arrived(kOne, 3, true)) << "it goes after 2, which is on disk";
  EXPECT_TRUE(backlog.arrived(kTwo, 4, true));
  EXPECT_TRUE(backlog.behind(kOne));
  EXPECT_FALSE(backlog.behind(kTwo));
  EXPECT_FALSE(backlog.begin_turn()) << "before there is room";
  backlog.wants(kOne);
  backlog.wants(kOne);
  backlog.wants(kTwo);
  const auto turn = backlog.begin_turn();
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->app, kOne);
  EXPECT_EQ(turn->after, 1);
  EXPECT_FALSE(backlog.begin_turn()) << "one at a time";
  EXPECT_TRUE(backlog.read(kOne, 2));
  EXPECT_TRUE(backlog.read(kOne, 3));
  EXPECT_FALSE(backlog.arrived(kOne, 5, true)) << "committed after the page was read";
  backlog.end_turn(*turn, /*to_the_end=*/true, /*room=*/true);
  EXPECT_TRUE(backlog.behind(kOne));
  const auto again = backlog.begin_turn();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->after, 3);
  EXPECT_TRUE(backlog.read(kOne, 5));
  backlog.end_turn(*again, /*to_the_end=*/true, /*room=*/true);
  EXPECT_FALSE(backlog.any_behind());
}

TEST(Backlog, AppsTakeTurns) {
  Backlog backlog;
  backlog.listed(Apps{kOne, kTwo});
  std::vector<SdkAppId> turns;
  for (int i = 0; i < 6; ++i) {
    const auto turn = backlog.begin_turn();
    ASSERT_TRUE(turn);
    turns.push_back(turn->app);
    backlog.end_turn(*turn, /*to_the_end=*/false, /*room=*/true);
  }
  for (std::size_t i = 1; i < turns.size(); ++i) EXPECT_NE(turns[i], turns[i - 1]);
}

TEST(Backlog, WhatAnOperatorMovedIsNotReadAndNotTakenIn) {
  Backlog backlog;
  backlog.listed({});
  EXPECT_TRUE(backlog.on_disk(kOne, 1)) << "committed, and about to arrive";
  backlog.claim(kOne, 1);
  EXPECT_FALSE(backlog.on_disk(kOne, 1));
  EXPECT_FALSE(backlog.arrived(kOne, 1, true));
  EXPECT_TRUE(backlog.arrived(kTwo, 2, true));
  EXPECT_FALSE(backlog.on_disk(kTwo, 2)) << "whatever became of it, it was known";
  EXPECT_FALSE(backlog.on_disk(kOne, 1));
  EXPECT_FALSE(backlog.arrived(kOne, 3, false));
  EXPECT_FALSE(backlog.arrived(kOne, 4, false));
  EXPECT_TRUE(backlog.on_disk(kOne, 3));
  backlog.claim(kOne, 3);
  backlog.wants(kOne);
  const auto turn = backlog.begin_turn();
  ASSERT_TRUE(turn);
  EXPECT_FALSE(backlog.read(kOne, 3));
  EXPECT_TRUE(backlog.read(kOne, 4));
  EXPECT_FALSE(backlog.on_disk(kOne, 3));
  backlog.end_turn(*turn, true, true);
  EXPECT_FALSE(backlog.on_disk(kOne, 4));
}

TEST(Backlog, ADeletedAppIsForgotten) {
  Backlog backlog;
  backlog.listed(Apps{kOne, kTwo});
  const auto turn = backlog.begin_turn();
  ASSERT_TRUE(turn);
  backlog.forget(kOne);
  backlog.forget(kTwo);
  EXPECT_FALSE(backlog.is_current(*turn));
  EXPECT_FALSE(backlog.any_behind());
  EXPECT_FALSE(backlog.begin_turn());
}

TEST(Backlog, WhatIsReadOfADeletedAppIsNotOneOfItsSuccessors) {
  Backlog backlog;
  backlog.listed(Apps{kOne});
  const auto turn = backlog.begin_turn();
  ASSERT_TRUE(turn);
  EXPECT_TRUE(backlog.is_current(*turn));
  backlog.forget(kOne);
  EXPECT_FALSE(backlog.arrived(kOne, 9, /*room=*/false)) << "of the app that is made anew";
  EXPECT_FALSE(backlog.is_current(*turn));
  backlog.wants(kOne);
  const auto own = backlog.begin_turn();
  ASSERT_TRUE(own);
  EXPECT_EQ(own->after, 8);
  EXPECT_TRUE(backlog.is_current(*own));
  EXPECT_TRUE(backlog.read(kOne, 9));
  backlog.end_turn(*own, true, true);
  EXPECT_FALSE(backlog.any_behind());
}

/// Commits, arrivals, reads, cancellations and rooms of drawn sizes; every event that is not cancelled
/// becomes known once, in the order of its app.
/// TIDINGS_SEED=n replays one seed.
TEST(Backlog, KnowsEveryEventOnceInOrderWhateverHappens) {
  const char* const given = std::getenv("TIDINGS_SEED");
  const std::uint64_t first = given ? std::strtoull(given, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + (given ? 1 : 500); ++seed) {
    std::mt19937_64 random(seed);
    const auto one_in = [&random](int n) { return random() % static_cast<unsigned>(n) == 0; };
    Backlog backlog;
    std::map<std::int64_t, SdkAppId> disk;                // pending
    std::vector<std::pair<std::int64_t, SdkAppId>> told;  // committed, not arrived yet
    std::map<SdkAppId, std::vector<std::int64_t>> known;
    std::map<SdkAppId, std::size_t> room{{kOne, random() % 6}, {kTwo, random() % 6}};
    std::int64_t seq = 0;
    const auto know = [&](SdkAppId app, std::int64_t event) {
      known[app].push_back(event);
      room[app] -= room[app] > 0 ? 1 : 0;
    };
    const auto arrive = [&] {
      if (told.empty()) return;
      const auto [event, app] = told.front();
      told.erase(told.begin());
      if (backlog.arrived(app, event, room[app] > 0)) know(app, event);
    };
    const auto read = [&] {
      const auto turn = backlog.begin_turn();
      if (!turn) return;
      const std::size_t limit = 1 + random() % 4;
      std::vector<std::int64_t> page;
      for (auto at = disk.upper_bound(turn->after); at != disk.end() && page.size() < limit; ++at) {
        if (at->second == turn->app) page.push_back(at->first);
      }
      while (one_in(2)) arrive();  // between the read and its end
      for (const std::int64_t event : page) {
        if (backlog.read(turn->app, event)) know(turn->app, event);
      }
      backlog.end_turn(*turn, page.size() < limit, one_in(2));
    };
    const auto cancel = [&] {
      if (disk.empty()) return;
      const auto at = std::next(disk.begin(), static_cast<std::ptrdiff_t>(random() % disk.size()));
      const auto [event, app] = *at;
      const auto& there = known[app];
      const bool is_known = std::ranges::find(there, event) != there.end();
      if (is_known || !backlog.on_disk(app, event)) return;
      backlog.claim(app, event);
      disk.erase(at);
    };
    for (int i = 0; i < 5; ++i) disk[++seq] = one_in(2) ? kOne : kTwo;  // an earlier run's
    for (int step = 0; step < 120; ++step) {
      switch (random() % 7) {
        case 0: case 1:
          disk[++seq] = one_in(2) ? kOne : kTwo;
          told.emplace_back(seq, disk[seq]);
          break;
        case 2: arrive(); break;
        case 3: read(); break;
        case 4: cancel(); break;
        case 5:
          if (!backlog.is_listed()) {
            std::set<SdkAppId> apps;
            for (const auto& [event, app] : disk) apps.insert(app);
            while (one_in(2)) arrive();
            backlog.listed(Apps(apps.begin(), apps.end()));
          }
          break;
        default: {
          const SdkAppId app = one_in(2) ? kOne : kTwo;
          room[app] += random() % 4;
          backlog.wants(app);
        }
      }
    }
    if (!backlog.is_listed()) backlog.listed(Apps{kOne, kTwo});
    while (!told.empty()) arrive();
    for (int i = 0; i < 200 && backlog.any_behind(); ++i) {
      backlog.wants(kOne);
      backlog.wants(kTwo);
      read();
    }
    ASSERT_FALSE(backlog.any_behind());
    std::map<SdkAppId, std::vector<std::int64_t>> expected;
    for (const auto& [event, app] : disk) expected[app].push_back(event);
    for (const SdkAppId app : {kOne, kTwo}) {
      ASSERT_EQ(known[app], expected[app]) << "app " << app.str() << ", TIDINGS_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace tidings::delivery
