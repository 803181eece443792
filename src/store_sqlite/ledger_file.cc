#include "store_sqlite/ledger_file.h"

#include <filesystem>

#include "store_sqlite/event_queries.h"
#include "store_sqlite/schema.h"

namespace tidings::sqlite {

Result<std::vector<store::LedgerAudit>> audit_ledger_file(const std::string& path) {
  std::error_code unreadable;
  if (!std::filesystem::exists(path, unreadable)) {
    return fail(Errc::not_found, "there is no store file " + path +
                                     ": name the data_dir of `tidings serve`");
  }
  OpenOptions options;
  options.read_only = true;
  TRY(Database database, Database::open(path, options));
  TRY(const std::int64_t owner, database.integer("PRAGMA application_id"));
  TRY(const std::int64_t version, database.integer("PRAGMA user_version"));
  const auto known = static_cast<std::int64_t>(store_schema().migrations.size());
  if (owner != kStoreApplicationId || version != known) {
    return fail(Errc::conflict,
                "store file " + path +
                    (owner != kStoreApplicationId
                         ? " is not one of `tidings serve`"
                         : " has schema version " + std::to_string(version) + ", this program " +
                               std::to_string(known) +
                               ": use the program that wrote it, or let the newer one start once"));
  }
  TRY(EventQueries queries, EventQueries::prepare(database));
  TRY(const auto snapshot, Transaction::begin(database, Transaction::Kind::snapshot));
  return queries.audit();
}

}  // namespace tidings::sqlite
