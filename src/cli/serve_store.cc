#include "cli/serve_store.h"

#include "base/private_file.h"
#include "store/secret_box.h"
#include "store_sqlite/sealing.h"

namespace tidings::cli {

namespace {

/// The key file, made where there is none and nothing was encrypted yet.
Result<std::shared_ptr<const store::SecretBox>> open_secrets(const std::string& file,
                                                             const std::string& database,
                                                             Random& random) {
  auto text = read_private_file(kSecretKeyFile, file);
  if (!text && text.error().kind == Errc::not_found) {
    TRY(const auto wanted, sqlite::key_wanted_by(database));
    if (wanted) {
      return fail(Errc::conflict,
                  "the secret key file " + file + " is missing, and the secrets in " + database +
                      " are encrypted with its key " + *wanted +
                      "; put the file back from your backup, or say where it is with "
                      "serve.secret_key_file. If it is lost for good, `tidings forget-secrets` gives "
                      "every app new secrets");
    }
    TRY_VOID(create_file(kSecretKeyFile, file, store::SecretBox::new_keys(random), kOwnerOnly));
    text = read_private_file(kSecretKeyFile, file);
  }
  if (!text) return std::move(text).error();
  auto box = store::SecretBox::from_keys(*text);
  if (!box) {
    return fail(box.error().kind, std::string(kSecretKeyFile) + " " + file + ": " + box.error().what);
  }
  return std::make_shared<const store::SecretBox>(std::move(*box));
}

}  // namespace

std::string secret_key_path(const ServeConfig& config, const sqlite::DataFolder& folder) {
  return config.secret_key_file.empty() ? folder.file("secret.key") : config.secret_key_file;
}

Result<ServeStore> ServeStore::open(const ServeConfig& config, Random& random) {
  ServeStore store;
  TRY(store.folder_, sqlite::DataFolder::open(config.data_dir));
  if (config.engine == "memory") {
    store.memory_ = std::make_unique<store::MemoryEngine>();
    store.use(*store.memory_);
    return store;
  }
  sqlite::EngineOptions options;
  TRY(options.secrets, open_secrets(secret_key_path(config, store.folder_),
                                    store.folder_.file(kDatabaseFile), random));
  TRY(options.path, store.folder_.store_file(kDatabaseFile));
  options.readers =
      static_cast<std::size_t>(config.reader_threads) + kDeliveryReaders + kOperatorReaders;
  TRY(store.sqlite_, sqlite::Engine::open(options));
  store.use(*store.sqlite_);
  return store;
}

Result<backend::AdminToken> ServeStore::admin_token(const ServeConfig& config,
                                                    Random& random) const {
  if (!config.admin_token.empty()) return backend::AdminToken::from_text(config.admin_token);
  const std::string file =
      config.admin_token_file.empty() ? folder_.file("admin.token") : config.admin_token_file;
  return backend::AdminToken::open(file, random);
}

}  // namespace tidings::cli
