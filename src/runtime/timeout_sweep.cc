#include "runtime/timeout_sweep.h"

namespace tidings::runtime {

struct TimeoutSweep::Ticker : std::enable_shared_from_this<Ticker> {
  Ticker(Lane& lane, std::chrono::milliseconds every, TimeoutSweep& sweep)
      : timer(lane.io()), tick(every), owner(&sweep) {}

  void schedule() {
    if (scheduled) return;
    scheduled = true;
    timer.expires_after(tick);
    timer.async_wait([self = shared_from_this()](boost::system::error_code) {
      self->scheduled = false;
      if (self->owner) self->owner->sweep();
    });
  }

  asio::steady_timer timer;
  std::chrono::milliseconds tick;
  TimeoutSweep* owner;
  bool scheduled = false;
};

TimeoutSweep::Entry::Entry(TimeoutSweep& sweep) : sweep_(&sweep) { sweep.add(*this); }
TimeoutSweep::Entry::~Entry() {
  if (sweep_) sweep_->remove(*this);
}

TimeoutSweep::TimeoutSweep(Lane& lane, std::chrono::milliseconds tick)
    : ticker_(std::make_shared<Ticker>(lane, tick, *this)) {}

TimeoutSweep::~TimeoutSweep() {
  for (Entry* entry = first_; entry; entry = entry->next_) entry->sweep_ = nullptr;
  ticker_->owner = nullptr;
  ticker_->timer.cancel();
}

void TimeoutSweep::add(Entry& entry) {
  entry.next_ = first_;
  if (first_) first_->previous_ = &entry;
  first_ = &entry;
  ++count_;
  ticker_->schedule();
}

void TimeoutSweep::remove(Entry& entry) {
  if (cursor_ == &entry) cursor_ = entry.next_;
  if (entry.previous_) entry.previous_->next_ = entry.next_;
  if (entry.next_) entry.next_->previous_ = entry.previous_;
  if (first_ == &entry) first_ = entry.next_;
  --count_;
}

void TimeoutSweep::sweep() {
  const auto now = Deadline::SteadyClock::now();
  cursor_ = first_;
  while (cursor_) {
    Entry& entry = *cursor_;
    cursor_ = entry.next_;
    if (entry.deadline_.time() > now) continue;
    entry.disarm();
    entry.on_timeout();
  }
  if (first_) ticker_->schedule();
}

}  // namespace tidings::runtime
