#include "store/event_log.h"

#include <array>

namespace tidings::store {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"pending", "delivered", "dead", "cancelled"};

}  // namespace

std::string_view to_string(EventState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<EventState> parse_event_state(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<EventState>(i);
  }
  return std::nullopt;
}

bool may_follow(EventState now, EventState next) {
  switch (now) {
    case EventState::pending: return true;
    case EventState::delivered: return false;
    case EventState::dead:
    case EventState::cancelled: return next == EventState::pending;
  }
  return false;
}

std::int64_t& Ledger::of(EventState state) {
  switch (state) {
    case EventState::pending: return pending;
    case EventState::delivered: return delivered;
    case EventState::dead: return dead;
    case EventState::cancelled: break;
  }
  return cancelled;
}

}  // namespace tidings::store
