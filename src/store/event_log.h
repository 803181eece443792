/// The event log as delivery and the operator see it (design.md, "The event log").
///
/// An event is immutable once committed; what happens to it is its delivery state, a narrow row of
/// its own, so that a thousand outcomes touch a few pages. At any moment, per app:
/// accepted = delivered + pending + dead + cancelled (promise P3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "community/event.h"
#include "tidings/ids.h"

namespace tidings::store {

enum class EventState { pending = 0, delivered = 1, dead = 2, cancelled = 3 };
std::string_view to_string(EventState);
std::optional<EventState> parse_event_state(std::string_view);
/// Whether an outcome moves an event from `now` to `next`: what is pending may end or stay, what
/// is dead or cancelled may be replayed; everything else comes too late and is ignored.
[[nodiscard]] bool may_follow(EventState now, EventState next);

/// The newest attempts of an event are kept, older ones are forgotten.
inline constexpr std::size_t kAttemptsKept = 16;

/// One try at the app's URL, as kept for the operator.
struct Attempt {
  std::int64_t at_ms = 0;
  std::int64_t duration_us = 0;
  std::string outcome;  ///< "ok" or a failure class (protocol 6.8): "timeout", "refused", "tls", ...
  int http_status = 0;  ///< 0: none arrived
  std::string detail;   ///< one sentence, e.g. the certificate error; never the body
  std::string address;  ///< ip:port that was spoken to
  std::int64_t response_bytes = 0;
};

/// What delivery decided about an event; committed in batches with everything else.
struct Outcome {
  std::int64_t seq = 0;
  SdkAppId app;
  EventState state = EventState::pending;
  std::int32_t attempts = 0;         ///< made so far
  std::int64_t next_attempt_ms = 0;  ///< pending: not before; else 0
  std::optional<Attempt> attempt;    ///< what led here, if a request was made
};

/// An undelivered event without its body: what a lane needs to keep order.
struct PendingEvent {
  std::int64_t seq = 0;
  SdkAppId app;
  GroupId group;
  std::int64_t time_ms = 0;
  std::int32_t attempts = 0;
  std::int64_t next_attempt_ms = 0;
};

/// Delivery state of one event, with the event's envelope.
struct EventRecord {
  community::Event event;  ///< body only when asked for
  EventState state = EventState::pending;
  std::int32_t attempts = 0;
  std::int64_t next_attempt_ms = 0;
  std::int64_t settled_ms = 0;  ///< when it left `pending`; 0 = it has not
  std::string last_outcome;
};

struct EventFilter {
  SdkAppId app;  ///< required
  std::optional<std::string> group, command;
  std::optional<EventState> state;
  std::optional<std::int64_t> from_ms, until_ms;
  std::int64_t after_app_sequence = 0;
  std::size_t limit = 100;
  bool with_body = false;
};

struct Ledger {
  std::int64_t accepted = 0;
  std::int64_t delivered = 0;
  std::int64_t pending = 0;
  std::int64_t dead = 0;
  std::int64_t cancelled = 0;
  std::int64_t oldest_pending_ms = 0;  ///< EventTime of the one accepted first; 0 = none

  /// The counter of `state`.
  [[nodiscard]] std::int64_t& of(EventState state);

  [[nodiscard]] bool balanced() const {
    return accepted == delivered + pending + dead + cancelled;
  }
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

}  // namespace tidings::store
