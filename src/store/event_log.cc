#include "store/event_log.h"

#include <algorithm>
#include <array>

#include "store/event_job.h"
#include "tidings/json.h"

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

std::string to_string(StateSet states) {
  std::string text;
  const auto append = [&text](std::string_view name) {
    if (!text.empty()) text += ',';
    text += name;
  };
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (states.names(static_cast<EventState>(i))) append(kStates[i]);
  }
  if (states.names_parked()) append("parked");
  return text;
}

std::optional<StateSet> parse_state_set(std::string_view text) {
  StateSet states;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name == "parked") {
      states.add_parked();
    } else if (const auto state = parse_event_state(name)) {
      states.add(*state);
    } else {
      return std::nullopt;
    }
  }
  return states;
}

bool may_follow(EventState now, const Outcome& next) {
  switch (next.kind) {
    case OutcomeKind::delivery: return now == EventState::pending;
    case OutcomeKind::replay: return next.state == EventState::pending;
    case OutcomeKind::note: return true;
  }
  return false;
}

std::string topic_in_body(std::string_view topic) {
  std::string text;
  append_json_string(text, topic);
  return text;
}

std::string_view to_string(EventJob::Kind kind) {
  return kind == EventJob::Kind::replay ? "replay" : "cancel";
}

std::string_view to_string(EventJob::State state) {
  constexpr std::array<std::string_view, 4> kNames = {"running", "done", "cancelled", "failed"};
  return kNames[static_cast<std::size_t>(state)];
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
