/// The process's signals as values on one lane: SIGTERM and SIGINT ask to stop, SIGHUP to reopen
/// logs and reread certificates.
///
/// Errors: Errc::cancelled on any cancellation. Threads: its lane only. One object a process.
#pragma once

#include <boost/asio/signal_set.hpp>

#include "base/result.h"
#include "runtime/lane.h"

namespace tidings::runtime {

enum class Signal { none, terminate, interrupt, hangup };

class Signals {
 public:
  explicit Signals(Lane& lane);
  awaitable<Result<Signal>> wait();

 private:
  asio::signal_set set_;
};

}  // namespace tidings::runtime
