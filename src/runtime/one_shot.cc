#include "runtime/one_shot.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

namespace tidings::runtime {
namespace detail {

namespace {

/// Only terminal cancellation interrupts.
struct GiveUpWhenTerminal {
  OneShotState* state;
  void operator()(asio::cancellation_type type) const {
    if ((type & asio::cancellation_type::terminal) != asio::cancellation_type::none) {
      state->give_up();
    }
  }
};

}  // namespace

void OneShotState::park(Waiter waiter, bool interruptible) {
  auto slot = asio::get_associated_cancellation_slot(waiter);
  waiter_.emplace(std::move(waiter));
  if (interruptible && slot.is_connected()) slot.assign(GiveUpWhenTerminal{this});
}

void OneShotState::deliver() {
  delivered_ = true;
  if (!waiter_) return;
  auto waiter = std::move(*waiter_);
  waiter_.reset();
  std::move(waiter)();
}

void OneShotState::give_up() {
  if (!waiter_) return;
  asio::post(lane_.io(), std::move(*waiter_));
  waiter_.reset();
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
