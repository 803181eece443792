#include "delivery/lane_queue.h"

#include <algorithm>

#include "base/check.h"

namespace tidings::delivery {

bool LaneQueue::late_first() const {
  if (!late_ || late_->empty()) return false;
  return head_ == items_.size() || late_->begin()->first < items_[head_].seq;
}

LaneQueue::Item& LaneQueue::front() {
  CHECK(!empty());
  return late_first() ? late_->begin()->second : items_[head_];
}

bool LaneQueue::insert(const Item& item) {
  if (head_ == items_.size()) {  // nothing here that it could overtake
    items_.clear();
    head_ = 0;
  }
  if (items_.empty() || items_.back().seq < item.seq) {
    if (late_ && late_->contains(item.seq)) return false;
    items_.push_back(item);
    return true;
  }
  if (find(item.seq) != nullptr) return false;
  if (!late_) late_ = std::make_unique<std::map<std::int64_t, Item>>();
  late_->emplace(item.seq, item);
  return true;
}

LaneQueue::Item LaneQueue::take() {
  CHECK(!empty());
  if (late_first()) {
    const Item item = late_->begin()->second;
    late_->erase(late_->begin());
    if (late_->empty()) late_.reset();
    return item;
  }
  const Item item = items_[head_];
  ++head_;
  pass_over_gone();
  if (head_ > 32 && head_ * 2 > items_.size()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return item;
}

void LaneQueue::put_back(const Item& item) {
  CHECK(find(item.seq) == nullptr);
  const bool lowest = head_ == items_.size() || item.seq < items_[head_].seq;
  if (head_ > 0 && lowest) {
    items_[--head_] = item;
    return;
  }
  if (!late_) late_ = std::make_unique<std::map<std::int64_t, Item>>();
  late_->emplace(item.seq, item);
}

LaneQueue::Item* LaneQueue::find(std::int64_t seq) {
  const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto at = std::lower_bound(begin, items_.end(), seq,
                                   [](const Item& item, std::int64_t s) { return item.seq < s; });
  if (at != items_.end() && at->seq == seq && !at->gone) return &*at;
  if (!late_) return nullptr;
  const auto late = late_->find(seq);
  return late == late_->end() ? nullptr : &late->second;
}

bool LaneQueue::erase(std::int64_t seq) {
  Item* const item = find(seq);
  if (item == nullptr) return false;
  if (late_ && late_->erase(seq) > 0) {
    if (late_->empty()) late_.reset();
    return true;
  }
  item->gone = true;
  ++gone_;
  pass_over_gone();
  return true;
}

void LaneQueue::pass_over_gone() {
  while (head_ < items_.size() && items_[head_].gone) {
    ++head_;
    --gone_;
  }
}

}  // namespace tidings::delivery
