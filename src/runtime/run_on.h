/// Crossing from one thread to a coroutine on a given lane.
///
/// block_on: from a thread that is no lane (main, a test, the command line) run a coroutine on a
/// lane and wait for its value. Exceptions come out here.
/// run_on: from a coroutine, run another one on a different lane, and come back with its value.
/// The coroutine's parameters must live until the call returns.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <exception>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "runtime/one_shot.h"

namespace tidings::runtime {

template <class T>
T block_on(Lane& lane, awaitable<T> work) {
  CHECK(Lane::current() == nullptr);
  return asio::co_spawn(lane.executor(), std::move(work), asio::use_future).get();
}

namespace detail {

/// Completion of a coroutine spawned on another lane: its value, or its exception, goes home.
template <class T>
struct SendHome {
  struct Outcome {
    T value{};
    std::exception_ptr exception{};
  };
  OneShotSender<Outcome> sender;
  void operator()(std::exception_ptr exception, T value) {
    sender.complete(Outcome{std::move(value), std::move(exception)});
  }
};

}  // namespace detail

/// Cannot be cancelled: returns when the work has ended. REQUIRES: on a lane.
template <class T>
awaitable<T> run_on(Lane& lane, awaitable<T> work) {
  using Send = detail::SendHome<T>;
  OneShot<typename Send::Outcome> shot;
  Send send{shot.sender()};
  asio::co_spawn(lane.executor(), std::move(work), std::move(send));
  auto outcome = co_await shot.wait(/*interruptible=*/false);
  CHECK(outcome.has_value());  // a lane does not end under work it runs
  if (outcome->exception) std::rethrow_exception(outcome->exception);
  co_return std::move(outcome->value);
}

}  // namespace tidings::runtime
