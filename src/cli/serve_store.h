/// The engine that the configuration names, with the locked folder it lives in.
///
/// Errors: the folder is in use by another process (conflict), cannot be made or opened
/// (unavailable), holds a newer schema, or a token or key file that others may read; the key file
/// is missing or another than the database was encrypted with (conflict).
/// Threads: as the engine's interfaces say. Lifetime: outlives everything that reads or writes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backend/admin/admin_token.h"
#include "base/random.h"
#include "base/result.h"
#include "cli/config.h"
#include "store/memory_engine.h"
#include "store/store.h"
#include "store_sqlite/data_folder.h"
#include "store_sqlite/engine.h"

namespace tidings::cli {

/// Where the key is that secrets in the database are encrypted with.
[[nodiscard]] std::string secret_key_path(const ServeConfig& config,
                                          const sqlite::DataFolder& folder);
inline constexpr std::string_view kSecretKeyFile = "secret key file";
inline constexpr std::string_view kDatabaseFile = "tidings.db";

/// Threads that read beside those of the public doors (`serve.reader_threads`), each with its connection.
inline constexpr std::size_t kDeliveryReaders = 2;  ///< events that wait, and their bodies
inline constexpr std::size_t kOperatorReaders = 2;  ///< the admin door, jobs, retention, figures

class ServeStore {
 public:
  static Result<ServeStore> open(const ServeConfig& config, Random& random);
  ServeStore() = default;

  [[nodiscard]] store::UnitOfWork& work() { return *work_; }
  [[nodiscard]] store::CommunityReader& community() { return *community_; }
  [[nodiscard]] store::EventReader& events() { return *events_; }
  /// What others may read of it, and the way out (DataFolder::exposed).
  [[nodiscard]] std::string exposed() const { return folder_.exposed(kDatabaseFile); }
  /// From the environment, or from the file, which is made if it is not there.
  Result<backend::AdminToken> admin_token(const ServeConfig& config, Random& random) const;

 private:
  template <class Engine>
  void use(Engine& engine) {
    work_ = &engine;
    community_ = &engine;
    events_ = &engine;
  }

  sqlite::DataFolder folder_;  // first: unlocked after the engine has gone
  std::unique_ptr<sqlite::Engine> sqlite_;
  std::unique_ptr<store::MemoryEngine> memory_;
  store::UnitOfWork* work_ = nullptr;
  store::CommunityReader* community_ = nullptr;
  store::EventReader* events_ = nullptr;
};

}  // namespace tidings::cli
