// tidings_load: drives one end of the road and prints what it measured as one JSON object.
//
//   tidings_load create-topics --port 8080 --sdkappid 1400000001 --usersig-file admin.sig --count 100000
//   tidings_load callbacks --port 8090 --sdkappid 1400000001 --token-file sign.token --count 100000
//   tidings_load latency --port 8080 --feed-port 8091 --apps-file apps --rate 1000 --seconds 10
//   tidings_load post --port 80 --target / --body-file body.json --count 100000     any HTTP server
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "load/callback_calls.h"
#include "load/http_load.h"
#include "load/latency.h"
#include "load/topic_calls.h"

namespace {

using tidings::bench::LoadOptions;
using tidings::bench::LoadResult;
using tidings::bench::is_ok;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::string all = text.str();
  while (!all.empty() && (all.back() == '\n' || all.back() == '\r')) all.pop_back();
  return all;
}

std::string run_name() { return std::to_string(getpid()) + "x" + std::to_string(time(nullptr)); }

void print(const LoadResult& result) {
  std::printf(
      "{\"answered\":%lld,\"accepted\":%lld,\"refused\":%lld,\"broken\":%lld,\"seconds\":%.3f,\"rate\":%.1f,"
      "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
      static_cast<long long>(result.answered), static_cast<long long>(result.accepted),
      static_cast<long long>(result.refused), static_cast<long long>(result.broken), result.seconds, result.rate(),
      result.percentile_ms(0.5), result.percentile_ms(0.9), result.percentile_ms(0.99),
      result.percentile_ms(0.999), result.percentile_ms(1.0));
  if (!result.first_refusal.empty()) {
    std::fprintf(stderr, "first refused answer: %s\n", result.first_refusal.c_str());
  }
}

struct CreateTopics {
  LoadOptions load;
  std::string sdkappid, identifier = "administrator", usersig_file, group_prefix;
  std::int64_t groups = 0, spread = 0;
  int topics_per_group = 200;
  bool existing = false, groups_only = false;

  /// Neighbouring requests go to `spread` different groups, as those of different communities do;
  /// when these are full, to the next ones.
  std::string group_of(std::int64_t topic) const {
    const std::int64_t filled = topic / (spread * topics_per_group) * spread;
    const std::int64_t group = (filled + topic % spread) % groups;
    // Of a filled store any page may be wanted next: a prime's steps go everywhere, once.
    return group_prefix + std::to_string(existing ? group * 7919 % groups : group);
  }

  int run() {
    if (group_prefix.empty()) group_prefix = "@TGS#_load" + run_name() + "g";
    if (groups == 0) groups = (load.count + topics_per_group - 1) / topics_per_group;
    if (spread == 0) spread = groups;
    load.count = std::min(load.count, groups * topics_per_group);
    const tidings::bench::TopicCalls calls(load.host, sdkappid, identifier,
                                           read_file(usersig_file));
    LoadOptions setup;
    setup.host = load.host;
    setup.port = load.port;
    setup.connections = load.connections;
    setup.count = existing ? 0 : groups;
    const LoadResult made = tidings::bench::run_load(
        setup,
        [&](std::int64_t i) { return calls.create_group(group_prefix + std::to_string(i)); },
        [](std::int64_t, std::string_view body) { return is_ok(body); });
    if (made.answered != setup.count) {
      print(made);
      return 1;
    }
    if (groups_only) {
      print(made);
      return 0;
    }
    const LoadResult result = tidings::bench::run_load(
        load,
        [&](std::int64_t i) {
          return calls.create_topic(group_of(i), "Topic " + std::to_string(i));
        },
        [](std::int64_t, std::string_view body) { return is_ok(body); });
    print(result);
    return result.answered > 0 && result.refused == 0 && result.broken == 0 ? 0 : 1;
  }
};

struct Latency {
  tidings::bench::LatencyOptions options;
  std::string apps_file;

  int run() {
    options.apps = tidings::bench::read_apps(apps_file);
    tidings::bench::LatencyResult result;
    std::string problem;
    if (options.apps.empty() || options.load.rate <= 0 ||
        !tidings::bench::run_latency(options, result, problem)) {
      std::fprintf(stderr, "latency: needs --rate, apps and a feed; %s\n", problem.c_str());
      return 1;
    }
    const auto ms = [](const std::vector<std::uint32_t>& us, double share) {
      return tidings::bench::percentile_ms(us, share);
    };
    std::printf(
        "{\"accepted\":%lld,\"refused\":%lld,\"missing\":%lld,\"twice\":%lld,\"watched\":%lld,"
        "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f,"
        "\"after_answer_p50_ms\":%.3f,\"after_answer_p99_ms\":%.3f,"
        "\"create_p50_ms\":%.3f,\"create_p99_ms\":%.3f}\n",
        static_cast<long long>(result.create.accepted),
        static_cast<long long>(result.create.refused), static_cast<long long>(result.missing),
        static_cast<long long>(result.twice), static_cast<long long>(std::ssize(result.asked_us)),
        ms(result.asked_us, 0.5), ms(result.asked_us, 0.99), ms(result.asked_us, 0.999),
        ms(result.asked_us, 1.0), ms(result.answered_us, 0.5), ms(result.answered_us, 0.99),
        result.create.percentile_ms(0.5), result.create.percentile_ms(0.99));
    return result.missing == 0 && result.create.refused == 0 && result.create.broken == 0 ? 0 : 1;
  }
};

struct Callbacks {
  LoadOptions load;
  std::string sdkappid, token_file, path = "/";

  int run() const {
    const std::string token = token_file.empty() ? "" : read_file(token_file);
    auto url = tidings::parse_callback_url("http://" + load.host + path, true);
    if (!url) {
      std::fprintf(stderr, "--host %s --path %s: %s\n", load.host.c_str(), path.c_str(), url.error().what.c_str());
      return 2;
    }
    tidings::bench::CallbackCalls calls(std::move(*url), sdkappid, token);
    const LoadResult result = tidings::bench::run_load(
        load,
        [&](std::int64_t i) {
          return tidings::bench::post_request(load.host, calls.target(), calls.body(i));
        },
        [](std::int64_t, std::string_view body) { return is_ok(body); });
    print(result);
    return result.answered > 0 && result.refused == 0 && result.broken == 0 ? 0 : 1;
  }
};

struct Post {
  LoadOptions load;
  std::string target = "/", body_file;

  int run() const {
    const std::string bytes = tidings::bench::post_request(
        load.host, target, body_file.empty() ? "{}" : read_file(body_file));
    const LoadResult result =
        tidings::bench::run_load(load, [&](std::int64_t) { return bytes; },
                                 [](std::int64_t, std::string_view) { return true; });
    print(result);
    return result.broken == 0 ? 0 : 1;
  }
};

void load_options(CLI::App* command, LoadOptions& load) {
  command->add_option("--host", load.host, "IPv4 address");
  command->add_option("--port", load.port)->required();
  command->add_option("--connections", load.connections);
  load.count = 1'000'000'000;
  command->add_option("--count", load.count, "requests in all, warm-up included");
  command->add_option("--warm-up", load.warm_up, "the first N are not counted");
  command->add_option("--warm-up-seconds", load.warm_up_seconds, "nor the first seconds");
  command->add_option("--seconds", load.seconds, "after the warm-up; default: until all are done");
  command->add_option("--rate", load.rate, "requests per second; 0: as fast as it goes");
  command->add_option("--max-seconds", load.max_seconds);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Drives one end of the road of a topic and measures it"};
  app.require_subcommand(1);
  CreateTopics create;
  auto* const create_command = app.add_subcommand("create-topics", "REST create_topic");
  load_options(create_command, create.load);
  create_command->add_option("--sdkappid", create.sdkappid)->required();
  create_command->add_option("--identifier", create.identifier);
  create_command->add_option("--usersig-file", create.usersig_file)->required();
  create_command->add_option("--group-prefix", create.group_prefix);
  create_command->add_option("--groups", create.groups, "default: as many as the count needs");
  create_command->add_option("--spread", create.spread, "groups in use at once; default: all");
  create_command->add_flag("--existing", create.existing, "the groups are there already");
  create_command->add_flag("--groups-only", create.groups_only, "no topics yet");
  create_command->add_option("--topics-per-group", create.topics_per_group);
  Callbacks callbacks;
  auto* const callbacks_command = app.add_subcommand("callbacks", "signed callbacks to a receiver");
  load_options(callbacks_command, callbacks.load);
  callbacks_command->add_option("--sdkappid", callbacks.sdkappid)->required();
  callbacks_command->add_option("--token-file", callbacks.token_file);
  callbacks_command->add_option("--path", callbacks.path);
  Latency latency;
  auto* const latency_command = app.add_subcommand("latency", "create_topic until the feed shows it");
  load_options(latency_command, latency.options.load);
  latency_command->add_option("--feed-port", latency.options.feed_port)->required();
  latency_command->add_option("--apps-file", latency.apps_file, "<sdkappid> <usersig> [unwatched]")
      ->required();
  Post post;
  auto* const post_command = app.add_subcommand("post", "the same POST again and again");
  load_options(post_command, post.load);
  post_command->add_option("--target", post.target);
  post_command->add_option("--body-file", post.body_file);
  CLI11_PARSE(app, argc, argv);
  if (*create_command) return create.run();
  if (*callbacks_command) return callbacks.run();
  if (*latency_command) return latency.run();
  return post.run();
}
