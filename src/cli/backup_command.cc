// tidings backup: a copy of a store that is in use.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/private_file.h"
#include "cli/command_line.h"
#include "cli/config_option.h"
#include "cli/receive.h"
#include "cli/serve_store.h"
#include "store_sqlite/backup.h"
#include "store_sqlite/mirror_schema.h"
#include "store_sqlite/schema.h"

namespace tidings::cli {
namespace {

namespace fs = std::filesystem;

struct BackupCommandOptions {
  ConfigOption config;
  std::string to;
  bool without_key = false;
};

void declare_to(CLI::App& command, BackupCommandOptions& options) {
  command
      .add_option("--to", options.to,
                  "Folder for the copy; made, with mode 0700, where it is missing. A copy that is there "
                  "is not written over")
      ->required();
}

void declare_serve(CLI::App& command, BackupCommandOptions& options) {
  declare_to(command, options);
  command.add_flag("--without-key-file", options.without_key,
                   "Leave the secret key file out: without it the copy cannot be opened, so keep it "
                   "elsewhere");
  add_config_option(command, options.config, ConfigUse::serve);
}

void declare_receive(CLI::App& command, BackupCommandOptions& options) {
  declare_to(command, options);
  add_config_option(command, options.config, ConfigUse::receive);
}

/// On a terminal one line that changes.
void show_progress(const sqlite::BackupProgress& progress) {
  if (::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%lld of %lld MiB", static_cast<long long>(progress.done >> 20),
               static_cast<long long>(progress.total >> 20));
  if (progress.done == progress.total) std::fprintf(stderr, "\r\033[K");
}

Result<void> make_folder(const std::string& path) {
  std::error_code failed;
  const bool made = fs::create_directories(path, failed);
  if (failed) {
    return fail(Errc::unavailable, "--to: the folder " + path + " cannot be made: " +
                                       failed.message());
  }
  if (made) fs::permissions(path, fs::perms::owner_all, failed);
  return {};
}

Result<void> copy_store(const fs::path& from, const BackupCommandOptions& options,
                        std::int32_t application_id) {
  std::error_code ignored;
  if (!fs::exists(from, ignored)) {
    return fail(Errc::not_found, "there is no " + from.string() +
                                     "; name the folder it is in with --data-dir, or the "
                                     "configuration with --config. Nothing was done");
  }
  TRY_VOID(make_folder(options.to));
  const fs::path to = fs::path(options.to) / from.filename();
  TRY(const std::int64_t bytes, sqlite::back_up(from, to, {application_id, show_progress}));
  std::cout << to.string() << "  " << bytes << " bytes, checked\n";
  return {};
}

fs::path key_of(const ServeConfig& config) {
  if (!config.secret_key_file.empty()) return config.secret_key_file;
  return fs::path(config.data_dir) / "secret.key";
}

Result<void> copy_key(const ServeConfig& config, const BackupCommandOptions& options) {
  TRY(const std::string text, read_private_file(kSecretKeyFile, key_of(config)));
  const fs::path to = fs::path(options.to) / "secret.key";
  TRY_VOID(create_file(kSecretKeyFile, to, text, kOwnerOnly));
  std::cout << to.string() << "  opens the secrets in it: keep it as safe as they are\n";
  return {};
}

ExitCode finish(const Result<void>& done) {
  return done ? ExitCode::ok : complain(ExitCode::failure, done.error().what);
}

ExitCode bad_configuration(const Loaded& loaded) {
  std::cerr << to_string(loaded.problems);
  return complain(ExitCode::usage, "the configuration is not good; nothing was done");
}

Result<void> back_up_serve(const ServeConfig& config, const BackupCommandOptions& options) {
  if (config.engine == "memory") {
    return fail(Errc::invalid_argument,
                "serve.engine is \"memory\", which keeps nothing; there is nothing to copy");
  }
  const fs::path file = fs::path(config.data_dir) / kDatabaseFile;
  std::error_code ignored;
  if (!options.without_key && fs::exists(file, ignored)) {  // told before the long part
    TRY_VOID(read_private_file(kSecretKeyFile, key_of(config)));
  }
  TRY_VOID(copy_store(file, options, sqlite::kStoreApplicationId));
  // The key comes last: what was sealed before is opened by the keys of afterwards.
  if (options.without_key) return {};
  return copy_key(config, options);
}

ExitCode run_backup_serve(const BackupCommandOptions& options) {
  const Loaded loaded = load_config(options.config.sources(), ConfigUse::serve);
  if (!loaded.problems.empty()) return bad_configuration(loaded);
  return finish(back_up_serve(loaded.config.serve, options));
}

ExitCode run_backup_receive(const BackupCommandOptions& options) {
  const Loaded loaded = load_config(options.config.sources(), ConfigUse::receive);
  if (!loaded.problems.empty()) return bad_configuration(loaded);
  return finish(copy_store(fs::path(loaded.config.receive.data_dir) / kMirrorFile, options,
                           sqlite::kMirrorSchema.application_id));
}

}  // namespace

void add_backup(CommandLine& line) {
  CLI::App* backup = line.parser.add_subcommand(
      "backup", "Copy a store into a folder, while its process runs or not (docs/operating.md)");
  backup->require_subcommand(1);
  line.add<BackupCommandOptions>(*backup, "serve", "The IM backend's store and its secret key file",
                                 "  tidings backup serve --to /backup/$(date +%F)\n"
                                 "  tidings backup serve --config tidings.toml --to /backup/today\n"
                                 "  tidings backup serve --data-dir data/serve --without-key-file --to "
                                 "copy\n",
                                 declare_serve, run_backup_serve);
  line.add<BackupCommandOptions>(*backup, "receive", "The receiver's inbox and mirror",
                                 "  tidings backup receive --data-dir data/receive --to "
                                 "/backup/today\n"
                                 "  tidings backup receive --config tidings.toml --to copy\n",
                                 declare_receive, run_backup_receive);
}

}  // namespace tidings::cli
