// tidings serve: the IM backend.
#include <iostream>

#include "base/clock.h"
#include "base/random.h"
#include "cli/command_line.h"
#include "cli/config_option.h"
#include "cli/running.h"
#include "cli/serve.h"

namespace tidings::cli {
namespace {

struct ServeOptions {
  ConfigOption config;
  RunOptions run;
};

void declare(CLI::App& command, ServeOptions& options) {
  add_config_option(command, options.config, ConfigUse::serve);
  command.add_option("--ready-file", options.run.ready_file,
                     "Written (JSON: pid, listen, admin_listen) once requests are served")
      ->type_name("PATH");
}

ExitCode run_serve(const ServeOptions& options) {
  const Loaded loaded = load_config(options.config.sources(), ConfigUse::serve);
  if (!loaded.problems.empty()) {
    std::cerr << to_string(loaded.problems);
    return complain(ExitCode::usage, "the configuration is not good; nothing was started");
  }
  const SystemClock clock;
  SystemRandom random;
  auto log = Log::open(loaded.config.log, clock);
  if (!log) return complain(ExitCode::usage, log.error().what);
  const ServeConfig& config = loaded.config.serve;
  auto app = ServeApp::start({config, clock, random, **log});
  if (!app) {
    (*log)->error("not started", {{"why", app.error().what}});
    return ExitCode::failure;
  }
  RunOptions run = options.run;
  run.stop_limit = std::max(Milliseconds{5000}, config.stop_grace + Milliseconds{1000});
  return run_until_stopped(std::move(*app), **log, run);
}

}  // namespace

void add_serve(CommandLine& line) {
  line.add<ServeOptions>(
      line.parser, "serve", "Run the IM backend: REST, client WebSocket, admin door, callbacks",
      "  tidings serve --data-dir /var/lib/tidings\n"
      "  tidings serve --config tidings.toml --listen 0.0.0.0:8080\n"
      "  tidings serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --ready-file ready.json\n",
      declare, run_serve);
}

}  // namespace tidings::cli
