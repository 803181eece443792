// tidings receive: the app backend's receiver.
#include <iostream>

#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/config_option.h"
#include "cli/receive.h"
#include "cli/running.h"

namespace tidings::cli {
namespace {

struct ReceiveOptions {
  ConfigOption config;
  RunOptions run;
};

void declare(CLI::App& command, ReceiveOptions& options) {
  add_config_option(command, options.config, ConfigUse::receive);
  command.add_option("--ready-file", options.run.ready_file,
                     "Written (JSON: pid, listen, admin_listen) once callbacks are taken")
      ->type_name("PATH");
}

ExitCode run_receive(const ReceiveOptions& options) {
  const Loaded loaded = load_config(options.config.sources(), ConfigUse::receive);
  if (!loaded.problems.empty()) {
    std::cerr << to_string(loaded.problems);
    return complain(ExitCode::usage, "the configuration is not good; nothing was started");
  }
  const ReceiveConfig& config = loaded.config.receive;
  if (config.apps.empty()) return complain(ExitCode::usage, kNoApp);
  const SystemClock clock;
  auto log = Log::open(loaded.config.log, clock);
  if (!log) return complain(ExitCode::usage, log.error().what);
  auto app = ReceiveApp::start({config, clock, **log});
  if (!app) {
    (*log)->error("not started", {{"why", app.error().what}});
    return ExitCode::failure;
  }
  RunOptions run = options.run;
  run.stop_limit = std::max(Milliseconds{5000}, config.stop_grace + Milliseconds{1000});
  return run_until_stopped(std::move(*app), **log, run);
}

}  // namespace

void add_receive(CommandLine& line) {
  line.add<ReceiveOptions>(
      line.parser, "receive", "Run the receiver: verify callbacks, keep inbox and mirror",
      "  tidings receive --config tidings.toml\n"
      "  tidings receive --config tidings.toml --listen 0.0.0.0:8090 --data-dir /var/lib/receive\n",
      declare, run_receive);
}

}  // namespace tidings::cli
