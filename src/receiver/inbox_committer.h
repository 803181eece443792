/// Answered means committed (P6): verified callbacks of all lanes go through one thread, which takes
/// what is there, loads what they name, applies them in order of arrival, and commits once.
///
/// Durability point: commit() returns a value after the fsync that holds inbox and mirror. Errors:
/// Errc::rate_limited when the queue is full, Errc::cancelled after stop(), else as the engine
/// says, with nothing stored. Waiting lanes are woken once per batch, however many wait there.
///
/// Threads: commit() on any lane, resumes there; start() and stop() by the owner; the listener on
/// the committer's thread. Lifetime: engine, clock and listener outlive it; stop() comes before the
/// end of the lanes that wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "receiver/mirror_apply.h"
#include "runtime/awaitable.h"
#include "runtime/one_shot.h"
#include "store/group_commit.h"
#include "store/mirror_store.h"

namespace tidings::receiver {

/// What a batch was, for metrics, the log and the feed.
struct BatchReport {
  std::size_t callbacks = 0;
  std::size_t duplicates = 0;
  std::int64_t last_id = 0;  ///< of the inbox after it
  std::chrono::microseconds took{};
  std::string failure;  ///< empty: committed
};

struct InboxCommitterOptions {
  store::GroupCommitOptions queue;
  std::int64_t retention_ms = 24 * 3600 * 1000;
};

class InboxCommitter {
 public:
  using Listener = std::function<void(const BatchReport&)>;

  InboxCommitter(store::MirrorUnitOfWork& engine, const Clock& clock, Listener listener,
                 InboxCommitterOptions options = {});

  void start() { thread_.start(); }
  /// Takes no more, commits what is queued, joins the thread. Idempotent.
  void stop() { thread_.stop(); }

  runtime::awaitable<Result<Applied>> commit(Callback callback);

  [[nodiscard]] std::size_t queued() const { return thread_.queued(); }
  /// The last batch was committed, or there was none yet.
  [[nodiscard]] bool healthy() const { return healthy_; }

 private:
  struct Item {
    Callback callback;
    runtime::OneShotSender<Result<Applied>> sender;
  };
  void run(std::vector<Item>& batch);
  Result<void> apply_batch(std::vector<Item>& batch, std::vector<Applied>& applied,
                           store::MirrorView& view);
  void purge();
  [[nodiscard]] store::MirrorView fresh_view() const;

  // Constant after construction.
  store::MirrorUnitOfWork& engine_;
  const Clock& clock_;
  const Listener listener_;
  const std::int64_t retention_ms_;

  std::atomic<bool> healthy_ = true;
  store::GroupCommit<Item> thread_;  // last: it uses the others
};

}  // namespace tidings::receiver
