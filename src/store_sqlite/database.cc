#include "store_sqlite/database.h"

#include <utility>

#include "store_sqlite/log_vfs.h"

namespace tidings::sqlite {
namespace {

struct Verdict {
  Errc kind;
  const char* advice;
};

Verdict judge(int extended_code) {
  switch (extended_code & 0xff) {
    case SQLITE_FULL:
      return {Errc::unavailable, "the disk is full: free some space, nothing else is needed"};
    case SQLITE_IOERR:
      return {Errc::unavailable, "the disk refused: check its space, quota and health"};
    case SQLITE_READONLY:
      return {Errc::unavailable, "the file is read-only: check its owner, mode and mount"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Errc::unavailable, "it cannot be opened: check path, owner and mode"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::unavailable, "somebody else holds its lock: end other programs that use it"};
    case SQLITE_NOMEM:
      return {Errc::unavailable, "memory is exhausted"};
    case SQLITE_CORRUPT:
      return {Errc::corrupt, "the file is damaged: stop, keep a copy, restore a backup"};
    case SQLITE_NOTADB:
      return {Errc::corrupt, "this is no database file: name another data folder"};
    default:
      return {Errc::internal, "this is a bug in the program"};
  }
}

std::string shorten(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  return std::string{text.substr(0, kLongest)} + (text.size() > kLongest ? "..." : "");
}

}  // namespace

Error failure(sqlite3* connection, int code, std::string_view doing) {
  const int extended = connection == nullptr ? code : sqlite3_extended_errcode(connection);
  // The connection remembers its latest error; a misuse is reported by the return value alone.
  const int shown = (extended & 0xff) == (code & 0xff) ? extended : code;
  const char* path = connection == nullptr ? nullptr : sqlite3_db_filename(connection, "main");
  const Verdict verdict = judge(shown);
  std::string what = "store file ";
  what += path == nullptr || *path == '\0' ? "(unnamed)" : path;
  what += ": ";
  what += connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  what += " (SQLite code " + std::to_string(shown) + ", while: " + shorten(doing) + "); ";
  what += verdict.advice;
  return fail(verdict.kind, std::move(what));
}

namespace {

/// Settings of SQLite as a whole, before its first use in the process. Counting every allocation
/// would take a lock of the process for each of them.
void prepare_sqlite() {
  static const bool once = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return true;
  }();
  (void)once;
}

}  // namespace

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
  const int flags = (options.read_only ? SQLITE_OPEN_READONLY
                                       : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  prepare_sqlite();
  const bool commits = !options.read_only && options.full_sync;
  const std::string vfs = commits ? log_vfs(options.vfs) : options.vfs;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  Database database{handle};
  if (code != SQLITE_OK) return failure(handle, code, "opening it");
  TRY_VOID(database.configure(options));
  return database;
}

Result<void> Database::configure(const OpenOptions& options) {
  sqlite3_busy_timeout(handle_.get(), options.busy_timeout_ms);
  // Rows and keys while they are put together; more than fits is allocated one by one.
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_LOOKASIDE, nullptr, 1200, 200);
  std::string pragmas;
  const auto set = [&pragmas](const char* name, const std::string& value) {
    pragmas += std::string{"PRAGMA "} + name + "=" + value + ";";
  };
  set("cache_size", "-" + std::to_string(options.cache_kib));
  set("mmap_size", std::to_string(options.mmap_bytes));
  set("temp_store", "MEMORY");
  // They hold by what the writers do, which the contract suite checks; else each row that is written
  // looks up the one it refers to.
  set("foreign_keys", "OFF");
  if (!options.read_only) {
    set("journal_mode", "WAL");
    set("synchronous", options.full_sync ? "FULL" : "OFF");
    set("wal_autocheckpoint", std::to_string(options.wal_autocheckpoint_pages));
    set("journal_size_limit", std::to_string(options.wal_limit_bytes));
    if (options.max_pages > 0) set("max_page_count", std::to_string(options.max_pages));
  }
  TRY_VOID(execute(pragmas.c_str()));
  if (!options.read_only && options.wal_autocheckpoint_pages == 0) {
    // SQLite has one such hook; its own automatic checkpoint would need it too.
    sqlite3_wal_hook(
        handle_.get(),
        [](void* pages, sqlite3*, const char*, int count) {
          *static_cast<int*>(pages) = count;
          return SQLITE_OK;
        },
        log_pages_.get());
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(handle_.get(), code, sql);
  return Statement{statement};
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(handle_.get(), code, sql);
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  TRY(auto statement, prepare(sql));
  auto rows = statement.query();
  TRY(const bool found, rows.next());
  return found ? rows.integer(0) : 0;
}

std::int64_t Database::last_insert_row() const { return sqlite3_last_insert_rowid(handle_.get()); }

void Database::leave_log() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

Result<void> Database::recover() {
  for (sqlite3_stmt* each = sqlite3_next_stmt(handle_.get(), nullptr); each != nullptr;
       each = sqlite3_next_stmt(handle_.get(), each)) {
    sqlite3_reset(each);
  }
  if (!in_transaction()) return {};  // SQLite rolls back by itself on some errors
  return execute("ROLLBACK");
}

Result<void> Database::run_prepared(Statement& statement, const char* sql) {
  if (!statement.handle_) {
    TRY(statement, prepare(sql));
  }
  return statement.run();
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  if (kind == Kind::immediate) {
    TRY_VOID(database.run_prepared(database.begin_immediate_, "BEGIN IMMEDIATE"));
  } else {
    TRY_VOID(database.run_prepared(database.begin_, "BEGIN"));
  }
  return Transaction{database};
}

Transaction::~Transaction() {
  if (database_ == nullptr || !database_->in_transaction()) return;
  // A failed rollback shows again at the next BEGIN; there is nobody to tell here.
  if (!database_->run_prepared(database_->rollback_, "ROLLBACK")) (void)database_->recover();
}

Result<void> Transaction::commit() {
  TRY_VOID(database_->run_prepared(database_->commit_, "COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace tidings::sqlite
