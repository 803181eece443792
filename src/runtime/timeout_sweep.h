/// TimeoutSweep: limits for very many things at the price of none. Each Entry holds a deadline that
/// its owner overwrites freely (a plain store, no timer, no system call); one timer per lane looks
/// at all of them every `tick` and calls on_timeout() for those that have passed.
///
/// Precision: late by up to one tick, never early. Cost: one comparison an entry and tick.
/// Threads: its lane only. Lifetime: entries leave by their destructor; one that outlives its sweep
/// (of a coroutine that an abandoned lane never ended) is nobody's then, and never fires.
/// on_timeout() may disarm or re-arm any entry, and may destroy its own.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "runtime/deadline.h"
#include "runtime/lane.h"

namespace tidings::runtime {

class TimeoutSweep {
 public:
  class Entry {
   public:
    explicit Entry(TimeoutSweep& sweep);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void arm(Deadline deadline) { deadline_ = deadline; }
    void arm(std::chrono::nanoseconds wait) { deadline_ = Deadline::after(wait); }
    void disarm() { deadline_ = Deadline::never(); }
    [[nodiscard]] Deadline deadline() const { return deadline_; }

   protected:
    virtual ~Entry();
    /// On the lane, from the timer. The entry is disarmed before the call.
    virtual void on_timeout() = 0;

   private:
    friend class TimeoutSweep;
    TimeoutSweep* sweep_;
    Deadline deadline_;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
  };

  TimeoutSweep(Lane& lane, std::chrono::milliseconds tick);
  ~TimeoutSweep();
  TimeoutSweep(const TimeoutSweep&) = delete;
  TimeoutSweep& operator=(const TimeoutSweep&) = delete;

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Ticker;
  void add(Entry& entry);
  void remove(Entry& entry);
  void sweep();

  std::shared_ptr<Ticker> ticker_;  // outlives the sweep while its timer's handler is queued
  Entry* first_ = nullptr;
  Entry* cursor_ = nullptr;  // the next one to look at while sweeping
  std::size_t count_ = 0;
};

}  // namespace tidings::runtime
