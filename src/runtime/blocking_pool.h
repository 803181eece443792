/// BlockingPool: a fixed number of threads for calls that block (getaddrinfo, SQLite reads).
///
///   auto rows = co_await pool.run(query);   // query: a callable; Result<U> or U
///
/// Errors: Errc::cancelled when the pool stops before the call began, Errc::unavailable when the
/// queue is full. A call that runs cannot be cancelled: terminal cancellation returns at once with
/// Errc::cancelled while the call ends by itself, so it must own what it uses; so does a deadline,
/// with Errc::timeout. An exception of the callable leaves run() on the caller's lane.
/// Threads: run() on any lane; it resumes there; post() from any thread. Lifetime: outlives its
/// callers; stop() or the destructor finishes what runs, drops what is queued, and joins.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "runtime/one_shot.h"

namespace tidings::runtime {

class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads, std::size_t max_queued = 10'000,
                        std::string_view name = "blocking");
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  template <class F>
  auto run(F call, Deadline deadline = Deadline::never())
      -> awaitable<typename detail::Flat<std::invoke_result_t<F&>>::type>;

  /// For work that outlives whoever asked for it. False: the queue is full. Dropped when the pool stops
  /// before it began.
  bool post(Job job) { return submit(std::move(job)); }

  void stop();
  [[nodiscard]] std::size_t queued() const;

 private:
  bool submit(Job job);
  void work();

  mutable std::mutex mutex_;  // protects what stands below
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  // Constant after construction.
  std::size_t max_queued_;
  std::vector<std::thread> threads_;
};

namespace detail {

/// A callable's result or its exception, on the way from the pool to the lane.
template <class Value>
struct CallOutcome {
  Value value{};
  std::exception_ptr exception{};
};

template <class F, class Value>
struct PooledCall {
  F call;
  OneShotSender<CallOutcome<Value>> sender;
  void operator()() {
    CallOutcome<Value> outcome;
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        call();
      } else {
        outcome.value = call();
      }
    } catch (...) {
      outcome.exception = std::current_exception();
    }
    sender.complete(std::move(outcome));
  }
};

}  // namespace detail

template <class F>
auto BlockingPool::run(F call, Deadline deadline)
    -> awaitable<typename detail::Flat<std::invoke_result_t<F&>>::type> {
  using Value = typename detail::Flat<std::invoke_result_t<F&>>::type;
  OneShot<detail::CallOutcome<Value>> shot;
  if (!submit(detail::PooledCall<F, Value>{std::move(call), shot.sender()})) {
    co_return fail(Errc::unavailable, "the queue of blocking calls is full; try later");
  }
  auto outcome = co_await shot.wait_until(deadline);
  if (!outcome) co_return std::move(outcome).error();
  if (outcome->exception) std::rethrow_exception(outcome->exception);
  co_return std::move(outcome->value);
}

}  // namespace tidings::runtime
