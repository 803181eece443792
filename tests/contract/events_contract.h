/// Events that are put into Views by hand, for the contract tests of the event log.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "contract/store_under_test.h"

namespace tidings::store {

using namespace community;

class EventsContract : public StoreContract {
 protected:
  Event event(SdkAppId app, std::int64_t app_sequence, const char* group = "g") {
    Event made;
    made.app_sequence = app_sequence;
    made.app = app;
    made.command = "Group.CallbackAfterCreateTopic";
    made.group = GroupId{group};
    made.request_id = random_.uuid();
    made.time_ms = kNowMs + app_sequence;
    made.origin = {"203.0.113.9", "Web"};
    made.body = "{\"n\":" + std::to_string(app_sequence) + "}";
    return made;
  }
  /// Commits `count` events of the app; their seqs.
  std::vector<std::int64_t> append(SdkAppId app, int count, const char* group = "g") {
    View changed = load({.apps = {app}});
    for (int i = 0; i < count; ++i) {
      changed.events.push_back(event(app, ++changed.tallies.change(app).event_sequence, group));
    }
    commit(changed);
    std::vector<std::int64_t> seqs;
    for (const Event& each : changed.events) seqs.push_back(each.seq);
    return seqs;
  }
  void settle(std::vector<Outcome> outcomes, std::int64_t now_ms = kNowMs) {
    View nothing = view(now_ms);
    commit(nothing, std::move(outcomes));
  }
  Outcome outcome(std::int64_t seq, EventState state, int attempts = 1, const char* text = "ok") {
    Outcome made{seq, app_, state, attempts, 0, Attempt{}};
    made.attempt->outcome = text;
    if (state == EventState::pending) made.next_attempt_ms = kNowMs + 1000;
    return made;
  }
  [[nodiscard]] Outcome replay(std::int64_t seq) const {
    Outcome made{seq, app_, EventState::pending, 0, 0, {}};
    made.kind = OutcomeKind::replay;
    return made;
  }
  void expect_ledger(const Ledger& want) {
    for (const SdkAppId app : {app_, SdkAppId{}}) {
      Ledger got = store_->log().ledger(app).value();
      EXPECT_EQ(got, store_->log().recount(app).value());
      EXPECT_TRUE(got.balanced());
      got.oldest_pending_ms = want.oldest_pending_ms;
      EXPECT_EQ(got, want);
    }
  }
  EventRecord record_of(std::int64_t seq) {
    const auto records = store_->log().list({.app = app_, .limit = 1000}).value();
    for (const EventRecord& each : records) {
      if (each.event.seq == seq) return each;
    }
    ADD_FAILURE() << "no event " << seq;
    return {};
  }
};

}  // namespace tidings::store
