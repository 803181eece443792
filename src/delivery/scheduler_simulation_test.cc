// Goal: promises P3, P4 and P5 of the delivery core under any interleaving of arrivals, answers,
// failures, configuration changes, time, restarts and what an operator does: park, retry, replay
// and cancel.
// Method: a seeded simulation with virtual time beside a plain model of the event log. After every
// step: every accepted event is in exactly one state and the pending ones are those the scheduler
// knows (P3); a group has at most one event in flight, what is sent is the lowest pending one of its
// group and not parked (P4); whatever may be sent is sent, unless its own URL's window is full or
// its own URL's breaker is open (P5); settings that make an attempt worth while end every wait for a
// retry; and what hold() says is why. At the end everything healthy is delivered.
// TIDINGS_SEED=n replays one seed, TIDINGS_SEEDS=n sets how many are run.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "delivery/scheduler.h"

namespace tidings::delivery {
namespace {

using store::EventState;
using Standing = Scheduler::Standing;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : chance_(seed) {
    if (seed % 2 == 0) limits_.max_in_flight = 6;  // less than there are groups
    events_.resize(1);
    restart();
    for (std::uint32_t app = 1; app <= kApps; ++app) configure(app);
  }

  void run() {
    for (int step = 0; step < 400 && !failed(); ++step) {
      switch (draw(24)) {
        case 0: case 1: case 2: case 3: case 4: case 5: case 6: add(); break;
        case 7: case 8: case 9: case 10: case 11: case 12: case 13: finish_one(); break;
        case 14:
          configure(1 + draw(kApps));
          broken_[draw(kUrls)] = draw(3) == 0;  // long enough to open its breaker
          break;
        case 15: case 16: replay(); break;
        case 17: cancel(); break;
        case 18: retry_parked(); break;
        case 19: if (draw(12) == 0) restart(); break;
        case 20: expire(draw(20) == 0 ? kMaxAgeMs + 1000 : 60'000); break;
        default: advance(static_cast<std::int64_t>(draw(3000)));
      }
      start();
      check();
    }
    settle();
  }

 private:
  static constexpr std::uint32_t kApps = 4, kGroups = 5, kUrls = 3;
  struct Event {
    std::uint32_t group = 0;  // index over all apps
    EventState state = EventState::pending;
    std::int64_t since_ms = 0, next_attempt_ms = 0;
    std::int32_t attempts = 0;
  };
  struct Group {
    std::set<std::int64_t> pending;
    std::optional<Scheduler::Ticket> flying;
    int url = 0;  // of what is flying
    bool outdated = false;  // the settings it was sent under have changed since
    std::optional<EventState> cancel_as;
    std::int64_t waits_for = 0, due_ms = 0;  // its head has to wait until then
  };

  static bool failed() { return ::testing::Test::HasFailure(); }
  std::uint32_t draw(std::uint32_t below) {
    return static_cast<std::uint32_t>(chance_() % below);
  }
  static std::uint32_t app_of(std::uint32_t group) { return 1 + group / kGroups; }
  Group& group_of(std::int64_t seq) { return groups_[event(seq).group]; }
  Event& event(std::int64_t seq) { return events_[static_cast<std::size_t>(seq)]; }
  [[nodiscard]] Scheduler::Place place(std::int64_t seq) {
    const std::uint32_t group = event(seq).group;
    return {SdkAppId{app_of(group)}, names_[group % kGroups], seq};
  }
  static std::string url_text(int url) { return url < 0 ? "" : "http://" + std::to_string(url); }

  void configure(std::uint32_t app) {
    const std::string before = goes_to(app);
    urls_[app] = draw(6) == 0 ? -1 : static_cast<int>(draw(kUrls));
    Target& target = targets_[app];
    target.url = url_text(urls_[app]);
    target.enabled = draw(6) != 0;
    target.retry = static_cast<community::RetryMode>(draw(3));
    target.dead_head = static_cast<community::DeadHead>(draw(2));
    apply(app, before, draw(4) == 0);
  }
  /// Where an app's events may go; "": nowhere.
  [[nodiscard]] std::string goes_to(std::uint32_t app) const {
    return targets_[app].enabled ? targets_[app].url : std::string();
  }
  /// Settings that make an attempt worth while end every wait for a retry.
  void apply(std::uint32_t app, const std::string& before, bool try_now) {
    scheduler_->configure(SdkAppId{app}, targets_[app], try_now);
    const std::string now = goes_to(app);
    if (now.empty() || (now == before && !try_now)) return;
    for (std::uint32_t i = 0; i < groups_.size(); ++i) {
      if (app_of(i) != app) continue;
      groups_[i].waits_for = 0;
      groups_[i].outdated = true;
    }
  }
  void add() {
    Event made;
    made.group = draw(kApps * kGroups);
    made.since_ms = now_.wall_ms;
    events_.push_back(made);
    const auto seq = static_cast<std::int64_t>(events_.size()) - 1;
    groups_[made.group].pending.insert(seq);
    hand_in(seq, draw(2) == 0);
  }
  void hand_in(std::int64_t seq, bool fresh) {
    const auto at = place(seq);
    const Event& known = event(seq);
    scheduler_->add({seq, at.app, at.group, known.since_ms, known.attempts, known.next_attempt_ms},
                    fresh, now_);
  }

  // The worker.
  void start() {
    tickets_.clear();
    scheduler_->start(now_, tickets_);
    for (const auto& ticket : tickets_) {
      Group& group = group_of(ticket.seq);
      EXPECT_FALSE(group.flying) << "two events of one group in flight";
      ASSERT_FALSE(group.pending.empty());
      EXPECT_EQ(*group.pending.begin(), ticket.seq) << "out of commit order";
      EXPECT_NE(event(ticket.seq).next_attempt_ms, store::kParked) << "a parked event was sent";
      EXPECT_EQ(event(ticket.seq).attempts, ticket.attempts);
      group.flying = ticket;
      group.url = urls_[ticket.app.number()];
      group.cancel_as.reset();
      group.outdated = false;
      group.waits_for = 0;
      ++flying_;
      ++flying_to_[static_cast<std::size_t>(group.url)];
    }
  }
  AttemptResult answer(int url) {
    switch (broken_[static_cast<std::size_t>(url)] ? draw(2) : draw(8)) {
      case 0: return {AttemptClass::timeout, 0, {}};
      case 1: return {AttemptClass::refused, 0, {}};
      case 2: return {AttemptClass::status, 500, draw(2) ? std::optional<std::int64_t>{2000} : std::nullopt};
      case 3: return draw(4) == 0 ? AttemptResult{AttemptClass::gone, 410, {}}
                                  : AttemptResult{AttemptClass::not_json, 200, {}};
      default: return {};
    }
  }
  void finish_one() {
    const std::uint32_t first = draw(kApps * kGroups);
    for (std::uint32_t i = 0; i < kApps * kGroups; ++i) {
      Group& group = groups_[(first + i) % (kApps * kGroups)];
      if (!group.flying) continue;
      return finish(group, draw(10) == 0 ? std::nullopt : std::optional{answer(group.url)});
    }
  }
  void finish(Group& group, std::optional<AttemptResult> result) {
    const Scheduler::Ticket ticket = *group.flying;
    group.flying.reset();
    --flying_;
    --flying_to_[static_cast<std::size_t>(group.url)];
    if (!result) {
      const auto cancelled = scheduler_->postpone(ticket, 50, now_);
      EXPECT_EQ(cancelled.has_value(), group.cancel_as.has_value());
      if (cancelled) return count(*cancelled);
      wait(group, ticket.seq, 50);
      return;
    }
    const double jitter = static_cast<double>(draw(1000)) / 1000.0;
    const auto finished = scheduler_->finish(ticket, *result, now_, jitter);
    if (finished.disable_endpoint) targets_[ticket.app.number()].enabled = false;
    if (group.outdated) {
      EXPECT_FALSE(finished.disable_endpoint) << "for the answer of an endpoint of before";
      EXPECT_LE(finished.outcome.next_attempt_ms, now_.wall_ms) << "waits, though all has changed";
    }
    if (group.cancel_as && result->what != AttemptClass::ok) {
      EXPECT_EQ(finished.outcome.state, *group.cancel_as) << "a cancelled event goes on";
    }
    count(finished.outcome);
    if (finished.outcome.next_attempt_ms > 0) {
      wait(group, ticket.seq, finished.outcome.next_attempt_ms - now_.wall_ms);
    }
  }
  /// A replayed event that came before it meanwhile does not wait for it; nor does it wait behind that.
  void wait(Group& group, std::int64_t seq, std::int64_t delay_ms) {
    if (*group.pending.begin() != seq) return;
    group.waits_for = seq;
    group.due_ms = now_.steady_ms + delay_ms;
  }
  /// What the store does with an outcome.
  void count(const store::Outcome& outcome) {
    Event& known = event(outcome.seq);
    ASSERT_EQ(known.state, EventState::pending) << "ended twice";
    known.attempts = outcome.attempts;
    known.next_attempt_ms = outcome.next_attempt_ms;
    known.state = outcome.state;
    if (outcome.state != EventState::pending) group_of(outcome.seq).pending.erase(outcome.seq);
    if (outcome.state == EventState::dead && !group_of(outcome.seq).cancel_as) {
      EXPECT_NE(targets_[app_of(known.group)].dead_head, community::DeadHead::park)
          << "dead, though its app parks";
    }
  }
  void advance(std::int64_t ms) {
    now_.wall_ms += ms;
    now_.steady_ms += ms;
  }
  void expire(std::int64_t ms) {
    advance(ms);
    std::vector<store::Outcome> outcomes;
    scheduler_->expire(now_, outcomes);
    for (const auto& outcome : outcomes) {
      Group& group = group_of(outcome.seq);
      EXPECT_FALSE(group.flying);
      EXPECT_EQ(*group.pending.begin(), outcome.seq) << "not the head";
      EXPECT_GE(now_.wall_ms - event(outcome.seq).since_ms, kMaxAgeMs);
      group.cancel_as.reset();
      group.waits_for = 0;
      count(outcome);
    }
  }

  // The operator.
  std::int64_t any_event() { return 1 + draw(static_cast<std::uint32_t>(events_.size() - 1)); }
  void replay() {
    if (events_.size() < 2) return;
    const std::int64_t seq = any_event();
    Event& known = event(seq);
    if (known.state == EventState::pending) return hand_in(seq, false);  // changes nothing
    Group& group = groups_[known.group];
    known.state = EventState::pending;
    known.since_ms = now_.wall_ms;
    known.attempts = 0;
    known.next_attempt_ms = 0;
    if (group.pending.empty() || seq < *group.pending.begin()) group.waits_for = 0;
    group.pending.insert(seq);
    hand_in(seq, false);
    hand_in(seq, false);  // twice changes nothing
  }
  void cancel() {
    if (events_.size() < 2) return;
    const std::int64_t seq = any_event();
    const EventState as = draw(2) == 0 ? EventState::cancelled : EventState::dead;
    Group& group = group_of(seq);
    const Standing stood = scheduler_->cancel(place(seq), as);
    if (event(seq).state != EventState::pending) {
      EXPECT_EQ(stood, Standing::unknown);
    } else if (group.flying && group.flying->seq == seq) {
      EXPECT_EQ(stood, Standing::in_flight);
      group.cancel_as = as;
    } else {
      const bool parked = event(seq).next_attempt_ms == store::kParked;
      EXPECT_EQ(stood, parked ? Standing::parked : Standing::queued);
      if (group.waits_for == seq) group.waits_for = 0;
      event(seq).state = as;
      group.pending.erase(seq);
    }
  }
  void retry_parked() {
    if (events_.size() < 2) return;
    const std::int64_t first = any_event();
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(events_.size()) - 1; ++i) {
      const std::int64_t seq = 1 + (first + i) % (static_cast<std::int64_t>(events_.size()) - 1);
      Event& known = event(seq);
      const bool parked =
          known.state == EventState::pending && known.next_attempt_ms == store::kParked;
      if (!parked && i > 0) continue;
      EXPECT_EQ(scheduler_->retry_parked(place(seq), now_), parked);
      if (!parked) continue;
      known.next_attempt_ms = 0;
      known.attempts = 0;
      known.since_ms = now_.wall_ms;
      return;
    }
  }
  /// A crash and a start: what is in flight is forgotten, what is pending is read in again.
  void restart() {
    scheduler_.emplace(limits_);
    for (std::uint32_t app = 1; app <= kApps; ++app) {
      scheduler_->configure(SdkAppId{app}, targets_[app]);
    }
    flying_ = 0;
    flying_to_ = {};
    std::set<std::int64_t> all;
    for (Group& group : groups_) {
      group.flying.reset();
      group.waits_for = 0;
      all.insert(group.pending.begin(), group.pending.end());
      if (group.pending.empty()) continue;
      const Event& head = event(*group.pending.begin());
      if (head.next_attempt_ms <= now_.wall_ms) continue;
      group.waits_for = *group.pending.begin();
      group.due_ms = now_.steady_ms + head.next_attempt_ms - now_.wall_ms;
    }
    for (const std::int64_t seq : all) hand_in(seq, false);
  }

  void check() {
    const auto counts = scheduler_->counts();
    EXPECT_EQ(counts.in_flight, flying_);
    std::size_t pending = 0, parked = 0;
    std::array<std::size_t, kApps + 1> queued{};
    for (std::uint32_t i = 0; i < groups_.size(); ++i) {
      const Group& group = groups_[i];
      pending += group.pending.size();
      queued[app_of(i)] += group.pending.size() - (group.flying ? 1U : 0U);
      if (group.pending.empty() || group.flying) continue;
      const std::int64_t head = *group.pending.begin();
      if (event(head).next_attempt_ms == store::kParked) {
        ++parked;
        continue;
      }
      check_sent(app_of(i), group, head);
    }
    EXPECT_EQ(counts.queued + counts.in_flight, pending) << "an event is lost or counted twice";
    for (std::uint32_t app = 1; app <= kApps; ++app) {
      EXPECT_EQ(scheduler_->queued(SdkAppId{app}), queued[app]);
    }
    EXPECT_EQ(counts.parked, parked);
    std::size_t open = 0;
    for (int url = 0; url < static_cast<int>(kUrls); ++url) {
      open += scheduler_->breaker_open(url_text(url)) ? 1U : 0U;
    }
    EXPECT_EQ(counts.open_breakers, open);
  }
  /// The group's head is not in flight: something of its own must be in the way.
  void check_sent(std::uint32_t app, const Group& group, std::int64_t head) {
    using Why = Scheduler::Hold::Why;
    const auto hold = scheduler_->hold(place(head), now_);
    const std::int64_t last = *group.pending.rbegin();
    if (last != head && event(last).next_attempt_ms != store::kParked) {
      EXPECT_EQ(scheduler_->hold(place(last), now_).behind, head);
    }
    if (group.waits_for == head && group.due_ms > now_.steady_ms) {
      EXPECT_EQ(hold.why, Why::retry);
      EXPECT_EQ(hold.until_ms - now_.wall_ms, group.due_ms - now_.steady_ms);
      return;
    }
    if (!targets_[app].enabled || urls_[app] < 0) {
      EXPECT_EQ(hold.why, Why::settings);
      return;
    }
    const std::string url = url_text(urls_[app]);
    if (scheduler_->breaker_open(url)) {
      EXPECT_EQ(hold.why, Why::breaker);
      return;
    }
    EXPECT_EQ(hold.why, Why::nothing);
    const int own = flying_to_[static_cast<std::size_t>(urls_[app])];
    const int left = limits_.max_in_flight - (static_cast<int>(flying_) - own);
    EXPECT_TRUE(own >= scheduler_->window_size(url) || own >= (left + 1) / 2)
        << "event " << head << " is ready, its URL has room, and yet it is not sent";
  }
  /// Everything works again: nothing may stay behind.
  void settle() {
    for (std::uint32_t app = 1; app <= kApps; ++app) {
      const std::string before = goes_to(app);
      urls_[app] = static_cast<int>(app % kUrls);  // its breaker may be open still
      targets_[app] = Target{url_text(urls_[app]), true, community::RetryMode::durable,
                             community::DeadHead::park};
      apply(app, before, false);
    }
    for (std::int64_t seq = 1; seq < static_cast<std::int64_t>(events_.size()); ++seq) {
      if (event(seq).state != EventState::pending) continue;
      if (!scheduler_->retry_parked(place(seq), now_)) continue;
      event(seq).next_attempt_ms = 0;
      event(seq).attempts = 0;
    }
    for (int turn = 0; turn < 5000 && !failed(); ++turn) {
      start();
      if (flying_ == 0 && scheduler_->counts().queued == 0) break;
      for (Group& group : groups_) {
        if (group.flying) finish(group, AttemptResult{});
      }
      start();
      check();
      if (const auto wake = scheduler_->next_wake(); wake && *wake > now_.steady_ms) {
        advance(*wake - now_.steady_ms);
      }
    }
    EXPECT_EQ(scheduler_->counts().queued, 0U) << "something was forgotten";
    EXPECT_EQ(scheduler_->counts().lanes, 0U);
    for (const Group& group : groups_) EXPECT_TRUE(group.pending.empty());
  }

  std::mt19937_64 chance_;
  std::optional<Scheduler> scheduler_;
  Now now_{1'735'689'600'000, 1};
  const std::array<GroupId, kGroups> names_ = {GroupId{"g0"}, GroupId{"g1"}, GroupId{"g2"},
                                               GroupId{"g3"}, GroupId{"g4"}};
  std::array<Target, kApps + 1> targets_;
  std::array<int, kApps + 1> urls_{-1, -1, -1, -1, -1};
  std::vector<Event> events_;  // by seq
  std::array<Group, kApps * kGroups> groups_;
  SchedulerOptions limits_{.max_window = 16, .max_in_flight = 1024};
  std::array<int, kUrls> flying_to_{};
  std::array<bool, kUrls> broken_{};
  std::size_t flying_ = 0;
  std::vector<Scheduler::Ticket> tickets_;
};

std::uint64_t environment(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

TEST(SchedulerSimulation, PromisesHoldInEveryStepOfEverySeed) {
  const std::uint64_t one = environment("TIDINGS_SEED", 0);
  const std::uint64_t count = one ? 1 : environment("TIDINGS_SEEDS", 1000);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = one ? one : i + 1;
    Simulation{seed}.run();
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << seed << ": replay with TIDINGS_SEED=" << seed;
      break;
    }
  }
}

}  // namespace
}  // namespace tidings::delivery
