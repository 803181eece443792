#include "delivery/scheduler.h"

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <utility>

#include "base/check.h"

namespace tidings::delivery {

namespace bi = boost::intrusive;

struct Scheduler::Item {
  std::int64_t seq;
  std::int64_t time_ms;
  std::int32_t attempts;
  bool fresh;
};

using Hook = bi::list_base_hook<bi::link_mode<bi::auto_unlink>>;

/// A group's queue. It stands in at most one list: ready at an endpoint, or held at its app.
struct Scheduler::Lane : Hook {
  enum class State { held, ready, waiting, in_flight };

  explicit Lane(AppState* owner) : app(owner) {}

  // Items before `head` are done; they are cut off when they are the larger half.
  std::vector<Item> items;
  std::size_t head = 0;
  AppState* app;                      // null: the app was removed while this lane was in flight
  const LaneKey* key = nullptr;       // of the map that owns this
  Endpoint* sent_to = nullptr;        // while in flight
  State state = State::held;
  std::multimap<std::int64_t, Lane*>::iterator timer{};  // while waiting

  [[nodiscard]] bool empty() const { return head == items.size(); }
  [[nodiscard]] std::size_t size() const { return items.size() - head; }
  [[nodiscard]] Item& front() { return items[head]; }
};

struct Scheduler::Endpoint {
  using Ready = bi::list<Lane, bi::constant_time_size<false>>;

  Endpoint(std::string text, int cap) : url(std::move(text)), window(cap) {}

  std::string url;
  Window window;
  Breaker breaker;
  Ready fresh;    // committed just now
  Ready backlog;  // left over, retried, or waiting since the breaker opened
  int apps = 0;
  bool runnable = false;   // stands in runnable_
  bool timed = false;      // stands in probing_
  bool fresh_turn = true;  // new events keep at least half of the window

  [[nodiscard]] bool has_ready() const { return !fresh.empty() || !backlog.empty(); }
};

struct Scheduler::AppState {
  SdkAppId id;
  Target target;
  Endpoint* endpoint = nullptr;  // null: held
  bi::list<Lane, bi::constant_time_size<false>> held;
};

Scheduler::Scheduler(SchedulerOptions options) : options_(options) {}
Scheduler::~Scheduler() = default;

Scheduler::Endpoint& Scheduler::endpoint(const std::string& url) {
  auto& slot = endpoints_[url];
  if (!slot) slot = std::make_unique<Endpoint>(url, options_.max_window);
  return *slot;
}

void Scheduler::release_unused(const std::string& url) {
  const auto found = endpoints_.find(url);
  if (found == endpoints_.end()) return;
  Endpoint* const gone = found->second.get();
  if (gone->apps > 0 || gone->window.in_flight() > 0 || gone->has_ready()) return;
  std::erase(runnable_, gone);
  std::erase_if(probing_, [gone](const auto& timer) { return timer.second == gone; });
  endpoints_.erase(found);
}

void Scheduler::configure(SdkAppId app, Target target) {
  auto& slot = apps_[app];
  if (!slot) {
    slot = std::make_unique<AppState>();
    slot->id = app;
  }
  AppState& state = *slot;
  const bool open = target.enabled && !target.url.empty();
  const std::string old_url = state.endpoint ? state.endpoint->url : std::string{};
  state.target = std::move(target);
  Endpoint* const next = open ? &endpoint(state.target.url) : nullptr;
  if (next == state.endpoint) return;

  if (state.endpoint) --state.endpoint->apps;
  state.endpoint = next;
  if (next) ++next->apps;
  // Ready and held lanes follow the app; waiting ones and those in flight do so when they return.
  for (auto& [key, lane] : lanes_) {
    if (lane->app != &state) continue;
    if (lane->state != Lane::State::ready && lane->state != Lane::State::held) continue;
    if (lane->is_linked()) lane->unlink();
    lane->front().fresh = false;
    make_ready(*lane);
  }
  if (!old_url.empty()) release_unused(old_url);
}

void Scheduler::remove(SdkAppId app) {
  const auto found = apps_.find(app);
  if (found == apps_.end()) return;
  AppState& state = *found->second;
  for (auto it = lanes_.begin(); it != lanes_.end();) {
    Lane& lane = *it->second;
    if (lane.app != &state) {
      ++it;
      continue;
    }
    if (lane.state == Lane::State::in_flight) {
      queued_ -= lane.size() - 1;
      lane.items.resize(lane.head + 1);
      lane.app = nullptr;  // finish() lets it go
      ++it;
      continue;
    }
    leave_waiting(lane);
    queued_ -= lane.size();
    it = lanes_.erase(it);
  }
  const std::string url = state.endpoint ? state.endpoint->url : std::string{};
  if (state.endpoint) --state.endpoint->apps;
  apps_.erase(found);
  if (!url.empty()) release_unused(url);
}

void Scheduler::add(const store::PendingEvent& event, bool fresh, Now now) {
  const auto app = apps_.find(event.app);
  CHECK(app != apps_.end());
  auto [slot, is_new] = lanes_.try_emplace(LaneKey{event.app, event.group});
  if (is_new) {
    slot->second = std::make_unique<Lane>(app->second.get());
    slot->second->key = &slot->first;
  }
  Lane& lane = *slot->second;
  CHECK(lane.empty() || lane.items.back().seq < event.seq);
  // A lane that lost its app keeps only its flying head; the app cannot come back meanwhile,
  // because numbers of deleted apps are not given again.
  CHECK(lane.app != nullptr);
  lane.items.push_back(Item{event.seq, event.time_ms, event.attempts, fresh});
  ++queued_;
  if (!is_new) return;
  if (event.next_attempt_ms > now.wall_ms) {
    // A clock that was set back must not turn seconds into hours.
    const std::int64_t delay = std::min(event.next_attempt_ms - now.wall_ms, kMaxDelayMs);
    wait_until(lane, now.steady_ms + delay);
  } else {
    make_ready(lane);
  }
}

void Scheduler::make_ready(Lane& lane) {
  AppState& app = *lane.app;
  if (app.endpoint == nullptr) {
    lane.state = Lane::State::held;
    app.held.push_back(lane);
    return;
  }
  Endpoint& endpoint = *app.endpoint;
  lane.state = Lane::State::ready;
  if (lane.front().fresh && !endpoint.breaker.open()) {
    endpoint.fresh.push_back(lane);
  } else {
    endpoint.backlog.push_back(lane);
  }
  wake(endpoint);
}

void Scheduler::wake(Endpoint& endpoint) {
  if (endpoint.runnable || !endpoint.has_ready() || !endpoint.window.room()) return;
  endpoint.runnable = true;
  runnable_.push_back(&endpoint);
}

void Scheduler::wait_until(Lane& lane, std::int64_t steady_ms) {
  lane.state = Lane::State::waiting;
  lane.timer = waiting_.emplace(steady_ms, &lane);
}

void Scheduler::leave_waiting(Lane& lane) {
  if (lane.state == Lane::State::waiting) waiting_.erase(lane.timer);
  lane.state = Lane::State::held;
}

void Scheduler::timers_due(std::int64_t steady_ms) {
  while (!waiting_.empty() && waiting_.begin()->first <= steady_ms) {
    Lane& lane = *waiting_.begin()->second;
    leave_waiting(lane);
    lane.front().fresh = false;
    make_ready(lane);
  }
  while (!probing_.empty() && probing_.begin()->first <= steady_ms) {
    Endpoint& endpoint = *probing_.begin()->second;
    probing_.erase(probing_.begin());
    endpoint.timed = false;
    wake(endpoint);
  }
}

Scheduler::Lane* Scheduler::next_ready(Endpoint& endpoint) {
  auto& first = endpoint.fresh_turn ? endpoint.fresh : endpoint.backlog;
  auto& second = endpoint.fresh_turn ? endpoint.backlog : endpoint.fresh;
  endpoint.fresh_turn = !endpoint.fresh_turn;
  auto& list = first.empty() ? second : first;
  if (list.empty()) return nullptr;
  Lane& lane = list.front();
  list.pop_front();
  return &lane;
}

void Scheduler::start(Now now, std::vector<Ticket>& out) {
  timers_due(now.steady_ms);
  while (!runnable_.empty() && in_flight_ < static_cast<std::size_t>(options_.max_in_flight)) {
    Endpoint& endpoint = *runnable_.front();
    runnable_.pop_front();
    endpoint.runnable = false;
    if (!endpoint.window.room()) continue;  // finish() wakes it
    if (!endpoint.breaker.may_send(now.steady_ms)) {
      const bool probe_under_way = now.steady_ms >= endpoint.breaker.probe_at_ms();
      if (!probe_under_way && !endpoint.timed) {
        endpoint.timed = true;
        probing_.emplace(endpoint.breaker.probe_at_ms(), &endpoint);
      }
      continue;
    }
    Lane* const lane = next_ready(endpoint);
    if (lane == nullptr) continue;
    lane->state = Lane::State::in_flight;
    lane->sent_to = &endpoint;
    endpoint.window.sent();
    endpoint.breaker.sent();
    --queued_;
    ++in_flight_;
    out.push_back(Ticket{lane, lane->front().seq, lane->app->id, lane->front().attempts});
    wake(endpoint);
  }
}

void Scheduler::settle_endpoint(Lane& lane, const AttemptResult& result, Now now) {
  Endpoint& endpoint = *lane.sent_to;
  lane.sent_to = nullptr;
  --in_flight_;
  if (result.what == AttemptClass::ok) {
    endpoint.window.succeeded();
    if (endpoint.breaker.succeeded()) endpoint.window.restart();
  } else {
    if (endpoint_congested(result)) {
      endpoint.window.congested();
    } else {
      endpoint.window.failed();
    }
    if (endpoint_failing(result)) {
      if (endpoint.breaker.failed(now.steady_ms)) {
        endpoint.backlog.splice(endpoint.backlog.end(), endpoint.fresh);
      }
    } else if (endpoint.breaker.alive()) {
      endpoint.window.restart();
    }
  }
  wake(endpoint);
  if (endpoint.apps == 0) release_unused(std::string(endpoint.url));
}

Scheduler::Finished Scheduler::finish(const Ticket& ticket, const AttemptResult& result, Now now,
                                      double jitter) {
  Lane& lane = *ticket.lane;
  CHECK(lane.state == Lane::State::in_flight && lane.front().seq == ticket.seq);
  settle_endpoint(lane, result, now);

  Finished finished;
  finished.outcome.seq = ticket.seq;
  finished.outcome.app = ticket.app;
  finished.outcome.attempts = ticket.attempts + 1;
  if (lane.app == nullptr) {
    finished.app_gone = true;
    erase(lane);
    return finished;
  }
  Item& item = lane.front();
  item.attempts = ticket.attempts + 1;
  const Verdict verdict = judge(lane.app->target.retry, result, item.attempts,
                                now.wall_ms - item.time_ms, jitter);
  switch (verdict.kind) {
    case Verdict::Kind::delivered:
      finished.outcome.state = store::EventState::delivered;
      pop_head(lane);
      break;
    case Verdict::Kind::dead:
      finished.outcome.state = store::EventState::dead;
      pop_head(lane);
      break;
    case Verdict::Kind::retry:
      finished.outcome.next_attempt_ms = now.wall_ms + verdict.delay_ms;
      ++queued_;
      wait_until(lane, now.steady_ms + verdict.delay_ms);
      break;
    case Verdict::Kind::hold: {
      finished.disable_endpoint = true;
      ++queued_;
      item.fresh = false;
      AppState& app = *lane.app;
      lane.state = Lane::State::held;
      app.held.push_back(lane);
      Target held = app.target;
      held.enabled = false;
      configure(app.id, std::move(held));
      break;
    }
  }
  return finished;
}

void Scheduler::postpone(const Ticket& ticket, std::int64_t delay_ms, Now now) {
  Lane& lane = *ticket.lane;
  CHECK(lane.state == Lane::State::in_flight);
  Endpoint& endpoint = *lane.sent_to;
  lane.sent_to = nullptr;
  --in_flight_;
  endpoint.window.failed();
  wake(endpoint);
  if (lane.app == nullptr) return erase(lane);
  ++queued_;
  wait_until(lane, now.steady_ms + delay_ms);
}

void Scheduler::pop_head(Lane& lane) {
  ++lane.head;
  if (lane.empty()) return erase(lane);
  if (lane.head > 32 && lane.head * 2 > lane.items.size()) {
    lane.items.erase(lane.items.begin(),
                     lane.items.begin() + static_cast<std::ptrdiff_t>(lane.head));
    lane.head = 0;
  }
  make_ready(lane);
}

void Scheduler::erase(Lane& lane) { lanes_.erase(lanes_.find(*lane.key)); }

void Scheduler::expire(Now now, std::vector<store::Outcome>& out) {
  std::vector<Lane*> emptied;
  for (auto& [key, slot] : lanes_) {
    Lane& lane = *slot;
    if (lane.state == Lane::State::in_flight) continue;
    while (!lane.empty() && now.wall_ms - lane.front().time_ms >= kMaxAgeMs) {
      store::Outcome outcome;
      outcome.seq = lane.front().seq;
      outcome.app = key.app;
      outcome.state = store::EventState::dead;
      outcome.attempts = lane.front().attempts;
      out.push_back(std::move(outcome));
      ++lane.head;
      --queued_;
    }
    if (lane.empty()) emptied.push_back(&lane);
  }
  for (Lane* lane : emptied) {
    leave_waiting(*lane);
    erase(*lane);
  }
}

std::optional<std::int64_t> Scheduler::next_wake() const {
  std::optional<std::int64_t> at;
  if (!waiting_.empty()) at = waiting_.begin()->first;
  if (!probing_.empty()) at = std::min(at.value_or(INT64_MAX), probing_.begin()->first);
  return at;
}

Scheduler::Counts Scheduler::counts() const {
  Counts counts{queued_, in_flight_, lanes_.size(), 0};
  for (const auto& [url, endpoint] : endpoints_) counts.open_breakers += endpoint->breaker.open();
  return counts;
}

bool Scheduler::breaker_open(const std::string& url) const {
  const auto found = endpoints_.find(url);
  return found != endpoints_.end() && found->second->breaker.open();
}

int Scheduler::window_size(const std::string& url) const {
  const auto found = endpoints_.find(url);
  return found == endpoints_.end() ? 0 : found->second->window.size();
}

}  // namespace tidings::delivery
