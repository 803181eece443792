// tidings forget-secrets: the way out when the secret key file is lost for good.
//
// The new key file is written before the rows: a crash in between leaves a key that opens nothing
// yet, and running the command again goes on from there.
#include <filesystem>
#include <iostream>
#include <vector>

#include "backend/admin/app_change.h"
#include "base/clock.h"
#include "base/private_file.h"
#include "base/random.h"
#include "cli/command_line.h"
#include "cli/config_option.h"
#include "cli/serve_store.h"
#include "store/secret_box.h"
#include "store_sqlite/sealing.h"

namespace tidings::cli {
namespace {

struct ForgetOptions {
  ConfigOption config;
  bool yes = false;
};

void declare_forget(CLI::App& command, ForgetOptions& options) {
  add_config_option(command, options.config, ConfigUse::serve);
  command.add_flag("--yes", options.yes, "Do it; without this it is only said what would be done");
}

struct Forgotten {
  std::string key_file;
  std::vector<community::App> apps;
};

Result<store::SecretBox> key_of_today(const std::string& file, SystemRandom& random) {
  auto text = read_private_file(kSecretKeyFile, file);
  if (!text && text.error().kind == Errc::not_found) {
    TRY_VOID(create_file(kSecretKeyFile, file, store::SecretBox::new_keys(random), kOwnerOnly));
    text = read_private_file(kSecretKeyFile, file);
  }
  if (!text) return std::move(text).error();
  auto box = store::SecretBox::from_keys(*text);
  if (box) return box;
  return fail(box.error().kind, std::string(kSecretKeyFile) + " " + file + ": " +
                                    box.error().what + ", or move it away");
}

Result<Forgotten> forget(const ServeConfig& config, bool yes) {
  Forgotten done;
  // Opening the folder would make it.
  const auto database_file = std::filesystem::path(config.data_dir) / kDatabaseFile;
  std::error_code ignored;
  if (!std::filesystem::exists(database_file, ignored)) {
    return fail(Errc::not_found, "there is no " + database_file.string() +
                                     "; name the folder that `tidings serve` keeps its data in with "
                                     "--data-dir. Nothing was done");
  }
  TRY(const auto folder, sqlite::DataFolder::open(config.data_dir));
  const std::string path = folder.file(kDatabaseFile);
  done.key_file = secret_key_path(config, folder);
  TRY(const auto wanted, sqlite::key_wanted_by(path));
  if (!wanted) {
    return fail(Errc::not_found, "no secret in " + path + " is encrypted; nothing was done");
  }
  if (!yes) {
    return fail(Errc::conflict,
                "nothing was done. With --yes every app in " + path +
                    " whose secrets " + done.key_file +
                    " does not open gets new ones, for good: all UserSigs end, and callbacks of apps "
                    "with a Sign token or webhook secrets are held. Stop here if there is a backup "
                    "of the key file");
  }
  SystemRandom random;
  TRY(const auto box, key_of_today(done.key_file, random));
  TRY(auto database, sqlite::Database::open(path));
  const std::int64_t now_s = SystemClock().now_s();
  const auto renew = [&random, now_s](community::App app) {
    return backend::renew_secrets(std::move(app), now_s, random);
  };
  TRY(done.apps, sqlite::replace_lost_secrets(database, box, renew));
  return done;
}

ExitCode forget_secrets(const ForgetOptions& options) {
  const Loaded loaded = load_config(options.config.sources(), ConfigUse::serve);
  if (!loaded.problems.empty()) {
    std::cerr << to_string(loaded.problems);
    return complain(ExitCode::usage, "the configuration is not good; nothing was done");
  }
  const auto done = forget(loaded.config.serve, options.yes);
  if (!done) return complain(ExitCode::failure, done.error().what);
  for (const community::App& app : done->apps) {
    const bool held = app.callback.endpoint_disabled;
    std::cout << app.id.str() << ": new UserSig key"
              << (app.callback.token.empty() ? "" : ", new Sign token")
              << (app.callback.webhook_secrets.empty() ? "" : ", new webhook secret")
              << (held ? "; callbacks are held until its endpoint is enabled" : "") << "\n";
  }
  if (done->apps.empty()) std::cout << done->key_file << " opens every secret; none was replaced\n";
  std::cout << "Back up " << done->key_file
            << ". What is to be done for each app: docs/security.md, \"When the key file is lost\"\n";
  return ExitCode::ok;
}

}  // namespace

void add_forget_secrets(CommandLine& line) {
  line.add<ForgetOptions>(
      line.parser, "forget-secrets",
      "When the secret key file is lost for good: give every app new secrets (serve is stopped)",
      "  tidings forget-secrets --config tidings.toml\n"
      "  tidings forget-secrets --data-dir data/serve --yes\n",
      declare_forget, forget_secrets);
}

}  // namespace tidings::cli
