/// Lane: one thread that runs one event loop. Every object has one home lane and is touched only
/// there, so that nothing needs a lock. Lanes: the N lanes of the process.
///
/// Threads: post(), post_batch() and executor() may be called from any thread, also before start and
/// after the end (what is posted after the end is destroyed unrun). Everything else: as stated.
/// Wake-ups are coalesced: however many jobs arrive while the lane is busy or about to wake, its
/// thread is woken once and runs them in the order of posting.
/// Lifetime: a Lane outlives everything that names it. Stop task groups first, then lanes.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/awaitable.h"
#include "runtime/job.h"

namespace tidings::runtime {

class TimeoutSweep;

class Lane {
 public:
  static constexpr std::chrono::milliseconds kTimeoutTick{20};

  explicit Lane(std::string name);  ///< the thread's name; the system keeps 15 characters
  ~Lane();                          ///< abandon() and join() when still running
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] asio::io_context& io() { return io_; }
  [[nodiscard]] asio::io_context::executor_type executor() { return io_.get_executor(); }
  [[nodiscard]] const std::string& name() const { return name_; }

  void post(Job job);                      ///< runs later on this lane, never inline
  void post_batch(std::vector<Job> jobs);  ///< the same for many: one lock, one wake-up

  /// Runs `call` after all that is ready on this lane now: what the others have in common with it is
  /// done once. On the lane.
  template <class Call>
  void after_round(Call call) {
    asio::post(io_, std::move(call));
  }

  /// The limits of what waits on this lane. On the lane.
  [[nodiscard]] TimeoutSweep& timeouts() { return *timeouts_; }

  /// The lane whose thread this is; nullptr on other threads.
  [[nodiscard]] static Lane* current();
  /// True where this lane's objects may be touched: on its thread, or while it has no thread.
  [[nodiscard]] bool is_home() const;

  void start();    ///< creates the thread
  void finish();   ///< lets the loop end once nothing is left to wait for; any thread
  void abandon();  ///< ends the loop now, whatever is left (a second signal, a destructor)
  void join();     ///< waits for the thread; from any other thread

 private:
  void run();
  void drain();

  // Constant after construction.
  std::string name_;
  asio::io_context io_;
  std::unique_ptr<TimeoutSweep> timeouts_;
  // Protected by mutex_.
  std::mutex mutex_;
  std::vector<Job> inbox_;
  bool closed_ = false;
  // Owner's thread.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::thread thread_;
  std::atomic<bool> running_ = false;
  // Lane only.
  std::vector<Job> draining_;
};

class Lanes {
 public:
  /// REQUIRES: count >= 1. Threads are called "<prefix>-0", "<prefix>-1", ...
  explicit Lanes(std::size_t count, std::string_view prefix = "lane");
  ~Lanes();

  void start();
  /// Lets every lane run out of work, then joins them in order. Whoever holds a lane open (an
  /// unfinished task group, a listening socket) holds this call open.
  void stop();
  void abandon();  ///< makes a stop() that hangs return: nothing more is run

  [[nodiscard]] std::size_t size() const { return lanes_.size(); }
  [[nodiscard]] Lane& operator[](std::size_t index) { return *lanes_[index]; }
  [[nodiscard]] Lane& next();  ///< round robin; any thread

 private:
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<std::size_t> turn_ = 0;
};

}  // namespace tidings::runtime
