/// Retention: takes events that have ended out of the store, with their attempts, once they are
/// older than `age`, or the oldest of more than `count` of their app. Pending events are never taken,
/// whatever their age. The ledger counts what went on and on, so promise P3 stays checkable.
///
/// A round goes through the log from its beginning, then through that of each app that has too many, in
/// batches with a commit of their own and a pause at least as long as the batch took: commits of others
/// stay flat. Nothing is remembered between rounds, so a crash or restart in the middle costs nothing.
/// Errors: are logged; the next round tries again.
/// Threads: start() and stop() on its lane; purged() anywhere. Lifetime: the service outlives it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "backend/service.h"
#include "runtime/task_group.h"

namespace tidings::backend {

struct RetentionOptions {
  std::chrono::milliseconds age{0};  ///< since an event ended; 0: age is no reason
  std::int64_t count = 0;            ///< ended events kept at most, of each app; 0: no limit
  std::chrono::milliseconds between_rounds{60'000};
  std::chrono::milliseconds least_pause{5};  ///< between two batches
  std::size_t batch = 512;                   ///< events in one commit
};

class Retention {
 public:
  Retention(runtime::Lane& lane, Service& service, RetentionOptions options,
            std::function<void(std::string_view)> log = {});

  /// With neither age nor count nothing runs.
  void start();
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);
  /// Events taken since the start.
  [[nodiscard]] std::uint64_t purged() const { return purged_; }

 private:
  runtime::awaitable<void> run();
  runtime::awaitable<Result<void>> round();
  runtime::awaitable<Result<void>> take(store::PurgeQuery query);

  Service& service_;
  const RetentionOptions options_;
  std::function<void(std::string_view)> log_;
  std::atomic<std::uint64_t> purged_ = 0;
  runtime::TaskGroup group_;  // last: stopped before anything it uses goes
};

}  // namespace tidings::backend
