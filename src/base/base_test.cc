// Goal: the seams everything else decides by (time, chance, failure) do what their headers say.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "base/clock.h"
#include "base/line_limit.h"
#include "base/random.h"
#include "base/result.h"
#include "base/shares.h"
#include "base/time_uuid.h"
#include "tidings/ids.h"

namespace tidings {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Errc::invalid_argument, "number is odd", 10004);
  return number / 2;
}

Result<int> quarter(int number) {
  TRY(const int once, half(number));
  TRY(const int twice, half(once));
  return twice;
}

Result<void> must_be_even(int number) {
  TRY_VOID(half(number));
  return {};
}

TEST(Result, TryPassesValuesOnAndLeavesWithTheFirstError) {
  EXPECT_EQ(*quarter(8), 2);
  const auto odd = quarter(6);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().kind, Errc::invalid_argument);
  EXPECT_EQ(odd.error().code, 10004);
  EXPECT_TRUE(must_be_even(2));
  EXPECT_FALSE(must_be_even(3));
}

TEST(Result, DefaultIsTheDefaultValueAndValueOnErrorThrows) {
  EXPECT_EQ(*Result<int>{}, 0);
  EXPECT_THROW((void)quarter(1).value(), std::logic_error);
}

TEST(Clock, ManualClockMovesOnlyByHandAndJumpsLeaveMonotonicTimeAlone) {
  ManualClock clock;
  const auto wall = clock.now_ms();
  const auto steady = clock.monotonic();
  EXPECT_EQ(clock.now_ms(), wall);
  clock.advance(std::chrono::seconds{2});
  EXPECT_EQ(clock.now_ms(), wall + 2000);
  EXPECT_EQ(clock.monotonic() - steady, std::chrono::seconds{2});
  clock.jump(std::chrono::hours{-1});
  EXPECT_EQ(clock.monotonic() - steady, std::chrono::seconds{2});
  EXPECT_LT(clock.now_ms(), wall);
}

TEST(Random, SameSeedSameBytesAndUuidIsVersionFour) {
  SeededRandom one{7};
  SeededRandom two{7};
  EXPECT_EQ(one.hex(40), two.hex(40));
  SystemRandom strong;
  std::set<std::string> seen;
  const std::regex form{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = strong.uuid();
    EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second) << "repeated " << uuid;
    const double unit = strong.next_unit();
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
}

TEST(Random, AUuidOfTheTimeBeginsWithIt) {
  SeededRandom random(7);
  // The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z.
  const std::string one = time_uuid(0x017F22E279B0, random);
  EXPECT_TRUE(std::regex_match(
      one, std::regex{"017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"}))
      << one;
  EXPECT_NE(one, time_uuid(0x017F22E279B0, random));
  EXPECT_LT(one, time_uuid(0x017F22E279B1, random));
}

TEST(LineLimit, WritesSoManyASecondAndTellsHowManyWereLeftOut) {
  LineLimit limit(2);
  EXPECT_EQ(limit.admit(100), 0U);
  EXPECT_EQ(limit.admit(100), 0U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.admit(100), std::nullopt);
  EXPECT_EQ(limit.admit(101), 5U);
  EXPECT_EQ(limit.admit(101), 0U);
  EXPECT_EQ(limit.admit(101), std::nullopt);
  // Also when the clock was set back.
  EXPECT_EQ(limit.admit(50), 1U);
}

TEST(Ids, DifferentKindsDoNotCompareAndHashByText) {
  static_assert(!std::is_convertible_v<GroupId, TopicId>);
  EXPECT_EQ(std::hash<GroupId>{}(GroupId{"a"}), std::hash<GroupId>{}(GroupId{"a"}));
  EXPECT_LT(SdkAppId{1}, SdkAppId{2});
}

TEST(HalfOfRest, RoundsUpAndIsNothingWhereNothingIsLeft) {
  EXPECT_EQ(half_of_rest(10, 0), 5U);
  EXPECT_EQ(half_of_rest(10, 5), 3U);
  EXPECT_EQ(half_of_rest(10, 9), 1U);
  EXPECT_EQ(half_of_rest(10, 10), 0U);
  EXPECT_EQ(half_of_rest(10, 12), 0U);
  EXPECT_EQ(half_of_rest(SIZE_MAX, 0), SIZE_MAX / 2 + 1);
}

TEST(Shares, OneGetsHalfOfWhatTheOthersLeave) {
  Shares<int> shares(10);
  std::vector<Shares<int>::Place> held;
  const auto take_all = [&](int taker) {
    std::size_t got = 0;
    while (auto place = shares.take(taker)) {
      held.push_back(std::move(*place));
      ++got;
    }
    EXPECT_EQ(shares.share(taker), got);
    return got;
  };
  EXPECT_EQ(take_all(1), 5U);
  EXPECT_EQ(take_all(2), 3U);
  EXPECT_EQ(take_all(3), 1U);
  EXPECT_EQ(take_all(4), 1U);
  EXPECT_EQ(take_all(5), 0U) << "nothing is left";
  EXPECT_EQ(shares.taken(), 10U);
  held.clear();
  EXPECT_EQ(shares.taken(), 0U);
  EXPECT_EQ(take_all(5), 5U) << "what was given back can be taken";
}

}  // namespace
}  // namespace tidings
