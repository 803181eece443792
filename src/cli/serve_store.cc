#include "cli/serve_store.h"

namespace tidings::cli {

Result<ServeStore> ServeStore::open(const ServeConfig& config) {
  ServeStore store;
  TRY(store.folder_, sqlite::DataFolder::open(config.data_dir));
  if (config.engine == "memory") {
    store.memory_ = std::make_unique<store::MemoryEngine>();
    store.use(*store.memory_);
    return store;
  }
  sqlite::EngineOptions options;
  options.path = store.folder_.file("tidings.db");
  options.readers = static_cast<std::size_t>(config.reader_threads);
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
