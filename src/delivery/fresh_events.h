/// Events that were committed just now, with their bodies, until they are sent: what is not here is read
/// from the log. Bounded in bytes, and in how far back it reaches: the oldest give up their place to those
/// that are about to be sent, so that what one app's endpoint does not take is in nobody's way (promise P5).
///
/// Threads: its owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "community/event.h"

namespace tidings::delivery {

using EventPtr = std::unique_ptr<const community::Event>;

class FreshEvents {
 public:
  static constexpr std::int64_t kReach = std::int64_t{1} << 20;  ///< seqs: 8 bytes each

  explicit FreshEvents(std::size_t bytes) : limit_(bytes) {}

  /// One that is `held` stays only where there is room. REQUIRES: its seq is higher than any before.
  void keep(community::Event&& event, bool held = false);
  /// nullptr: it is not here.
  [[nodiscard]] EventPtr take(std::int64_t seq);
  void forget(SdkAppId app);

 private:
  EventPtr let_go(EventPtr& place);
  void pass_over_gone();

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::int64_t first_ = 0;       // seq of what stands first
  std::deque<EventPtr> places_;  // by seq; the first is not empty
};

/// Brings events that are about to be sent nearer to the processor, all at once: they were written a
/// hundred thousand events ago, and one after the other waits several times for memory.
void prefetch(std::span<const EventPtr> events);

}  // namespace tidings::delivery
