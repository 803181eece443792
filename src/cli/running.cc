#include "cli/running.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "runtime/run_on.h"
#include "runtime/signals.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"

namespace tidings::cli {
namespace {

using runtime::awaitable;
using runtime::Signal;

constexpr int kEndedByForce = 1;
/// Signals that come within this time of the first are one wish: `timeout` and supervisors send theirs
/// to the process and to its group, and this process is in both.
constexpr std::chrono::seconds kOneWish{1};

/// Everything about signals: one lane, one waiter at a time.
class SignalWatch {
 public:
  explicit SignalWatch(Log& log) : log_(log), signals_(lanes_[0]), group_(lanes_[0]) {
    lanes_.start();
  }
  ~SignalWatch() {
    runtime::block_on(lanes_[0], group_.stop(Milliseconds{0}));
    lanes_.stop();
  }

  /// The next signal, for the main thread.
  Signal next() {
    const auto signal = runtime::block_on(lanes_[0], signals_.wait());
    return signal ? *signal : Signal::none;
  }

  /// From here on a signal that comes later than kOneWish, or the end of `limit`, ends the process.
  void stopping(Milliseconds limit) {
    lanes_[0].post([this, limit] {
      (void)group_.spawn("second signal", end_at_second_signal());
      (void)group_.spawn("stop limit", end_after(limit));
    });
  }

 private:
  awaitable<void> end_at_second_signal() {
    const auto same = runtime::Deadline::after(kOneWish);
    for (;;) {
      const auto signal = co_await signals_.wait();
      if (!signal) co_return;
      if (*signal == Signal::hangup || !same.passed()) continue;
      log_.warning("ended by a second signal");
      std::_Exit(kEndedByForce);
    }
  }
  awaitable<void> end_after(Milliseconds limit) {
    const auto slept = co_await runtime::sleep_for(limit);
    if (!slept) co_return;
    log_.error("the stop takes too long; ended", {{"limit_ms", limit.count()}});
    std::_Exit(kEndedByForce);
  }

  Log& log_;
  runtime::Lanes lanes_{1, "signals"};
  runtime::Signals signals_;
  runtime::TaskGroup group_;  // last: stopped before what it uses goes
};

void reload(Running& running, Log& log) {
  const auto reopened = log.reopen();
  if (!reopened) log.error("log not reopened", {{"why", reopened.error().what}});
  const auto reloaded = running.reload();
  if (!reloaded) {
    log.error("files not reread, what was read before stays", {{"why", reloaded.error().what}});
    return;
  }
  log.info("reloaded");
}

}  // namespace

Milliseconds time_left(runtime::Deadline until) {
  constexpr Milliseconds kLeast{100};
  return std::max(kLeast, std::chrono::duration_cast<Milliseconds>(until.remaining()));
}

ExitCode run_until_stopped(std::unique_ptr<Running> running, Log& log, const RunOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is a full disk (10002, 503), no end
  SignalWatch signals(log);
  const Ready ready = running->addresses();
  log.info("ready", {{"listen", ready.listen}, {"admin_listen", ready.admin_listen}});
  ExitCode code = ExitCode::ok;
  if (!options.ready_file.empty()) {
    const auto written = write_ready_file(options.ready_file, ready);
    if (!written) {
      log.error("not ready", {{"why", written.error().what}});
      code = ExitCode::failure;
    }
  }
  while (code == ExitCode::ok) {
    const Signal signal = signals.next();
    if (signal != Signal::hangup) {
      log.info("stopping", {{"signal", signal == Signal::interrupt ? "SIGINT" : "SIGTERM"}});
      break;
    }
    reload(*running, log);
  }
  signals.stopping(options.stop_limit);
  running->stop();
  running.reset();
  log.info("stopped");
  return code;
}

}  // namespace tidings::cli
