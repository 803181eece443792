/// An operator's work on many events: a replay or a cancellation by filter. Its row is written in
/// the transactions that move its events, so it goes on after a crash where it was.
///
/// Paging and order are by one key, the app's sequence: the events of `filter` with a sequence
/// above `cursor` are still to come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/event_log.h"

namespace tidings::store {

struct EventJob {
  enum class Kind { replay = 0, cancel = 1 };
  enum class State { running = 0, done = 1, cancelled = 2, failed = 3 };

  std::int64_t id = 0;
  Kind kind = Kind::replay;
  State state = State::running;
  EventFilter filter;  ///< through_app_sequence bounds it: what comes later is not its business
  std::string url;     ///< replay: an alternate URL; "" = the app's own
  std::int64_t rate = 0;                       ///< events a second; 0 = as fast as it goes
  EventState end_as = EventState::cancelled;   ///< cancel: or dead
  EventSummary planned;                        ///< what the filter found when it was made
  std::int64_t cursor = 0;                     ///< app_sequence that it has come to
  std::int64_t done = 0;     ///< moved, or delivered to the alternate URL
  std::int64_t failed = 0;   ///< refused by the alternate URL
  std::int64_t skipped = 0;  ///< their state did not allow it any more
  std::int64_t created_ms = 0;
  std::int64_t changed_ms = 0;
  std::string note;  ///< why it failed, or the newest failure

  friend bool operator==(const EventJob& left, const EventJob& right) {
    return left.id == right.id && left.state == right.state && left.cursor == right.cursor;
  }
};

/// Ended jobs are kept for reading; the oldest beyond this many go.
inline constexpr std::int64_t kJobsKept = 1000;

std::string_view to_string(EventJob::Kind);
std::string_view to_string(EventJob::State);

}  // namespace tidings::store
