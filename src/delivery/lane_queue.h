/// The events of one group that wait for delivery, in commit order, whatever order they come in.
///
/// Nearly all come at the end and leave at the front; a vector and an index serve those. Events that
/// an operator replays stand lower than what is there already: they go into a small sorted map
/// beside it, and the front is the lower of both. Cancelled ones leave a mark that is passed over,
/// so that cancelling a million from the middle does not move a million.
///
/// Memory: 24 bytes an event, about 80 a late one. Threads: its owner's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace tidings::delivery {

class LaneQueue {
 public:
  struct Item {
    std::int64_t seq = 0;
    std::int64_t since_ms = 0;  ///< wall time; its age counts from here
    std::int32_t attempts = 0;
    bool fresh = false;   ///< committed just now, never waited
    bool parked = false;  ///< an operator decides about it
    bool gone = false;    ///< cancelled: passed over
  };

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const {
    return items_.size() - head_ - gone_ + (late_ ? late_->size() : 0);
  }
  /// The lowest seq. REQUIRES: not empty.
  [[nodiscard]] Item& front();
  [[nodiscard]] const Item& front() const { return const_cast<LaneQueue*>(this)->front(); }

  /// insert() comes soon.
  void prefetch_end() const { __builtin_prefetch(items_.data() + items_.size(), 1); }
  /// In its place. False: it is here already.
  bool insert(const Item& item);
  /// Takes the front out. put_back() undoes it, wherever the front is by then.
  Item take();
  void put_back(const Item& item);
  void pop() { (void)take(); }
  [[nodiscard]] Item* find(std::int64_t seq);
  /// False: it is not here.
  bool erase(std::int64_t seq);

 private:
  [[nodiscard]] bool late_first() const;
  void pass_over_gone();

  // Items before `head_` are done; they are cut off when they are the larger half. items_[head_] is
  // not gone.
  std::vector<Item> items_;
  std::uint32_t head_ = 0;
  std::uint32_t gone_ = 0;  // from head_ on
  std::unique_ptr<std::map<std::int64_t, Item>> late_;
};

}  // namespace tidings::delivery
