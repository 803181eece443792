/// For tests of the committer: an engine in memory whose commits and syncs can be held back and made to
/// fail, and that says how far it has come.
///
/// Threads: everything from any thread. What waits for more than 30 s fails the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <span>
#include <vector>

#include "store/memory_engine.h"

namespace tidings::store {

class GatedEngine final : public UnitOfWork {
 public:
  Result<void> load(const community::Needs& needs, community::View& view) override {
    {
      const std::lock_guard lock{mutex_};
      ++loads_;
      accounts_named_ += needs.accounts.size();
    }
    return memory.load(needs, view);
  }
  Result<void> commit(community::View& view, std::span<const Outcome> outcomes,
                      std::span<const EventJob> jobs) override {
    std::unique_lock lock{mutex_};
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    outcomes_seen_.push_back(outcomes.size());
    if (failures_ > 0) {
      --failures_;
      return fail(Errc::unavailable, "the disk is full");
    }
    return memory.commit(view, outcomes, jobs);
  }
  Result<void> sync() override {
    std::unique_lock lock{mutex_};
    ++syncs_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return sync_open_; });
    if (sync_failures_ > 0) {
      --sync_failures_;
      return fail(Errc::unavailable, "the disk is gone");
    }
    return {};
  }
  Result<void> take_back() override {
    const std::lock_guard lock{mutex_};
    ++taken_back_;
    changed_.notify_all();
    if (taken_back_ > take_back_failures_) return {};
    return fail(Errc::unavailable, "the disk is gone");
  }
  void fail_take_backs(int first) {
    const std::lock_guard lock{mutex_};
    take_back_failures_ = first;
  }
  void set_sync_open(bool open) {
    const std::lock_guard lock{mutex_};
    sync_open_ = open;
    changed_.notify_all();
  }
  void fail_next_syncs(int syncs) {
    const std::lock_guard lock{mutex_};
    sync_failures_ = syncs;
  }
  void wait_for_syncs(int count) {
    std::unique_lock lock{mutex_};
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds{30},
                                  [this, count] { return syncs_ >= count; }));
  }
  void wait_for_taken_back(int count) {
    std::unique_lock lock{mutex_};
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds{30},
                                  [this, count] { return taken_back_ >= count; }));
  }
  int loads() {
    const std::lock_guard lock{mutex_};
    return loads_;
  }
  /// Over all loads.
  std::size_t accounts_named() {
    const std::lock_guard lock{mutex_};
    return accounts_named_;
  }
  int syncs() {
    const std::lock_guard lock{mutex_};
    return syncs_;
  }
  int taken_back() {
    const std::lock_guard lock{mutex_};
    return taken_back_;
  }
  void set_open(bool open) {
    const std::lock_guard lock{mutex_};
    open_ = open;
    changed_.notify_all();
  }
  void fail_next(int commits) {
    const std::lock_guard lock{mutex_};
    failures_ = commits;
  }
  void wait_for_arrivals(int count) {
    std::unique_lock lock{mutex_};
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds{30},
                                  [this, count] { return arrived_ >= count; }));
  }
  std::vector<std::size_t> outcomes_seen() {
    const std::lock_guard lock{mutex_};
    return outcomes_seen_;
  }

  MemoryEngine memory;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int failures_ = 0;
  int arrived_ = 0;
  int loads_ = 0;
  std::size_t accounts_named_ = 0;
  bool sync_open_ = true;
  int sync_failures_ = 0;
  int syncs_ = 0;
  int taken_back_ = 0;
  int take_back_failures_ = 0;  // so many, from the first on
  std::vector<std::size_t> outcomes_seen_;
};

}  // namespace tidings::store
