// Goal: promises P3, P4 and P5 of the delivery core under any interleaving of arrivals, answers,
// failures, configuration changes and time.
// Method: a seeded simulation with virtual time. After every step: a group has at most one event
// in flight and is answered in commit order; every accepted event is accounted for; windows and
// totals hold; what is ready is not forgotten. At the end everything healthy is delivered.
// TIDINGS_SEED=n replays one seed, TIDINGS_SEEDS=n sets how many are run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "delivery/scheduler.h"

namespace tidings::delivery {
namespace {

using store::EventState;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : chance_(seed) {
    for (std::uint32_t app = 1; app <= kApps; ++app) configure(app);
  }

  void run() {
    for (int step = 0; step < 400 && !failed(); ++step) {
      switch (draw(12)) {
        case 0: case 1: case 2: case 3: add(); break;
        case 4: case 5: case 6: case 7: finish_one(); break;
        case 8: configure(1 + draw(kApps)); break;
        default: advance(static_cast<std::int64_t>(draw(3000)));
      }
      start();
      check();
    }
    settle();
  }

 private:
  static constexpr std::uint32_t kApps = 4;
  static bool failed() { return ::testing::Test::HasFailure(); }
  std::uint32_t draw(std::uint32_t below) {
    return static_cast<std::uint32_t>(chance_() % below);
  }

  void configure(std::uint32_t app) {
    Target target;
    target.url = draw(6) == 0 ? "" : "http://" + std::to_string(draw(3));
    target.enabled = draw(6) != 0;
    target.retry = static_cast<community::RetryMode>(draw(3));
    scheduler_.configure(SdkAppId{app}, target);
    modes_[app] = target.retry;
  }
  void add() {
    store::PendingEvent event;
    event.seq = ++seq_;
    event.app = SdkAppId{1 + draw(kApps)};
    event.group = GroupId{"g" + std::to_string(draw(5))};
    event.time_ms = now_.wall_ms;
    scheduler_.add(event, draw(2) == 0, now_);
    groups_[seq_] = event.app.str() + event.group.str();
    order_[groups_[seq_]].push_back(seq_);
    ++accepted_;
  }
  void start() {
    std::vector<Scheduler::Ticket> tickets;
    scheduler_.start(now_, tickets);
    for (const auto& ticket : tickets) {
      const std::string& group = groups_[ticket.seq];
      EXPECT_FALSE(flying_.contains(group)) << "two events of one group in flight";
      EXPECT_EQ(order_[group].front(), ticket.seq) << "out of commit order";
      flying_.emplace(group, ticket);
    }
  }
  AttemptResult answer() {
    switch (draw(8)) {
      case 0: return {AttemptClass::timeout, 0, {}};
      case 1: return {AttemptClass::refused, 0, {}};
      case 2: return {AttemptClass::status, 500, draw(2) ? std::optional<std::int64_t>{2000} : std::nullopt};
      case 3: return draw(4) == 0 ? AttemptResult{AttemptClass::gone, 410, {}}
                                  : AttemptResult{AttemptClass::body, 200, {}};
      default: return {};
    }
  }
  void finish_one() {
    if (flying_.empty()) return;
    auto it = flying_.begin();
    std::advance(it, draw(static_cast<std::uint32_t>(flying_.size())));
    finish(it, draw(10) == 0 ? std::nullopt : std::optional{answer()});
  }
  using Flying = std::map<std::string, Scheduler::Ticket>;
  void finish(Flying::iterator it, std::optional<AttemptResult> result) {
    const Scheduler::Ticket ticket = it->second;
    const std::string group = it->first;
    flying_.erase(it);
    if (!result) return scheduler_.postpone(ticket, 50, now_);
    const double jitter = static_cast<double>(draw(1000)) / 1000.0;
    count(scheduler_.finish(ticket, *result, now_, jitter).outcome);
  }
  void count(const store::Outcome& outcome) {
    if (outcome.state == EventState::pending) return;
    outcome.state == EventState::delivered ? ++delivered_ : ++dead_;
    auto& queue = order_[groups_[outcome.seq]];
    ASSERT_FALSE(queue.empty());
    EXPECT_EQ(queue.front(), outcome.seq) << "ended out of order";
    queue.pop_front();
  }
  void advance(std::int64_t ms) {
    now_.wall_ms += ms;
    now_.steady_ms += ms;
  }
  void check() {
    const auto counts = scheduler_.counts();
    EXPECT_EQ(counts.in_flight, flying_.size());
    EXPECT_EQ(accepted_, delivered_ + dead_ + static_cast<std::int64_t>(counts.queued) +
                             static_cast<std::int64_t>(counts.in_flight))
        << "an event is lost or counted twice";
    EXPECT_LE(counts.in_flight, 1024U);
  }
  /// Everything works again: nothing may stay behind.
  void settle() {
    for (std::uint32_t app = 1; app <= kApps; ++app) {
      scheduler_.configure(SdkAppId{app}, Target{"http://well", true, community::RetryMode::durable});
    }
    for (int turn = 0; turn < 5000 && !failed(); ++turn) {
      start();
      if (flying_.empty() && scheduler_.counts().queued == 0) break;
      while (!flying_.empty()) finish(flying_.begin(), AttemptResult{});
      check();
      if (const auto wake = scheduler_.next_wake(); wake && *wake > now_.steady_ms) {
        advance(*wake - now_.steady_ms);
      }
    }
    EXPECT_EQ(scheduler_.counts().queued, 0U) << "something was forgotten";
    EXPECT_EQ(scheduler_.counts().lanes, 0U);
    EXPECT_EQ(accepted_, delivered_ + dead_);
  }

  std::mt19937_64 chance_;
  Scheduler scheduler_{SchedulerOptions{.max_window = 16, .max_in_flight = 1024}};
  Now now_{1'735'689'600'000, 1};
  std::map<std::uint32_t, community::RetryMode> modes_;
  std::map<std::int64_t, std::string> groups_;
  std::map<std::string, std::deque<std::int64_t>> order_;
  Flying flying_;
  std::int64_t seq_ = 0, accepted_ = 0, delivered_ = 0, dead_ = 0;
};

std::uint64_t environment(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

TEST(SchedulerSimulation, PromisesHoldInEveryStepOfEverySeed) {
  const std::uint64_t one = environment("TIDINGS_SEED", 0);
  const std::uint64_t count = one ? 1 : environment("TIDINGS_SEEDS", 2000);
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
