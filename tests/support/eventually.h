/// Waiting on a condition in a test: never a fixed sleep, always a limit that is far off.
#pragma once

#include <chrono>
#include <thread>

namespace tidings::test {

/// True as soon as `condition()` is; false when it is not within `limit`.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds limit = std::chrono::seconds{20}) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace tidings::test
