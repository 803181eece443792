/// For tests of the feed: a stream that keeps what was written, until its reader leaves.
///
/// Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "net/event_stream.h"

namespace tidings::receiver::testing {

class CapturedStream final : public net::EventStream {
 public:
  runtime::awaitable<Result<void>> write(std::string bytes) override {
    const std::lock_guard lock(mutex_);
    text_ += bytes;
    changed_.notify_all();
    co_return Result<void>{};
  }
  [[nodiscard]] bool gone() const override {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  void set_content_type(std::string_view) override {}

  void leave() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }
  bool wait_for(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return text_.find(part) != std::string::npos; });
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool gone_ = false;
};

}  // namespace tidings::receiver::testing
