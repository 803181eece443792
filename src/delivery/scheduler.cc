#include "delivery/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "delivery/scheduler_lanes.h"

namespace tidings::delivery {

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
  std::erase(crowded_, gone);
  std::erase_if(probing_, [gone](const auto& timer) { return timer.second == gone; });
  if (gone->breaker.open()) --open_breakers_;
  endpoints_.erase(found);
}

void Scheduler::configure(SdkAppId app, Target target, bool try_now) {
  auto& slot = apps_[app];
  const bool is_new = !slot;
  if (is_new) {
    slot = std::make_unique<AppState>();
    slot->id = app;
  }
  AppState& state = *slot;
  const bool open = target.enabled && !target.url.empty();
  const std::string old_url = state.endpoint ? state.endpoint->url : std::string{};
  state.target = std::move(target);
  Endpoint* const next = open ? &endpoint(state.target.url) : nullptr;
  const bool moved = next != state.endpoint;
  if (!moved && !(try_now && next)) return;

  if (moved) {
    if (state.endpoint) --state.endpoint->apps;
    state.endpoint = next;
    if (next) ++next->apps;
  }
  if (is_new) return;  // it has no lanes yet, and the others may be a million
  if (next) {
    ++state.settings;
    probe_now(*next);
  }
  follow(state, moved);
  if (!old_url.empty()) release_unused(old_url);
}

/// Lanes follow their app's settings; those in flight do so when they return.
void Scheduler::follow(AppState& state, bool moved) {
  for (auto& [key, lane] : lanes_) {
    if (lane->app != &state) continue;
    const bool stands = lane->state == Lane::State::ready || lane->state == Lane::State::held;
    const bool due = lane->state == Lane::State::waiting && state.endpoint;
    if (!(stands && moved) && !due) continue;
    if (lane->is_linked()) lane->unlink();
    leave_waiting(*lane);
    lane->queue.front().fresh = false;
    make_ready(*lane);
  }
}

void Scheduler::probe_now(Endpoint& endpoint) {
  if (!endpoint.breaker.open()) return;
  endpoint.breaker.probe_now();
  std::erase_if(probing_, [&endpoint](const auto& timer) { return timer.second == &endpoint; });
  endpoint.timed = false;
  wake(endpoint);
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
    count_queued(lane, -static_cast<std::ptrdiff_t>(lane.queue.size()));
    if (lane.state == Lane::State::in_flight) {
      // finish() lets it go. An app that is made anew has lanes of its own.
      lane.queue = {};
      lane.app = nullptr;
      lane.key = nullptr;
      orphans_.emplace(&lane, std::move(it->second));
    } else {
      leave_waiting(lane);
    }
    it = lanes_.erase(it);
  }
  const std::string url = state.endpoint ? state.endpoint->url : std::string{};
  if (state.endpoint) --state.endpoint->apps;
  apps_.erase(found);
  if (!url.empty()) release_unused(url);
}

void Scheduler::add(std::span<const store::PendingEvent> events, bool fresh, Now now) {
  found_.clear();
  for (const store::PendingEvent& event : events) found_.push_back(lane_of(event));
  for (const Found& found : found_) found.lane->queue.prefetch_end();
  for (std::size_t i = 0; i < events.size(); ++i) enqueue(events[i], found_[i], fresh, now);
}

Scheduler::Found Scheduler::lane_of(const store::PendingEvent& event) {
  const auto known = lanes_.find(LaneName{event.app, event.group.view()});
  if (known != lanes_.end()) return {known->second.get(), false};
  const auto app = apps_.find(event.app);
  CHECK(app != apps_.end());
  const auto made = lanes_.emplace(LaneKey{event.app, event.group},
                                   std::make_unique<Lane>(app->second.get())).first;
  made->second->key = &made->first;
  return {made->second.get(), true};
}

void Scheduler::enqueue(const store::PendingEvent& event, Found found, bool fresh, Now now) {
  Lane& lane = *found.lane;
  if (lane.state == Lane::State::in_flight && lane.flying.seq == event.seq) return;
  const LaneQueue::Item item{event.seq, event.since_ms, event.attempts, fresh,
                             event.next_attempt_ms == store::kParked, false};
  if (!lane.queue.insert(item)) return;
  count_queued(lane, 1);
  if (found.is_new) {
    // A clock that was set back must not turn seconds into hours: what became pending in a time
    // that is still to come was planned by another clock.
    const bool other_clock = event.since_ms > now.wall_ms;
    if (other_clock || event.next_attempt_ms <= now.wall_ms) return make_ready(lane);
    const std::int64_t delay = std::min(event.next_attempt_ms - now.wall_ms, kMaxDelayMs);
    return wait_until(lane, now.steady_ms + delay);
  }
  // A replayed one before the head: what the lane waited for was the head's affair.
  const bool waits = lane.state == Lane::State::waiting || lane.state == Lane::State::parked;
  if (waits && lane.queue.front().seq == event.seq) {
    leave_waiting(lane);
    make_ready(lane);
  }
}

void Scheduler::count_queued(Lane& lane, std::ptrdiff_t change) {
  queued_ += static_cast<std::size_t>(change);
  lane.app->queued += static_cast<std::size_t>(change);
}

void Scheduler::make_ready(Lane& lane) {
  AppState& app = *lane.app;
  if (lane.queue.front().parked) {
    lane.state = Lane::State::parked;
    ++parked_;
    return;
  }
  if (app.endpoint == nullptr) {
    lane.state = Lane::State::held;
    app.held.push_back(lane);
    return;
  }
  Endpoint& endpoint = *app.endpoint;
  lane.state = Lane::State::ready;
  if (lane.queue.front().fresh && !endpoint.breaker.open()) {
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
  if (lane.state == Lane::State::parked) --parked_;
  lane.state = Lane::State::held;
}

void Scheduler::timers_due(std::int64_t steady_ms) {
  while (!waiting_.empty() && waiting_.begin()->first <= steady_ms) {
    Lane& lane = *waiting_.begin()->second;
    leave_waiting(lane);
    lane.queue.front().fresh = false;
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

/// Half of what the others leave, rounded up: who comes when much is taken already gets little, but the
/// first ones never get all.
bool Scheduler::has_share(const Endpoint& endpoint) const {
  const int own = endpoint.window.in_flight();
  const int left = options_.max_in_flight - (static_cast<int>(in_flight_) - own);
  return own < (left + 1) / 2;
}

void Scheduler::start(Now now, std::vector<Ticket>& out) {
  timers_due(now.steady_ms);
  while (!runnable_.empty()) {
    Endpoint& endpoint = *runnable_.front();
    runnable_.pop_front();
    if (!has_share(endpoint)) {
      crowded_.push_back(&endpoint);
      continue;
    }
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
    lane->flying = lane->queue.take();
    lane->cancel_as.reset();
    lane->probe = endpoint.breaker.open();
    lane->settings = lane->app->settings;
    lane->sent_to = &endpoint;
    endpoint.window.sent();
    endpoint.breaker.sent();
    count_queued(*lane, -1);
    ++in_flight_;
    out.push_back(Ticket{lane, lane->flying.seq, lane->app->id, lane->flying.attempts});
    wake(endpoint);
  }
}

/// One less is in flight.
void Scheduler::landed() {
  --in_flight_;
  runnable_.insert(runnable_.end(), crowded_.begin(), crowded_.end());
  crowded_.clear();
}

/// The breaker of `endpoint` was open and is not any more.
void Scheduler::closed(Endpoint& endpoint) {
  --open_breakers_;
  endpoint.window.restart();
}

void Scheduler::settle_endpoint(Lane& lane, const AttemptResult& result, Now now) {
  Endpoint& endpoint = *lane.sent_to;
  lane.sent_to = nullptr;
  landed();
  if (result.what == AttemptClass::ok) {
    endpoint.window.succeeded();
    if (endpoint.breaker.succeeded()) closed(endpoint);
  } else {
    if (endpoint_congested(result)) {
      endpoint.window.congested();
    } else {
      endpoint.window.failed();
    }
    if (endpoint_failing(result)) {
      if (endpoint.breaker.failed(now.steady_ms)) {
        ++open_breakers_;
        endpoint.backlog.splice(endpoint.backlog.end(), endpoint.fresh);
      }
    } else if (endpoint.breaker.alive()) {
      closed(endpoint);
    }
  }
  wake(endpoint);
  if (endpoint.apps == 0) release_unused(std::string(endpoint.url));
}

Scheduler::Finished Scheduler::finish(const Ticket& ticket, const AttemptResult& result, Now now,
                                      double jitter) {
  Lane& lane = *ticket.lane;
  CHECK(lane.state == Lane::State::in_flight && lane.flying.seq == ticket.seq);
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
  AppState& app = *lane.app;
  lane.flying.attempts = ticket.attempts + 1;
  Verdict verdict = judge(app.target.retry, result, lane.flying.attempts,
                          now.wall_ms - lane.flying.since_ms, jitter);
  // What the settings of before brought says nothing about those of now.
  const bool outdated = lane.settings != app.settings;
  if (outdated && verdict.kind == Verdict::Kind::hold) verdict.kind = Verdict::Kind::retry;
  if (outdated) verdict.delay_ms = 0;
  finished.disable_endpoint = verdict.kind == Verdict::Kind::hold;
  if (lane.cancel_as && verdict.kind != Verdict::Kind::delivered) {
    finished.outcome.state = *lane.cancel_as;
    go_on(lane);
  } else if (verdict.kind == Verdict::Kind::delivered) {
    finished.outcome.state = store::EventState::delivered;
    go_on(lane);
  } else if (verdict.kind == Verdict::Kind::retry) {
    finished.outcome.next_attempt_ms = now.wall_ms + verdict.delay_ms;
    put_back(lane, outdated ? 0 : now.steady_ms + verdict.delay_ms);
  } else if (verdict.kind == Verdict::Kind::hold) {
    put_back(lane, 0);
  } else if (app.target.dead_head == community::DeadHead::park) {
    finished.outcome.next_attempt_ms = store::kParked;
    lane.flying.parked = true;
    put_back(lane, 0);
  } else {
    finished.outcome.state = store::EventState::dead;
    go_on(lane);
  }
  if (finished.disable_endpoint) {
    Target held = app.target;
    held.enabled = false;
    configure(app.id, std::move(held));
  }
  return finished;
}

std::optional<store::Outcome> Scheduler::postpone(const Ticket& ticket, std::int64_t delay_ms,
                                                  Now now) {
  Lane& lane = *ticket.lane;
  land(lane);
  if (lane.app == nullptr) {
    erase(lane);
    return std::nullopt;
  }
  if (lane.cancel_as) {
    store::Outcome outcome;
    outcome.seq = ticket.seq;
    outcome.app = ticket.app;
    outcome.state = *lane.cancel_as;
    outcome.attempts = ticket.attempts;
    go_on(lane);
    return outcome;
  }
  put_back(lane, now.steady_ms + delay_ms);
  return std::nullopt;
}

void Scheduler::forget(const Ticket& ticket) {
  Lane& lane = *ticket.lane;
  land(lane);
  lane.app == nullptr ? erase(lane) : go_on(lane);
}

bool Scheduler::app_gone(const Ticket& ticket) const { return ticket.lane->app == nullptr; }

/// Nothing was sent: the endpoint has neither succeeded nor failed.
void Scheduler::land(Lane& lane) {
  CHECK(lane.state == Lane::State::in_flight);
  Endpoint& endpoint = *lane.sent_to;
  lane.sent_to = nullptr;
  landed();
  endpoint.window.failed();
  if (lane.probe) endpoint.breaker.probe_not_sent();
  wake(endpoint);
  if (endpoint.apps == 0) release_unused(std::string(endpoint.url));
}

/// The flying event has left its lane.
void Scheduler::go_on(Lane& lane) {
  if (lane.queue.empty()) return erase(lane);
  make_ready(lane);
}

/// The flying event is in its lane again, which waits until `due_ms` of steady time; 0: not at all. A
/// replayed event that came before it meanwhile does not wait for it.
void Scheduler::put_back(Lane& lane, std::int64_t due_ms) {
  lane.flying.fresh = false;
  lane.queue.put_back(lane.flying);
  count_queued(lane, 1);
  const LaneQueue::Item& front = lane.queue.front();
  if (front.seq != lane.flying.seq || front.parked || due_ms == 0) {
    make_ready(lane);
  } else {
    wait_until(lane, due_ms);
  }
}

void Scheduler::erase(Lane& lane) {
  if (lane.app == nullptr) {
    orphans_.erase(&lane);
  } else {
    lanes_.erase(lanes_.find(*lane.key));
  }
}

std::optional<std::int64_t> Scheduler::next_wake() const {
  std::optional<std::int64_t> at;
  if (!waiting_.empty()) at = waiting_.begin()->first;
  if (!probing_.empty()) at = std::min(at.value_or(INT64_MAX), probing_.begin()->first);
  return at;
}

Scheduler::Counts Scheduler::counts() const {
  return {queued_, in_flight_, lanes_.size() + orphans_.size(), parked_, open_breakers_};
}

std::size_t Scheduler::queued(SdkAppId app) const {
  const auto found = apps_.find(app);
  return found == apps_.end() ? 0 : found->second->queued;
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
