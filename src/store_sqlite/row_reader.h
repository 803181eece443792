/// Loads the rows that commands or reads name into a View: a prepared point query each, one pass.
///
/// Used by the writer (with its RowCache) and by each reading connection (without).
/// Errors: as Database. Threads: those of its connection. Lifetime: ends before its Database.
#pragma once

#include <cstdint>
#include <optional>

#include "community/view.h"
#include "store_sqlite/database.h"
#include "store_sqlite/group_counts.h"
#include "store_sqlite/group_read_ahead.h"
#include "store_sqlite/row_cache.h"

namespace tidings::sqlite {

class RowReader {
 public:
  static Result<RowReader> prepare(Database& database, AppCache& apps, RowCache* cache = nullptr);

  RowReader() = default;

  Result<void> load(const community::Needs& needs, community::View& view);

  /// The group's integer key, 0 if it is not stored: from the View, the cache or the store.
  Result<std::int64_t> group_row(const community::GroupKey& key, const community::View* view);
  /// What the log of counts says now. REQUIRES: a snapshot or a transaction is open.
  Result<const RecentCounts*> recent_counts();
  /// A group's counts. REQUIRES: the same, and recent_counts() was asked for in it.
  Result<GroupCounts> counts_of(std::int64_t group);
  /// nullptr: no such app. REQUIRES: the open transaction, if any, has not written it.
  Result<community::AppPtr> app(SdkAppId id);
  /// All apps' settings.
  Result<std::vector<community::AppPtr>> apps();
  /// What apps' secrets are sealed with; nullptr: they are stored as they are.
  [[nodiscard]] const store::SecretBox* secrets() const { return app_cache_->secrets(); }
  Result<Counters> counters();
  Result<community::Tally> tally(SdkAppId app);
  /// The topics' mutes ('' = the group's), by user.
  Result<std::vector<community::Mute>> mutes(const community::GroupKey& group,
                                             const TopicId& topic, std::int64_t now_s,
                                             std::size_t limit);

 private:
  Result<community::AppPtr> parse_app(SdkAppId id, std::int64_t stamp, std::string_view settings);
  Result<void> load_rows(const community::Needs& needs, community::View& view);
  Result<void> begin_reading();
  /// REQUIRES: recent_counts() was asked for in this snapshot.
  Result<std::optional<community::Group>> find_group(const community::GroupKey& key);
  template <class Key>
  Result<void> load_each(const std::vector<Key>& keys, community::View& view,
                         Result<void> (RowReader::*load_one)(const Key&, community::View&));
  Result<void> load_app(const SdkAppId& id, community::View& view);
  Result<void> load_account(const community::AccountKey& key, community::View& view);
  Result<void> load_group(const community::GroupKey& key, community::View& view);
  Result<void> load_member(const community::MemberKey& key, community::View& view);
  Result<void> load_topic(const community::TopicKey& key, community::View& view);
  Result<void> load_mute(const community::MuteKey& key, community::View& view);
  Result<void> load_user_tally(const community::AccountKey& key, community::View& view);
  Result<void> load_all_topics(const community::GroupKey& group, community::View& view);
  Result<void> load_all_members(const community::GroupKey& group, community::View& view);
  Result<void> load_owner(const community::GroupKey& group, community::View& view);
  Result<void> load_memberships(const community::AccountKey& key, community::View& view);

  [[nodiscard]] RecentCounts& recent() { return cache_ != nullptr ? cache_->recent : recent_; }

  Database* database_ = nullptr;  // used with cache_ only
  AppCache* app_cache_ = nullptr;
  RowCache* cache_ = nullptr;  // of the writer; nullptr for readers
  Statement app_stamp_, app_, apps_, tally_, counters_, account_, group_, group_row_, member_,
      topic_, topic_by_own_id_, mute_, mutes_, joined_count_, owned_count_, topics_, members_, memberships_;
  GroupCountsReader group_counts_;
  GroupReadAhead ahead_;  // of the writer
  RecentCounts recent_;  // of a reader; the writer's is in its cache
  std::optional<Transaction> reading_;  // of the load() that is under way
};

}  // namespace tidings::sqlite
