// Goal: every engine numbers events without gaps, keeps them as they were, finds them again, and counts
// them in the ledger.
// Method: events are put into Views by hand; each case runs over every engine.
#include <map>
#include <set>

#include "contract/events_contract.h"

namespace tidings::store {
namespace {

using namespace std::string_literals;

INSTANTIATE_TEST_SUITE_P(Engines, EventsContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(EventsContract, EventsAreNumberedWithoutGapsAndKeptAsTheyWere) {
  const SdkAppId other{7};
  put_app(other);
  View mixed = load({.apps = {app_, other}});
  std::vector<Event> made = {event(app_, 1), event(other, 1), event(app_, 2)};
  made[0].request_id = "no uuid";
  made[1].request_id = "0123456789abcdef";  // as long as a packed UUID
  made[2].body = "{\"binary\":\"\0\"}"s;
  made[2].command = "";
  made[2].origin = {"", ""};
  mixed.events = made;
  mixed.tallies.change(app_).event_sequence = 2;
  mixed.tallies.change(other).event_sequence = 1;
  commit(mixed);
  const std::vector<std::int64_t> more = append(app_, 1);
  store_->reopen();
  const std::vector<std::int64_t> last = append(other, 1);

  std::vector<std::int64_t> seqs = {last[0], more[0], 0, 99};
  for (const Event& each : mixed.events) seqs.push_back(each.seq);
  seqs.push_back(last[0]);
  const std::vector<Event> got = store_->log().events(seqs).value();
  ASSERT_EQ(got.size(), 5U) << "unknown ones are left out, repeated ones come once";
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].seq, got[0].seq + static_cast<std::int64_t>(i));
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    EXPECT_EQ(got[i].app_sequence, made[i].app_sequence);
    EXPECT_EQ(got[i].app, made[i].app);
    EXPECT_EQ(got[i].command, made[i].command);
    EXPECT_EQ(got[i].group, made[i].group);
    EXPECT_EQ(got[i].request_id, made[i].request_id);
    EXPECT_EQ(got[i].time_ms, made[i].time_ms);
    EXPECT_EQ(got[i].origin.client_ip, made[i].origin.client_ip);
    EXPECT_EQ(got[i].origin.opt_platform, made[i].origin.opt_platform);
    EXPECT_EQ(got[i].body, made[i].body);
  }
}

TEST_P(EventsContract, JobsAreWrittenWithWhatTheyMovedAndReadBackWhole) {
  const std::vector<std::int64_t> seq = append(app_, 2);
  settle({outcome(seq[0], EventState::dead), outcome(seq[1], EventState::dead)});
  EventJob job;
  job.id = 1;
  job.kind = EventJob::Kind::replay;
  job.filter = {.app = app_, .group = "g", .topic = "g@TOPIC#_a", .command = "c",
                .states = StateSet{EventState::dead}.add_parked(), .from_ms = 5, .until_ms = 6,
                .after_app_sequence = 7, .through_app_sequence = 8};
  job.url = "http://elsewhere.test/";
  job.rate = 25;
  job.end_as = EventState::dead;
  job.planned = {9, 2, 10, 11, 12};
  job.created_ms = kNowMs;
  View nothing = view();
  ASSERT_TRUE(store_->unit().commit(nothing, {}, {{job}}));
  job.cursor = 1;
  job.done = 13;
  job.failed = 14;
  job.skipped = 15;
  job.changed_ms = kNowMs + 1;
  job.note = "slow";
  const std::vector<Outcome> moved = {replay(seq[0])};
  ASSERT_TRUE(store_->unit().commit(nothing, moved, {{job}}));
  EventJob other;
  other.id = 2;
  other.kind = EventJob::Kind::cancel;
  other.state = EventJob::State::failed;
  other.filter.app = SdkAppId{7};
  ASSERT_TRUE(store_->unit().commit(nothing, {}, {{other}}));
  store_->reopen();

  expect_ledger({.accepted = 2, .pending = 1, .dead = 1});
  const std::vector<EventJob> all = store_->log().jobs({}).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], other) << "newest first";
  EXPECT_EQ(all[0].kind, EventJob::Kind::cancel);
  EXPECT_EQ(all[0].filter.group, std::nullopt);
  EXPECT_EQ(all[0].filter.through_app_sequence, INT64_MAX);
  const EventJob read = store_->log().jobs(app_).value().at(0);
  EXPECT_EQ(read, job);
  EXPECT_EQ(read.filter.group, job.filter.group);
  EXPECT_EQ(read.filter.topic, job.filter.topic);
  EXPECT_EQ(read.filter.command, job.filter.command);
  EXPECT_EQ(read.filter.states, job.filter.states);
  EXPECT_EQ(read.filter.from_ms, job.filter.from_ms);
  EXPECT_EQ(read.filter.until_ms, job.filter.until_ms);
  EXPECT_EQ(read.filter.after_app_sequence, 7);
  EXPECT_EQ(read.filter.through_app_sequence, 8);
  EXPECT_EQ(read.url, job.url);
  EXPECT_EQ(read.rate, 25);
  EXPECT_EQ(read.end_as, EventState::dead);
  EXPECT_EQ(read.planned, job.planned);
  EXPECT_EQ(read.done + read.failed * 100 + read.skipped * 10'000, 13 + 1400 + 150'000);
  EXPECT_EQ(read.created_ms, kNowMs);
  EXPECT_EQ(read.changed_ms, kNowMs + 1);
  EXPECT_EQ(read.note, "slow");
}

TEST_P(EventsContract, EndedJobsBeyondAThousandGoRunningOnesStay) {
  EventJob job;
  job.id = 1;
  job.filter.app = app_;
  View nothing = view();
  ASSERT_TRUE(store_->unit().commit(nothing, {}, {{job}}));
  job.state = EventJob::State::done;
  for (const std::int64_t id : std::vector<std::int64_t>{2, 3, kJobsKept + 2}) {
    job.id = id;
    ASSERT_TRUE(store_->unit().commit(nothing, {}, {{job}}));
  }
  std::vector<std::int64_t> ids;
  for (const EventJob& each : store_->log().jobs(app_).value()) ids.push_back(each.id);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{kJobsKept + 2, 3, 1}));
}

TEST_P(EventsContract, AnEventAndItsOutcomeMayMeetInOneCommit) {
  const std::int64_t seq = append(app_, 1)[0];
  View both = load({.apps = {app_}});
  both.events.push_back(event(app_, ++both.tallies.change(app_).event_sequence));
  commit(both, {outcome(seq, EventState::delivered)});
  expect_ledger({.accepted = 2, .delivered = 1, .pending = 1});
}

TEST_P(EventsContract, OutcomesAloneDoNotTurnTheNumbersOfIdsBack) {
  const std::vector<std::int64_t> seq = append(app_, 1);
  View drawn = load({.apps = {app_}});
  const std::uint64_t community = drawn.draw_community_number();
  const std::uint64_t group = drawn.draw_group_number();
  drawn.put(make_group(group_key("@TGS#_numbered")));
  commit(drawn);
  settle({outcome(seq[0], EventState::delivered)});
  for (int opened = 0; opened < 2; ++opened) {
    View next = load({.apps = {app_}});
    EXPECT_EQ(next.draw_community_number(), community + 1);
    EXPECT_EQ(next.draw_group_number(), group + 1);
    store_->reopen();
  }
}

TEST_P(EventsContract, OnlyTheNewestAttemptsAreKept) {
  const std::int64_t seq = append(app_, 1)[0];
  constexpr int kMade = static_cast<int>(kAttemptsKept) + 5;
  for (int i = 1; i <= kMade; ++i) {
    Outcome tried = outcome(seq, EventState::pending, i, "tls");
    tried.attempt = Attempt{kNowMs + i, 1500, "tls", 0, "certificate has \"expired\"",
                            "[2001:db8::1]:443", 12};
    settle({tried});
  }
  const std::vector<Attempt> attempts = store_->log().attempts(seq).value();
  ASSERT_EQ(attempts.size(), kAttemptsKept);
  EXPECT_EQ(attempts.front().at_ms, kNowMs + 6);
  EXPECT_EQ(attempts.back().at_ms, kNowMs + kMade);
  EXPECT_EQ(attempts.back().duration_us, 1500);
  EXPECT_EQ(attempts.back().outcome, "tls");
  EXPECT_EQ(attempts.back().detail, "certificate has \"expired\"");
  EXPECT_EQ(attempts.back().address, "[2001:db8::1]:443");
  EXPECT_EQ(attempts.back().response_bytes, 12);
  EXPECT_TRUE(store_->log().attempts(seq + 1).value().empty());
}

TEST_P(EventsContract, PendingEventsOfAllAppsPageInTheOrderOfCommit) {
  const SdkAppId other{7};
  put_app(other);
  std::vector<std::int64_t> all;
  for (int round = 0; round < 4; ++round) {
    for (const SdkAppId app : {app_, other}) {
      for (const std::int64_t seq : append(app, 3, app == app_ ? "left" : "right")) {
        all.push_back(seq);
      }
    }
  }
  settle({outcome(all[0], EventState::delivered), outcome(all[7], EventState::dead)});
  all.erase(all.begin() + 7);
  all.erase(all.begin());
  std::vector<std::int64_t> paged;
  const std::vector<SdkAppId> apps = store_->log().apps_with_pending().value();
  EXPECT_EQ(apps, (std::vector<SdkAppId>{std::min(app_, other), std::max(app_, other)}));
  for (const SdkAppId app : apps) {
    std::int64_t after = 0;
    for (;;) {
      const std::vector<PendingEvent> page = store_->log().pending(app, after, 3).value();
      for (const PendingEvent& each : page) {
        paged.push_back(each.seq);
        EXPECT_EQ(each.app, app);
        EXPECT_EQ(each.group, GroupId{app == app_ ? "left" : "right"});
        EXPECT_EQ(each.since_ms, kNowMs);
        EXPECT_GT(each.seq, after);
        after = each.seq;
      }
      if (page.size() < 3) break;
    }
  }
  std::ranges::sort(paged);
  EXPECT_EQ(paged, all);
  EXPECT_EQ(store_->log().ledger(app_).value().oldest_pending_ms, kNowMs + 2);
  EXPECT_EQ(store_->log().ledger(other).value().oldest_pending_ms, kNowMs + 1);
  EXPECT_EQ(store_->log().ledger({}).value().oldest_pending_ms, kNowMs + 2) << "accepted first";
}

TEST_P(EventsContract, ListsFilterByEveryFieldAndPageByTheAppsSequence) {
  const std::vector<std::int64_t> left = append(app_, 4, "left");
  const std::vector<std::int64_t> right = append(app_, 4, "right");
  settle({outcome(left[1], EventState::dead), outcome(right[0], EventState::dead),
          outcome(left[0], EventState::delivered)});
  const auto sequences = [this](EventFilter filter) {
    filter.app = app_;
    std::vector<std::int64_t> found;
    for (const EventRecord& each : store_->log().list(filter).value()) {
      found.push_back(each.event.app_sequence);
    }
    return found;
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(sequences({}), (Numbers{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(sequences({.after_app_sequence = 3, .limit = 2}), (Numbers{4, 5}));
  EXPECT_EQ(sequences({.group = "right"}), (Numbers{5, 6, 7, 8}));
  EXPECT_EQ(sequences({.states = EventState::dead}), (Numbers{2, 5}));
  EXPECT_EQ(sequences({.states = EventState::dead, .after_app_sequence = 2}), (Numbers{5}));
  EXPECT_EQ(sequences({.states = EventState::delivered}), (Numbers{1}));
  EXPECT_EQ(sequences({.group = "left", .states = EventState::pending}), (Numbers{3, 4}));
  EXPECT_EQ(sequences({.command = "Group.CallbackAfterCreateTopic"}).size(), 8U);
  EXPECT_EQ(sequences({.command = "Group.CallbackAfterCreateGroup"}).size(), 0U);
  EXPECT_EQ(sequences({.from_ms = kNowMs + 3, .until_ms = kNowMs + 5}), (Numbers{3, 4}));
  EXPECT_EQ(store_->log().list({.app = SdkAppId{5}}).value().size(), 0U);
  EXPECT_EQ(store_->log().list({.app = app_, .limit = 1}).value().at(0).event.body, "");
  EXPECT_EQ(store_->log().list({.app = app_, .limit = 1, .with_body = true}).value().at(0).event.body,
            "{\"n\":1}");
}

TEST_P(EventsContract, SeveralStatesTopicsAndBoundsAreFoundOnceInOrderAndSummedUp) {
  View changed = load({.apps = {app_}});
  const auto topic_event = [&](const char* group, const std::string& body, std::int64_t time_ms) {
    Event made = event(app_, ++changed.tallies.change(app_).event_sequence, group);
    made.body = body;
    made.time_ms = time_ms;
    changed.events.push_back(made);
  };
  topic_event("a", R"({"TopicId":"a@TOPIC#_1"})", 100);                         // 1 dead
  topic_event("a", R"({"TopicId":"a@TOPIC#_10"})", 110);                        // 2 cancelled
  topic_event("b", R"({"TopicIdList":["b@TOPIC#_1","a@TOPIC#_1"]})", 90);       // 3 pending
  topic_event("a", R"({"Name":"say \"a@TOPIC#_1\"","TopicId":"x"})", 120);     // 4 delivered
  topic_event("c", R"({"TopicId":"c@TOPIC#_1"})", 130);                         // 5 parked
  topic_event("c", R"({"TopicId":"c@TOPIC#_2"})", 140);                         // 6 dead
  commit(changed);
  const auto& made = changed.events;
  Outcome parked = outcome(made[4].seq, EventState::pending, 3, "status");
  parked.next_attempt_ms = kParked;
  settle({outcome(made[0].seq, EventState::dead), outcome(made[1].seq, EventState::cancelled),
          outcome(made[3].seq, EventState::delivered), parked,
          outcome(made[5].seq, EventState::dead)});

  const StateSet ended = StateSet{EventState::dead}.add(EventState::cancelled).add_parked();
  const struct {
    const char* what;
    EventFilter filter;
    std::vector<std::int64_t> found;
  } cases[] = {
      {"ended and parked", {.states = ended}, {1, 2, 5, 6}},
      {"a page of them", {.states = ended, .after_app_sequence = 1, .limit = 2}, {2, 5}},
      {"up to a bound", {.states = ended, .through_app_sequence = 2}, {1, 2}},
      {"parked", {.states = StateSet{}.add_parked()}, {5}},
      {"pending holds the parked", {.states = EventState::pending}, {3, 5}},
      {"both names", {.states = StateSet{EventState::pending}.add_parked()}, {3, 5}},
      {"cancelled", {.states = EventState::cancelled}, {2}},
      {"with delivered", {.states = StateSet{EventState::delivered}.add_parked()}, {4, 5}},
      {"a topic, in lists too, not in names", {.topic = "a@TOPIC#_1"}, {1, 3}},
      {"a topic and a state", {.topic = "a@TOPIC#_1", .states = EventState::dead}, {1}},
      {"group and time", {.group = "a", .from_ms = 100, .until_ms = 120}, {1, 2}},
      {"all up to a bound", {.after_app_sequence = 2, .through_app_sequence = 4}, {3, 4}},
      {"nothing", {.group = "nobody", .states = ended}, {}},
  };
  for (const auto& each : cases) {
    EventFilter filter = each.filter;
    filter.app = app_;
    std::vector<std::int64_t> found;
    EventSummary want;
    std::set<std::string> groups;
    for (const EventRecord& record : store_->log().list(filter).value()) {
      found.push_back(record.event.app_sequence);
    }
    EXPECT_EQ(found, each.found) << each.what;
    filter.limit = 0;  // a preview counts everything
    const EventSummary got = store_->log().summarize(filter).value();
    if (each.filter.limit == 2) {
      EXPECT_EQ(got.count, 3) << each.what;
      continue;
    }
    for (const std::int64_t number : found) {
      const Event& event = made[static_cast<std::size_t>(number - 1)];
      want.oldest_ms = want.count == 0 ? event.time_ms : std::min(want.oldest_ms, event.time_ms);
      want.newest_ms = std::max(want.newest_ms, event.time_ms);
      want.last_app_sequence = number;
      groups.insert(event.group.str());
      ++want.count;
    }
    want.groups = static_cast<std::int64_t>(groups.size());
    EXPECT_EQ(got, want) << each.what;
  }
}

TEST_P(EventsContract, ADroppedAppCancelsVisiblyAndItsSequenceGoesOn) {
  append(app_, 3);
  const std::int64_t delivered = append(app_, 1)[0];
  settle({outcome(delivered, EventState::delivered)});
  View gone = load({.apps = {app_}});
  gone.events.push_back(event(app_, ++gone.tallies.change(app_).event_sequence));
  const std::int64_t last = gone.tally(app_).event_sequence;
  gone.drop(app_);
  commit(gone);
  expect_ledger({.accepted = 5, .delivered = 1, .cancelled = 4});
  EXPECT_TRUE(store_->log().pending(app_, 0, 10).value().empty());
  EXPECT_TRUE(store_->log().apps_with_pending().value().empty());
  store_->reopen();
  const View after = load({.apps = {app_}});
  EXPECT_EQ(after.app(app_), nullptr);
  EXPECT_EQ(after.tally(app_).event_sequence, last);
  EXPECT_EQ(after.tally(app_).groups, 0);
  put_app(app_);
  append(app_, 1);
  EXPECT_EQ(store_->log().list({.app = app_, .after_app_sequence = last}).value().size(), 1U);
}

}  // namespace
}  // namespace tidings::store
