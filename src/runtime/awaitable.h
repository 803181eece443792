/// The coroutine type of the whole project, and the token that turns Asio operations into values.
///
/// A coroutine runs on the lane it was spawned on and resumes there. Parameters of a spawned
/// coroutine are values, or references to what its TaskGroup's owner outlives. Never put a capturing
/// lambda into an expression with co_await (g++ 12 destroys the capture twice); bind the result of
/// co_await to a name first.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tidings::runtime {

namespace asio = boost::asio;

/// Every coroutine runs on a lane, so it names a lane's executor and not Asio's type-erased one,
/// through which each completion would be a function object and two virtual calls.
using Executor = asio::io_context::executor_type;

template <class T>
using awaitable = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> kUseAwaitable;

/// `auto [error, count] = ...` without exceptions: error codes of Asio stay values.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kAsTuple{kUseAwaitable};

}  // namespace tidings::runtime
