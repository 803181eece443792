// Goal: what becomes of an event after each kind of failure, mode by mode, at the edges.
// Method: the pure function judge(), table by table.
#include "delivery/retry_policy.h"

#include <gtest/gtest.h>

#include <set>

namespace tidings::delivery {
namespace {

using community::RetryMode;
using Kind = Verdict::Kind;

const std::vector<AttemptClass> kFailures = {
    AttemptClass::dns,           AttemptClass::forbidden_address,  AttemptClass::connect_timeout,
    AttemptClass::unreachable,   AttemptClass::refused,            AttemptClass::tls,
    AttemptClass::tls_expired,   AttemptClass::tls_untrusted,      AttemptClass::tls_host,
    AttemptClass::timeout,       AttemptClass::client_certificate, AttemptClass::closed,
    AttemptClass::cut,           AttemptClass::malformed,          AttemptClass::too_large,
    AttemptClass::status,        AttemptClass::not_json,           AttemptClass::not_an_answer};

TEST(RetryPolicy, EveryClassHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kAttemptClasses; ++i) {
    names.insert(to_string(static_cast<AttemptClass>(i)));
  }
  EXPECT_EQ(names.size(), kAttemptClasses);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(kFailures.size(), kAttemptClasses - 2) << "all but ok and gone";
}

TEST(RetryPolicy, SuccessIsDeliveredInEveryMode) {
  for (const auto mode : {RetryMode::off, RetryMode::timeouts, RetryMode::durable}) {
    EXPECT_EQ(judge(mode, {}, 1, 0, 0.5).kind, Kind::delivered);
  }
}

TEST(RetryPolicy, OffMakesOneAttemptWhateverTheFailure) {
  for (const auto what : kFailures) {
    EXPECT_EQ(judge(RetryMode::off, {what, 500, {}}, 1, 0, 0.5).kind, Kind::dead) << to_string(what);
  }
}

TEST(RetryPolicy, TimeoutsRetriesOnlyTheUrlTimeoutClassAfterOneFiveAndThirtySeconds) {
  const std::vector<std::int64_t> delays = {1000, 5000, 30'000};
  for (const auto what : kFailures) {
    const bool url_timeout =
        what == AttemptClass::dns || what == AttemptClass::timeout ||
        what == AttemptClass::connect_timeout || what == AttemptClass::unreachable;
    for (int made = 1; made <= 4; ++made) {
      const Verdict verdict = judge(RetryMode::timeouts, {what, 500, {}}, made, 0, 0.99);
      if (url_timeout && made <= 3) {
        EXPECT_EQ(verdict.kind, Kind::retry) << to_string(what) << " after " << made;
        EXPECT_EQ(verdict.delay_ms, delays[static_cast<std::size_t>(made - 1)]);
      } else {
        EXPECT_EQ(verdict.kind, Kind::dead) << to_string(what) << " after " << made;
      }
    }
  }
}

TEST(RetryPolicy, DurableDoublesWithFullJitterFromOneSecondToOneHour) {
  for (int made = 1; made <= 40; ++made) {
    const std::int64_t ceiling =
        made >= 13 ? kMaxDelayMs : std::min<std::int64_t>(1000LL << (made - 1), kMaxDelayMs);
    const auto low = judge(RetryMode::durable, {AttemptClass::refused, 0, {}}, made, 0, 0.0);
    const auto high = judge(RetryMode::durable, {AttemptClass::refused, 0, {}}, made, 0, 0.999999);
    EXPECT_EQ(low.delay_ms, ceiling / 10) << made;
    EXPECT_LE(high.delay_ms, ceiling) << made;
    EXPECT_GE(high.delay_ms, ceiling - ceiling / 1000 - 1) << made;
  }
}

TEST(RetryPolicy, EveryModeEndsAtSeventyTwoHoursOfAge) {
  const AttemptResult timeout{AttemptClass::timeout, 0, {}};
  EXPECT_EQ(judge(RetryMode::durable, timeout, 1, kMaxAgeMs - 1001, 0.999).kind, Kind::retry);
  EXPECT_EQ(judge(RetryMode::durable, timeout, 1, kMaxAgeMs - 100, 0.0).kind, Kind::dead);
  EXPECT_EQ(judge(RetryMode::timeouts, timeout, 1, kMaxAgeMs, 0.0).kind, Kind::dead);
}

TEST(RetryPolicy, RetryAfterLengthensTheWaitUpToOneHour) {
  const auto wait = [](std::int64_t hint_ms) {
    return judge(RetryMode::durable, {AttemptClass::status, 503, hint_ms}, 1, 0, 0.5).delay_ms;
  };
  EXPECT_EQ(wait(120'000), 120'000);
  EXPECT_EQ(wait(0), 500);
  EXPECT_EQ(wait(2 * kMaxDelayMs), kMaxDelayMs);
}

TEST(RetryPolicy, GoneHoldsTheEndpointInEveryMode) {
  for (const auto mode : {RetryMode::off, RetryMode::timeouts, RetryMode::durable}) {
    EXPECT_EQ(judge(mode, {AttemptClass::gone, 410, {}}, 1, 0, 0.5).kind, Kind::hold);
  }
}

TEST(RetryPolicy, OnlyTroubleOfTheEndpointCountsForBreakerAndWindow) {
  EXPECT_TRUE(endpoint_failing({AttemptClass::status, 503, {}}));
  EXPECT_FALSE(endpoint_failing({AttemptClass::status, 404, {}}));
  EXPECT_FALSE(endpoint_failing({AttemptClass::not_json, 200, {}}));
  EXPECT_TRUE(endpoint_failing({AttemptClass::tls, 0, {}}));
  EXPECT_TRUE(endpoint_congested({AttemptClass::status, 429, {}}));
  EXPECT_FALSE(endpoint_congested({AttemptClass::refused, 0, {}}));
}

}  // namespace
}  // namespace tidings::delivery
