/// Delivery over the embedded engine for the trap tests: a store file, the real committer and
/// dispatcher, a network that answers what the test says. A crash is a copy of the store's files as
/// they are at that moment, opened by a world of its own: nothing else survives.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "delivery/dispatcher.h"
#include "runtime/run_on.h"
#include "store_sqlite/engine.h"
#include "support/eventually.h"
#include "support/events.h"
#include "tidings/callback_answer.h"

namespace tidings::delivery {

inline net::HttpExchange answered(unsigned status) {
  net::HttpExchange exchange;
  exchange.status = status;
  exchange.body = kCallbackOk;
  return exchange;
}

/// Remembers what was sent where, and asks the test what comes back.
class ToldTransport final : public net::CallbackTransport {
 public:
  using Tell = std::function<net::HttpExchange(const std::string& host, int times_seen)>;

  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    const std::lock_guard lock(mutex_);
    const std::string body(request.body);
    ++seen_[request.origin.host][body];
    co_return tell_ ? tell_(request.origin.host, seen_[request.origin.host][body]) : answered(200);
  }
  void tell(Tell tell) {
    const std::lock_guard lock(mutex_);
    tell_ = std::move(tell);
  }
  /// Body to number of times it was sent to this host.
  std::map<std::string, int> seen(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    const auto found = seen_.find(host);
    return found == seen_.end() ? std::map<std::string, int>{} : found->second;
  }

 private:
  mutable std::mutex mutex_;
  Tell tell_;
  std::map<std::string, std::map<std::string, int>> seen_;
};

/// The engine with a disk that fails as often as it is told.
class FailingDisk final : public store::UnitOfWork, public store::EventReader {
 public:
  explicit FailingDisk(sqlite::Engine& engine) : engine_(engine) {}
  std::atomic<int> commits_to_fail = 0;
  std::atomic<int> reads_to_fail = 0;   ///< of what is pending, and of bodies
  std::atomic<int> bodies_to_fail = 0;
  std::atomic<int> failures = 0;
  std::mutex one_writer;  ///< the test commits events beside the committer's outcomes

  Result<void> load(const community::Needs& needs, community::View& view) override {
    return engine_.load(needs, view);
  }
  Result<void> commit(community::View& view, std::span<const store::Outcome> outcomes,
                      std::span<const store::EventJob> jobs) override {
    if (fails(commits_to_fail)) return fail(Errc::unavailable, "disk I/O error");
    const std::lock_guard lock(one_writer);
    return engine_.commit(view, outcomes, jobs);
  }
  Result<std::vector<SdkAppId>> apps_with_pending() override {
    if (fails(reads_to_fail)) return fail(Errc::unavailable, "disk I/O error");
    return engine_.apps_with_pending();
  }
  Result<std::vector<store::PendingEvent>> pending(SdkAppId app, std::int64_t after,
                                                   std::size_t limit) override {
    if (fails(reads_to_fail)) return fail(Errc::unavailable, "disk I/O error");
    return engine_.pending(app, after, limit);
  }
  Result<std::vector<community::Event>> events(std::span<const std::int64_t> seqs) override {
    if (fails(reads_to_fail) || fails(bodies_to_fail)) {
      return fail(Errc::unavailable, "disk I/O error");
    }
    return engine_.events(seqs);
  }
  Result<std::vector<store::EventRecord>> list(const store::EventFilter& filter) override {
    return engine_.list(filter);
  }
  Result<store::EventSummary> summarize(const store::EventFilter& filter) override {
    return engine_.summarize(filter);
  }
  Result<std::vector<store::EventJob>> jobs(SdkAppId app) override { return engine_.jobs(app); }
  Result<std::vector<store::Attempt>> attempts(std::int64_t seq) override {
    return engine_.attempts(seq);
  }
  Result<store::Ledger> ledger(SdkAppId app) override { return engine_.ledger(app); }
  Result<store::Ledger> recount(SdkAppId app) override { return engine_.recount(app); }
  Result<std::vector<store::LedgerAudit>> audit() override { return engine_.audit(); }
  Result<std::vector<SdkAppId>> apps_with_ended(std::int64_t keep) override {
    return engine_.apps_with_ended(keep);
  }
  Result<store::PurgePage> purgeable(const store::PurgeQuery& query) override {
    return engine_.purgeable(query);
  }

 private:
  bool fails(std::atomic<int>& left) {
    int now = left;
    while (now > 0 && !left.compare_exchange_weak(now, now - 1)) {
    }
    if (now > 0) ++failures;
    return now > 0;
  }
  sqlite::Engine& engine_;
};

class World {
 public:
  /// A new store, or the one in `files`, which the world then owns.
  explicit World(std::filesystem::path files = {}) : folder_(std::move(files)) {
    if (folder_.empty()) {
      std::string name = (std::filesystem::temp_directory_path() / "tidings-trap-XXXXXX").string();
      folder_ = ::mkdtemp(name.data());
    }
    sqlite::EngineOptions options;
    options.path = file();
    options.readers = 2;
    engine_ = sqlite::Engine::open(options).value();
    disk = std::make_unique<FailingDisk>(*engine_);
    committer_ = std::make_unique<store::Committer>(*disk, clock_, random_, nobody_);
    for (community::App& each : engine_->apps().value()) apps_[each.id] = each;
    lane_.start();
    committer_->start();
  }
  ~World() {
    stop();
    committer_->stop();
    lane_.finish();
    lane_.join();
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] std::string file() const { return (folder_ / "tidings.db").string(); }

  void put_app(std::uint32_t id, const std::function<void(community::App&)>& edit = {}) {
    community::App app;
    {
      const std::lock_guard lock(mutex_);
      app = apps_[SdkAppId{id}];
      app.id = SdkAppId{id};
      if (app.callback.url.empty()) app.callback.url = "http://host" + app.id.str() + ".test/";
      if (edit) edit(app);
      apps_[app.id] = app;
    }
    write([&app](community::View& view) { view.put(app); });
    if (dispatcher_) dispatcher_->settings_changed(app.id);
  }
  void delete_app(std::uint32_t id) {
    write([id](community::View& view) { view.drop(SdkAppId{id}); });
    {
      const std::lock_guard lock(mutex_);
      apps_.erase(SdkAppId{id});
    }
    if (dispatcher_) dispatcher_->app_removed(SdkAppId{id});
  }
  /// One event a group and name, committed; offered to delivery only if told so.
  std::int64_t commit(std::uint32_t id, const std::string& group, const std::string& body,
                      bool offer = true) {
    std::vector<community::Event> made;
    write([&](community::View& view) {
      const SdkAppId app{id};
      view.events.push_back(test::topic_event(app, ++view.tallies.change(app).event_sequence, group,
                                              body, clock_.now_ms(), random_));
    }, &made);
    const std::int64_t seq = made.at(0).seq;
    if (offer && dispatcher_) dispatcher_->offer(std::move(made));
    return seq;
  }
  void start(DispatcherOptions options = {}) {
    options.read_retry = std::chrono::milliseconds{1};
    dispatcher_ = std::make_unique<Dispatcher>(
        Dispatcher::Parts{.lane = lane_,
                          .events = *disk,
                          .committer = *committer_,
                          .readers = readers_,
                          .transport = network,
                          .clock = clock_,
                          .random = random_,
                          .app = [this](SdkAppId id) { return find(id); },
                          .tls = {},
                          .disable_endpoint = {},
                          .observe = {},
                          .log = {}},
        options);
    dispatcher_->start();
  }
  void stop() {
    if (!dispatcher_) return;
    runtime::block_on(lane_, dispatcher_->stop(std::chrono::seconds{3}));
    dispatcher_.reset();
  }
  /// The world after a crash at this moment, between two commits.
  std::unique_ptr<World> crash() {
    const std::lock_guard lock(disk->one_writer);
    std::string name = (std::filesystem::temp_directory_path() / "tidings-trap-XXXXXX").string();
    const std::filesystem::path copy = ::mkdtemp(name.data());
    for (const char* part : {"tidings.db", "tidings.db-wal"}) {
      if (std::filesystem::exists(folder_ / part)) {
        std::filesystem::copy_file(folder_ / part, copy / part);
      }
    }
    return std::make_unique<World>(copy);
  }

  store::Ledger ledger(std::uint32_t id) { return engine_->ledger(SdkAppId{id}).value(); }
  bool delivered(std::uint32_t id, std::int64_t count) {
    return test::eventually([&] { return ledger(id).delivered == count; });
  }
  /// Every number agrees with every row.
  bool agrees() {
    for (const auto& audit : engine_->audit().value()) {
      if (!audit.agrees()) return false;
    }
    return true;
  }
  sqlite::Engine& engine() { return *engine_; }
  DispatcherStats stats() { return dispatcher_->stats(); }
  void submit(std::vector<store::Outcome> outcomes) {
    committer_->submit_outcomes(std::move(outcomes));
  }

  ToldTransport network;
  std::unique_ptr<FailingDisk> disk;

 private:
  community::AppPtr find(SdkAppId id) {
    const std::lock_guard lock(mutex_);
    const auto found = apps_.find(id);
    return found == apps_.end() ? nullptr : std::make_shared<const community::App>(found->second);
  }
  /// One commit beside the committer's.
  void write(const std::function<void(community::View&)>& change,
             std::vector<community::Event>* events = nullptr) {
    community::View view(clock_.now_ms(), random_);
    community::Needs needs;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, app] : apps_) needs.apps.push_back(id);
    }
    const std::lock_guard lock(disk->one_writer);
    ASSERT_TRUE(engine_->load(needs, view));
    change(view);
    ASSERT_TRUE(engine_->commit(view, {}));
    if (events != nullptr) *events = std::move(view.events);
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<sqlite::Engine> engine_;
  test::NoListener nobody_;
  std::unique_ptr<store::Committer> committer_;
  runtime::Lane lane_{"delivery"};
  runtime::BlockingPool readers_{2};
  std::mutex mutex_;
  std::map<SdkAppId, community::App> apps_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace tidings::delivery
