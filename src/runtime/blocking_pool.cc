#include "runtime/blocking_pool.h"

#include <pthread.h>

namespace tidings::runtime {

BlockingPool::BlockingPool(std::size_t threads, std::size_t max_queued, std::string_view name)
    : max_queued_(max_queued) {
  CHECK(threads >= 1);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
    const auto label = (std::string(name) + "-" + std::to_string(i)).substr(0, 15);
    pthread_setname_np(threads_.back().native_handle(), label.c_str());
  }
}

BlockingPool::~BlockingPool() { stop(); }

void BlockingPool::stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t BlockingPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

bool BlockingPool::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return true;  // the job's sender is dropped: its waiter sees Errc::cancelled
    if (queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void BlockingPool::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.wait(lock);
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace tidings::runtime
