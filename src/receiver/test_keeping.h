/// For the gap keeper's tests: a source that is a list of events, and a receiver without its door over
/// a file that outlives it, whose commits can be made to fail.
///
/// Threads: any.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "receiver/gap_keeper.h"
#include "receiver/test_callbacks.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::receiver::testing {

using namespace std::chrono_literals;

inline std::string request_id(std::int64_t sequence) {
  std::string digits = std::to_string(sequence);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

inline std::string numbered_topic(std::int64_t sequence) {
  AfterCreateTopic body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{kGroup + "@TOPIC#_" + std::to_string(sequence)};
  body.name = "Topic " + std::to_string(sequence);
  return write_callback(body, AdditiveMembers::needed);
}

/// `tidings serve` as far as a reader of its feed can tell.
class FakeSource final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    net::HttpExchange exchange;
    const std::lock_guard lock(mutex_);
    const std::int64_t after = number_in(request.target, "&after=");
    const std::int64_t limit = number_in(request.target, "&limit=");
    asked_.push_back({after + 1, after + limit});
    if (down_) {
      exchange.failure = net::ExchangeFailure::refused;
      exchange.detail = "connection refused";
      co_return exchange;
    }
    exchange.status = 200;
    exchange.body = answer_.empty() ? page(after, limit) : answer_;
    co_return exchange;
  }

  void set_last(std::int64_t last) { change([&] { last_ = last; }); }
  void purge(std::int64_t number) { change([&] { purged_.insert(number); }); }
  /// Handed out, and no callback.
  void spoil(std::int64_t number) { change([&] { strange_.insert(number); }); }
  void set_down(bool down) { change([&] { down_ = down; }); }
  void set_answer(std::string answer) { change([&] { answer_ = std::move(answer); }); }
  std::vector<store::SequenceRange> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply();
  }
  static std::int64_t number_in(const std::string& target, const std::string& name) {
    const auto begin = target.find(name);
    std::int64_t value = -1;
    if (begin == std::string::npos) return value;
    std::from_chars(target.data() + begin + name.size(), target.data() + target.size(), value);
    return value;
  }
  std::string page(std::int64_t after, std::int64_t limit) const {
    std::string list;
    std::int64_t next = std::max(after, last_);
    for (std::int64_t n = after + 1; n <= last_; ++n) {
      if (limit == 0) {
        next = n - 1;
        break;
      }
      if (purged_.contains(n)) continue;
      --limit;
      if (!list.empty()) list += ",";
      list += R"({"Sequence":)" + std::to_string(n) +
              R"(,"CallbackCommand":"Group.CallbackAfterCreateTopic","RequestID":")" +
              request_id(n) + R"(","ClientIP":"203.0.113.9","OptPlatform":"Web","Body":)" +
              (strange_.contains(n) ? R"({"GroupId":7})" : numbered_topic(n)) + "}";
    }
    std::int64_t first = 1;
    while (purged_.contains(first)) ++first;
    return R"({"ErrorCode":0,"EventList":[)" + list + R"(],"FirstSequence":)" +
           std::to_string(first) + R"(,"LastSequence":)" +
           std::to_string(last_) + R"(,"Next":)" + std::to_string(next) + "}";
  }

  std::mutex mutex_;  // protects what stands below
  std::int64_t last_ = 0;
  std::set<std::int64_t> purged_, strange_;
  bool down_ = false;
  std::string answer_;
  std::vector<store::SequenceRange> asked_;
};

/// The engine, which fails to store what gives numbers up while `broken`.
class BreakableEngine final : public store::MirrorUnitOfWork {
 public:
  explicit BreakableEngine(store::MirrorUnitOfWork& inner) : inner_(inner) {}
  Result<void> load(const store::MirrorNeeds& needs, store::MirrorView& view) override {
    return inner_.load(needs, view);
  }
  Result<void> commit(store::MirrorView& view) override {
    const bool gives_up = view.inbox.empty() && !view.sequence_rows.empty();
    if (broken && gives_up) return fail(Errc::unavailable, "store file /secret/path: the disk is full");
    return inner_.commit(view);
  }

  std::atomic<bool> broken = false;

 private:
  store::MirrorUnitOfWork& inner_;
};

/// A receiver without its door: inbox, mirror and gap keeper, over a file that outlives it.
class Keeping {
 public:
  Keeping(const std::string& file, FakeSource* source, GapOptions options,
          std::int64_t first_sequence = 1)
      : writer_(sqlite::MirrorWriter::open(file, {}).value()), reader_(file) {
    std::vector<GapKeeper::WatchedApp> apps(1);
    apps[0].id = kApp;
    apps[0].first_sequence = first_sequence;
    if (source != nullptr) {
      SourceOptions where;
      where.url = "http://source:8080";
      where.identifier = "administrator";
      where.credentials.key = "the-key";
      apps[0].source = SourceFeed::create(kApp, where, *source, clock_).value();
    }
    GapKeeper::Parts parts{.lane = lane_,
                           .inbox = inbox_,
                           .reader = reader_,
                           .readers = readers_,
                           .clock = clock_,
                           .random = random_,
                           .metrics = metrics_,
                           .log = [this](std::string_view, std::string_view event,
                                         const LogFields& fields) { keep(event, fields); }};
    keeper_ = std::make_unique<GapKeeper>(std::move(parts), options, std::move(apps));
    lane_.start();
    inbox_.start();
    lane_.post([this] { keeper_->start(); });
  }
  ~Keeping() {
    runtime::block_on(lane_, keeper_->stop(std::chrono::seconds(5)));
    inbox_.stop();
    readers_.stop();
    lane_.finish();
    lane_.join();
  }
  Keeping(const Keeping&) = delete;
  Keeping& operator=(const Keeping&) = delete;

  Applied arrives(std::int64_t sequence) {
    return runtime::block_on(
               lane_, inbox_.commit(std::make_unique<Callback>(callback_of(
                          numbered_topic(sequence), sequence, request_id(sequence)))))
        .value();
  }
  /// In one commit, so that no part of it can settle before the rest is there.
  void arrive_at_once(std::initializer_list<std::int64_t> sequences) {
    std::vector<Callback> batch;
    for (const std::int64_t n : sequences) {
      batch.push_back(callback_of(numbered_topic(n), n, request_id(n)));
    }
    ASSERT_TRUE(runtime::block_on(lane_, inbox_.commit_all(std::move(batch))));
  }
  void renew_credentials() { keeper_->set_credentials(kApp, {"another-key", ""}); }
  GapStatus status() { return keeper_->status().at(0); }
  bool is_filling() { return keeper_->is_filling(kApp); }
  store::MirrorSequences numbers() {
    const auto rows = reader_.sequences().value();
    return rows.empty() ? store::MirrorSequences{} : rows[0].second;
  }
  std::map<std::int64_t, store::InboxVia> inbox() {
    std::map<std::int64_t, store::InboxVia> found;
    store::InboxFilter all;
    all.limit = 10'000;
    for (const auto& entry : reader_.inbox(all).value().entries) {
      EXPECT_TRUE(found.emplace(entry.sequence, entry.via).second) << "twice " << entry.sequence;
    }
    return found;
  }
  std::optional<store::InboxEntry> entry(std::int64_t sequence) {
    for (const auto& entry : reader_.inbox({}).value().entries) {
      if (entry.sequence == sequence) return entry;
    }
    return std::nullopt;
  }
  std::int64_t topics() { return reader_.tallies().value().at(0).second.topics; }
  void break_giving_up(bool broken) { engine_.broken = broken; }
  std::string metrics() { return metrics_.text({}); }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  void keep(std::string_view event, const LogFields& fields) {
    const std::lock_guard lock(mutex_);
    log_ += event;
    for (const auto& [name, value] : fields) log_ += " " + std::string(name) + "=" + value;
    log_ += '\n';
  }

  ManualClock clock_;
  SeededRandom random_{7};
  std::mutex mutex_;
  std::string log_;
  sqlite::MirrorWriter writer_;
  BreakableEngine engine_{writer_};
  sqlite::MirrorSqliteReader reader_;
  runtime::Lane lane_{"keeping"};
  runtime::BlockingPool readers_{1};
  ReceiverMetrics metrics_;
  std::unique_ptr<GapKeeper> keeper_;
  InboxCommitter inbox_{engine_, clock_,
                        [this](const BatchReport& report) { keeper_->committed(report); }};
};

class GapKeeperTest : public ::testing::Test {
 protected:
  GapKeeperTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-gaps-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~GapKeeperTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string file() const { return (folder_ / "mirror.db").string(); }
  static GapOptions quick() { return {20ms, 1h, 5ms, 20ms}; }
  static GapOptions patient() { return {1h, 1h, 5ms, 20ms}; }

  FakeSource source;
  std::filesystem::path folder_;
};

}  // namespace tidings::receiver::testing
