// tidings ledger: is every accepted event accounted for? Counts them afresh and compares.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>

#include "backend/admin/app_json.h"
#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command_line.h"
#include "cli/config_value.h"
#include "store_sqlite/ledger_file.h"

namespace tidings::cli {
namespace {

namespace json = boost::json;

struct LedgerOptions {
  DoorOption door;
  std::string data_dir;
  bool as_json = false;
};

void declare_ledger(CLI::App& command, LedgerOptions& options) {
  add_door_option(command, options.door, "http://127.0.0.1:8081", "TIDINGS_ADMIN_URL",
                  "TIDINGS_ADMIN_TOKEN", "data/serve/admin.token");
  command.add_option("--data-dir", options.data_dir,
                     "Read the store in this folder, read-only, whether serve runs or not, instead "
                     "of asking the admin door");
  command.add_flag("--json", options.as_json, "Print JSON");
}

constexpr std::array<std::string_view, 5> kCounts = {"accepted", "delivered", "pending", "dead",
                                                     "cancelled"};

std::int64_t number(const json::object& row, std::string_view name) {
  return row.at(name).to_number<std::int64_t>();
}

void print_cells(const std::string& app, const std::array<std::int64_t, 5>& counts,
                 std::int64_t purged, const std::string& oldest, std::string_view verdict) {
  std::printf("%-12s", app.c_str());
  for (const std::int64_t count : counts) std::printf(" %12lld", static_cast<long long>(count));
  std::printf(" %12lld %10s  %s\n", static_cast<long long>(purged), oldest.c_str(),
              std::string(verdict).c_str());
}

/// "kept 12, counted 11 pending", for every number that differs.
void print_differences(const json::object& row) {
  const json::object& kept = row.at("kept").as_object();
  const json::object& counted = row.at("counted").as_object();
  for (const std::string_view name : kCounts) {
    if (number(kept, name) == number(counted, name)) continue;
    std::printf("  %s: kept %lld, counted %lld\n", std::string(name).c_str(),
                static_cast<long long>(number(kept, name)),
                static_cast<long long>(number(counted, name)));
  }
  if (number(row, "last_sequence") != number(kept, "accepted")) {
    std::printf("  accepted: kept %lld, but the app's newest event has number %lld\n",
                static_cast<long long>(number(kept, "accepted")),
                static_cast<long long>(number(row, "last_sequence")));
  }
  std::int64_t sum = 0;
  for (const std::string_view name : kCounts) sum += name == "accepted" ? 0 : number(kept, name);
  if (sum != number(kept, "accepted")) {
    std::printf("  accepted %lld is not delivered + pending + dead + cancelled, %lld\n",
                static_cast<long long>(number(kept, "accepted")), static_cast<long long>(sum));
  }
}

void print_table(const json::object& audit, std::int64_t now_ms) {
  std::printf("%-12s %12s %12s %12s %12s %12s %12s %10s\n", "SDKAppID", "accepted", "delivered",
              "pending", "dead", "cancelled", "purged", "oldest");
  std::array<std::int64_t, 5> total{};
  std::int64_t purged = 0;
  std::int64_t oldest_ms = 0;
  const auto age = [now_ms](std::int64_t since_ms) {
    if (since_ms == 0) return std::string("-");
    return write_duration(Milliseconds{std::max<std::int64_t>(0, now_ms - since_ms) / 1000 * 1000});
  };
  for (const json::value& each : audit.at("apps").as_array()) {
    const json::object& row = each.as_object();
    const json::object& counted = row.at("counted").as_object();
    std::array<std::int64_t, 5> counts{};
    for (std::size_t i = 0; i < kCounts.size(); ++i) {
      counts[i] = number(counted, kCounts[i]);
      total[i] += counts[i];
    }
    purged += number(row, "purged");
    const std::int64_t since_ms = number(row, "oldest_pending_ms");
    if (since_ms != 0) oldest_ms = oldest_ms == 0 ? since_ms : std::min(oldest_ms, since_ms);
    const bool agrees = row.at("agrees").as_bool();
    print_cells(std::to_string(number(row, "sdkappid")), counts, number(row, "purged"),
                age(since_ms), agrees ? "ok" : "MISMATCH");
    if (!agrees) print_differences(row);
  }
  print_cells("all", total, purged, age(oldest_ms), audit.at("agrees").as_bool() ? "ok" : "MISMATCH");
}

Result<json::object> audit(const LedgerOptions& options) {
  if (!options.data_dir.empty()) {
    TRY(const auto audits, sqlite::audit_ledger_file(options.data_dir + "/tidings.db"));
    return backend::audits_json(audits);
  }
  TRY(auto client, DoorClient::open(options.door));
  TRY(auto answer, client.call("GET", "/admin/v1/ledger/audit"));
  if (!answer.is_object() || !answer.get_object().contains("agrees")) {
    return fail(Errc::internal, "the door's answer is no audit: is it of this version?");
  }
  return std::move(answer.get_object());
}

ExitCode ledger(const LedgerOptions& options) {
  const auto done = audit(options);
  if (!done) return complain(ExitCode::failure, done.error().what);
  if (options.as_json) {
    std::cout << pretty_json(*done) << "\n";
  } else {
    print_table(*done, SystemClock().now_ms());
    std::fflush(stdout);
  }
  if (done->at("agrees").as_bool()) return ExitCode::ok;
  return complain(ExitCode::failure,
                  "the ledger does not agree with the events: the store was changed by something "
                  "else, or there is a bug; keep a copy of the data folder");
}

}  // namespace

void add_ledger(CommandLine& line) {
  line.add<LedgerOptions>(
      line.parser, "ledger",
      "Count all events afresh and compare with the ledger; exit code 1: they differ",
      "  tidings ledger\n"
      "  tidings ledger --data-dir data/serve\n"
      "  tidings ledger --json --token-file admin.token\n",
      declare_ledger, ledger);
}

}  // namespace tidings::cli
