// tidings topics list|watch: the receiver's mirror and what arrives, from its query door.
#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command_line.h"
#include "cli/config_value.h"
#include "cli/list_option.h"
#include "cli/printable.h"
#include "cli/sdkappid_option.h"

namespace tidings::cli {
namespace {

namespace json = boost::json;

struct TopicsOptions {
  DoorOption door;
  std::uint32_t sdkappid = 0;
  std::string group;
  std::string state = "alive";
  std::string command;
  bool as_json = false;
  std::int64_t limit = 1000;
  std::int64_t after = -1;
  std::int64_t count = 0;
  std::string every = "500ms";
};

void declare_common(CLI::App& command, TopicsOptions& options) {
  add_door_option(command, options.door, "http://127.0.0.1:8091", "TIDINGS_RECEIVE_ADMIN_URL",
                  "TIDINGS_RECEIVE_ADMIN_TOKEN", "");
  add_sdkappid(command, "--sdkappid", options.sdkappid, "The app's number; needed with several apps");
  command.add_flag("--json", options.as_json, "One JSON object a line");
}

void declare_list(CLI::App& command, TopicsOptions& options) {
  declare_common(command, options);
  command.add_option("--group", options.group, "Only topics of this community");
  command.add_option("--state", options.state, "alive, destroyed or any")
      ->check(CLI::IsMember({"alive", "destroyed", "any"}))
      ->capture_default_str();
  add_limit(command, options.limit);
}

std::string query_of(const TopicsOptions& options) {
  return options.sdkappid == 0 ? "" : "&sdkappid=" + std::to_string(options.sdkappid);
}

std::string text_of(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  return value != nullptr && value->is_string() ? printable(value->get_string()) : "-";
}

void print_topic(const json::object& topic, bool as_json) {
  if (as_json) {
    std::cout << json::serialize(topic) << "\n";
    return;
  }
  std::cout << text_of(topic, "topic_id") << "  " << text_of(topic, "state") << "  "
            << text_of(topic, "name") << "\n";
}

ExitCode list(const TopicsOptions& options) {
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  std::string after;
  std::int64_t left = options.limit;
  while (left > 0) {
    std::string path = "/mirror/topics?state=" + options.state +
                       "&limit=" + std::to_string(std::min<std::int64_t>(left, 100)) +
                       query_of(options);
    if (!options.group.empty()) path += "&group=" + percent_encoded(options.group);
    if (!after.empty()) path += "&after=" + percent_encoded(after);
    const auto page = client->call("GET", path);
    if (!page) return complain(ExitCode::failure, page.error().what);
    for (const json::value& topic : page->at("topics").as_array()) {
      print_topic(topic.as_object(), options.as_json);
      --left;
    }
    const json::value& next = page->at("next");
    if (!next.is_string()) break;
    after = std::string(next.get_string());
  }
  return ExitCode::ok;
}

void declare_watch(CLI::App& command, TopicsOptions& options) {
  declare_common(command, options);
  add_command_filter(command, options.command);
  command.add_option("--after", options.after,
                     "Begin after this inbox number; 0: with the oldest; default: with the next");
  command.add_option("--count", options.count, "End after this many; 0: never");
  command.add_option("--every", options.every, "How often to look")->capture_default_str();
}

void print_entry(const json::object& entry, bool as_json) {
  if (as_json) {
    std::cout << json::serialize(entry) << std::endl;
    return;
  }
  const json::value* body = entry.if_contains("body");
  const json::object none;
  const json::object& members = body != nullptr && body->is_object() ? body->get_object() : none;
  std::cout << entry.at("id").as_int64() << "  " << text_of(entry, "command") << "  "
            << text_of(entry, "group_id") << "  " << text_of(members, "Name") << "  "
            << text_of(entry, "opt_platform") << std::endl;
}

void wait(Milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable never;
  never.wait_for(lock, time, [] { return false; });
}

/// Looks again and again rather than holding the feed open: it goes on by itself where it was after
/// the receiver was restarted or could not be reached for a while.
ExitCode watch(const TopicsOptions& options) {
  const auto every = parse_duration(options.every);
  if (!every) return complain(ExitCode::usage, "--every: " + every.error().what);
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  // Until a number is known to go on from, "from now on" is a time.
  const std::string begin = "since=" + std::to_string(SystemClock().now_ms());
  std::int64_t after = options.after;
  for (std::int64_t seen = 0;;) {
    std::string path = "/inbox?limit=100&" +
                       (after < 0 ? begin : "after=" + std::to_string(after)) + query_of(options);
    if (!options.command.empty()) path += "&command=" + percent_encoded(options.command);
    const auto page = client->call("GET", path);
    if (!page && page.error().kind != Errc::unavailable) {
      return complain(ExitCode::failure, page.error().what);
    }
    if (page) {
      for (const json::value& entry : page->at("entries").as_array()) {
        after = entry.at("id").as_int64();
        print_entry(entry.as_object(), options.as_json);
        if (++seen == options.count) return ExitCode::ok;
      }
    }
    wait(*every);
  }
}

}  // namespace

void add_topics(CommandLine& line) {
  CLI::App* topics =
      line.parser.add_subcommand("topics", "Look at a receiver's mirror, at its query door");
  topics->require_subcommand(1);
  line.add<TopicsOptions>(*topics, "list", "Print the topics the mirror knows",
                          "  tidings topics list\n"
                          "  tidings topics list --group '@TGS#_@TGS#cBJYDIIM62CB' --json\n",
                          declare_list, list);
  line.add<TopicsOptions>(*topics, "watch", "Print callbacks as they are accepted",
                          "  tidings topics watch\n"
                          "  tidings topics watch --after 0 --json\n",
                          declare_watch, watch);
}

}  // namespace tidings::cli
