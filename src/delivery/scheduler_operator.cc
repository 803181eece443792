// What ends events besides attempts: their age, and the operator.
#include "base/check.h"
#include "delivery/scheduler_lanes.h"

namespace tidings::delivery {

namespace {

/// The wall time of a steady time that is still to come; 0: it has passed.
std::int64_t wall(std::int64_t steady_ms, Now now) {
  return steady_ms <= now.steady_ms ? 0 : now.wall_ms + (steady_ms - now.steady_ms);
}

}  // namespace

void Scheduler::expire(Now now, std::vector<store::Outcome>& out) {
  std::vector<Lane*> emptied;
  for (auto& [key, slot] : lanes_) {
    Lane& lane = *slot;
    if (lane.state == Lane::State::in_flight || !expire_heads(lane, now, out)) continue;
    if (lane.queue.empty()) {
      emptied.push_back(&lane);
    } else if (lane.queue.front().parked || lane.state == Lane::State::waiting) {
      if (lane.is_linked()) lane.unlink();
      leave_waiting(lane);
      make_ready(lane);
    }
  }
  for (Lane* lane : emptied) {
    leave_waiting(*lane);
    erase(*lane);
  }
}

/// True: the lane has another front, or the same one parked.
bool Scheduler::expire_heads(Lane& lane, Now now, std::vector<store::Outcome>& out) {
  bool changed = false;
  while (!lane.queue.empty()) {
    LaneQueue::Item& head = lane.queue.front();
    if (head.parked || now.wall_ms - head.since_ms < kMaxAgeMs) break;
    changed = true;
    store::Outcome outcome;
    outcome.seq = head.seq;
    outcome.app = lane.key->app;
    outcome.attempts = head.attempts;
    if (lane.app->target.dead_head == community::DeadHead::park) {
      outcome.next_attempt_ms = store::kParked;
      head.parked = true;
    } else {
      outcome.state = store::EventState::dead;
      lane.queue.pop();
      count_queued(lane, -1);
    }
    out.push_back(std::move(outcome));
  }
  return changed;
}

// The operator's hands --------------------------------------------------------------------------

Scheduler::Lane* Scheduler::find_lane(const Place& place) const {
  const auto found = lanes_.find(LaneName{place.app, place.group.view()});
  if (found == lanes_.end()) return nullptr;
  return found->second.get();
}

Scheduler::Standing Scheduler::standing(const Place& place) const {
  Lane* const lane = find_lane(place);
  if (lane == nullptr) return Standing::unknown;
  if (lane->state == Lane::State::in_flight && lane->flying.seq == place.seq) {
    return Standing::in_flight;
  }
  const LaneQueue::Item* const item = lane->queue.find(place.seq);
  if (item == nullptr) return Standing::unknown;
  return item->parked ? Standing::parked : Standing::queued;
}

Scheduler::Hold Scheduler::hold(const Place& place, Now now) const {
  using Why = Hold::Why;
  const Standing stood = standing(place);
  if (stood == Standing::unknown) return {};
  if (stood == Standing::parked) return {Why::parked, 0, 0};
  if (stood == Standing::in_flight) return {Why::nothing, 0, 0};
  const Lane& lane = *find_lane(place);
  const std::int64_t head = lane.head();
  if (head != place.seq) return {Why::behind, 0, head};
  if (lane.state == Lane::State::held) return {Why::settings, 0, 0};
  if (lane.state == Lane::State::waiting) return {Why::retry, wall(lane.timer->first, now), 0};
  const Breaker& breaker = lane.app->endpoint->breaker;
  if (breaker.open()) return {Why::breaker, wall(breaker.probe_at_ms(), now), 0};
  return {Why::nothing, 0, 0};
}

Scheduler::Hold Scheduler::hold_unknown(const Place& place, Now now) const {
  using Why = Hold::Why;
  if (const Lane* const lane = find_lane(place)) {
    if (lane->head() < place.seq) return {Why::behind, 0, lane->head()};
  }
  const auto app = apps_.find(place.app);
  if (app == apps_.end()) return {};
  const Endpoint* const endpoint = app->second->endpoint;
  if (endpoint == nullptr) return {Why::settings, 0, 0};
  if (!endpoint->breaker.open()) return {};
  return {Why::breaker, wall(endpoint->breaker.probe_at_ms(), now), 0};
}

Scheduler::Standing Scheduler::cancel(const Place& place, store::EventState as) {
  const Standing stood = standing(place);
  if (stood == Standing::unknown) return stood;
  Lane& lane = *find_lane(place);
  if (stood == Standing::in_flight) {
    lane.cancel_as = as;
    return stood;
  }
  const bool was_head = lane.queue.front().seq == place.seq;
  CHECK(lane.queue.erase(place.seq));
  count_queued(lane, -1);
  if (!was_head || lane.state == Lane::State::in_flight) return stood;
  if (lane.queue.empty()) {
    leave_waiting(lane);
    erase(lane);
  } else {
    if (lane.is_linked()) lane.unlink();
    leave_waiting(lane);
    make_ready(lane);
  }
  return stood;
}

bool Scheduler::retry_parked(const Place& place, Now now) {
  if (standing(place) != Standing::parked) return false;
  Lane& lane = *find_lane(place);
  LaneQueue::Item& item = *lane.queue.find(place.seq);
  item.parked = false;
  item.attempts = 0;
  item.since_ms = now.wall_ms;
  if (lane.state == Lane::State::parked && lane.queue.front().seq == place.seq) {
    leave_waiting(lane);
    make_ready(lane);
  }
  return true;
}

}  // namespace tidings::delivery
