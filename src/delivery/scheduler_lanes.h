/// What the Scheduler keeps: a lane per group, an endpoint per URL, an app. Private to it.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "delivery/lane_queue.h"
#include "delivery/scheduler.h"

namespace tidings::delivery {

namespace bi = boost::intrusive;
using Hook = bi::list_base_hook<bi::link_mode<bi::auto_unlink>>;

/// A group's queue. It stands in at most one list: ready at an endpoint, or held at its app.
struct Scheduler::Lane : Hook {
  enum class State : std::uint8_t { held, ready, waiting, parked, in_flight };

  explicit Lane(AppState* owner) : app(owner) {}
  /// seq of the event that the others wait for.
  [[nodiscard]] std::int64_t head() const {
    return state == State::in_flight ? flying.seq : queue.front().seq;
  }

  LaneQueue queue;                    // without the one in flight
  LaneQueue::Item flying;             // while in flight
  std::optional<store::EventState> cancel_as;  // while in flight: what an operator wants
  AppState* app;                      // null: the app was removed while this lane was in flight
  const LaneKey* key = nullptr;       // of the map that owns this; null with `app`
  Endpoint* sent_to = nullptr;        // while in flight
  std::multimap<std::int64_t, Lane*>::iterator timer{};  // while waiting
  std::uint32_t settings = 0;         // while in flight: its app's when it left
  bool probe = false;                 // while in flight: of an open breaker
  State state = State::held;
};

static_assert(sizeof(Scheduler::Lane) <= 128, "there may be a million of them");

struct Scheduler::Endpoint {
  using Ready = bi::list<Lane, bi::constant_time_size<false>>;

  Endpoint(std::string text, int cap) : url(std::move(text)), window(cap) {}

  std::string url;
  Window window;
  Breaker breaker;
  Ready fresh;    // committed just now
  Ready backlog;  // left over, retried, or waiting since the breaker opened
  int apps = 0;
  bool runnable = false;   // stands in runnable_ or crowded_
  bool timed = false;      // stands in probing_
  bool fresh_turn = true;  // new events keep at least half of the window

  [[nodiscard]] bool has_ready() const { return !fresh.empty() || !backlog.empty(); }
};

struct Scheduler::AppState {
  SdkAppId id;
  Target target;
  Endpoint* endpoint = nullptr;  // null: held
  std::size_t queued = 0;        // as Counts::queued
  std::uint32_t settings = 0;    // counts changes that make an attempt worth while again
  bi::list<Lane, bi::constant_time_size<false>> held;
};

}  // namespace tidings::delivery
