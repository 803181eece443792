#include "cli/command_line.h"

#include <openssl/crypto.h>
#include <sqlite3.h>

#include <boost/version.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "cli/version.h"

namespace tidings::cli {
namespace {

struct VersionOptions {};

ExitCode print_version(const VersionOptions&) {
  std::cout << "tidings " << kVersion << "\n"
            << "boost " << BOOST_VERSION / 100000 << "." << BOOST_VERSION / 100 % 1000 << "."
            << BOOST_VERSION % 100 << ", " << OpenSSL_version(OPENSSL_VERSION) << ", sqlite "
            << sqlite3_libversion() << "\n";
  return ExitCode::ok;
}

void no_options(CLI::App&, VersionOptions&) {}

/// The word that stands where a subcommand should, and is none. CLI11 only says that one is missing.
std::optional<std::string> unknown_subcommand(const CLI::App& parser) {
  const CLI::App* at = &parser;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  if (at->get_require_subcommand_min() == 0) return std::nullopt;
  for (std::string& word : at->remaining()) {
    if (!word.starts_with('-')) return std::move(word);
  }
  return std::nullopt;
}

}  // namespace

ExitCode complain(ExitCode code, const std::string& text) {
  std::cerr << "tidings: " << text << "\n";
  return code;
}

int run_command_line(int argc, const char* const* argv) {
  CLI::App parser{"A community-and-topic backend that tells your application, durably, what "
                  "happened.\nOne binary, both ends: `serve` is the IM backend, `receive` the app "
                  "backend's receiver.",
                  "tidings"};
  parser.require_subcommand(1);
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
  add_check_config(line);
  add_forget_secrets(line);
  line.add<VersionOptions>(parser, "version", "Print the versions of tidings and its libraries",
                           "  tidings version\n", no_options, print_version);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // how CLI11 tells of --help and of wrong arguments
    if (const auto word = unknown_subcommand(parser)) {
      std::cerr << "There is no subcommand '" << *word << "'\n"
                << "Run with --help for more information.\n";
      return static_cast<int>(ExitCode::usage);
    }
    const int code = parser.exit(error, std::cout, std::cerr);
    return static_cast<int>(code == 0 ? ExitCode::ok : ExitCode::usage);
  }
  return static_cast<int>(chosen());
}

}  // namespace tidings::cli
