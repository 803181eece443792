#include "cli/command_line.h"

#include <openssl/crypto.h>
#include <sqlite3.h>

#include <boost/version.hpp>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config_value.h"
#include "cli/printable.h"
#include "cli/version.h"

namespace tidings::cli {
namespace {

struct VersionOptions {};

std::string version_text() {
  std::ostringstream out;
  out << "tidings " << kVersion << "\n"
      << "boost " << BOOST_VERSION / 100000 << "." << BOOST_VERSION / 100 % 1000 << "."
      << BOOST_VERSION % 100 << ", " << OpenSSL_version(OPENSSL_VERSION) << ", sqlite "
      << sqlite3_libversion();
  return out.str();
}

ExitCode print_version(const VersionOptions&) {
  std::cout << version_text() << "\n";
  return ExitCode::ok;
}

void no_options(CLI::App&, VersionOptions&) {}

/// "serve", "app create": as it was called.
std::string path_of(const CLI::App& app) {
  const CLI::App* const parent = app.get_parent();
  return (parent != nullptr ? path_of(*parent) + " " : "") + app.get_name();
}

std::vector<std::string> names_of_subcommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(each->get_name());
  }
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* each : app.get_options()) {
    for (const std::string& name : each->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string with_nearest(std::string text, std::string_view word,
                         const std::vector<std::string>& names) {
  const auto meant = nearest(word, {names.begin(), names.end()});
  if (!meant.empty()) text.append("; did you mean '").append(meant).append("'?");
  return text;
}

/// What is wrong about a word that no subcommand knows; CLI11 says that a subcommand is missing, or
/// which words were not expected.
std::optional<std::string> unknown_word(const CLI::App& parser) {
  const CLI::App* at = &parser;
  // A word before the subcommand that was found, as in `tidings bakup serve`, is what is wrong.
  while (!at->get_subcommands().empty() && at->remaining().empty()) {
    at = at->get_subcommands().front();
  }
  const bool wants_subcommand = at->get_require_subcommand_min() != 0;
  for (const std::string& word : at->remaining()) {
    if (word == "--") continue;
    if (word.starts_with("--")) {
      const std::string option = word.substr(0, word.find('='));
      return with_nearest("`" + path_of(*at) + "` has no option '" + option + "'", option,
                          names_of_options(*at));
    }
    if (word.starts_with('-')) return "`" + path_of(*at) + "` has no option '" + word + "'";
    if (!wants_subcommand) return "`" + path_of(*at) + "` takes no argument '" + word + "'";
    return with_nearest("There is no subcommand '" + word + "'", word, names_of_subcommands(*at));
  }
  return std::nullopt;
}

}  // namespace

ExitCode complain(ExitCode code, const std::string& text) {
  std::cerr << "tidings: " << printable(text) << "\n";
  return code;
}

int run_command_line(int argc, const char* const* argv) {
  CLI::App parser{"A community-and-topic backend that tells your application, durably, what "
                  "happened.\nOne binary, both ends: `serve` is the IM backend, `receive` the app "
                  "backend's receiver.",
                  "tidings"};
  parser.require_subcommand(1);
  parser.set_version_flag("--version", version_text, "As `tidings version`");
  parser.footer("\nExit codes: 0 done, 1 failed or answered with \"no\", 2 wrong arguments or "
                "configuration.\n`tidings SUBCOMMAND --help` shows options and examples.");
  Action chosen;
  CommandLine line{parser, chosen};
  add_serve(line);
  add_receive(line);
  add_app(line);
  add_events(line);
  add_usersig(line);
  add_callback(line);
  add_topics(line);
  add_client(line);
  add_ca(line);
  add_ledger(line);
  add_backup(line);
  add_check_config(line);
  add_forget_secrets(line);
  add_forget_numbers(line);
  line.add<VersionOptions>(parser, "version", "Print the versions of tidings and its libraries",
                           "  tidings version\n", no_options, print_version);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // how CLI11 tells of --help and of wrong arguments
    if (const auto what = unknown_word(parser); what && error.get_exit_code() != 0) {
      std::cerr << *what << "\nRun with --help for more information.\n";
      return static_cast<int>(ExitCode::usage);
    }
    const int code = parser.exit(error, std::cout, std::cerr);
    return static_cast<int>(code == 0 ? ExitCode::ok : ExitCode::usage);
  }
  return static_cast<int>(chosen());
}

}  // namespace tidings::cli
