#include "store_sqlite/engine.h"

#include <optional>
#include <utility>

#include "store_sqlite/checkpointer.h"
#include "store_sqlite/migration.h"
#include "store_sqlite/reader_pool.h"
#include "store_sqlite/schema.h"
#include "store_sqlite/sealing.h"
#include "store_sqlite/writer.h"

namespace tidings::sqlite {

class Engine::Impl {
 public:
  explicit Impl(std::shared_ptr<const store::SecretBox> secrets) : apps(std::move(secrets)) {}

  // The order is that of dependence: the last to come is the first to go.
  AppCache apps;
  std::optional<Durability> durability;
  std::unique_ptr<Checkpointer> checkpointer;
  std::unique_ptr<ReaderPool> readers;
  std::unique_ptr<Writer> writer;

  /// Finishes a take_back(). Until it succeeds, no connection is open and nothing is read.
  Result<void> cut_back();
  bool cut_back_due = false;
};

Result<void> Engine::Impl::cut_back() {
  if (!cut_back_due) return {};
  writer->close();
  readers->suspend();
  durability->taken_back();
  checkpointer->suspend();
  TRY_VOID(durability->cut_back());
  apps.clear();
  cut_back_due = false;
  checkpointer->resume();
  readers->resume();
  return {};
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
  OpenOptions writing;
  writing.full_sync = options.full_sync;
  writing.cache_kib = options.writer_cache_kib;
  writing.wal_autocheckpoint_pages = 0;
  writing.max_pages = options.max_pages;
  writing.vfs = options.vfs;
  std::string path;
  {
    TRY(Database database, Database::open(options.path, writing));
    path = sqlite3_db_filename(database.handle(), "main");
    TRY_VOID(migrate(database, store_schema()));
    if (options.secrets) {
      TRY_VOID(seal_secrets(database, *options.secrets));
    }
  }
  OpenOptions reading;
  reading.read_only = true;
  reading.cache_kib = options.reader_cache_kib;
  reading.vfs = options.vfs;

  auto impl = std::make_unique<Impl>(options.secrets);
  impl->durability.emplace(path, options.vfs);
  TRY(impl->checkpointer, Checkpointer::start(options.path, writing));
  TRY(impl->readers, ReaderPool::open(options.path, reading, options.readers, impl->apps,
                                      *impl->durability));
  impl->writer = std::make_unique<Writer>(
      WriterOptions{options.path, writing, options.groups_kept, options.counts_logged, options.log},
      impl->apps, *impl->checkpointer, *impl->durability);
  return std::unique_ptr<Engine>{new Engine{std::move(impl)}};
}

Result<void> Engine::load(const community::Needs& needs, community::View& view) {
  TRY_VOID(impl_->cut_back());
  return impl_->writer->load(needs, view);
}

Result<void> Engine::commit(community::View& view, std::span<const store::Outcome> outcomes,
                            std::span<const store::EventJob> jobs) {
  TRY_VOID(apply(view, outcomes, jobs));
  auto synced = sync();
  if (!synced) (void)take_back();  // tried again before the next batch
  return synced;
}

Result<void> Engine::apply(community::View& view, std::span<const store::Outcome> outcomes,
                           std::span<const store::EventJob> jobs) {
  TRY_VOID(impl_->cut_back());
  return impl_->writer->apply(view, outcomes, jobs);
}

Result<void> Engine::sync() { return impl_->durability->sync(); }

Result<void> Engine::take_back() {
  impl_->cut_back_due = true;
  return impl_->cut_back();
}

Result<void> Engine::read(const community::Needs& needs, community::View& view) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.rows.load(needs, view); });
}

Result<std::vector<community::App>> Engine::apps() {
  return impl_->readers->read(
      [](ReadConnection& connection) -> Result<std::vector<community::App>> {
        TRY(const std::vector<community::AppPtr> stored, connection.rows.apps());
        std::vector<community::App> apps;
        for (const community::AppPtr& each : stored) apps.push_back(*each);
        return apps;
      });
}

Result<store::GroupPage> Engine::groups(SdkAppId app, std::optional<GroupType> type,
                                        std::int64_t after, std::size_t limit) {
  return impl_->readers->read([&](ReadConnection& connection) {
    return connection.community.groups(app, type, after, limit);
  });
}

Result<store::JoinedPage> Engine::joined(const store::JoinedQuery& query) {
  return impl_->readers->read([&](ReadConnection& connection) -> Result<store::JoinedPage> {
    TRY(const RecentCounts* const recent, connection.rows.recent_counts());
    return connection.community.joined(query, *recent);
  });
}

Result<store::MemberPage> Engine::members(const store::MemberQuery& query) {
  return impl_->readers->read([&](ReadConnection& connection) -> Result<store::MemberPage> {
    TRY(const std::int64_t row, connection.rows.group_row(query.group, nullptr));
    return connection.community.members(query, row);
  });
}

Result<std::vector<community::Mute>> Engine::mutes(const community::GroupKey& group,
                                                   const TopicId& topic, std::int64_t now_s,
                                                   std::size_t limit) {
  return impl_->readers->read([&](ReadConnection& connection) {
    return connection.rows.mutes(group, topic, now_s, limit);
  });
}

Result<bool> Engine::unpurged(SdkAppId app) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.community.unpurged(app); });
}

Result<std::vector<SdkAppId>> Engine::apps_with_pending() {
  return impl_->readers->read(
      [](ReadConnection& connection) { return connection.events.apps_with_pending(); });
}

Result<std::vector<store::PendingEvent>> Engine::pending(SdkAppId app, std::int64_t after,
                                                         std::size_t limit) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.pending(app, after, limit); });
}

Result<std::vector<community::Event>> Engine::events(std::span<const std::int64_t> seqs) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.events(seqs); });
}

Result<std::vector<store::EventRecord>> Engine::list(const store::EventFilter& filter) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.list(filter); });
}

Result<store::EventSummary> Engine::summarize(const store::EventFilter& filter) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.summarize(filter); });
}

Result<std::vector<store::EventJob>> Engine::jobs(SdkAppId app) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.jobs(app); });
}

Result<std::vector<store::Attempt>> Engine::attempts(std::int64_t seq) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.attempts(seq); });
}

Result<store::Ledger> Engine::ledger(SdkAppId app) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.ledger(app); });
}

Result<store::Ledger> Engine::recount(SdkAppId app) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.recount(app); });
}

Result<std::vector<store::LedgerAudit>> Engine::audit() {
  return impl_->readers->read(
      [](ReadConnection& connection) { return connection.events.audit(); });
}

Result<std::vector<SdkAppId>> Engine::apps_with_ended(std::int64_t keep) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.apps_with_ended(keep); });
}

Result<store::PurgePage> Engine::purgeable(const store::PurgeQuery& query) {
  return impl_->readers->read(
      [&](ReadConnection& connection) { return connection.events.purgeable(query); });
}

}  // namespace tidings::sqlite
