/// OneShot: one value, made on any thread, awaited by one coroutine on its lane. The road by which
/// the store's committer answers thousands of waiting requests a second.
///
///   OneShot<Result<Reply>> shot;                 // on the lane that will wait
///   queue.push(command, shot.sender());
///   auto reply = co_await shot.wait();           // Result<Reply>
///
///   CompletionBatch batch;                       // on the other thread
///   for (...) batch.add(std::move(sender), std::move(reply));
///   batch.flush();                               // one wake-up per lane, however many
///
/// Errors: Errc::cancelled when the sender was destroyed unused, or when the waiting coroutine was
/// cancelled terminally; Errc::timeout from wait_until(). Total cancellation (a group that stops in
/// grace) does not interrupt: the command is under way and its answer is wanted.
/// Threads: OneShot on its lane only; a sender on any one thread; a CompletionBatch on one thread.
/// Lifetime: sender and OneShot may go in any order.
#pragma once

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "runtime/lane.h"
#include "runtime/timeout_sweep.h"

namespace tidings::runtime {
namespace detail {

/// What does not depend on the value's type: the lane and the coroutine that waits.
class OneShotState {
 public:
  explicit OneShotState(Lane& lane) : lane_(lane) {}
  virtual ~OneShotState() = default;

  [[nodiscard]] Lane& lane() const { return lane_; }
  /// On the lane, at the top of a job: the value stands (or never will); go on with the waiter.
  void deliver();
  /// On the lane: go on without the value. The waiter is resumed by the loop, never inline.
  void give_up();
  [[nodiscard]] bool delivered() const { return delivered_; }

  /// To be awaited directly: one coroutine frame less than awaiting a coroutine that waits.
  struct Suspend;
  [[nodiscard]] auto until_delivered(bool interruptible);

 private:
  /// What Asio resumes a coroutine by that awaits an operation without a frame of its own.
  using Waiter = asio::detail::awaitable_async_op_handler<void(), Executor>;
  void park(Waiter waiter, bool interruptible);

  Lane& lane_;
  bool delivered_ = false;
  std::optional<Waiter> waiter_;
};

struct OneShotState::Suspend {
  OneShotState* state;
  bool interruptible;
  void operator()(Waiter waiter) const { state->park(std::move(waiter), interruptible); }
};

inline auto OneShotState::until_delivered(bool interruptible) {
  return asio::async_initiate<const asio::deferred_t, void()>(Suspend{this, interruptible},
                                                              asio::deferred);
}

/// Ends a wait when its time has come. Lives in the coroutine that waits.
class OneShotLimit final : public TimeoutSweep::Entry {
 public:
  OneShotLimit(OneShotState& state, Deadline deadline)
      : Entry(state.lane().timeouts()), state_(state) {
    arm(deadline);
  }
  [[nodiscard]] bool passed() const { return passed_; }

 private:
  void on_timeout() override {
    passed_ = true;
    state_.give_up();
  }
  OneShotState& state_;
  bool passed_ = false;
};

template <class T>
struct OneShotValue final : OneShotState {
  using OneShotState::OneShotState;
  std::optional<T> value;  // written by the sender before deliver() is posted
};

template <class T>
struct Flat {
  using type = Result<T>;
};
template <class T>
struct Flat<Result<T>> {
  using type = Result<T>;
};

}  // namespace detail

class CompletionBatch;

template <class T>
class OneShotSender {
 public:
  OneShotSender() = default;
  OneShotSender(OneShotSender&&) noexcept = default;
  OneShotSender& operator=(OneShotSender&& other) noexcept {
    abandon();
    state_ = std::move(other.state_);
    return *this;
  }
  ~OneShotSender() { abandon(); }

  explicit operator bool() const { return state_ != nullptr; }
  /// Sends the value with a wake-up of its own; use a CompletionBatch where there are many.
  void complete(T value) {
    CHECK(state_ != nullptr);
    state_->value.emplace(std::move(value));
    abandon();
  }

 private:
  template <class>
  friend class OneShot;
  friend class CompletionBatch;
  explicit OneShotSender(std::shared_ptr<detail::OneShotValue<T>> state)
      : state_(std::move(state)) {}
  void abandon() {
    if (!state_) return;
    Lane& lane = state_->lane();
    lane.post([state = std::move(state_)] { state->deliver(); });
    state_ = nullptr;
  }

  std::shared_ptr<detail::OneShotValue<T>> state_;
};

template <class T>
class OneShot {
 public:
  using Sender = OneShotSender<T>;
  using Waited = typename detail::Flat<T>::type;  ///< Result<T>; for T = Result<U>, Result<U>

  /// REQUIRES: on a lane, or its name.
  OneShot() : OneShot(*Lane::current()) {}
  explicit OneShot(Lane& lane) : state_(std::make_shared<detail::OneShotValue<T>>(lane)) {}
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  /// REQUIRES: called once.
  [[nodiscard]] Sender sender() { return Sender(state_); }

  /// REQUIRES: called once, on the lane. `interruptible = false` waits on even when cancelled
  /// terminally: for work that must have ended before the caller may go.
  awaitable<Waited> wait(bool interruptible = true) {
    return receive(state_, Deadline::never(), interruptible);
  }
  /// The same with an end (Errc::timeout), late by up to Lane::kTimeoutTick. What comes after it
  /// is dropped.
  awaitable<Waited> wait_until(Deadline deadline) { return receive(state_, deadline, true); }

 private:
  using State = std::shared_ptr<detail::OneShotValue<T>>;

  static awaitable<Waited> receive(State state, Deadline deadline, bool interruptible) {
    CHECK(Lane::current() == &state->lane());
    std::optional<detail::OneShotLimit> limit;
    if (!state->delivered()) {
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      const auto terminal = cancellation.cancelled() & asio::cancellation_type::terminal;
      if (!interruptible || terminal == asio::cancellation_type::none) {
        if (!deadline.is_never()) limit.emplace(*state, deadline);
        co_await state->until_delivered(interruptible);
      }
    }
    if (state->delivered() && state->value) co_return std::move(*state->value);
    // Said in full: a T that is an aggregate could itself be made from an Error.
    if (limit && limit->passed()) {
      co_return Waited(boost::system::in_place_error,
                       fail(Errc::timeout, "the answer did not come in time"));
    }
    co_return Waited(boost::system::in_place_error,
                     fail(Errc::cancelled, "the answer was not waited for, or never came"));
  }

  State state_;
};

/// Values for many waiters, handed over with one wake-up per lane. The destructor flushes.
class CompletionBatch {
 public:
  CompletionBatch() = default;
  CompletionBatch(const CompletionBatch&) = delete;
  CompletionBatch& operator=(const CompletionBatch&) = delete;
  ~CompletionBatch() { flush(); }

  template <class T>
  void add(OneShotSender<T> sender, std::type_identity_t<T> value) {
    CHECK(sender.state_ != nullptr);
    sender.state_->value.emplace(std::move(value));
    add_state(std::move(sender.state_));
  }
  void flush();

 private:
  using States = std::vector<std::shared_ptr<detail::OneShotState>>;
  void add_state(std::shared_ptr<detail::OneShotState> state);

  std::vector<std::pair<Lane*, States>> by_lane_;  // a handful of lanes: searched in line
};

}  // namespace tidings::runtime
