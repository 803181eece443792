/// The command line: `tidings SUBCOMMAND ...`. Each subcommand lives in a file of its own, which
/// adds it to the parser with its options and help, and says what to run.
///
/// Output for people and scripts goes to standard output, diagnostics to standard error.
/// Threads: main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/exit_code.h"

namespace tidings::cli {

/// What the parsed command line asks for. A subcommand sets it while parsing.
using Action = std::function<ExitCode()>;

struct CommandLine {
  CLI::App& parser;
  Action& chosen;

  /// Adds a subcommand (below `under` or at the top) whose `run` is what is done when it is named.
  /// `examples`: one or more whole lines that can be run as they are, but for ids.
  /// `options` is made afresh here and lives as long as the parser.
  template <class Options>
  void add(CLI::App& under, const std::string& name, const std::string& description,
           const std::string& examples, void (*declare)(CLI::App&, Options&),
           ExitCode (*run)(const Options&)) {
    CLI::App* command = under.add_subcommand(name, description);
    command->footer("");  // else it is that of `under`
    auto options = std::make_shared<Options>();
    declare(*command, *options);
    // What `declare` has to say about the options stands below the examples.
    const std::string notes = command->get_footer();
    command->footer("\nExamples:\n" + examples + (notes.empty() ? "" : "\n" + notes));
    command->callback([options, run, &chosen = chosen] {
      chosen = [options, run] { return run(*options); };
    });
  }
};

void add_serve(CommandLine& line);
void add_receive(CommandLine& line);
void add_app(CommandLine& line);
void add_events(CommandLine& line);
void add_usersig(CommandLine& line);
void add_callback(CommandLine& line);
void add_topics(CommandLine& line);
void add_client(CommandLine& line);
void add_ca(CommandLine& line);
void add_ledger(CommandLine& line);
void add_backup(CommandLine& line);
void add_check_config(CommandLine& line);
void add_forget_secrets(CommandLine& line);
void add_forget_numbers(CommandLine& line);

/// The whole program but for the process's start.
int run_command_line(int argc, const char* const* argv);

/// "tidings: <text>" on standard error; returns `code`, for `return complain(...)`.
ExitCode complain(ExitCode code, const std::string& text);

}  // namespace tidings::cli
