#include "load/latency.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "load/feed_reader.h"
#include "load/topic_calls.h"

namespace tidings::bench {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

/// The protocol's limit of a community.
constexpr std::int64_t kTopicsPerGroup = 200;

class Latency {
 public:
  Latency(const LatencyOptions& options, LatencyResult& result)
      : options_(options), result_(result), apps_(std::ssize(options.apps)) {
    const double seconds = options.load.warm_up_seconds + options.load.seconds;
    count_ = static_cast<std::int64_t>(seconds * options.load.rate);
    warm_ = static_cast<std::int64_t>(options.load.warm_up_seconds * options.load.rate);
    groups_per_app_ = (count_ / apps_ + kTopicsPerGroup) / kTopicsPerGroup;
    const std::string run = std::to_string(getpid()) + "x" + std::to_string(time(nullptr));
    group_prefix_ = "@TGS#_lat" + run + "g";
    name_prefix_ = "lat" + run + "-";
    for (const LatencyApp& app : options.apps) {
      calls_.emplace_back(options.load.host, app.sdkappid, "administrator", app.usersig);
    }
  }

  bool run(std::string& problem) {
    if (!make_groups(problem)) return false;
    const auto size = static_cast<std::size_t>(count_);
    due_.resize(size);
    answered_.resize(size);
    FeedReader feed(name_prefix_, size);
    if (!feed.start(options_.load.host, options_.feed_port)) {
      problem = "no feed at port " + std::to_string(options_.feed_port);
      return false;
    }
    create_topics();
    wait_for(feed);
    feed.stop();
    result_.twice = feed.twice();
    collect(feed.arrived());
    return true;
  }

 private:
  std::string group(std::int64_t of_app) const { return group_prefix_ + std::to_string(of_app); }

  bool make_groups(std::string& problem) {
    LoadOptions setup;
    setup.host = options_.load.host;
    setup.port = options_.load.port;
    setup.connections = options_.load.connections;
    setup.count = apps_ * groups_per_app_;
    const LoadResult made = run_load(
        setup,
        [this](std::int64_t i) {
          return calls_[std::size_t(i % apps_)].create_group(group(i / apps_));
        },
        [](std::int64_t, std::string_view body) { return is_ok(body); });
    problem = made.first_refusal;
    return made.accepted == setup.count;
  }

  void create_topics() {
    LoadOptions load = options_.load;
    load.count = count_;
    load.warm_up = warm_;
    load.warm_up_seconds = load.seconds = 0;
    load.on_sent = [this](std::int64_t i, TimePoint since) { due_[std::size_t(i)] = since; };
    result_.create = run_load(
        load,
        [this](std::int64_t i) {
          return calls_[std::size_t(i % apps_)].create_topic(group(i / apps_ % groups_per_app_),
                                                             name_prefix_ + std::to_string(i));
        },
        [this](std::int64_t i, std::string_view body) {
          if (!is_ok(body)) return false;
          answered_[std::size_t(i)] = std::chrono::steady_clock::now();
          if (watched(std::size_t(i))) ++expected_;
          return true;
        });
  }

  bool watched(std::size_t i) const { return options_.apps[i % std::size_t(apps_)].watched; }

  void wait_for(const FeedReader& feed) const {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::duration<double>(options_.last_arrival_seconds);
    while (feed.seen() < expected_ && std::chrono::steady_clock::now() < end) poll(nullptr, 0, 5);
  }

  void collect(const std::vector<TimePoint>& arrived) {
    const auto us = [](TimePoint from, TimePoint to) {
      const auto time = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
      return static_cast<std::uint32_t>(std::max<std::int64_t>(time, 0));
    };
    for (std::size_t i = 0; i < arrived.size(); ++i) {
      if (!watched(i) || answered_[i] == TimePoint{}) continue;
      if (arrived[i] == TimePoint{}) {
        ++result_.missing;
      } else if (std::int64_t(i) >= warm_) {
        result_.asked_us.push_back(us(due_[i], arrived[i]));
        result_.answered_us.push_back(us(answered_[i], arrived[i]));
      }
    }
    std::sort(result_.asked_us.begin(), result_.asked_us.end());
    std::sort(result_.answered_us.begin(), result_.answered_us.end());
  }

  const LatencyOptions& options_;
  LatencyResult& result_;
  std::int64_t apps_;
  std::int64_t count_ = 0;
  std::int64_t warm_ = 0;
  std::int64_t groups_per_app_ = 1;
  std::int64_t expected_ = 0;
  std::string group_prefix_;
  std::string name_prefix_;
  std::vector<TopicCalls> calls_;
  std::vector<TimePoint> due_;
  std::vector<TimePoint> answered_;
};

}  // namespace

bool run_latency(const LatencyOptions& options, LatencyResult& result, std::string& problem) {
  return Latency(options, result).run(problem);
}

std::vector<LatencyApp> read_apps(const std::string& path) {
  std::vector<LatencyApp> apps;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    LatencyApp app;
    std::string word;
    words >> app.sdkappid >> app.usersig >> word;
    app.watched = word != "unwatched";
    if (!app.usersig.empty()) apps.push_back(app);
  }
  return apps;
}

}  // namespace tidings::bench
