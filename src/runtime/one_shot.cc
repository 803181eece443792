#include "runtime/one_shot.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace tidings::runtime {
namespace detail {

/// Only terminal cancellation interrupts. The waiter is resumed by a post, never inside emit().
struct OneShotState::Cancel {
  OneShotState* state;
  void operator()(asio::cancellation_type type) const {
    if ((type & asio::cancellation_type::terminal) == asio::cancellation_type::none) return;
    if (!state->waiter_) return;
    asio::post(state->lane_.io(), std::move(*state->waiter_));
    state->waiter_.reset();
  }
};

struct OneShotState::Suspend {
  OneShotState* state;
  bool interruptible;
  void operator()(Waiter handler) const {
    auto slot = asio::get_associated_cancellation_slot(handler);
    state->waiter_.emplace(std::move(handler));
    if (interruptible && slot.is_connected()) slot.assign(Cancel{state});
  }
};

void OneShotState::deliver() {
  delivered_ = true;
  if (!waiter_) return;
  auto waiter = std::move(*waiter_);
  waiter_.reset();
  std::move(waiter)();
}

awaitable<void> OneShotState::until_delivered(bool interruptible) {
  CHECK(Lane::current() == &lane_);
  if (delivered_) co_return;
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (interruptible && (cancellation.cancelled() & asio::cancellation_type::terminal) !=
      asio::cancellation_type::none) {
    co_return;
  }
  Suspend suspend{this, interruptible};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(suspend, asio::use_awaitable);
}

}  // namespace detail

void CompletionBatch::add_state(std::shared_ptr<detail::OneShotState> state) {
  Lane* lane = &state->lane();
  for (auto& [known, states] : by_lane_) {
    if (known == lane) {
      states.push_back(std::move(state));
      return;
    }
  }
  by_lane_.emplace_back(lane, States{}).second.push_back(std::move(state));
}

void CompletionBatch::flush() {
  for (auto& [lane, states] : by_lane_) {
    lane->post([states = std::move(states)] {
      for (const auto& state : states) state->deliver();
    });
  }
  by_lane_.clear();
}

}  // namespace tidings::runtime
