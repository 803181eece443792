// tidings check-config: all errors of a configuration at once, or the values in effect.
#include <iostream>

#include "cli/command_line.h"
#include "cli/config_option.h"
#include "cli/config_print.h"
#include "cli/config_trial.h"

namespace tidings::cli {
namespace {

struct CheckOptions {
  ConfigOption config;
  bool reference = false;
  std::string use = "both";
};

void declare(CLI::App& command, CheckOptions& options) {
  add_config_option(command, options.config, ConfigUse::both);
  command.add_option("--for", options.use, "Which half must be complete: its files are looked at")
      ->check(CLI::IsMember({"serve", "receive", "both"}))
      ->capture_default_str();
  command.add_flag("--reference", options.reference, "Print the reference of all keys (Markdown)");
}

ExitCode check(const CheckOptions& options) {
  if (options.reference) {
    std::cout << config_reference();
    return ExitCode::ok;
  }
  const ConfigUse use = options.use == "serve"     ? ConfigUse::serve
                        : options.use == "receive" ? ConfigUse::receive
                                                   : ConfigUse::both;
  Loaded loaded = load_config(options.config.sources(), use);
  if (loaded.problems.empty()) loaded.problems = try_config(loaded.config, use);
  if (!loaded.problems.empty()) {
    std::cerr << to_string(loaded.problems);
    return complain(ExitCode::usage, std::to_string(loaded.problems.size()) +
                                         " error(s) in the configuration; docs/config.md has all "
                                         "keys");
  }
  std::cout << print_config(loaded.config);
  return ExitCode::ok;
}

}  // namespace

void add_check_config(CommandLine& line) {
  line.add<CheckOptions>(
      line.parser, "check-config",
      "Check the configuration (file, environment, flags); print the values in effect",
      "  tidings check-config --config tidings.toml\n"
      "  tidings check-config --config tidings.toml --for receive\n"
      "  TIDINGS_SERVE_LISTEN=127.0.0.1:9000 tidings check-config\n",
      declare, check);
}

}  // namespace tidings::cli
