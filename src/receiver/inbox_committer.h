/// Answered means committed (P6): verified callbacks of all lanes go through one thread, which takes
/// what is there, loads what they name, applies them in order of arrival, and commits once.
///
/// What was fetched from a source's feed goes the same way, a page at a time, and so does what can
/// no longer be had there.
///
/// Durability point: commit() returns a value after the fsync that holds inbox and mirror. Errors:
/// Errc::rate_limited when the queue is full, Errc::cancelled after stop(), else as the engine
/// says, with nothing stored. A failure that is not the disk's (Errc::unavailable), such as a damaged
/// row, is a failure of those alone that need what is damaged: a batch is halved until they are found.
/// Waiting lanes are woken once per batch, however many wait there.
///
/// Threads: commit() on any lane, resumes there; start() and stop() by the owner; the listener on
/// the committer's thread. Lifetime: engine, clock and listener outlive it; stop() comes before the
/// end of the lanes that wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
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
  std::size_t callbacks = 0;  ///< stored, duplicates included
  std::size_t duplicates = 0;
  std::size_t failed = 0;  ///< nothing of these was stored
  std::size_t filled = 0;  ///< of the callbacks, those from the feed that were not duplicates
  std::int64_t last_id = 0;  ///< of the inbox after it
  std::chrono::microseconds took{};
  std::string failure;  ///< of the first that failed; empty: all were committed
  /// Apps whose numbers changed and have holes, whether old or new.
  std::vector<SdkAppId> with_holes;
  /// Numbers that were given up because there were too many holes (store::SequenceSet::kMaxRanges).
  std::vector<store::MirrorView::ClosedHole> closed;
  std::vector<SdkAppId> replaced;  ///< apps whose source is found to number anew, the first time
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
  void stop() {
    stopping_ = true;
    thread_.stop();
  }

  runtime::awaitable<Result<Applied>> commit(std::unique_ptr<Callback> callback);
  /// All of them, sharing commits. An error: some may have been committed, all may be sent again.
  runtime::awaitable<Result<std::vector<Applied>>> commit_all(std::vector<Callback> callbacks);
  /// These numbers will not arrive any more (MirrorView::give_up).
  runtime::awaitable<Result<void>> give_up(SdkAppId app, std::vector<store::SequenceRange> numbers);
  /// The group's topics were read from the source after what marked it so (MirrorGroup::reread).
  runtime::awaitable<Result<void>> reread(store::MirrorGroupKey group, store::MirrorStamp mark);

  [[nodiscard]] std::size_t queued() const { return thread_.queued(); }
  /// Something of the last batch was committed, or there was none yet.
  [[nodiscard]] bool healthy() const { return healthy_; }

 private:
  struct GivenUp {
    SdkAppId app;
    std::vector<store::SequenceRange> numbers;
  };
  struct Reread {
    store::MirrorGroupKey group;
    store::MirrorStamp mark;
  };
  struct Item {
    std::variant<std::unique_ptr<Callback>, GivenUp, Reread> work;
    runtime::OneShotSender<Result<Applied>> sender;
  };
  /// False: refused.
  bool submit(Item item);
  void run(std::vector<Item>& batch);
  /// Appends one outcome for each item.
  void commit_or_halve(std::span<Item> items, std::vector<Result<Applied>>& outcomes,
                       BatchReport& report);
  /// All or nothing; then the items are as they were.
  Result<std::vector<Applied>> commit_together(std::span<Item> items, BatchReport& report);
  void purge();
  void idle();
  void go_on();
  static Applied apply_item(Item& item, store::MirrorView& view, BatchReport& report);
  static void take_back(std::span<Item> items, const std::vector<Applied>& applied,
                        store::MirrorView& view);
  store::MirrorView fresh_view();
  std::int64_t careful_now_ms();

  // Constant after construction.
  store::MirrorUnitOfWork& engine_;
  const Clock& clock_;
  const Listener listener_;
  const std::int64_t retention_ms_;

  // Committer's thread.
  std::int64_t careful_ms_;
  Clock::Monotonic careful_at_;
  bool topics_left_ = false;  // of groups that were destroyed, to be ended

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> healthy_ = true;
  store::GroupCommit<Item> thread_;  // last: it uses the others
};

}  // namespace tidings::receiver
