#include "runtime/lane.h"

#include <iterator>

#include "base/check.h"
#include "base/thread_name.h"
#include "runtime/timeout_sweep.h"

namespace tidings::runtime {
namespace {
thread_local Lane* current_lane = nullptr;
}  // namespace

Lane::Lane(std::string name)
    : name_(std::move(name)),
      io_(1),
      timeouts_(std::make_unique<TimeoutSweep>(*this, kTimeoutTick)),
      work_(asio::make_work_guard(io_)) {}

Lane::~Lane() {
  abandon();
  join();
  std::vector<Job> leftover;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    leftover.swap(inbox_);
  }
  // Destroying a job may post another one; `closed_` makes that a no-op.
  leftover.clear();
}

Lane* Lane::current() { return current_lane; }

bool Lane::is_home() const { return current_lane == this || !running_.load(); }

void Lane::post(Job job) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    wake = inbox_.empty();
    inbox_.push_back(std::move(job));
  }
  if (wake) asio::post(io_, [this] { drain(); });
}

void Lane::post_batch(std::vector<Job> jobs) {
  if (jobs.empty()) return;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    wake = inbox_.empty();
    inbox_.insert(inbox_.end(), std::make_move_iterator(jobs.begin()),
                  std::make_move_iterator(jobs.end()));
  }
  if (wake) asio::post(io_, [this] { drain(); });
}

void Lane::drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_.swap(inbox_);
  }
  for (auto& job : draining_) job();
  draining_.clear();
}

void Lane::start() {
  CHECK(!thread_.joinable());
  running_ = true;
  thread_ = std::thread([this] { run(); });
}

void Lane::run() {
  current_lane = this;
  name_this_thread(name_);
  io_.run();
  current_lane = nullptr;
}

void Lane::finish() {
  asio::post(io_, [this] { work_.reset(); });
}

void Lane::abandon() { io_.stop(); }

void Lane::join() {
  if (!thread_.joinable()) return;
  thread_.join();
  running_ = false;
}

Lanes::Lanes(std::size_t count, std::string_view prefix) {
  CHECK(count >= 1);
  for (std::size_t i = 0; i < count; ++i) {
    lanes_.push_back(std::make_unique<Lane>(std::string(prefix) + "-" + std::to_string(i)));
  }
}

Lanes::~Lanes() {
  // All threads end before the first lane is destroyed: lanes post to each other.
  for (auto& lane : lanes_) lane->abandon();
  for (auto& lane : lanes_) lane->join();
}

void Lanes::start() {
  for (auto& lane : lanes_) lane->start();
}

void Lanes::stop() {
  for (auto& lane : lanes_) lane->finish();
  for (auto& lane : lanes_) lane->join();
}

void Lanes::abandon() {
  for (auto& lane : lanes_) lane->abandon();
}

Lane& Lanes::next() { return *lanes_[turn_.fetch_add(1) % lanes_.size()]; }

}  // namespace tidings::runtime
