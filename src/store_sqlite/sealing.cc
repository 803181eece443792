#include "store_sqlite/sealing.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "store/stored_app.h"

namespace tidings::sqlite {
namespace {

// Between the two steps of sealing a row counts as sealed, and the file as not yet cleaned.
constexpr const char* kAllDone =
    "UPDATE app SET settings = 'sealed-1 ' || substr(settings, 10) WHERE settings LIKE 'sealed-0 %'";

constexpr std::string_view kUnfinished = "sealed-0 ";

struct Row {
  std::int64_t app = 0;
  std::string settings;
};

Result<std::vector<Row>> rows_of(Database& database) {
  TRY(Statement all, database.prepare("SELECT sdkappid, settings FROM app ORDER BY sdkappid"));
  std::vector<Row> out;
  auto rows = all.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return out;
    out.push_back({rows.integer(0), std::string(rows.text(1))});
  }
}

/// True: at least one row was written.
Result<bool> seal_rows(Database& database, const store::SecretBox& secrets) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY(const std::vector<Row> rows, rows_of(database));
  TRY(Statement write, database.prepare("UPDATE app SET settings = ? WHERE sdkappid = ?"));
  bool changed = false;
  for (const Row& row : rows) {
    if (row.settings.starts_with(kUnfinished)) changed = true;
    const auto key_id = store::sealed_with(row.settings);
    if (key_id == secrets.key_id()) continue;
    if (key_id && !secrets.has(*key_id)) {
      return fail(Errc::conflict,
                  "the secrets of app " + std::to_string(row.app) + " are encrypted with the key " +
                      std::string(*key_id) + ", but the secret key file has " + secrets.key_ids() +
                      "; put back the key file that belongs to this database, or, if that is lost "
                      "for good, see tidings forget-secrets --help");
    }
    TRY(const community::App app, store::read_stored_app(row.settings, &secrets));
    TRY(std::string sealed, store::write_stored_app(app, &secrets));
    sealed.replace(0, kUnfinished.size(), kUnfinished);
    TRY_VOID(write.run(sealed, row.app));
    changed = true;
  }
  TRY_VOID(transaction.commit());
  return changed;
}

}  // namespace

Result<void> seal_secrets(Database& database, const store::SecretBox& secrets) {
  TRY_VOID(database.execute("PRAGMA secure_delete = ON"));
  TRY(const bool changed, seal_rows(database, secrets));
  if (!changed) return {};
  TRY_VOID(database.execute("VACUUM"));
  TRY_VOID(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  return database.execute(kAllDone);
}

Result<std::optional<std::string>> key_wanted_by(const std::string& path) {
  std::optional<std::string> wanted;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return wanted;
  TRY(Database database, Database::open(path));
  TRY(const auto has_apps, database.integer("SELECT count(*) FROM sqlite_master WHERE name = 'app'"));
  if (has_apps == 0) return wanted;
  TRY(const std::vector<Row> rows, rows_of(database));
  for (const Row& row : rows) {
    if (const auto key_id = store::sealed_with(row.settings)) wanted = std::string(*key_id);
  }
  return wanted;
}

Result<std::vector<community::App>> replace_lost_secrets(
    Database& database, const store::SecretBox& secrets,
    const std::function<community::App(community::App)>& renew) {
  std::vector<community::App> renewed;
  TRY(Transaction transaction, Transaction::begin(database));
  TRY(const std::vector<Row> rows, rows_of(database));
  TRY(Statement write, database.prepare("UPDATE app SET settings = ? WHERE sdkappid = ?"));
  for (const Row& row : rows) {
    const auto key_id = store::sealed_with(row.settings);
    if (!key_id || secrets.has(*key_id)) continue;
    TRY(community::App app, store::read_without_secrets(row.settings));
    app = renew(std::move(app));
    TRY(const std::string sealed, store::write_stored_app(app, &secrets));
    TRY_VOID(write.run(sealed, row.app));
    renewed.push_back(std::move(app));
  }
  TRY_VOID(transaction.commit());
  return renewed;
}

}  // namespace tidings::sqlite
