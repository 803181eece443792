// Goal: the trap of recovering by the wrong key (docs/traps.md, T6) does not catch an engine.
// Method: events whose times run against their order, most of them never attempted; each case runs
// over every engine.
#include <set>

#include "contract/store_under_test.h"

namespace tidings::store {
namespace {

using namespace community;

class TrapT06 : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, TrapT06, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

// A recovery that orders by one key and pages by another skips rows, and one that starts from
// attempts never sees what was not tried.
TEST_P(TrapT06, PagingSinceATimeFindsAllThatWereNeverAttemptedOnce) {
  View changed = load({.apps = {app_}});
  std::set<std::int64_t> wanted;
  for (int i = 1; i <= 30; ++i) {
    Event made;
    made.app_sequence = ++changed.tallies.change(app_).event_sequence;
    made.app = app_;
    made.command = "Group.CallbackAfterCreateTopic";
    made.group = GroupId{"g" + std::to_string(i % 4)};
    made.request_id = random_.uuid();
    made.time_ms = kNowMs + (i * 7) % 30;  // the clock jumps about
    made.body = "{}";
    if (made.time_ms >= kNowMs + 10) wanted.insert(made.app_sequence);
    changed.events.push_back(made);
  }
  commit(changed);
  EventFilter since{.app = app_, .from_ms = kNowMs + 10, .limit = 4};
  std::set<std::int64_t> found;
  for (int page = 0; page < 20; ++page) {
    const auto records = store_->log().list(since).value();
    for (const EventRecord& record : records) {
      EXPECT_EQ(record.attempts, 0);
      EXPECT_TRUE(found.insert(record.event.app_sequence).second) << "twice";
    }
    if (records.size() < since.limit) break;
    since.after_app_sequence = records.back().event.app_sequence;
  }
  EXPECT_EQ(found, wanted);
}

}  // namespace
}  // namespace tidings::store
