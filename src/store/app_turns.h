/// What waits for one server on behalf of many apps, taken in turns by app, so that who sends much or
/// heavy things makes others wait for a turn of its own and not for all that it sent (promise P5).
///
/// Deficit round robin: an app whose turn it is may have taken as much weight as a turn has, what it did
/// not use of it is added to its next one, and a heavy item waits until that is enough. Items of one
/// app leave in the order in which they came. An app may have waiting at most half of what the others
/// leave of the room.
///
///   AppTurns<Job> turns{{.max_queued = 1000, .turn = 64}};
///   if (!turns.push(app, {.weight = rows}, job)) return refuse(job);  // untouched
///   turns.take({.items = 100, .weight = 2000}, taken);
///   for (auto& each : taken) run(*each.item);                         // stays where it is
///   turns.release(taken);
///
/// Cost: push() and each item that take() takes are O(1) in the number of items and apps, heavy ones one
/// look a turn of their weight. Places of released items are used again, so nothing is allocated below
/// the most that ever waited; a line is kept for each of the last apps that sent something.
///
/// Threads: its owner's lock for every call. What was taken may be used without it until release(),
/// also while others push. Lifetime: items live until they are released, or with this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tidings/ids.h"

namespace tidings::store {

template <class Item>
class AppTurns {
 public:
  struct Options {
    std::size_t max_queued = 65536;  ///< of all apps; what was taken does not count
    std::size_t turn = 64;           ///< weight, at least 1
    std::size_t idle_lines = 1024;   ///< with more lines than so many, one that empties goes
  };
  struct Load {
    std::size_t weight = 1;
    bool alone = false;  ///< is taken with no other
  };
  /// Both at least 1. The item that reaches `weight` is the last, however heavy it is.
  struct Bounds {
    std::size_t items = 1024;
    std::size_t weight = 2048;
  };
  struct Taken {
    std::uint32_t slot = 0;
    Item* item = nullptr;
  };

  explicit AppTurns(const Options& options) : options_(options) {}
  AppTurns(const AppTurns&) = delete;
  AppTurns& operator=(const AppTurns&) = delete;

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t queued(SdkAppId app) const {
    const auto found = lines_.find(app);
    return found == lines_.end() ? 0 : found->second.length;
  }
  [[nodiscard]] std::size_t lines() const { return lines_.size(); }

  /// False: the app has its share of the room, and the item is untouched.
  [[nodiscard]] bool push(SdkAppId app, const Load& load, Item& item);
  /// Appends what is next to `taken`. What a turn has left when the bounds are reached is used next.
  void take(const Bounds& bounds, std::vector<Taken>& taken);
  /// The places of `taken` are free again; what is left in them goes when they are used next.
  void release(std::vector<Taken>& taken);

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// Beside the items: a turn looks at many of them, and at none of what they hold.
  struct Place {
    std::size_t weight = 0;
    std::uint32_t next = kNone;  // behind it in its line, or free
    bool alone = false;
  };
  struct Line {
    SdkAppId app;
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::size_t length = 0;
    std::size_t credit = 0;
    Line* next = nullptr;  // whose turn is after it
  };

  [[nodiscard]] std::uint32_t place(Item& item);
  void join(Line& line);
  Line& leave();
  [[nodiscard]] std::uint32_t take_first(Line& line);

  const Options options_;
  std::deque<Item> items_;  // by slot; they do not move when it grows
  std::vector<Place> places_;
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
  std::unordered_map<SdkAppId, Line> lines_;
  Line* front_ = nullptr;  // of the lines with items, the one whose turn it is
  Line* back_ = nullptr;
};

template <class Item>
bool AppTurns<Item>::push(SdkAppId app, const Load& load, Item& item) {
  Line& line = lines_[app];
  // own < half of (max - others), rounded up.
  if (line.length + size_ >= options_.max_queued) {
    if (line.length == 0) lines_.erase(app);
    return false;
  }
  const std::uint32_t slot = place(item);
  places_[slot] = {load.weight, kNone, load.alone};
  if (line.length == 0) {
    line = {app, slot, slot, 0, options_.turn, nullptr};
    join(line);
  } else {
    places_[line.last].next = slot;
    line.last = slot;
  }
  ++line.length;
  ++size_;
  return true;
}

template <class Item>
void AppTurns<Item>::take(const Bounds& bounds, std::vector<Taken>& taken) {
  const std::size_t before = taken.size();
  std::size_t weight = 0;
  while (front_ != nullptr && taken.size() - before < bounds.items && weight < bounds.weight) {
    Line& line = *front_;
    const Place next = places_[line.first];
    if (next.weight > line.credit) {
      line.credit += options_.turn;
      join(leave());
      continue;
    }
    if (next.alone && taken.size() != before) return;
    const std::uint32_t slot = take_first(line);
    taken.push_back({slot, &items_[slot]});
    weight += next.weight;
    if (next.alone) return;
  }
}

template <class Item>
void AppTurns<Item>::release(std::vector<Taken>& taken) {
  for (const Taken& each : taken) {
    places_[each.slot].next = free_;
    free_ = each.slot;
  }
  taken.clear();
}

template <class Item>
std::uint32_t AppTurns<Item>::place(Item& item) {
  if (free_ == kNone) {
    items_.push_back(std::move(item));
    places_.emplace_back();
    return static_cast<std::uint32_t>(places_.size() - 1);
  }
  const std::uint32_t slot = free_;
  free_ = places_[slot].next;
  items_[slot] = std::move(item);
  return slot;
}

template <class Item>
void AppTurns<Item>::join(Line& line) {
  line.next = nullptr;
  (front_ == nullptr ? front_ : back_->next) = &line;
  back_ = &line;
}

template <class Item>
typename AppTurns<Item>::Line& AppTurns<Item>::leave() {
  Line& line = *front_;
  front_ = line.next;
  return line;
}

template <class Item>
std::uint32_t AppTurns<Item>::take_first(Line& line) {
  const std::uint32_t slot = line.first;
  line.credit -= places_[slot].weight;
  line.first = places_[slot].next;
  --line.length;
  --size_;
  if (line.length == 0) {
    const SdkAppId app = leave().app;
    if (lines_.size() > options_.idle_lines) lines_.erase(app);
  }
  return slot;
}

}  // namespace tidings::store
