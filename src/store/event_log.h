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
/// Which events, by state; none named: all. Parked ones are a part of the pending ones that can be
/// named alone.
class StateSet {
 public:
  constexpr StateSet() = default;
  constexpr StateSet(EventState state) { add(state); }  // NOLINT: reads as the state itself
  static constexpr StateSet from_bits(std::uint32_t bits) {
    StateSet made;
    made.bits_ = bits;
    return made;
  }

  constexpr StateSet& add(EventState state) {
    bits_ |= 1U << static_cast<unsigned>(state);
    return *this;
  }
  constexpr StateSet& add_parked() {
    bits_ |= kParkedBit;
    return *this;
  }
  [[nodiscard]] constexpr bool all() const { return bits_ == 0; }
  [[nodiscard]] constexpr bool names(EventState state) const {
    return (bits_ & (1U << static_cast<unsigned>(state))) != 0;
  }
  [[nodiscard]] constexpr bool names_parked() const { return (bits_ & kParkedBit) != 0; }
  [[nodiscard]] constexpr bool contains(EventState state, bool parked) const {
    return all() || names(state) || (parked && names_parked());
  }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  friend bool operator==(const StateSet&, const StateSet&) = default;

 private:
  static constexpr std::uint32_t kParkedBit = 1U << 4;
  std::uint32_t bits_ = 0;
};
/// "dead,cancelled"; parked is "parked". "" is the set that names none, and so means all.
std::string to_string(StateSet);
std::optional<StateSet> parse_state_set(std::string_view);

/// Stands in next_attempt_ms of a parked event: pending, at the head of its lane, and not tried
/// again before an operator decides (docs/delivery.md, "Park").
inline constexpr std::int64_t kParked = -1;

/// Stand there while an event is being sent that an operator wants to end, as cancelled or as dead:
/// pending, until its attempt ends otherwise than delivered, or the next start.
inline constexpr std::int64_t kWillBeCancelled = -2;
inline constexpr std::int64_t kWillBeDead = -3;
[[nodiscard]] constexpr std::int64_t wish_to_end(EventState as) {
  return as == EventState::dead ? kWillBeDead : kWillBeCancelled;
}
/// How an event with such a mark is to end; nullopt: nobody wished that.
[[nodiscard]] constexpr std::optional<EventState> wished_end(std::int64_t next_attempt_ms) {
  if (next_attempt_ms == kWillBeCancelled) return EventState::cancelled;
  if (next_attempt_ms == kWillBeDead) return EventState::dead;
  return std::nullopt;
}

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

enum class OutcomeKind {
  delivery,  ///< of the lane's own attempt, or of an operator who ends what is pending
  replay,    ///< an operator sends it (again): from any state back to pending
  note,      ///< an attempt at an alternate URL: kept with the event, which stays as it is
};

/// What was decided about an event; committed in batches with everything else.
struct Outcome {
  std::int64_t seq = 0;
  SdkAppId app;
  EventState state = EventState::pending;
  std::int32_t attempts = 0;         ///< made so far
  std::int64_t next_attempt_ms = 0;  ///< pending: not before, kParked, or a wish; else 0
  std::optional<Attempt> attempt;    ///< what led here, if a request was made
  OutcomeKind kind = OutcomeKind::delivery;
};
/// Whether an outcome says anything to an event in state `now`. What ended is only moved by a
/// replay; everything else comes too late and is ignored.
[[nodiscard]] bool may_follow(EventState now, const Outcome& next);

/// An undelivered event without its body: what a lane needs to keep order.
struct PendingEvent {
  std::int64_t seq = 0;
  SdkAppId app;
  GroupId group;
  std::int64_t since_ms = 0;  ///< when it became pending: its commit or its last replay
  std::int32_t attempts = 0;
  std::int64_t next_attempt_ms = 0;  ///< or kParked, or a wish
};

/// Delivery state of one event, with the event's envelope.
struct EventRecord {
  community::Event event;  ///< body only when asked for
  EventState state = EventState::pending;
  std::int32_t attempts = 0;
  std::int64_t next_attempt_ms = 0;  ///< or kParked, or a wish
  std::int64_t since_ms = 0;         ///< when it took this state
  std::int64_t settled_ms = 0;       ///< when it left `pending`; 0 = it has not
  std::string last_outcome;

  [[nodiscard]] bool parked() const {
    return state == EventState::pending && next_attempt_ms == kParked;
  }
};

struct EventFilter {
  SdkAppId app;  ///< required
  std::optional<std::string> group, topic, command;  ///< topic: its TopicId stands in the body
  StateSet states;
  std::optional<std::int64_t> from_ms, until_ms;  ///< EventTime: from <= time < until
  std::int64_t after_app_sequence = 0;
  std::int64_t through_app_sequence = INT64_MAX;
  std::size_t limit = 100;
  bool with_body = false;
};

/// What a filter finds, for a preview.
struct EventSummary {
  std::int64_t count = 0;
  std::int64_t groups = 0;
  std::int64_t oldest_ms = 0;  ///< EventTime; 0 = none found
  std::int64_t newest_ms = 0;
  std::int64_t last_app_sequence = 0;

  friend bool operator==(const EventSummary&, const EventSummary&) = default;
};

/// The topic as it stands in a body: a JSON string, quotes included.
[[nodiscard]] std::string topic_in_body(std::string_view topic);

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

/// One app's numbers three times, from one snapshot: as kept inside the commits, as counted afresh
/// from the rows (and from what retention took away), and as drawn by its sequence.
struct LedgerAudit {
  SdkAppId app;
  Ledger kept;
  Ledger counted;
  std::int64_t purged = 0;         ///< of those, by retention
  std::int64_t last_sequence = 0;  ///< the app's events are numbered 1, 2, ... without gaps

  [[nodiscard]] bool agrees() const {
    return kept == counted && kept.balanced() && last_sequence == kept.accepted;
  }
};

/// Which ended events retention may take: without an app those of any that ended before
/// `ended_before_ms`; of an app the oldest ones, until `keep` are left.
struct PurgeQuery {
  SdkAppId app{};
  std::int64_t ended_before_ms = 0;  ///< of any app
  std::int64_t keep = 0;             ///< of `app`
  std::int64_t after = 0;            ///< PurgePage::through to go on behind
  std::size_t examine = 4096;        ///< rows looked at
  std::size_t limit = 512;           ///< events named
};
struct PurgePage {
  std::vector<std::int64_t> seqs;  ///< ascending
  std::int64_t through = 0;        ///< seq, or app_sequence of an app's, to go on behind
  std::size_t too_young = 0;       ///< ended ones that stay
  bool end = false;                ///< of the log, or of what is over `keep`
};

}  // namespace tidings::store
