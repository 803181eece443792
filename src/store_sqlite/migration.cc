#include "store_sqlite/migration.h"

#include "base/check.h"

namespace tidings::sqlite {
namespace {

/// Page cache while a file is brought to another schema: that goes through all of it, and looks things
/// up anywhere. What commits touch afterwards is little.
constexpr int kCacheKib = 65536;

std::string path_of(const Database& database) {
  const char* path = sqlite3_db_filename(database.handle(), "main");
  return path == nullptr ? "" : path;
}

Result<void> check_owner(Database& database, const Schema& schema) {
  TRY(const std::int64_t owner, database.integer("PRAGMA application_id"));
  if (owner == schema.application_id) return {};
  TRY(const std::int64_t objects, database.integer("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (owner == 0 && objects == 0 && version == 0) return {};  // a new file
  return fail(Errc::conflict, "store file " + path_of(database) +
                                  " is a database of another program (application id " +
                                  std::to_string(owner) + ", not that of " + schema.owner +
                                  "): name another data folder, or move the file away");
}

Result<void> set_cache_size(Database& database, std::int64_t size) {
  return database.execute(("PRAGMA cache_size=" + std::to_string(size)).c_str());
}

Result<void> apply(Database& database, const Schema& schema, const Migration& migration) {
  TRY(auto transaction, Transaction::begin(database));
  TRY_VOID(database.execute(migration.sql));
  const std::string marks = "PRAGMA application_id=" + std::to_string(schema.application_id) +
                            ";PRAGMA user_version=" + std::to_string(migration.number);
  TRY_VOID(database.execute(marks.c_str()));
  return transaction.commit();
}

}  // namespace

Result<void> migrate(Database& database, const Schema& schema) {
  TRY_VOID(check_owner(database, schema));
  TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  const auto known = static_cast<std::int64_t>(schema.migrations.size());
  if (version > known) {
    return fail(Errc::conflict, "store file " + path_of(database) + " has schema version " +
                                    std::to_string(version) + ", this program knows versions up to " +
                                    std::to_string(known) +
                                    ": run the newer program that wrote it, or restore a backup "
                                    "from before the upgrade");
  }
  if (version == known) return {};
  TRY(const std::int64_t cache_size, database.integer("PRAGMA cache_size"));
  TRY_VOID(set_cache_size(database, -kCacheKib));
  for (const Migration& migration : schema.migrations.subspan(static_cast<std::size_t>(version))) {
    CHECK(&schema.migrations[static_cast<std::size_t>(migration.number - 1)] == &migration);
    TRY_VOID(apply(database, schema, migration));
  }
  return set_cache_size(database, cache_size);
}

}  // namespace tidings::sqlite
