/// For the reconciler's tests: a receiver without its doors, over a mirror file, whose commits can be made
/// to fail.
///
/// Threads: any.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "receiver/reconciler.h"
#include "receiver/test_callbacks.h"
#include "receiver/test_mirror_file.h"
#include "receiver/test_source_groups.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"
#include "support/eventually.h"

namespace tidings::receiver::testing {

using namespace std::chrono_literals;

inline constexpr std::int64_t kToldMs = 1'700'000'100'000;  ///< EventTime of callbacks

/// The engine, which stores nothing while `broken`.
class FailingEngine final : public store::MirrorUnitOfWork {
 public:
  explicit FailingEngine(store::MirrorUnitOfWork& inner) : inner_(inner) {}
  Result<void> load(const store::MirrorNeeds& needs, store::MirrorView& view) override {
    return inner_.load(needs, view);
  }
  Result<void> commit(store::MirrorView& view) override {
    if (broken) return fail(Errc::unavailable, "store file /secret/path: the disk is full");
    return inner_.commit(view);
  }

  std::atomic<bool> broken = false;

 private:
  store::MirrorUnitOfWork& inner_;
};

struct Settings {
  ReconcileOptions options = {.settle = 5ms,
                              .between_lists = 0ms,
                              .first_backoff = 5ms,
                              .longest_backoff = 20ms,
                              .groups_at_once = 1'000};
  std::chrono::milliseconds every = 5ms;
  std::int64_t calls_per_second = 1'000'000;
  std::int64_t max_destroyed = 100;
  std::function<bool(SdkAppId)> filling = {};
  std::string reader_file = {};  ///< another one than what is written
};
/// One pass, after which nothing happens any more.
inline Settings once() {
  Settings settings;
  settings.every = 1h;
  return settings;
}

/// A receiver without its doors: inbox, mirror and reconciler.
class Reconciling {
 public:
  Reconciling(const std::string& file, FakeState& source, const Settings& settings = {})
      : source_(source),
        writer_(sqlite::MirrorWriter::open(file, quick()).value()),
        reader_(file),
        read_(settings.reader_file.empty() ? file : settings.reader_file) {
    SourceOptions where;
    where.url = "http://source:8080";
    where.identifier = "administrator";
    where.credentials.key = "the-key";
    std::vector<Reconciler::App> apps(1);
    apps[0].id = kApp;
    apps[0].source =
        std::make_unique<SourceState>(SourceClient::create(kApp, where, source, clock_).value());
    apps[0].every = settings.every;
    apps[0].calls_per_second = settings.calls_per_second;
    apps[0].max_destroyed = settings.max_destroyed;
    Reconciler::Parts parts{.lane = lane_,
                            .inbox = inbox_,
                            .reader = read_,
                            .readers = readers_,
                            .clock = clock_,
                            .random = random_,
                            .metrics = metrics_,
                            .log = [this](std::string_view level, std::string_view event,
                                          const LogFields& fields) { keep(level, event, fields); }};
    reconciler_ =
        std::make_unique<Reconciler>(std::move(parts), settings.options, std::move(apps),
                                     settings.filling);
    lane_.start();
    inbox_.start();
  }
  ~Reconciling() {
    stop(5s);
    inbox_.stop();
    readers_.stop();
    lane_.finish();
    lane_.join();
  }
  Reconciling(const Reconciling&) = delete;
  Reconciling& operator=(const Reconciling&) = delete;

  void start() {
    lane_.post([this] { reconciler_->start(); });
  }
  void stop(std::chrono::milliseconds grace) {
    runtime::block_on(lane_, reconciler_->stop(grace));
  }
  /// Its end can be waited for; when this returns, it has begun.
  std::future<void> begin_stop(std::chrono::milliseconds grace) {
    auto stopping =
        boost::asio::co_spawn(lane_.executor(), reconciler_->stop(grace), boost::asio::use_future);
    runtime::block_on(lane_, nothing());
    return stopping;
  }

  /// A callback. From the test's thread, or else on the lane.
  void arrives(const std::string& body) { runtime::block_on(lane_, take(body)); }
  runtime::awaitable<void> take(std::string body) {
    auto applied = co_await inbox_.commit(std::make_unique<Callback>(callback_of(body)));
    EXPECT_EQ(applied.value(), Applied::accepted) << body;
  }

  /// A pass that began after now has come to its end.
  bool passes(std::size_t count = 1) {
    const std::size_t begun = source_.passes();
    return test::eventually([&] { return source_.passes() >= begun + count + 1; });
  }
  /// The one of once().
  bool completed() {
    return test::eventually([&] { return status().completed_ms != 0; });
  }
  void renew_credentials() { reconciler_->set_credentials(kApp, {"another-key", ""}); }
  void break_store(bool broken) { engine_.broken = broken; }

  ReconcileStatus status() { return reconciler_->status().at(0); }
  std::int64_t healed(MissedKind kind) { return status().healed[static_cast<std::size_t>(kind)]; }
  std::int64_t healed() {
    std::int64_t sum = 0;
    for (const std::int64_t each : status().healed) sum += each;
    return sum;
  }
  std::optional<store::MirrorGroup> group(const std::string& id) {
    return reader_.group({kApp, GroupId{id}}).value();
  }
  std::optional<store::MirrorTopic> topic(const std::string& id) {
    return reader_.topic({kApp, TopicId{id}}).value();
  }
  bool alive(const std::string& id) {
    if (id.find("@TOPIC#") == std::string::npos) {
      const auto row = group(id);
      return row && row->alive();
    }
    const auto row = topic(id);
    return row && row->alive();
  }
  /// Entries that no callback told.
  std::vector<store::InboxEntry> reconciled() {
    std::vector<store::InboxEntry> found;
    store::InboxFilter all;
    all.limit = 10'000;
    for (const auto& entry : reader_.inbox(all).value().entries) {
      if (entry.via == store::InboxVia::reconciliation) found.push_back(entry);
    }
    return found;
  }
  store::MirrorTally tally() { return reader_.tallies().value().at(0).second; }
  std::string metrics() { return metrics_.text({}); }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  std::size_t logged(const std::string& text) {
    const std::string all = log();
    std::size_t count = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
  }

 private:
  static runtime::awaitable<void> nothing() { co_return; }
  void keep(std::string_view level, std::string_view event, const LogFields& fields) {
    const std::lock_guard lock(mutex_);
    log_ += std::string(level) + ": " + std::string(event);
    for (const auto& [name, value] : fields) log_ += " " + std::string(name) + "=" + value;
    log_ += '\n';
  }

  FakeState& source_;
  ManualClock clock_;
  SeededRandom random_{7};
  std::mutex mutex_;
  std::string log_;
  sqlite::MirrorWriter writer_;
  FailingEngine engine_{writer_};
  sqlite::MirrorSqliteReader reader_;  // the test's
  sqlite::MirrorSqliteReader read_;    // the reconciler's
  runtime::Lane lane_{"reconciling"};
  runtime::BlockingPool readers_{1};
  ReceiverMetrics metrics_;
  InboxCommitter inbox_{engine_, clock_, [](const BatchReport&) {}};
  std::unique_ptr<Reconciler> reconciler_;
};

// Ids that are too long for a string's own room, as real ones are.
inline std::string group_id(int number) { return "@TGS#_@TGS#cBJYDIIM62C" + std::to_string(number); }
inline std::string topic_id(const std::string& group, int number) {
  return group + "@TOPIC#_topic" + std::to_string(number);
}

inline std::string group_created(const std::string& id, const std::string& name,
                                 std::int64_t time_ms = kToldMs) {
  AfterCreateGroup body;
  body.group_id = GroupId{id};
  body.owner_account = UserId{"vera"};
  body.type = "Community";
  body.name = name;
  body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}
inline std::string topic_created(const std::string& id, const std::string& name,
                                 std::int64_t time_ms = kToldMs) {
  AfterCreateTopic body;
  body.topic_id = TopicId{id};
  body.group_id = store::parent_of(body.topic_id, {});
  body.owner_account = UserId{"vera"};
  body.name = name;
  body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}
inline std::string group_renamed(const std::string& id, const std::string& name,
                                 std::int64_t time_ms) {
  AfterGroupInfoChanged body;
  body.group_id = GroupId{id};
  body.type = "Community";
  body.name = name;
  body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}
/// Without a topic's id: some topic there has changed (R-04).
inline std::string some_topic_changed(const std::string& group, std::int64_t time_ms) {
  AfterTopicInfoChanged body;
  body.group_id = GroupId{group};
  body.name = "another name";
  body.event_time_ms = time_ms;
  return write_callback(body, AdditiveMembers::all);
}

inline const std::string kA = group_id(1), kB = group_id(2), kC = group_id(3);

class ReconcilerTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file() const { return folder.file(); }
  void add(const std::string& id, FakeGroup group) {
    source.change([&](FakeGroups& groups) { groups[id] = std::move(group); });
  }
  void remove(const std::string& id) {
    source.change([&](FakeGroups& groups) { groups.erase(id); });
  }

  MirrorFolder folder;
  FakeState source;
};

}  // namespace tidings::receiver::testing
