// tidings events list|show|replay|cancel|jobs|stop: an operator's work on events, at the admin door.
#include <unistd.h>

#include <boost/json.hpp>
#include <charconv>
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

struct EventsOptions {
  DoorOption door;
  std::uint32_t sdkappid = 0;
  std::int64_t seq = 0;  // 0: by filter
  std::int64_t job = 0;
  std::string group, topic, command, state, since, until;
  std::int64_t after = 0;
  std::int64_t limit = 1000;
  std::string to;
  std::int64_t rate = -1;  // -1: the door's default
  std::string end_as = "cancelled";
  bool all = false;
  bool yes = false;
  bool detach = false;
  bool as_json = false;

  [[nodiscard]] std::string path() const { return "/admin/v1/apps/" + std::to_string(sdkappid); }
  [[nodiscard]] bool filtered() const {
    return !(group.empty() && topic.empty() && command.empty() && state.empty() && since.empty() &&
             until.empty() && after == 0);
  }
};

void declare_one(CLI::App& command, EventsOptions& options) {
  add_door_option(command, options.door, "http://127.0.0.1:8081", "TIDINGS_ADMIN_URL",
                  "TIDINGS_ADMIN_TOKEN", "data/serve/admin.token");
  add_sdkappid(command, "sdkappid", options.sdkappid)->required();
}

void declare_filter(CLI::App& command, EventsOptions& options, const std::string& states) {
  command.add_option("--group", options.group, "Only events of this group");
  command.add_option("--topic", options.topic, "Only events about this topic");
  add_command_filter(command, options.command);
  command.add_option("--state", options.state, states);
  command.add_option("--since", options.since,
                     "Only events from then on: how long ago (2h, 30m), or Unix milliseconds");
  command.add_option("--until", options.until, "Only events before then; as --since");
  command.add_option("--after", options.after, "Only events with a higher number");
}

/// "2h" ago, or Unix milliseconds.
Result<std::int64_t> moment(const std::string& option, const std::string& text) {
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last && text.size() > 10) return number;
  const auto ago = parse_duration(text);
  if (!ago) {
    return fail(Errc::invalid_argument, option + ": '" + text +
                                            "' is neither how long ago (2h, 30m, 90s) nor Unix "
                                            "milliseconds");
  }
  return SystemClock().now_ms() - ago->count();
}

/// The members of a filter as the admin door names them, texts and numbers.
Result<json::object> filter_of(const EventsOptions& options) {
  json::object filter;
  const auto text = [&filter](const char* name, const std::string& value) {
    if (!value.empty()) filter[name] = value;
  };
  text("group_id", options.group);
  text("topic_id", options.topic);
  text("command", options.command);
  text("state", options.state);
  if (!options.since.empty()) {
    TRY(filter["from_ms"], moment("--since", options.since));
  }
  if (!options.until.empty()) {
    TRY(filter["until_ms"], moment("--until", options.until));
  }
  if (options.after > 0) filter["after"] = options.after;
  return filter;
}

std::string query_of(const json::object& filter) {
  std::string query;
  for (const auto& member : filter) {
    const std::string value = member.value().is_string()
                                  ? std::string(member.value().get_string())
                                  : json::serialize(member.value());
    query += "&" + std::string(member.key()) + "=" + percent_encoded(value);
  }
  return query;
}

std::string plain(const json::value& value) {
  if (value.is_null()) return "-";
  return printable(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
}

std::string time_text(const json::value& ms) {
  const auto seconds = static_cast<std::time_t>(ms.to_number<std::int64_t>() / 1000);
  std::tm date{};
  gmtime_r(&seconds, &date);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &date)};
}

/// "behind 41", "retry until 2026-02-03T04:05:06Z"; "" for one that is not held.
std::string held_text(const json::object& event) {
  if (event.at("held").is_null()) return {};
  std::string text = plain(event.at("held"));
  const json::value& until = event.at("held_until_ms");
  if (!until.is_null()) text += " until " + time_text(until);
  const json::value& behind = event.at("behind_seq");
  if (!behind.is_null()) text += " " + plain(behind);
  return text;
}

void wait(Milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable never;
  never.wait_for(lock, time, [] { return false; });
}

// list, show --------------------------------------------------------------------------------------

void declare_list(CLI::App& command, EventsOptions& options) {
  declare_one(command, options);
  declare_filter(command, options,
                 "Only these: pending, parked, delivered, dead, cancelled; several with commas");
  add_limit(command, options.limit);
  command.add_flag("--json", options.as_json, "One JSON object a line");
}

void print_event(const json::object& event, bool as_json) {
  if (as_json) {
    std::cout << json::serialize(event) << "\n";
    return;
  }
  std::cout << plain(event.at("seq")) << "  " << plain(event.at("state"));
  if (const auto held = held_text(event); !held.empty()) std::cout << " (" << held << ")";
  std::cout << "  " << plain(event.at("command")) << "  " << plain(event.at("group_id"))
            << "  attempts=" << plain(event.at("attempts")) << "  "
            << plain(event.at("last_outcome")) << "\n";
}

ExitCode list(const EventsOptions& options) {
  auto filter = filter_of(options);
  if (!filter) return complain(ExitCode::usage, filter.error().what);
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  for (std::int64_t left = options.limit; left > 0;) {
    const std::int64_t limit = std::min<std::int64_t>(left, 500);
    const auto page = client->call("GET", options.path() + "/events?limit=" +
                                              std::to_string(limit) + query_of(*filter));
    if (!page) return complain(ExitCode::failure, page.error().what);
    for (const json::value& event : page->at("events").as_array()) {
      print_event(event.as_object(), options.as_json);
      --left;
    }
    if (page->at("next_after").is_null()) break;
    (*filter)["after"] = page->at("next_after");
  }
  return ExitCode::ok;
}

void declare_show(CLI::App& command, EventsOptions& options) {
  declare_one(command, options);
  command.add_option("seq", options.seq, "The event's number")->required();
}

ExitCode call_and_print(const EventsOptions& options, std::string_view method,
                        const std::string& path, const std::string& body = {}) {
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  const auto answer = client->call(method, path, body);
  if (!answer) return complain(ExitCode::failure, answer.error().what);
  std::cout << pretty_json(*answer) << "\n";
  return ExitCode::ok;
}

ExitCode show(const EventsOptions& options) {
  return call_and_print(options, "GET", options.path() + "/events/" + std::to_string(options.seq));
}

// replay, cancel ----------------------------------------------------------------------------------

void declare_job(CLI::App& command, EventsOptions& options, const std::string& states) {
  declare_one(command, options);
  command.add_option("seq", options.seq, "One event's number; else a filter or --all");
  declare_filter(command, options, states);
  command.add_flag("--all", options.all, "Every event in these states");
  command.add_option("--rate", options.rate, "Events a second; 0: as fast as it goes");
  command.add_flag("--yes", options.yes, "Do not ask");
  command.add_flag("--detach", options.detach, "Do not wait for the job's end");
}

void declare_replay(CLI::App& command, EventsOptions& options) {
  declare_job(command, options,
              "Only these, or all; default: dead,cancelled,parked, tried or never tried");
  command.add_option("--to", options.to,
                     "Send to this URL instead of the app's; states stay as they are");
}

void declare_cancel(CLI::App& command, EventsOptions& options) {
  declare_job(command, options, "pending (default) or parked");
  command.add_option("--as", options.end_as, "cancelled, or dead: given up")
      ->check(CLI::IsMember({"cancelled", "dead"}))
      ->capture_default_str();
}

bool confirmed(const EventsOptions& options, const std::string& what) {
  if (options.yes) return true;
  if (isatty(STDIN_FILENO) == 0) {
    complain(ExitCode::usage, "nothing was done: " + what + "; give --yes to go on");
    return false;
  }
  std::cerr << what << ". Go on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

void print_progress(const json::object& job, bool last) {
  std::cerr << (isatty(STDERR_FILENO) != 0 ? "\r" : "") << "job " << plain(job.at("id")) << ": "
            << plain(job.at("status")) << ", " << plain(job.at("done")) << " of "
            << plain(job.at("planned").at("count")) << " done, " << plain(job.at("failed"))
            << " failed, " << plain(job.at("skipped")) << " skipped"
            << (isatty(STDERR_FILENO) != 0 && !last ? "  " : "\n") << std::flush;
}

/// Watches a job until it ends. Whoever interrupts this only stops watching.
ExitCode follow(DoorClient& client, const EventsOptions& options, json::value job) {
  const std::string path = options.path() + "/event-jobs/" + plain(job.at("id"));
  while (job.at("status") == "running") {
    print_progress(job.as_object(), false);
    wait(Milliseconds{500});
    auto next = client.call("GET", path);
    if (!next) return complain(ExitCode::failure, next.error().what);
    job = std::move(*next);
  }
  print_progress(job.as_object(), true);
  const bool well = job.at("status") == "done" && job.at("failed").to_number<std::int64_t>() == 0;
  if (!plain(job.at("note")).empty()) std::cerr << plain(job.at("note")) << "\n";
  return well ? ExitCode::ok : ExitCode::failure;
}

ExitCode run_job(const EventsOptions& options, json::object body) {
  if (!options.filtered() && !options.all) {
    return complain(ExitCode::usage, "which events? give one's number, a filter, or --all");
  }
  const auto filter = filter_of(options);
  if (!filter) return complain(ExitCode::usage, filter.error().what);
  for (const auto& member : *filter) body[member.key()] = member.value();
  if (options.rate >= 0) body["rate"] = options.rate;
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  const std::string path = options.path() + "/event-jobs";
  const auto preview = client->call("POST", path + "/preview", json::serialize(body));
  if (!preview) return complain(ExitCode::failure, preview.error().what);
  if (preview->at("count") == 0) {
    std::cerr << "no such events\n";
    return ExitCode::ok;
  }
  const std::string what = plain(body.at("kind")) + ": " + plain(preview->at("count")) +
                           " events in " + plain(preview->at("groups")) + " groups, from " +
                           time_text(preview->at("oldest_ms")) + " to " +
                           time_text(preview->at("newest_ms")) +
                           (options.to.empty() ? "" : ", to " + options.to);
  if (!confirmed(options, what)) return ExitCode::failure;
  if (options.yes) std::cerr << what << "\n";
  // What was previewed, and nothing that came later.
  body["through"] = preview->at("last_seq");
  auto job = client->call("POST", path, json::serialize(body));
  if (!job) return complain(ExitCode::failure, job.error().what);
  if (options.detach) {
    std::cout << pretty_json(*job) << "\n";
    return ExitCode::ok;
  }
  return follow(*client, options, std::move(*job));
}

ExitCode run_one(const EventsOptions& options, const std::string& verb, const json::object& body) {
  if (options.filtered() || options.all) {
    return complain(ExitCode::usage, "give an event's number or a filter, not both");
  }
  const std::string what = verb + ": event " + std::to_string(options.seq);
  if (!confirmed(options, what)) return ExitCode::failure;
  return call_and_print(options, "POST",
                        options.path() + "/events/" + std::to_string(options.seq) + "/" + verb,
                        json::serialize(body));
}

ExitCode replay(const EventsOptions& options) {
  json::object body;
  if (!options.to.empty()) body["url"] = options.to;
  if (options.seq != 0) return run_one(options, "replay", body);
  body["kind"] = "replay";
  return run_job(options, std::move(body));
}

ExitCode cancel(const EventsOptions& options) {
  json::object body{{"end_as", options.end_as}};
  if (options.seq != 0) return run_one(options, "cancel", body);
  body["kind"] = "cancel";
  return run_job(options, std::move(body));
}

// jobs, stop --------------------------------------------------------------------------------------

ExitCode jobs(const EventsOptions& options) {
  return call_and_print(options, "GET", options.path() + "/event-jobs");
}

void declare_stop(CLI::App& command, EventsOptions& options) {
  declare_one(command, options);
  command.add_option("job", options.job, "The job's number")->required();
}

ExitCode stop(const EventsOptions& options) {
  return call_and_print(options, "POST", options.path() + "/event-jobs/" +
                                             std::to_string(options.job) + "/cancel");
}

}  // namespace

void add_events(CommandLine& line) {
  CLI::App* events = line.parser.add_subcommand(
      "events", "Look at events, replay and cancel them, at the admin door");
  events->require_subcommand(1);
  line.add<EventsOptions>(*events, "list", "Print events by ascending number",
                          "  tidings events list 1400000001 --state dead,parked\n"
                          "  tidings events list 1400000001 --group '@TGS#_makers' --since 2h\n",
                          declare_list, list);
  line.add<EventsOptions>(*events, "show", "Print one event with its body and attempts",
                          "  tidings events show 1400000001 42\n", declare_show, show);
  line.add<EventsOptions>(
      *events, "replay", "Send events again: one, or those of a filter, after a preview",
      "  tidings events replay 1400000001 42\n"
      "  tidings events replay 1400000001 --since 6h --rate 200\n"
      "  tidings events replay 1400000001 --state all --since 24h --to https://staging.test/im\n"
      "  tidings events replay 1400000001 --state parked --yes\n",
      declare_replay, replay);
  line.add<EventsOptions>(*events, "cancel",
                          "End pending events: one, or those of a filter, after a preview",
                          "  tidings events cancel 1400000001 42 --as dead\n"
                          "  tidings events cancel 1400000001 --group '@TGS#_makers' --yes\n",
                          declare_cancel, cancel);
  line.add<EventsOptions>(*events, "jobs", "Print replays and cancellations and their progress",
                          "  tidings events jobs 1400000001\n", declare_one, jobs);
  line.add<EventsOptions>(*events, "stop", "End a job; what it has moved stays moved",
                          "  tidings events stop 1400000001 3\n", declare_stop, stop);
}

}  // namespace tidings::cli
