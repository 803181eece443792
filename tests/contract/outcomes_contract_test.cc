// Goal: every engine moves the delivery state of events only along the allowed ways, whatever comes
// together, too late or twice, and counts all of it in the ledger.
// Method: events are put into Views by hand; each case runs over every engine.
#include "contract/events_contract.h"

namespace tidings::store {
namespace {

class OutcomesContract : public EventsContract {};
INSTANTIATE_TEST_SUITE_P(Engines, OutcomesContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(OutcomesContract, OutcomesMoveEventsOnlyAlongTheAllowedWays) {
  const std::vector<std::int64_t> seq = append(app_, 5);
  expect_ledger({.accepted = 5, .pending = 5});
  settle({outcome(seq[0], EventState::delivered), outcome(seq[1], EventState::dead, 3, "timeout"),
          outcome(seq[2], EventState::pending, 1, "refused"),
          {seq[3], app_, EventState::cancelled, 0, 0, {}}},
         kNowMs + 5);
  expect_ledger({.accepted = 5, .delivered = 1, .pending = 2, .dead = 1, .cancelled = 1});
  EXPECT_EQ(record_of(seq[0]).state, EventState::delivered);
  EXPECT_EQ(record_of(seq[0]).settled_ms, kNowMs + 5);
  EXPECT_EQ(record_of(seq[0]).last_outcome, "ok");
  EXPECT_EQ(record_of(seq[1]).attempts, 3);
  EXPECT_EQ(record_of(seq[1]).last_outcome, "timeout");
  EXPECT_EQ(record_of(seq[2]).next_attempt_ms, kNowMs + 1000);
  EXPECT_EQ(record_of(seq[2]).settled_ms, 0);
  EXPECT_EQ(record_of(seq[3]).last_outcome, "");

  // What comes too late, or names nothing, changes nothing.
  settle({outcome(seq[0], EventState::dead), outcome(seq[0], EventState::pending),
          outcome(seq[1], EventState::delivered), outcome(seq[3], EventState::dead),
          outcome(999, EventState::delivered),
          {seq[4], SdkAppId{5}, EventState::pending, 0, 0, {}}});
  expect_ledger({.accepted = 5, .delivered = 1, .pending = 2, .dead = 1, .cancelled = 1});
  EXPECT_EQ(store_->log().attempts(seq[0]).value().size(), 1U);
  EXPECT_EQ(record_of(seq[1]).last_outcome, "timeout");

  // Replay: what ended is pending again from now on, and can end again.
  settle({replay(seq[1]), replay(seq[3]), replay(999)}, kNowMs + 9);
  expect_ledger({.accepted = 5, .delivered = 1, .pending = 4});
  EXPECT_EQ(record_of(seq[1]).settled_ms, 0);
  EXPECT_EQ(record_of(seq[1]).since_ms, kNowMs + 9);
  EXPECT_EQ(record_of(seq[1]).attempts, 0) << "its policy begins anew";
  EXPECT_EQ(record_of(seq[1]).last_outcome, "timeout") << "what happened is remembered";
  settle({outcome(seq[1], EventState::delivered), outcome(seq[3], EventState::dead)});
  store_->reopen();
  expect_ledger({.accepted = 5, .delivered = 2, .pending = 2, .dead = 1});
}

TEST_P(OutcomesContract, NeighboursThatAreDeliveredTogetherKeepWhatEachOfThemWas) {
  const std::vector<std::int64_t> seq = append(app_, 40);
  settle({outcome(seq[7], EventState::dead, 3, "timeout"), outcome(seq[20], EventState::delivered),
          {seq[30], app_, EventState::cancelled, 0, 0, {}}});
  // In any order, with two of the same event, some that come too late, and an answer of its own.
  std::vector<Outcome> outcomes;
  for (std::size_t i = 40; i-- > 0;) {
    outcomes.push_back(outcome(seq[i], EventState::delivered, 1, i == 12 ? "slow" : "ok"));
  }
  outcomes.push_back(outcome(seq[3], EventState::delivered));
  outcomes.insert(outcomes.begin() + 5, outcome(seq[36], EventState::dead, 1, "refused"));
  outcomes.push_back(outcome(seq[39] + 1, EventState::delivered));
  settle(outcomes, kNowMs + 5);
  store_->reopen();
  expect_ledger({.accepted = 40, .delivered = 38, .dead = 1, .cancelled = 1});
  for (std::size_t i = 0; i < seq.size(); ++i) {
    const EventRecord record = record_of(seq[i]);
    const bool late = i == 7 || i == 30;
    EXPECT_EQ(record.state, i == 7    ? EventState::dead
                            : i == 30 ? EventState::cancelled
                                      : EventState::delivered)
        << i;
    EXPECT_EQ(record.settled_ms, late || i == 20 ? kNowMs : kNowMs + 5) << i;
    EXPECT_EQ(record.last_outcome, i == 7    ? "timeout"
                                   : i == 30 ? ""
                                   : i == 12 ? "slow"
                                             : "ok")
        << i;
    EXPECT_EQ(store_->log().attempts(seq[i]).value().size(), i == 30 ? 0U : 1U) << i;
  }
}

TEST_P(OutcomesContract, AReplayMayFollowAnyStateAndADeliveredEventIsPendingAgain) {
  const std::vector<std::int64_t> seq = append(app_, 2);
  settle({outcome(seq[0], EventState::delivered)}, kNowMs + 1);
  Outcome parked = outcome(seq[1], EventState::pending, 4, "status");
  parked.next_attempt_ms = kParked;
  settle({parked}, kNowMs + 2);
  EXPECT_TRUE(record_of(seq[1]).parked());
  EXPECT_EQ(record_of(seq[1]).since_ms, kNowMs) << "a retry does not change since when";
  EXPECT_EQ(store_->log().pending(app_, 0, 10).value().at(0).next_attempt_ms, kParked);
  expect_ledger({.accepted = 2, .delivered = 1, .pending = 1});
  settle({replay(seq[0]), replay(seq[1])}, kNowMs + 3);
  store_->reopen();
  expect_ledger({.accepted = 2, .pending = 2});
  EXPECT_FALSE(record_of(seq[1]).parked());
  for (const PendingEvent& each : store_->log().pending(app_, 0, 10).value()) {
    EXPECT_EQ(each.since_ms, kNowMs + 3);
    EXPECT_EQ(each.attempts, 0);
  }
}

TEST_P(OutcomesContract, ANoteKeepsTheAttemptAndChangesNothingElse) {
  const std::int64_t seq = append(app_, 1)[0];
  settle({outcome(seq, EventState::dead, 3, "timeout")});
  const EventRecord before = record_of(seq);
  Outcome note = outcome(seq, EventState::delivered, 9, "ok");
  note.kind = OutcomeKind::note;
  note.attempt->detail = "replay 4";
  Outcome nobody = note;
  nobody.seq = seq + 1;
  settle({note, nobody}, kNowMs + 7);
  const EventRecord after = record_of(seq);
  EXPECT_EQ(after.state, EventState::dead);
  EXPECT_EQ(after.attempts, before.attempts);
  EXPECT_EQ(after.since_ms, before.since_ms);
  EXPECT_EQ(after.last_outcome, "timeout");
  ASSERT_EQ(store_->log().attempts(seq).value().size(), 2U);
  EXPECT_EQ(store_->log().attempts(seq).value()[1].detail, "replay 4");
  EXPECT_TRUE(store_->log().attempts(seq + 1).value().empty());
  expect_ledger({.accepted = 1, .dead = 1});
}

TEST_P(OutcomesContract, ALateRetryDoesNotBringBackWhatWentWithItsApp) {
  const std::int64_t seq = append(app_, 1)[0];
  View gone = load({.apps = {app_}});
  gone.drop(app_);
  commit(gone, {outcome(seq, EventState::pending, 1, "timeout")});
  settle({outcome(seq, EventState::pending, 2, "timeout"), replay(seq)});
  expect_ledger({.accepted = 1, .cancelled = 1});
}

}  // namespace
}  // namespace tidings::store
