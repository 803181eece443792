// What the embedded engine does without the rules: topics with their events per second by batch
// size, outcomes per second, loading what a create_topic names, and all of it again over a store
// that holds many topics already.
//
//   store_bench --benchmark_filter=Commit
//   TIDINGS_BENCH_TOPICS=1000000 store_bench --benchmark_filter=Growth
//
// The file lies in TMPDIR; every commit is an fsync. A batch's topics go to random groups.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "base/random.h"
#include "store_sqlite/engine.h"
#include "tidings/identifier.h"

namespace {

using namespace tidings;
using namespace tidings::community;

const SdkAppId kApp{1'400'000'001};
constexpr std::int64_t kNowMs = 1'735'689'600'000;

class Store {
 public:
  /// `groups` communities; with `full_sync` off while it is being filled.
  explicit Store(std::size_t groups, bool full_sync = true) : groups_(groups) {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-bench-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    open(full_sync);
    View view = load({});
    App app;
    app.id = kApp;
    view.put(app);
    commit(view);
    for (std::size_t i = 0; i < groups; ++i) {
      View one = load({});
      for (; i < groups && one.groups.entries().size() < 1000; ++i) {
        Group group;
        group.key = group_key(i);
        group.name = "makers north";
        group.support_topic = true;
        group.owner = UserId{"user" + std::to_string(i % 1000)};
        one.put(group);
      }
      --i;
      commit(one);
    }
  }
  ~Store() {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void open(bool full_sync) {
    engine_.reset();
    sqlite::EngineOptions options;
    options.path = (folder_ / "tidings.db").string();
    options.full_sync = full_sync;
    auto opened = sqlite::Engine::open(options);
    if (!opened) fatal(opened.error());
    engine_ = std::move(*opened);
  }

  /// `count` topics with their events in one commit, each in a random group.
  void create_topics(std::size_t count, std::span<const store::Outcome> outcomes = {}) {
    Needs needs;
    needs.apps = {kApp};
    for (std::size_t i = 0; i < count; ++i) {
      needs.groups.push_back(group_key(chance_() % groups_));
      needs.accounts.push_back({kApp, UserId{"omar"}});
      needs.members.push_back({needs.groups.back(), UserId{"omar"}});
    }
    View view = load(needs);
    for (const GroupKey& group : needs.groups) {
      Topic topic;
      topic.key = {group, make_topic_id(group.group, view.draw_community_number())};
      topic.name = "woodwork and more";
      topic.introduction = "About wood";
      topic.creator = UserId{"omar"};
      topic.create_time_s = kNowMs / 1000;
      topic.fields = {{"colour", "green"}, {"level", "3"}};
      ++view.groups.change(group).topic_num;
      view.events.push_back(event_of(topic, ++view.tallies.change(kApp).event_sequence));
      view.put(std::move(topic));
    }
    commit(view, outcomes);
    last_seq_ = view.events.back().seq;
    stored_ += count;
  }

  /// Delivered at the first attempt: the `count` events before the last one that was created.
  [[nodiscard]] std::vector<store::Outcome> delivered(std::size_t count) {
    std::vector<store::Outcome> outcomes;
    for (std::size_t i = 0; i < count; ++i) {
      store::Outcome outcome{++settled_, kApp, store::EventState::delivered, 1, 0,
                             store::Attempt{kNowMs, 900, "ok", 200, "", "10.0.0.7:443", 60}};
      outcomes.push_back(std::move(outcome));
    }
    return outcomes;
  }

  View load(const Needs& needs) {
    View view{kNowMs, random_};
    const auto loaded = engine_->load(needs, view);
    if (!loaded) fatal(loaded.error());
    return view;
  }
  void commit(View& view, std::span<const store::Outcome> outcomes = {}) {
    const auto stored = engine_->commit(view, outcomes);
    if (!stored) fatal(stored.error());
  }
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t settled() const { return settled_; }
  [[nodiscard]] std::size_t stored() const { return stored_; }
  [[nodiscard]] sqlite::Engine& engine() { return *engine_; }
  [[nodiscard]] GroupKey group_key(std::size_t i) const {
    return {kApp, make_group_id(GroupType::community, 100'000'000'000'000 + i)};
  }

 private:
  [[noreturn]] static void fatal(const Error& error) {
    std::fprintf(stderr, "%s\n", error.what.c_str());
    std::exit(1);
  }
  Event event_of(const Topic& topic, std::int64_t app_sequence) {
    Event event;
    event.app_sequence = app_sequence;
    event.app = kApp;
    event.command = "Group.CallbackAfterCreateTopic";
    event.group = topic.key.group.group;
    event.request_id = random_.uuid();
    event.time_ms = kNowMs;
    event.origin = {"203.0.113.9", "RESTAPI"};
    event.body = R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":")" +
                 topic.key.group.group.str() + R"(","TopicId":")" + topic.key.topic.str() +
                 R"(","Operator_Account":"omar","Owner_Account":"vera_01","Type":"Community",)"
                 R"("Name":"woodwork and more","UserDefinedDataList":[{"Key":"colour","Value":)"
                 R"("green"},{"Key":"level","Value":"3"}]})";
    return event;
  }

  std::filesystem::path folder_;
  std::unique_ptr<sqlite::Engine> engine_;
  SystemRandom random_;
  std::mt19937_64 chance_{11};
  std::size_t groups_;
  std::int64_t last_seq_ = 0;
  std::int64_t settled_ = 0;
  std::size_t stored_ = 0;
};

/// Topic and event, committed durably. Argument: topics in a batch.
void CommitTopics(benchmark::State& state) {
  Store store{1000};
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) store.create_topics(batch);
  state.SetItemsProcessed(static_cast<std::int64_t>(store.stored()));
}
BENCHMARK(CommitTopics)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->UseRealTime()->MinTime(3);

/// The same with as many outcomes of earlier events in each commit: the steady state of a server.
void CommitTopicsAndOutcomes(benchmark::State& state) {
  Store store{1000};
  const auto batch = static_cast<std::size_t>(state.range(0));
  store.create_topics(batch);
  for (auto _ : state) store.create_topics(batch, store.delivered(batch));
  state.SetItemsProcessed(static_cast<std::int64_t>(store.stored()));
}
BENCHMARK(CommitTopicsAndOutcomes)->Arg(16)->Arg(64)->Arg(256)->UseRealTime()->MinTime(3);

/// What the readers do for a get_topic or a question before create_topic.
void ReadTopicGround(benchmark::State& state) {
  Store store{1000};
  store.create_topics(1000);
  SystemRandom random;
  std::size_t i = 0;
  for (auto _ : state) {
    View view{kNowMs, random};
    Needs needs;
    needs.apps = {kApp};
    needs.groups = {store.group_key(++i % 1000)};
    needs.accounts = {{kApp, UserId{"omar"}}};
    if (!store.engine().read(needs, view)) state.SkipWithError("read failed");
    benchmark::DoNotOptimize(view);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ReadTopicGround);

std::size_t wanted_topics() {
  const char* wanted = std::getenv("TIDINGS_BENCH_TOPICS");
  return wanted == nullptr ? 100'000 : std::strtoull(wanted, nullptr, 10);
}

/// A page of 1,000 from the middle of a backlog of TIDINGS_BENCH_TOPICS undelivered events.
void PagePending(benchmark::State& state) {
  Store store{1000, false};
  while (store.stored() < wanted_topics()) store.create_topics(1000);
  const std::int64_t middle = store.last_seq() / 2;
  for (auto _ : state) {
    auto page = store.engine().pending(kApp, middle, 1000);
    if (!page || page->size() != 1000) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(PagePending)->Unit(benchmark::kMillisecond);

/// Batches of 64 over a store that holds TIDINGS_BENCH_TOPICS topics in groups of 100 (argument 1),
/// or nothing (argument 0). The ratio of the two is the growth figure.
void Growth(benchmark::State& state) {
  const std::size_t topics = wanted_topics();
  Store store{topics / 100, false};
  if (state.range(0) == 1) {
    while (store.stored() < topics) {
      store.create_topics(1000, store.delivered(store.last_seq() == 0 ? 0 : 1000));
    }
  }
  store.open(true);
  // What the filling left unwritten would be paid by the first fsyncs of the measurement.
  ::sync();
  for (int i = 0; i < 200; ++i) store.create_topics(64);
  const std::size_t before = store.stored();
  for (auto _ : state) store.create_topics(64);
  state.SetItemsProcessed(static_cast<std::int64_t>(store.stored() - before));
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_rss_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(Growth)->Arg(0)->Arg(1)->UseRealTime()->Iterations(500);

}  // namespace

BENCHMARK_MAIN();
