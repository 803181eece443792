// tidings app test-callback: one marked sample callback now, and a verdict for people.
#include <boost/json.hpp>
#include <iostream>

#include "cli/app_option.h"
#include "cli/printable.h"

namespace tidings::cli {
namespace {

namespace json = boost::json;

void declare_test(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_option("--callback-url", options.texts["url"],
                     "Test this URL instead of the app's own");
  command.add_flag("--json", options.plain, "Print the door's whole answer");
}

std::string text(const json::object& report, std::string_view name) {
  return printable(report.at(name).as_string());
}
std::int64_t number(const json::object& report, std::string_view name) {
  return report.at(name).to_number<std::int64_t>();
}

/// "resolved 1 ms, connected 2 ms, TLS 5 ms, all 9 ms"; steps that were not reached are left out.
std::string timings(const json::object& report) {
  std::string out;
  for (const auto& [member, what] :
       {std::pair{"resolved_us", "resolved"}, {"connected_us", "connected"},
        {"secured_us", "TLS"}, {"total_us", "all"}}) {
    const std::int64_t us = number(report, member);
    if (us == 0) continue;
    out += (out.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(us / 1000) + "." +
           std::to_string(us / 100 % 10) + " ms";
  }
  return out;
}

void print_verdict(const json::object& report) {
  const bool delivered = report.at("delivered").as_bool();
  std::cout << (delivered ? "delivered" : "NOT DELIVERED: " + text(report, "outcome")) << "\n"
            << "  " << text(report, "meaning") << "\n";
  const auto line = [](std::string_view name, const std::string& value) {
    if (!value.empty()) std::cout << "  " << name << ": " << value << "\n";
  };
  line("happened", text(report, "detail"));
  line("way out", text(report, "way_out"));
  line("URL", text(report, "url"));
  line("address", text(report, "address"));
  if (number(report, "http_status") != 0) {
    line("HTTP status", std::to_string(number(report, "http_status")));
  }
  if (delivered) line("ErrorCode", std::to_string(number(report, "answered_code")));
  line("times", timings(report));
  line("sent", text(report, "command") + ", RequestID " + text(report, "request_id"));
}

ExitCode test_callback(const AppOptions& options) {
  json::object body;
  if (const std::string& url = options.texts.at("url"); !url.empty()) body["url"] = url;
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  const auto answer =
      client->call("POST", options.path() + "/callback/test", json::serialize(body));
  if (!answer) return complain(ExitCode::failure, answer.error().what);
  const json::object* report = answer->if_object();
  if (report == nullptr || !report->contains("delivered")) {
    return complain(ExitCode::failure, "the door's answer is no report: is it of this version?");
  }
  if (options.plain) {
    std::cout << pretty_json(*answer) << "\n";
  } else {
    print_verdict(*report);
  }
  return report->at("delivered").as_bool() ? ExitCode::ok : ExitCode::failure;
}

}  // namespace

void add_app_test(CommandLine& line, CLI::App& app) {
  line.add<AppOptions>(app, "test-callback",
                       "Send a sample callback now and say what came of it; exit code 1: nothing",
                       "  tidings app test-callback 1400000001\n"
                       "  tidings app test-callback 1400000001 --callback-url https://new.test/im\n",
                       declare_test, test_callback);
}

}  // namespace tidings::cli
