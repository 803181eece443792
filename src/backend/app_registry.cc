#include "backend/app_registry.h"

#include <utility>

namespace tidings::backend {

AppRegistry::AppRegistry(std::vector<community::App> apps) {
  Apps all;
  for (community::App& app : apps) {
    const SdkAppId id = app.id;
    all.insert_or_assign(id, std::make_shared<const community::App>(std::move(app)));
  }
  apps_ = std::make_shared<const Apps>(std::move(all));
}

std::shared_ptr<const AppRegistry::Apps> AppRegistry::all() const {
  const std::lock_guard lock(mutex_);
  return apps_;
}

community::AppPtr AppRegistry::find(SdkAppId id) const {
  const std::shared_ptr<const Apps> apps = all();
  const auto found = apps->find(id);
  return found == apps->end() ? nullptr : found->second;
}

void AppRegistry::put(community::AppPtr app) {
  const SdkAppId id = app->id;
  {
    const std::lock_guard lock(mutex_);
    const auto held = apps_->find(id);
    if (held != apps_->end() && held->second->version > app->version) return;
    auto next = std::make_shared<Apps>(*apps_);
    next->insert_or_assign(id, std::move(app));
    apps_ = std::move(next);
  }
  if (changed_) changed_(id);
}

void AppRegistry::remove(SdkAppId id) {
  {
    const std::lock_guard lock(mutex_);
    if (!apps_->contains(id)) return;
    auto next = std::make_shared<Apps>(*apps_);
    next->erase(id);
    apps_ = std::move(next);
  }
  if (changed_) changed_(id);
}

}  // namespace tidings::backend
