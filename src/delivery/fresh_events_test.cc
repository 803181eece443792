// Goal: a body is sent from memory while there is room, and neither bytes nor reach grow without bound,
// whatever is held in between. Method: events by hand, seqs with gaps.
#include "delivery/fresh_events.h"

#include <gtest/gtest.h>

#include <string>

namespace tidings::delivery {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30;

community::Event event(std::int64_t seq, std::uint32_t app = 1400000001,
                       const std::string& body = "{}") {
  community::Event event;
  event.seq = seq;
  event.app = SdkAppId{app};
  event.body = body;
  return event;
}

TEST(FreshEvents, AreTakenOnceInAnyOrder) {
  FreshEvents fresh{kPlenty};
  for (const int seq : {5, 6, 9, 20}) fresh.keep(event(seq));
  for (const int seq : {9, 5, 20, 6}) {
    const EventPtr taken = fresh.take(seq);
    ASSERT_TRUE(taken) << seq;
    EXPECT_EQ(taken->seq, seq);
    EXPECT_FALSE(fresh.take(seq)) << seq;
  }
  for (const int seq : {0, 4, 7, 8, 10, 19, 21, 1'000'000'000}) EXPECT_FALSE(fresh.take(seq)) << seq;
  fresh.keep(event(21));
  EXPECT_TRUE(fresh.take(21));
}

TEST(FreshEvents, GoWithTheirApp) {
  FreshEvents fresh{kPlenty};
  for (int seq = 1; seq <= 6; ++seq) fresh.keep(event(seq, seq % 2 == 0 ? 1400000002 : 1400000001));
  fresh.forget(SdkAppId{1400000001});
  for (int seq = 1; seq <= 6; ++seq) EXPECT_EQ(fresh.take(seq) != nullptr, seq % 2 == 0) << seq;
}

TEST(FreshEvents, TakeNoMoreBytesThanTheyMayAndTheOldestGiveUpTheirs) {
  const std::string body(488, 'x');  // 1000 bytes each, with what is counted besides
  FreshEvents fresh{3000};
  for (int seq = 1; seq <= 5; ++seq) fresh.keep(event(seq, 1400000001, body));
  EXPECT_FALSE(fresh.take(1));
  EXPECT_FALSE(fresh.take(2));
  EXPECT_TRUE(fresh.take(4));
  fresh.keep(event(6, 1400000002, body));  // in the room of the one that was taken
  EXPECT_TRUE(fresh.take(3));
  fresh.keep(event(7, 1400000002, body));
  fresh.keep(event(8, 1400000002, body));
  EXPECT_FALSE(fresh.take(5)) << "held, in the way of another app's";
  for (int seq = 6; seq <= 8; ++seq) EXPECT_TRUE(fresh.take(seq)) << seq;
  fresh.keep(event(9, 1400000001, std::string(3000, 'x')));
  EXPECT_FALSE(fresh.take(9)) << "more than there is";
  for (int seq = 10; seq <= 12; ++seq) fresh.keep(event(seq, 1400000001, body));
  fresh.forget(SdkAppId{1400000001});
  for (int seq = 13; seq <= 15; ++seq) fresh.keep(event(seq, 1400000002, body));
  for (int seq = 13; seq <= 15; ++seq) EXPECT_TRUE(fresh.take(seq)) << seq;
}

TEST(FreshEvents, ThatAreHeldPushNoneOut) {
  FreshEvents fresh{1200};  // two
  for (int seq = 1; seq <= 3; ++seq) fresh.keep(event(seq), /*held=*/true);
  EXPECT_FALSE(fresh.take(3));
  fresh.keep(event(4));
  EXPECT_FALSE(fresh.take(1));
  for (int seq : {2, 4}) EXPECT_TRUE(fresh.take(seq)) << seq;
}

TEST(FreshEvents, ReachBackSoFarOnly) {
  FreshEvents fresh{kPlenty};
  for (const std::int64_t seq : {std::int64_t{1}, std::int64_t{2}, FreshEvents::kReach}) {
    fresh.keep(event(seq));
  }
  EXPECT_TRUE(fresh.take(FreshEvents::kReach)) << "those before it are near enough";
  fresh.keep(event(FreshEvents::kReach + 1));
  EXPECT_FALSE(fresh.take(1)) << "it gave up its place";
  EXPECT_TRUE(fresh.take(2));
  fresh.keep(event(FreshEvents::kReach + 5));
  fresh.keep(event(100 * FreshEvents::kReach));
  EXPECT_FALSE(fresh.take(FreshEvents::kReach + 5));
  EXPECT_TRUE(fresh.take(100 * FreshEvents::kReach));
}

}  // namespace
}  // namespace tidings::delivery
