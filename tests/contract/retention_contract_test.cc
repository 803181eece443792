// Goal: every engine names for retention what has ended and is old or too many of its app, never what is
// pending; takes it with its attempts; and the ledger, counted both ways, stays what it was, across
// a restart too. Method: events and outcomes by hand; each case runs over every engine.
#include "contract/store_under_test.h"

namespace tidings::store {
namespace {

using namespace community;

class RetentionContract : public StoreContract {
 protected:
  void end(SdkAppId app, std::int64_t seq, EventState state, std::int64_t at_ms) {
    View nothing = view(at_ms);
    Outcome outcome;
    outcome.seq = seq;
    outcome.app = app;
    outcome.state = state;
    outcome.attempts = 1;
    outcome.attempt = Attempt{};
    outcome.attempt->outcome = "ok";
    commit(nothing, {outcome});
  }
  void purge(std::vector<std::int64_t> seqs) {
    View gone = view();
    gone.set_changes.emplace_back(ForgetEvents{std::move(seqs)});
    commit(gone);
  }
  PurgePage named(PurgeQuery query) { return store_->log().purgeable(query).value(); }
  std::size_t stored(SdkAppId app) {
    return store_->log().list({.app = app, .limit = 1000}).value().size();
  }
  void expect_all_agree() {
    for (const LedgerAudit& audit : store_->log().audit().value()) {
      EXPECT_TRUE(audit.agrees()) << audit.app.str() << ": kept " << audit.kept.accepted
                                  << ", counted " << audit.counted.accepted << ", drawn "
                                  << audit.last_sequence;
      EXPECT_EQ(store_->log().ledger(audit.app).value(), audit.kept);
      EXPECT_EQ(store_->log().recount(audit.app).value(), audit.counted);
    }
    EXPECT_EQ(store_->log().ledger({}).value(), store_->log().recount({}).value());
  }
  static constexpr std::int64_t kHour = 3'600'000;
};
INSTANTIATE_TEST_SUITE_P(Engines, RetentionContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(RetentionContract, AgeNamesWhatEndedBeforeAndNeverWhatIsPending) {
  const auto seq = append(app_, 5);
  end(app_, seq[0], EventState::delivered, kNowMs + 1 * kHour);
  end(app_, seq[1], EventState::dead, kNowMs + 2 * kHour);
  end(app_, seq[3], EventState::cancelled, kNowMs + 3 * kHour);  // seq[2], seq[4] are pending
  const PurgePage none = named({.ended_before_ms = kNowMs + 1 * kHour});
  EXPECT_TRUE(none.seqs.empty()) << "ended at that moment, not before it";
  EXPECT_TRUE(none.end);
  EXPECT_EQ(none.too_young, 3U);
  EXPECT_EQ(named({.ended_before_ms = kNowMs + 3 * kHour}).seqs,
            (std::vector<std::int64_t>{seq[0], seq[1]}));
  EXPECT_EQ(named({.ended_before_ms = INT64_MAX}).seqs,
            (std::vector<std::int64_t>{seq[0], seq[1], seq[3]}));
  EXPECT_TRUE(named({}).seqs.empty()) << "no age: nothing goes";
}

TEST_P(RetentionContract, NumberNamesTheOldestEndedOnesOfAnAppOverIt) {
  const SdkAppId other{7};
  put_app(other);
  const auto first = append(app_, 2);
  const auto second = append(other, 3);
  const auto third = append(app_, 2);
  for (const auto seq : {first[0], first[1], third[0]}) {
    end(app_, seq, EventState::delivered, kNowMs);
  }
  end(other, second[1], EventState::dead, kNowMs);  // three and one have ended, one and two are pending
  const auto oldest = [this](SdkAppId app, std::int64_t keep) {
    return named({.app = app, .keep = keep}).seqs;
  };
  using Seqs = std::vector<std::int64_t>;
  EXPECT_EQ(oldest(app_, 3), Seqs{});
  EXPECT_EQ(oldest(app_, 2), Seqs{first[0]});
  EXPECT_EQ(oldest(app_, 1), (Seqs{first[0], first[1]}));
  EXPECT_EQ(oldest(other, 1), Seqs{}) << "what another app has is nothing to it";
  EXPECT_EQ(store_->log().apps_with_ended(0).value(), (std::vector{other, app_}));
  EXPECT_EQ(store_->log().apps_with_ended(1).value(), std::vector{app_});
  EXPECT_EQ(store_->log().apps_with_ended(3).value(), std::vector<SdkAppId>{});
  purge({first[0]});
  EXPECT_EQ(oldest(app_, 2), Seqs{}) << "what is gone is not counted again";
  EXPECT_EQ(oldest(app_, 1), Seqs{first[1]});
  EXPECT_EQ(store_->log().apps_with_ended(2).value(), std::vector<SdkAppId>{});
}

TEST_P(RetentionContract, PagesOfAnAppGoOnBehindOneAnotherPastPendingOnes) {
  const auto seq = append(app_, 12);
  std::vector<std::int64_t> ended;
  for (std::size_t i = 0; i < seq.size(); ++i) {
    if (i < 5 || i == 8) continue;  // pending
    end(app_, seq[i], EventState::delivered, kNowMs);
    ended.push_back(seq[i]);
  }
  PurgeQuery query{.app = app_, .keep = 1, .examine = 4, .limit = 2};
  std::vector<std::int64_t> all;
  PurgePage found;
  for (int page = 0; page < 20 && !found.end; ++page) {
    found = named(query);
    EXPECT_LE(found.seqs.size(), 2U);
    all.insert(all.end(), found.seqs.begin(), found.seqs.end());
    purge(found.seqs);
    query.after = found.through;
  }
  EXPECT_TRUE(found.end);
  ended.pop_back();
  EXPECT_EQ(all, ended);
  EXPECT_EQ(stored(app_), 7U);
}

TEST_P(RetentionContract, PagesGoOnBehindOneAnother) {
  const auto seq = append(app_, 10);
  for (const auto each : seq) end(app_, each, EventState::delivered, kNowMs);
  PurgeQuery query{.ended_before_ms = INT64_MAX, .examine = 4, .limit = 3};
  std::vector<std::int64_t> all;
  for (int page = 0; page < 20; ++page) {
    const PurgePage found = named(query);
    EXPECT_LE(found.seqs.size(), 3U);
    all.insert(all.end(), found.seqs.begin(), found.seqs.end());
    query.after = found.through;
    if (found.end) break;
  }
  EXPECT_EQ(all, seq);
}

TEST_P(RetentionContract, APurgeTakesEventsAndAttemptsAndLeavesTheLedgerAsItWas) {
  const auto seq = append(app_, 4);
  end(app_, seq[0], EventState::delivered, kNowMs);
  end(app_, seq[1], EventState::dead, kNowMs);
  end(app_, seq[2], EventState::cancelled, kNowMs);
  const Ledger before = store_->log().ledger(app_).value();
  purge({seq[0], seq[1], seq[2], seq[3], 999});  // seq[3] is pending: it stays
  EXPECT_EQ(stored(app_), 1U);
  EXPECT_TRUE(store_->log().attempts(seq[0]).value().empty());
  EXPECT_EQ(store_->log().events(seq).value().size(), 1U);
  EXPECT_EQ(store_->log().ledger(app_).value(), before);
  expect_all_agree();
  store_->reopen();
  EXPECT_EQ(store_->log().ledger(app_).value(), before);
  expect_all_agree();

  // Life goes on: what was purged cannot come back, what is new is counted.
  end(app_, seq[1], EventState::pending, kNowMs);
  EXPECT_EQ(store_->log().ledger(app_).value(), before);
  end(app_, seq[3], EventState::delivered, kNowMs);
  append(app_, 2);
  purge({seq[3]});
  store_->reopen();
  EXPECT_EQ(store_->log().ledger(app_).value().accepted, 6);
  EXPECT_EQ(store_->log().audit().value().at(0).purged, 4);
  expect_all_agree();
}

TEST_P(RetentionContract, TheSequenceOfAnAppDoesNotStartAgainBehindAPurge) {
  const auto seq = append(app_, 3);
  for (const auto each : seq) end(app_, each, EventState::delivered, kNowMs);
  purge(seq);
  store_->reopen();
  append(app_, 1);
  EXPECT_EQ(store_->log().list({.app = app_}).value().at(0).event.app_sequence, 4);
  EXPECT_GT(store_->log().list({.app = app_}).value().at(0).event.seq, seq[2]);
}

TEST_P(RetentionContract, ADroppedAppsEventsArePurgedLikeAnyOther) {
  const auto seq = append(app_, 2);
  View gone = load({.apps = {app_}});
  gone.drop(app_);
  commit(gone);
  const auto oldest = named({.ended_before_ms = INT64_MAX}).seqs;
  EXPECT_TRUE(oldest.empty() || oldest == seq) << "all of them once they are where they belong";
  View moved = view();
  moved.set_changes.emplace_back(ForgetDeleted{app_, 100});
  commit(moved);
  EXPECT_EQ(named({.ended_before_ms = INT64_MAX}).seqs, seq);
  purge(seq);
  EXPECT_EQ(stored(app_), 0U);
  EXPECT_EQ(store_->log().ledger(app_).value().cancelled, 2);
  expect_all_agree();
}

}  // namespace
}  // namespace tidings::store
