/// The apps as every door and the delivery see them: one immutable snapshot, replaced after each
/// committed change, so that a request reads settings without a lock or a query.
///
/// Threads: every method from any thread. A snapshot stays valid as long as it is held.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "community/app.h"

namespace tidings::backend {

class AppRegistry {
 public:
  using Apps = std::map<SdkAppId, community::AppPtr>;

  explicit AppRegistry(std::vector<community::App> apps = {});

  [[nodiscard]] std::shared_ptr<const Apps> all() const;
  /// nullptr: no such app.
  [[nodiscard]] community::AppPtr find(SdkAppId id) const;
  /// After the change was committed. An older version than the one held is ignored.
  void put(community::AppPtr app);
  void remove(SdkAppId id);
  /// Called after each change, on the thread that made it: delivery looks again. Set it before the
  /// first change; it must only hand over.
  void watch(std::function<void(SdkAppId)> changed) { changed_ = std::move(changed); }

 private:
  std::function<void(SdkAppId)> changed_;  // constant after wiring
  mutable std::mutex mutex_;  // protects the pointer, not the map
  std::shared_ptr<const Apps> apps_;
};

}  // namespace tidings::backend
