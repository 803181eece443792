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

/// A coroutine that was started on another lane. wait() cannot be cancelled: it returns when the
/// work has ended. REQUIRES: wait() is called once, on the lane that started it.
template <class T>
class Elsewhere {
 public:
  Elsewhere(Lane& lane, awaitable<T> work) {
    detail::SendHome<T> send{shot_.sender()};
    asio::co_spawn(lane.executor(), std::move(work), std::move(send));
  }
  awaitable<T> wait() {
    auto outcome = co_await shot_.wait(/*interruptible=*/false);
    CHECK(outcome.has_value());  // a lane does not end under work it runs
    if (outcome->exception) std::rethrow_exception(outcome->exception);
    co_return std::move(outcome->value);
  }

 private:
  OneShot<typename detail::SendHome<T>::Outcome> shot_;
};

/// REQUIRES: on a lane.
template <class T>
awaitable<T> run_on(Lane& lane, awaitable<T> work) {
  Elsewhere<T> elsewhere(lane, std::move(work));
  co_return co_await elsewhere.wait();
}

}  // namespace tidings::runtime
