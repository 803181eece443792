// tidings forget-numbers: the way out when an app's source was replaced, by a backup or a new one, and
// numbers its events anew.
#include <filesystem>
#include <iostream>
#include <optional>

#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/config_option.h"
#include "cli/receive.h"
#include "cli/sdkappid_option.h"
#include "store/mirror_view.h"
#include "store_sqlite/data_folder.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::cli {
namespace {

struct ForgetNumbersOptions {
  ConfigOption config;
  std::uint32_t sdkappid = 0;
  std::optional<std::int64_t> through;
  bool yes = false;
};

void declare_forget_numbers(CLI::App& command, ForgetNumbersOptions& options) {
  add_config_option(command, options.config, ConfigUse::receive);
  add_sdkappid(command, "sdkappid", options.sdkappid)->required();
  command
      .add_option("--through", options.through,
                  "The new source's numbers up to this one are not asked for; default: as far as its "
                  "callbacks have come")
      ->check(CLI::Range(std::int64_t{0}, store::kMaxSequence));
  command.add_flag("--yes", options.yes, "Do it; without this it is only said what would be done");
}

/// The number from which on the new source's are watched.
Result<std::int64_t> forget_numbers(const ReceiveConfig& config,
                                    const ForgetNumbersOptions& options) {
  // Opening the folder would make it.
  const auto file = std::filesystem::path(config.data_dir) / kMirrorFile;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return fail(Errc::not_found, "there is no " + file.string() +
                                     "; name the folder that `tidings receive` keeps its data in with "
                                     "--data-dir. Nothing was done");
  }
  TRY(const auto folder, sqlite::DataFolder::open(config.data_dir));
  TRY(auto writer, sqlite::MirrorWriter::open(file.string(), {}));
  const SdkAppId app{options.sdkappid};
  store::MirrorView view(SystemClock().now_ms());
  store::MirrorNeeds needs;
  needs.apps.push_back(app);
  TRY_VOID(writer.load(needs, view));
  const store::MirrorSequences& row = view.sequences(app);
  if (row.have.highest() == 0) {
    return fail(Errc::not_found, "no numbered callback of app " + app.str() + " is in " +
                                     file.string() + "; nothing was done");
  }
  if (row.renumbered == 0 && !options.through) {
    return fail(Errc::conflict, "no number of app " + app.str() +
                                    " came twice, so its source was not replaced as far as one can tell; "
                                    "if it was, say from where on it is watched with --through. Nothing "
                                    "was done");
  }
  const std::int64_t through = options.through.value_or(store::forget_through(row));
  if (!options.yes) {
    return fail(Errc::conflict,
                "nothing was done. With --yes the numbers of app " + app.str() + ", up to " +
                    std::to_string(row.have.highest()) +
                    ", are forgotten, and what its new source numbers above " +
                    std::to_string(through) +
                    " is watched and, with source.url, fetched when it is missed; what it numbered "
                    "before is not. Inbox and mirror stay as they are");
  }
  view.forget_numbers(app, through);
  TRY_VOID(writer.commit(view));
  return through;
}

ExitCode run_forget_numbers(const ForgetNumbersOptions& options) {
  const Loaded loaded = load_config(options.config.sources(), ConfigUse::receive);
  if (!loaded.problems.empty()) {
    std::cerr << to_string(loaded.problems);
    return complain(ExitCode::usage, "the configuration is not good; nothing was done");
  }
  const auto through = forget_numbers(loaded.config.receive, options);
  if (!through) return complain(ExitCode::failure, through.error().what);
  std::cout << "Numbers of app " << options.sdkappid << " above " << *through
            << " are watched. Mirrored groups and topics that only the earlier source knew are still "
               "there: docs/pull-feed.md, \"When the source was replaced\"\n";
  return ExitCode::ok;
}

}  // namespace

void add_forget_numbers(CommandLine& line) {
  line.add<ForgetNumbersOptions>(
      line.parser, "forget-numbers",
      "When an app's source was replaced and numbers anew: watch the new numbers (receive is stopped)",
      "  tidings forget-numbers 1400000001 --config tidings.toml\n"
      "  tidings forget-numbers 1400000001 --data-dir data/receive --yes\n",
      declare_forget_numbers, run_forget_numbers);
}

}  // namespace tidings::cli
