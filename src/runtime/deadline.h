/// Deadline: a point on the monotonic clock by which something must have ended; a value that is
/// passed down, so that the parts of one exchange share one limit. with_deadline() puts it on a
/// coroutine.
#pragma once

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <memory>

#include "base/result.h"
#include "runtime/lane.h"

namespace tidings::runtime {

class Deadline {
 public:
  using SteadyClock = std::chrono::steady_clock;
  using TimePoint = SteadyClock::time_point;

  constexpr Deadline() = default;  ///< never
  [[nodiscard]] static constexpr Deadline never() { return {}; }
  [[nodiscard]] static constexpr Deadline at(TimePoint when) { return Deadline(when); }
  [[nodiscard]] static Deadline after(std::chrono::nanoseconds wait) {
    return Deadline(SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(wait));
  }

  [[nodiscard]] constexpr TimePoint time() const { return when_; }
  [[nodiscard]] constexpr bool is_never() const { return when_ == TimePoint::max(); }
  [[nodiscard]] bool passed() const { return SteadyClock::now() >= when_; }
  /// Never negative.
  [[nodiscard]] std::chrono::nanoseconds remaining() const {
    return is_never() ? std::chrono::nanoseconds::max()
                      : std::max(std::chrono::nanoseconds{0},
                                 std::chrono::nanoseconds{when_ - SteadyClock::now()});
  }
  [[nodiscard]] constexpr Deadline sooner(Deadline other) const {
    return when_ < other.when_ ? *this : other;
  }
  constexpr auto operator<=>(const Deadline&) const = default;

 private:
  constexpr explicit Deadline(TimePoint when) : when_(when) {}
  TimePoint when_ = TimePoint::max();
};

namespace detail {

template <class T>
struct DeadlineRace {
  explicit DeadlineRace(Lane& lane) : timer(lane.io()) {}
  asio::steady_timer timer;
  asio::cancellation_signal signal;
  Result<T> result;
  std::exception_ptr exception;
  asio::cancellation_type emitted = asio::cancellation_type::none;
  bool begun = false;
  bool done = false;

  void emit(asio::cancellation_type type) {
    emitted = type;
    signal.emit(type);
  }
};

template <class T>
struct EndRace {
  std::shared_ptr<DeadlineRace<T>> race;
  void operator()(std::exception_ptr exception, Result<T> result) {
    if (race->begun) {
      race->exception = std::move(exception);
      race->result = std::move(result);
    } else {  // cancelled before the first step: the exception is co_spawn's own
      race->result = fail(Errc::cancelled, "stopped before it began");
    }
    race->done = true;
    race->timer.cancel();
  }
};

/// The cancellation rules of TaskGroup for a coroutine with a signal of its own.
template <class T>
awaitable<Result<T>> obey_cancellation(std::shared_ptr<DeadlineRace<T>> race,
                                       awaitable<Result<T>> work) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  if (race->emitted != asio::cancellation_type::none) co_return Result<T>{};  // nobody listened
  race->begun = true;
  auto result = co_await std::move(work);
  co_return result;
}

}  // namespace detail

/// Runs `work` on this lane and cancels it terminally when the deadline passes; returns when it has
/// ended: its own result, or Errc::timeout where it ended by that cancellation. Cancellation of the
/// caller is passed on. REQUIRES: on a lane; `work` reacts to terminal cancellation.
template <class T>
awaitable<Result<T>> with_deadline(Deadline deadline, awaitable<Result<T>> work) {
  Lane& lane = *Lane::current();
  auto race = std::make_shared<detail::DeadlineRace<T>>(lane);
  race->timer.expires_at(deadline.time());
  asio::co_spawn(lane.executor(), detail::obey_cancellation(race, std::move(work)),
                 asio::bind_cancellation_slot(race->signal.slot(), detail::EndRace<T>{race}));
  bool timed_out = false;
  while (!race->done) {
    co_await race->timer.async_wait(kAsTuple);
    if (race->done) break;
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (!timed_out && cancellation.cancelled() != race->emitted) {
      race->emit(cancellation.cancelled());
    } else if (!timed_out && deadline.passed()) {
      timed_out = true;
      race->timer.expires_at(Deadline::never().time());
      race->emit(asio::cancellation_type::terminal);
    }
  }
  if (race->exception) std::rethrow_exception(race->exception);
  if (timed_out && !race->result && race->result.error().kind == Errc::cancelled) {
    co_return fail(Errc::timeout, "the deadline passed");
  }
  co_return std::move(race->result);
}

}  // namespace tidings::runtime
