#include "runtime/signals.h"

#include <csignal>

namespace tidings::runtime {

Signals::Signals(Lane& lane) : set_(lane.io(), SIGTERM, SIGINT, SIGHUP) {}

awaitable<Result<Signal>> Signals::wait() {
  const auto [error, number] = co_await set_.async_wait(kAsTuple);
  if (error) co_return fail(Errc::cancelled, "stopped while waiting for a signal");
  switch (number) {
    case SIGTERM:
      co_return Signal::terminate;
    case SIGINT:
      co_return Signal::interrupt;
    default:
      co_return Signal::hangup;
  }
}

}  // namespace tidings::runtime
