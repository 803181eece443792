#include "runtime/sleep.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace tidings::runtime {

awaitable<Result<void>> sleep_until(Deadline deadline) {
  const auto before = co_await asio::this_coro::cancellation_state;
  if (before.cancelled() == asio::cancellation_type::none) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, deadline.time());
    const auto [error] = co_await timer.async_wait(kAsTuple);
    if (!error) co_return Result<void>{};
  }
  co_return fail(Errc::cancelled, "stopped while waiting");
}

awaitable<Result<void>> sleep_for(std::chrono::nanoseconds duration) {
  return sleep_until(Deadline::after(duration));
}

}  // namespace tidings::runtime
