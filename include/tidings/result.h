/// Expected failures are values: Result<T> holds either a T or an Error. Exceptions mean a bug or
/// exhaustion, never bad input.
///
/// Threads: plain values. Distinct objects: safe.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace tidings {

/// What kind of failure it is. One closed list for the whole project; a caller decides on the kind,
/// a person reads Error::what.
enum class Errc {
  internal,          ///< our fault; nothing was changed
  invalid_argument,  ///< the input breaks a documented rule
  not_found,         ///< what was named does not exist (any more)
  conflict,          ///< what was named exists already, or changed meanwhile
  unauthenticated,   ///< no valid signature, token or ticket
  forbidden,         ///< known, but not allowed
  too_large,         ///< over a documented limit of size or count
  rate_limited,      ///< too many calls; try later
  timeout,           ///< the deadline passed
  cancelled,         ///< stopped before it was done
  unavailable,       ///< a peer, disk or network is not reachable now; try later
  corrupt,           ///< bytes that should be ours are not
};

/// One failure. `what` is one sentence that names the field, the value, the limit and the way out.
/// `code` is the protocol's own number (protocol: appendix A), 0 where the protocol has none.
struct Error {
  Errc kind = Errc::internal;
  std::string what;
  int code = 0;
  boost::system::error_code cause{};
};

/// For boost::system::result: value() on an error is a bug in the caller.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::logic_error("Result::value() on an error: " + error.what);
}

/// T or Error. T is default-constructible (an awaitable<Result<T>> needs it).
/// Use has_value()/operator bool and operator*; value() is for tests.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using Base = boost::system::result<T, Error>;

 public:
  using Base::Base;
  Result() : Base(T{}) {}
};

template <>
class [[nodiscard]] Result<void> : public boost::system::result<void, Error> {
  using Base = boost::system::result<void, Error>;

 public:
  using Base::Base;
};

/// Shorthand at the place where a failure is found: `return fail(Errc::invalid_argument, "...")`.
[[nodiscard]] inline Error fail(Errc kind, std::string what, int code = 0) {
  return Error{kind, std::move(what), code, {}};
}

}  // namespace tidings
