#include "store/sync_stage.h"

#include "base/check.h"
#include "base/short_turns.h"
#include "base/thread_name.h"

namespace tidings::store {

void SyncStage::start() {
  if (!thread_.joinable()) thread_ = std::thread{[this] { loop(); }};
}

void SyncStage::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SyncStage::settle() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return !busy_; });
}

void SyncStage::run() {
  {
    const std::lock_guard lock{mutex_};
    CHECK(!busy_ && !stopping_);
    busy_ = true;
  }
  changed_.notify_all();
}

void SyncStage::loop() {
  name_this_thread("sync");
  ask_for_short_turns();
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return busy_ || stopping_; });
    if (!busy_) return;
    lock.unlock();
    work_();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace tidings::store
