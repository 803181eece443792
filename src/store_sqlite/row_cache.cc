#include "store_sqlite/row_cache.h"

#include <iterator>

namespace tidings::sqlite {

community::AppPtr AppCache::find(SdkAppId app, std::int64_t stamp) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(app);
  return found != entries_.end() && found->second.stamp == stamp ? found->second.settings : nullptr;
}

void AppCache::keep(SdkAppId app, std::int64_t stamp, community::AppPtr settings) {
  const std::lock_guard lock{mutex_};
  Entry& entry = entries_[app];
  // A reader of an older snapshot must not push out what is newer.
  if (entry.stamp <= stamp) entry = {stamp, std::move(settings)};
}

void AppCache::clear() {
  const std::lock_guard lock{mutex_};
  entries_.clear();
}

const community::Group* GroupCache::find(const community::GroupKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  Entry& entry = **found;
  entry.used = true;
  return &entry.group;
}

void GroupCache::keep(const community::Group& group) {
  const auto found = places_.find(group.key);
  if (found != places_.end()) {
    Entry& entry = **found;
    entry.group = group;
    entry.used = true;
    return;
  }
  if (full()) make_room();
  order_.push_front({group, std::nullopt});
  places_.insert(order_.begin());
}

void GroupCache::keep_ahead(const community::Group& group) {
  order_.push_back({group, std::nullopt});
  places_.insert(std::prev(order_.end()));
}

void GroupCache::make_room() {
  while (order_.back().used) {
    order_.back().used = false;
    order_.splice(order_.begin(), order_, std::prev(order_.end()));
  }
  forget(order_.back().group.key);
}

const TopicChain* GroupCache::find_chain(const community::GroupKey& key) const {
  const auto found = places_.find(key);
  return found != places_.end() && (*found)->chain ? &*(*found)->chain : nullptr;
}

void GroupCache::keep_chain(const community::GroupKey& key, const TopicChain& chain) {
  const auto found = places_.find(key);
  if (found != places_.end()) (*found)->chain = chain;
}

void GroupCache::forget(const community::GroupKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  const Place place = *found;  // `key` may stand there
  places_.erase(found);
  order_.erase(place);
}

void GroupCache::clear() {
  places_.clear();
  order_.clear();
}

void RowCache::forget_groups() {
  groups.clear();
  ahead = {};
}

void RowCache::clear() {
  forget_groups();
  tallies.clear();
  ledgers.clear();
  counters.reset();
  recent = {};
  deleted_apps.reset();
}

}  // namespace tidings::sqlite
