/// The embedded engine: one SQLite file in the data folder, one writing connection, a pool of
/// reading ones, a thread that empties the write-ahead log. What apply() commits is read by the next
/// load() at once, and by the readers once sync() has made it durable.
///
/// Errors: store/store.h. After a full disk or an I/O error nothing of the batch is stored, readers
/// go on, and the next commit succeeds as soon as the disk does. A commit whose fsync failed can
/// come back only if the process dies before its next successful commit: it was answered 10002,
/// "try again", and trying again meets it.
/// Threads: UnitOfWork by one thread at a time (sync() by another), the readers from any.
/// Lifetime: the data folder's lock outlives it (hold a DataFolder beside it).
/// Durability point: sync(), and so commit(), returns after the fsync of the write-ahead log. When it
/// fails, take_back() closes every connection, cuts the log back to the last commit that is durable
/// and opens them again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/secret_box.h"
#include "store/store.h"
#include "store_sqlite/log_keeper.h"

namespace tidings::sqlite {

struct EngineOptions {
  std::string path;                     ///< of the database file; its folder exists
  bool full_sync = true;                ///< off only for throw-away data
  /// A larger one fills with what is appended and not read again, and SQLite looks through all of it
  /// after a commit that split a page.
  std::int64_t writer_cache_kib = 4096;
  std::int64_t reader_cache_kib = 8192;  ///< each
  std::size_t readers = 4;
  /// In memory between batches, some 400 bytes each: as many as are in use should fit, since those used
  /// in turn are else read from all over the file.
  std::size_t groups_kept = 131072;
  /// Counts of groups in their log before they are moved (group_counts.h): more are moved more cheaply
  /// each.
  std::size_t counts_logged = 8192;
  LogLimits log{};                      ///< how long the write-ahead log may become
  std::int64_t max_pages = 0;           ///< tests: the file may not grow beyond; 0 = no limit
  std::shared_ptr<const store::SecretBox> secrets{};  ///< nullptr: secrets are stored as they are
  std::string vfs;                      ///< tests: a file system with faults; "" = the system's
};

class Engine final : public store::UnitOfWork,
                     public store::CommunityReader,
                     public store::EventReader {
 public:
  /// Opens or creates the file and brings its schema up to date. Errors: as migrate() and Database.
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
  ~Engine() override;

  Result<void> load(const community::Needs& needs, community::View& view) override;
  Result<void> commit(community::View& view, std::span<const store::Outcome> outcomes,
                      std::span<const store::EventJob> jobs = {}) override;
  Result<void> apply(community::View& view, std::span<const store::Outcome> outcomes,
                     std::span<const store::EventJob> jobs) override;
  Result<void> sync() override;
  Result<void> take_back() override;

  Result<void> read(const community::Needs& needs, community::View& view) override;
  Result<std::vector<community::App>> apps() override;
  Result<store::GroupPage> groups(SdkAppId app, std::optional<GroupType> type, std::int64_t after,
                                  std::size_t limit) override;
  Result<store::JoinedPage> joined(const store::JoinedQuery& query) override;
  Result<store::MemberPage> members(const store::MemberQuery& query) override;
  Result<std::vector<community::Mute>> mutes(const community::GroupKey& group,
                                             const TopicId& topic, std::int64_t now_s,
                                             std::size_t limit) override;
  Result<bool> unpurged(SdkAppId app) override;

  Result<std::vector<SdkAppId>> apps_with_pending() override;
  Result<std::vector<store::PendingEvent>> pending(SdkAppId app, std::int64_t after,
                                                   std::size_t limit) override;
  Result<std::vector<community::Event>> events(std::span<const std::int64_t> seqs) override;
  Result<std::vector<store::EventRecord>> list(const store::EventFilter& filter) override;
  Result<store::EventSummary> summarize(const store::EventFilter& filter) override;
  Result<std::vector<store::EventJob>> jobs(SdkAppId app) override;
  Result<std::vector<store::Attempt>> attempts(std::int64_t seq) override;
  Result<store::Ledger> ledger(SdkAppId app) override;
  Result<store::Ledger> recount(SdkAppId app) override;
  Result<std::vector<store::LedgerAudit>> audit() override;
  Result<std::vector<SdkAppId>> apps_with_ended(std::int64_t keep) override;
  Result<store::PurgePage> purgeable(const store::PurgeQuery& query) override;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::sqlite
