/// The thread behind a group commit: whatever was submitted while the previous batch ran is the
/// next batch. No artificial wait: a lone item pays one commit, a crowd shares it (design.md,
/// "Unit of work"). What a batch does is the owner's `run`.
///
/// Errors: submit() refuses an item when the queue is full or the thread stops; the owner answers
/// it. Threads: submit(), queued() from any thread; start() and stop() by the owner; run
/// and idle on the group commit's thread. Lifetime: what run and idle use outlives stop().
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread_name.h"

namespace tidings::store {

struct GroupCommitOptions {
  std::size_t max_batch = 1024;                 ///< items in one run
  std::size_t max_queued = 65536;               ///< more are handed back at once
  std::chrono::milliseconds idle_every{30'000};  ///< without items, idle() runs this often
};

template <class Item>
class GroupCommit {
 public:
  using Run = std::function<void(std::vector<Item>& batch)>;
  using Idle = std::function<void()>;

  GroupCommit(GroupCommitOptions options, Run run, Idle idle = {})
      : options_(options), run_(std::move(run)), idle_(std::move(idle)) {}
  ~GroupCommit() { stop(); }
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  void start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  }
  /// Takes no more, runs what is queued, joins the thread. Idempotent.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  enum class Submitted { refused, taken, first };
  /// `refused`: the item is untouched. `first`: asks the caller to wake() the thread once others who
  /// submit at about the same time have, so that it finds all of them.
  [[nodiscard]] Submitted submit(Item& item) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= options_.max_queued) return Submitted::refused;
    queue_.push_back(std::move(item));
    // Behind another one: the thread has been told, or is busy and will look.
    return queue_.size() == 1 ? Submitted::first : Submitted::taken;
  }
  void wake() { wake_.notify_one(); }

  [[nodiscard]] std::size_t queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  void work() {
    name_this_thread("committer");
    std::vector<Item> batch;
    while (take(batch)) {
      if (batch.empty()) {
        if (idle_) idle_();
      } else {
        run_(batch);
        batch.clear();
      }
    }
  }

  /// False at the end. An empty batch: nothing came for idle_every.
  bool take(std::vector<Item>& batch) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, options_.idle_every, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return !stopping_;
    if (queue_.size() <= options_.max_batch) {
      batch.swap(queue_);
      return true;
    }
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(options_.max_batch);
    batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    return true;
  }

  // Constant after construction.
  const GroupCommitOptions options_;
  const Run run_;
  const Idle idle_;

  // Protected by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> queue_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace tidings::store
