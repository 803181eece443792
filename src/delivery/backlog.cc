#include "delivery/backlog.h"

#include <algorithm>

#include "base/check.h"

namespace tidings::delivery {

Backlog::Place& Backlog::place_of(SdkAppId app) {
  const auto [found, is_new] = apps_.try_emplace(app);
  if (is_new) found->second.number = ++places_;
  return found->second;
}

void Backlog::fall_behind(Place& place) {
  if (place.behind) return;
  place.behind = true;
  ++behind_;
}

void Backlog::listed(std::span<const SdkAppId> apps) {
  listed_ = true;
  for (const SdkAppId app : apps) fall_behind(place_of(app));
  each_behind([this](SdkAppId app) { wants(app); });
}

bool Backlog::arrived(SdkAppId app, std::int64_t seq, bool room) {
  newest_ = std::max(newest_, seq);
  Place& place = place_of(app);
  if (!listed_) fall_behind(place);
  if (!place.behind) {
    if (seq <= place.known_through) return false;  // was read
    if (!place.claimed.empty() && place.claimed.erase(seq) != 0) return false;
    if (room) return true;
    place.known_through = seq - 1;
    fall_behind(place);
  }
  place.seen_through = seq;
  return false;
}

bool Backlog::read(SdkAppId app, std::int64_t seq) {
  const auto found = apps_.find(app);
  if (found == apps_.end()) return true;
  found->second.known_through = seq;
  return found->second.claimed.erase(seq) == 0;
}

bool Backlog::on_disk(SdkAppId app, std::int64_t seq) const {
  const auto found = apps_.find(app);
  if (found == apps_.end()) return seq > (listed_ ? newest_ : 0);
  const Place& place = found->second;
  const bool level = listed_ && !place.behind;
  return seq > std::max(place.known_through, level ? newest_ : 0) && !place.claimed.contains(seq);
}

void Backlog::claim(SdkAppId app, std::int64_t seq) { place_of(app).claimed.insert(seq); }

void Backlog::wants(SdkAppId app) {
  const auto found = apps_.find(app);
  if (!listed_ || found == apps_.end() || !found->second.behind || found->second.queued) return;
  found->second.queued = true;
  queue_.push_back(app);
}

std::optional<Backlog::Turn> Backlog::begin_turn() {
  while (!queue_.empty()) {
    const SdkAppId app = queue_.front();
    queue_.pop_front();
    const auto found = apps_.find(app);
    if (found == apps_.end() || !found->second.behind) continue;
    return Turn{app, found->second.known_through, found->second.seen_through, found->second.number};
  }
  return std::nullopt;
}

bool Backlog::is_current(const Turn& turn) const {
  const auto found = apps_.find(turn.app);
  return found != apps_.end() && found->second.number == turn.place;
}

void Backlog::end_turn(const Turn& turn, bool to_the_end, bool room) {
  CHECK(is_current(turn));
  const auto found = apps_.find(turn.app);
  Place& place = found->second;
  place.queued = false;
  // What arrived since then was left on disk, so only when nothing did is all of it known.
  if (place.behind && to_the_end && place.seen_through == turn.seen) {
    place.behind = false;
    --behind_;
    const std::int64_t known = std::max(place.known_through, place.seen_through);
    std::erase_if(place.claimed, [known](std::int64_t seq) { return seq <= known; });
  } else if (room) {
    wants(turn.app);
  }
}

void Backlog::forget(SdkAppId app) {
  const auto found = apps_.find(app);
  if (found == apps_.end()) return;
  if (found->second.behind) --behind_;
  apps_.erase(found);
}

bool Backlog::behind(SdkAppId app) const {
  const auto found = apps_.find(app);
  return !listed_ || (found != apps_.end() && found->second.behind);
}

}  // namespace tidings::delivery
