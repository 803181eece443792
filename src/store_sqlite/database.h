/// A thin owner around one SQLite connection: opening with the pragmas a durable store needs,
/// prepared statements, transactions, and errors as values.
///
/// Errors: Errc::unavailable when the disk is full, failing, read-only or locked (nothing was
/// changed; try again), Errc::corrupt when the file is damaged or no database, Errc::internal
/// otherwise. The text names the file and what to do. After an error call recover(): the
/// connection is usable again as soon as the cause is gone.
/// Threads: one at a time. Distinct connections to one file: safe.
/// Durability: with `full_sync` a COMMIT returns after the write-ahead log was fsynced.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "store_sqlite/statement.h"

namespace tidings::sqlite {

struct OpenOptions {
  bool read_only = false;
  bool full_sync = true;          ///< synchronous=FULL; off only for throw-away data
  std::int64_t cache_kib = 65536;  ///< page cache of this connection
  std::int64_t mmap_bytes = 0;     ///< part of the file mapped for reading; counts as resident
  int wal_autocheckpoint_pages = 1000;  ///< 0: somebody else checkpoints
  std::int64_t wal_limit_bytes = 64 << 20;  ///< the log file is cut back to this when it restarts
  int busy_timeout_ms = 5000;
  std::int64_t max_pages = 0;  ///< largest size of the file in pages, 0 = no limit; a full disk for tests
  std::string vfs;                 ///< "" = the system's
};

class Database {
 public:
  /// Opens or creates the file. REQUIRES: its folder exists.
  static Result<Database> open(const std::string& path, const OpenOptions& options = {});

  Database() = default;

  /// A statement to be kept and used often. A syntax error in it is ours: Errc::internal.
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// One or several statements, without parameters and results.
  Result<void> execute(const char* sql);
  /// The first column of the first row, 0 if there is none: for pragmas and tests.
  Result<std::int64_t> integer(std::string_view sql);

  [[nodiscard]] std::int64_t last_insert_row() const;
  [[nodiscard]] bool in_transaction() const;
  /// Its end shall not move the log into the file, as that of a file's last connection does.
  void leave_log();
  /// Resets every statement and rolls back what is open. An error means: open it anew.
  Result<void> recover();
  /// Frames in the write-ahead log after the last commit of this connection.
  [[nodiscard]] int log_pages() const { return *log_pages_; }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(sqlite3* handle) : handle_(handle), log_pages_(std::make_unique<int>(0)) {}
  Result<void> configure(const OpenOptions& options);

  friend class Transaction;
  /// BEGIN, COMMIT and the like: prepared at their first use.
  Result<void> run_prepared(Statement& statement, const char* sql);

  std::unique_ptr<sqlite3, Close> handle_;
  std::unique_ptr<int> log_pages_;  // set by SQLite's hook, which needs a stable address
  Statement begin_, begin_immediate_, commit_, rollback_;
};

/// The error of `code` on this connection while it was `doing` something.
[[nodiscard]] Error failure(sqlite3* connection, int code, std::string_view doing);

/// Rolls back when it goes out of scope without commit().
class Transaction {
 public:
  /// `immediate` takes the write lock at once, so that no later statement meets a busy database.
  enum class Kind { snapshot, immediate };
  static Result<Transaction> begin(Database& database, Kind kind = Kind::immediate);

  Transaction() = default;
  Transaction(Transaction&& other) noexcept : database_(other.database_) {
    other.database_ = nullptr;
  }
  Transaction& operator=(Transaction&& other) noexcept {
    std::swap(database_, other.database_);
    return *this;
  }
  ~Transaction();

  /// Durability point. On an error the transaction is still open, and is rolled back at the end.
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_ = nullptr;
};

}  // namespace tidings::sqlite
