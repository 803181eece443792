/// A thread that does one piece of work at a time for its owner: the fsync of a batch and its
/// answers, while the owner prepares the next batch. Never more than one batch is ahead of the disk.
///
///   SyncStage stage{[this] { sync_and_answer(*under_way_); }};
///   stage.settle();            // what ran before has ended
///   under_way_ = std::move(batch);
///   stage.run();               // returns at once
///
/// Threads: start(), stop(), settle() and run() by the owner; the work on the stage's thread.
/// What was written before run() is seen by the work, and what the work wrote is seen after settle().
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace tidings::store {

class SyncStage {
 public:
  explicit SyncStage(std::function<void()> work) : work_(std::move(work)) {}
  ~SyncStage() { stop(); }
  SyncStage(const SyncStage&) = delete;
  SyncStage& operator=(const SyncStage&) = delete;

  void start();
  /// Lets the work under way end, and joins the thread. Idempotent.
  void stop();

  /// Waits for the work under way.
  void settle();
  /// REQUIRES: started, settled.
  void run();

 private:
  void loop();

  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;      // protected by mutex_
  bool stopping_ = false;  // protected by mutex_
  std::thread thread_;
};

}  // namespace tidings::store
