/// Notifier: coroutines wait on one lane until another one says that something changed (an event
/// for a long poll, room in a queue, work for a delivery lane). It carries no value and remembers
/// nothing: check the condition, wait, check again; on one lane nothing can slip in between.
///
/// Errors of wait(): Errc::timeout when the deadline passed, Errc::cancelled on any cancellation.
/// Threads: its lane only; notify_from_anywhere() from any thread.
/// Lifetime: outlives its waiters (they are children of a TaskGroup declared after it).
#pragma once

#include <cstddef>
#include <list>

#include "base/result.h"
#include "runtime/deadline.h"
#include "runtime/lane.h"

namespace tidings::runtime {

class Notifier {
 public:
  explicit Notifier(Lane& lane) : lane_(lane) {}
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  awaitable<Result<void>> wait();
  awaitable<Result<void>> wait(Deadline deadline);

  void notify_one();  ///< the one that waits longest; resumed by the loop, never inline
  void notify_all();
  void notify_from_anywhere();  ///< notify_all on the lane. REQUIRES: the Notifier lives until then
  [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }

 private:
  struct Waiter;
  Lane& lane_;
  std::list<Waiter*> waiters_;
};

}  // namespace tidings::runtime
