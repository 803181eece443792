// Goal: every engine keeps each attempt with its own event, in the order in which they were made,
// also where it writes those of a batch together. Method: batches of every size around the sizes of
// an engine's statements, with events among them that were tried before; each case runs over every
// engine.
#include <algorithm>

#include "contract/store_under_test.h"

namespace tidings::store {
namespace {

using namespace community;

class AttemptsContract : public StoreContract {
 protected:
  void settle(std::vector<Outcome> outcomes) {
    View nothing = view();
    commit(nothing, std::move(outcomes));
  }
  /// Its attempt's numbers are all of the event's own.
  Outcome tried(std::int64_t seq, EventState state, int attempts = 1) const {
    Outcome made{seq, app_, state, attempts, 0, {}, OutcomeKind::delivery};
    const bool good = state == EventState::delivered;
    made.attempt = Attempt{kNowMs + seq,         100 + seq, good ? "ok" : "timeout",
                           good ? 200 : 0,       good ? "" : "no answer in time",
                           "198.51.100.1:443",   seq};
    return made;
  }
  Outcome replay(std::int64_t seq) const {
    return {seq, app_, EventState::pending, 0, 0, {}, OutcomeKind::replay};
  }
  std::vector<Attempt> attempts_of(std::int64_t seq) {
    return store_->log().attempts(seq).value();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, AttemptsContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(AttemptsContract, EachIsKeptWithItsEventBehindThoseThatAreThere) {
  for (const int count : {1, 7, 8, 31, 32, 83}) {
    const std::vector<std::int64_t> seqs = append(app_, count);
    const std::int64_t again = seqs[seqs.size() / 2];
    settle({tried(again, EventState::delivered)});
    settle({replay(again)});
    std::vector<Outcome> batch;
    for (const std::int64_t seq : seqs) batch.push_back(tried(seq, EventState::delivered));
    std::ranges::reverse(batch);
    batch.push_back(tried(seqs[0], EventState::delivered));  // too late
    settle(std::move(batch));
    for (const std::int64_t seq : seqs) {
      const std::vector<Attempt> attempts = attempts_of(seq);
      ASSERT_EQ(attempts.size(), seq == again ? 2U : 1U) << seq << " of " << count;
      EXPECT_EQ(attempts.back().at_ms, kNowMs + seq);
      EXPECT_EQ(attempts.back().duration_us, 100 + seq);
      EXPECT_EQ(attempts.back().outcome, "ok");
      EXPECT_EQ(attempts.back().http_status, 200);
      EXPECT_EQ(attempts.back().detail, "");
      EXPECT_EQ(attempts.back().address, "198.51.100.1:443");
      EXPECT_EQ(attempts.back().response_bytes, seq);
    }
  }
  EXPECT_TRUE(store_->log().audit().value().at(0).agrees());
}

TEST_P(AttemptsContract, AFirstAndALaterOneOfTheSameBatchStayInTheirOrder) {
  const std::vector<std::int64_t> seqs = append(app_, 12);
  std::vector<Outcome> batch;
  for (const std::int64_t seq : seqs) batch.push_back(tried(seq, EventState::pending));
  batch.push_back(tried(seqs[3], EventState::delivered, 2));
  batch.push_back(tried(seqs[4], EventState::delivered, 1));  // its policy began anew in between
  settle(std::move(batch));
  for (const std::int64_t seq : {seqs[3], seqs[4]}) {
    const std::vector<Attempt> attempts = attempts_of(seq);
    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].outcome, "timeout");
    EXPECT_EQ(attempts[0].detail, "no answer in time");
    EXPECT_EQ(attempts[1].outcome, "ok");
  }
}

TEST_P(AttemptsContract, WhatComesAfterADeliveryStandsBehindIt) {
  const std::int64_t seq = append(app_, 1).front();
  const auto at = [&](std::int64_t ms, EventState state, OutcomeKind kind) {
    Outcome made = tried(seq, state);
    made.attempt->at_ms = ms;
    made.kind = kind;
    return made;
  };
  settle({at(1, EventState::delivered, OutcomeKind::delivery)});
  settle({at(2, EventState::delivered, OutcomeKind::note)});
  settle({replay(seq)});
  settle({at(3, EventState::delivered, OutcomeKind::delivery)});
  settle({replay(seq)});
  settle({at(4, EventState::pending, OutcomeKind::delivery)});
  settle({at(5, EventState::dead, OutcomeKind::delivery)});
  settle({at(6, EventState::delivered, OutcomeKind::note)});
  std::vector<std::int64_t> times;
  for (const Attempt& each : attempts_of(seq)) times.push_back(each.at_ms);
  EXPECT_EQ(times, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(store_->log().events(std::vector{seq}).value().size(), 1U);
  EXPECT_TRUE(store_->log().audit().value().at(0).agrees());
}

TEST_P(AttemptsContract, OneThatDeliversAtOnceIsTheLastOfThoseThatAreKept) {
  const std::int64_t seq = append(app_, 1).front();
  const int most = static_cast<int>(kAttemptsKept);
  for (int i = 1; i <= most; ++i) settle({tried(seq, EventState::pending, i)});
  for (int times = 0; times < 3; ++times) {
    settle({replay(seq)});  // its policy begins anew
    settle({tried(seq, EventState::delivered)});
    const std::vector<Attempt> attempts = attempts_of(seq);
    ASSERT_EQ(attempts.size(), kAttemptsKept);
    EXPECT_EQ(attempts.back().outcome, "ok");
    EXPECT_EQ(attempts.front().outcome, "timeout");
  }
}

}  // namespace
}  // namespace tidings::store
