/// What the writer keeps of the store between batches: there is exactly one writer, so its copies
/// stay true as long as every commit succeeds; after a failure they are dropped. Bounded.
///
/// AppCache is shared by writer and readers: it goes by the stamp of the row, which no two versions
/// of any app share, so it cannot be stale.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "community/rows.h"
#include "community/app.h"
#include "store/event_log.h"
#include "store/secret_box.h"
#include "store_sqlite/group_counts.h"

namespace tidings::sqlite {

class AppCache {
 public:
  /// `secrets`: what apps' secrets are sealed with; nullptr: they are stored as they are.
  explicit AppCache(std::shared_ptr<const store::SecretBox> secrets = nullptr)
      : secrets_(std::move(secrets)) {}
  [[nodiscard]] community::AppPtr find(SdkAppId app, std::int64_t stamp) const;
  void keep(SdkAppId app, std::int64_t stamp, community::AppPtr settings);
  /// Stamps were taken back with the rows that had them, and will be given again.
  void clear();
  [[nodiscard]] const store::SecretBox* secrets() const { return secrets_.get(); }

 private:
  struct Entry {
    std::int64_t stamp = 0;
    community::AppPtr settings;
  };
  std::shared_ptr<const store::SecretBox> secrets_;
  mutable std::mutex mutex_;
  std::unordered_map<SdkAppId, Entry> entries_;  // protected by mutex_
};

/// Where the chain of a group's topics begins (schema.cc, "topics in order").
struct TopicChain {
  std::optional<std::int64_t> last;  ///< row of the topic created last; none: it has no topics
};

/// Groups in use, as they are stored. When there is no room for another, one goes that was not used
/// since it was last looked at for that: to mark a use costs less than to keep their order.
class GroupCache {
 public:
  /// REQUIRES: limit > 0.
  explicit GroupCache(std::size_t limit) : limit_(limit) {}

  /// nullptr: not here, which says nothing about the store. Valid until the next change.
  [[nodiscard]] const community::Group* find(const community::GroupKey& key);
  void keep(const community::Group& group);
  /// One that nobody has named: it is the first to go. REQUIRES: it is not here, and there is room.
  void keep_ahead(const community::Group& group);
  /// nullptr: not known.
  [[nodiscard]] const TopicChain* find_chain(const community::GroupKey& key) const;
  /// Kept as long as its group is, if that is here.
  void keep_chain(const community::GroupKey& key, const TopicChain& chain);
  void forget(const community::GroupKey& key);
  void clear();
  [[nodiscard]] bool holds(const community::GroupKey& key) const { return places_.contains(key); }
  [[nodiscard]] bool full() const { return order_.size() >= limit_; }

 private:
  struct Entry {
    community::Group group;
    std::optional<TopicChain> chain;
    bool used = false;
  };
  using Order = std::list<Entry>;
  using Place = Order::iterator;
  static const community::GroupKey& key_of(const Place& place) { return place->group.key; }
  static const community::GroupKey& key_of(const community::GroupKey& key) { return key; }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const auto& named) const {
      const community::GroupKey& key = key_of(named);
      return std::hash<GroupId>{}(key.group) ^ (key.app.number() * std::size_t{0x9E3779B97F4A7C15});
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return key_of(a) == key_of(b); }
  };
  void make_room();

  std::size_t limit_;
  Order order_;  // the next to be looked at stands last
  boost::unordered_flat_set<Place, Hash, Equal> places_;  // by the key that stands there
};

/// Numbers that were drawn last (table `counter`).
struct Counters {
  community::IdCounters ids;
  std::int64_t group_row = 0;
  std::int64_t joined = 0;
  std::int64_t event_seq = 0;
  std::int64_t app_stamp = 0;
  std::int64_t own_topic_ids = 0;
};

struct RowCache {
  explicit RowCache(std::size_t groups_kept) : groups(groups_kept) {}
  void clear();
  /// Of any group something may have changed.
  void forget_groups();

  GroupCache groups;
  std::map<SdkAppId, community::Tally> tallies;
  std::map<SdkAppId, store::Ledger> ledgers;  ///< without oldest_pending_ms
  std::optional<Counters> counters;
  RecentCounts recent;  ///< all of the log, once it was read
  std::optional<std::set<SdkAppId>> deleted_apps;  ///< those that have rows (deleted_rows.h)

  /// How far groups were read before they were named (group_read_ahead.h).
  struct Ahead {
    std::int64_t before = std::numeric_limits<std::int64_t>::max();  ///< rows of groups from here on
    std::size_t bytes = 0;
    bool all = false;  ///< there are no others
  };
  Ahead ahead;
};

}  // namespace tidings::sqlite
