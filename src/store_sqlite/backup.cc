#include "store_sqlite/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "base/private_file.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr int kPagesAtOnce = 1024;
constexpr std::int64_t kPageBytes = 4096;

struct CloseConnection {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

/// Removes what has not become the copy, and what reading it left beside it.
class Partial {
 public:
  explicit Partial(fs::path path) : path_(std::move(path)) {}
  ~Partial() {
    std::error_code ignored;
    for (const char* end : {"-wal", "-shm"}) fs::remove(path_.string() + end, ignored);
    if (!kept_) fs::remove(path_, ignored);
  }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool kept_ = false;
};

Error not_done(const fs::path& path, std::string_view doing) {
  return fail(Errc::unavailable, path.string() + " cannot be " + std::string(doing) + ": " +
                                     std::generic_category().message(errno));
}

Result<void> check_room(const fs::path& folder, std::int64_t bytes) {
  std::error_code unknown;
  const auto space = fs::space(folder, unknown);
  if (unknown || space.available >= static_cast<std::uintmax_t>(bytes)) return {};
  return fail(Errc::unavailable, "the copy needs " + std::to_string(bytes) + " bytes, and " +
                                     folder.string() + " has room for " +
                                     std::to_string(space.available) +
                                     ": free some space, or name another folder");
}

/// A snapshot of `source`, which the caller's transaction holds.
Result<void> copy_pages(Database& source, const fs::path& to, const BackupOptions& options) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(to.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  const Connection copy(raw);
  if (opened != SQLITE_OK) return failure(raw, opened, "open");
  // Half a copy is thrown away, and the whole one is synced at its end.
  for (const char* pragma : {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF"}) {
    const int set = sqlite3_exec(raw, pragma, nullptr, nullptr, nullptr);
    if (set != SQLITE_OK) return failure(raw, set, "write");
  }
  const std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(raw, "main", source.handle(), "main"));
  if (backup == nullptr) return failure(raw, sqlite3_errcode(raw), "write");
  for (;;) {
    const int step = sqlite3_backup_step(backup.get(), kPagesAtOnce);
    if (step != SQLITE_OK && step != SQLITE_DONE) return failure(raw, step, "write");
    const std::int64_t total = sqlite3_backup_pagecount(backup.get());
    const std::int64_t left = sqlite3_backup_remaining(backup.get());
    if (options.progress) options.progress({(total - left) * kPageBytes, total * kPageBytes});
    if (step == SQLITE_DONE) return {};
  }
}

Result<void> check_copy(const fs::path& copy) {
  OpenOptions reading;
  reading.read_only = true;
  TRY(Database database, Database::open(copy.string(), reading));
  TRY(Statement check, database.prepare("PRAGMA quick_check(1)"));
  auto rows = check.query();
  TRY(const bool any, rows.next());
  if (any && rows.text(0) == "ok") return {};
  return fail(Errc::corrupt, "the copy is damaged (" + std::string(any ? rows.text(0) : "") +
                                 "), and so must be the file: keep both, and an older backup");
}

Result<void> sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return not_done(path, "opened");
  const bool synced = ::fsync(file) == 0;
  const Error failed = synced ? Error{} : not_done(path, "synced");
  ::close(file);
  if (synced) return {};
  return failed;
}

}  // namespace

Result<std::int64_t> back_up(const fs::path& from, const fs::path& to,
                             const BackupOptions& options) {
  std::error_code unknown;
  if (!fs::exists(from, unknown)) {
    return fail(Errc::not_found, "there is no store file " + from.string());
  }
  if (fs::exists(to, unknown)) {
    return fail(Errc::conflict, to.string() + " is there already, and is not written over: name "
                                              "another folder");
  }
  OpenOptions reading;
  reading.read_only = true;
  TRY(Database source, Database::open(from.string(), reading));
  TRY(const std::int64_t owner, source.integer("PRAGMA application_id"));
  if (owner != options.application_id) {
    return fail(Errc::conflict, from.string() + " is another program's file");
  }
  TRY(const auto snapshot, Transaction::begin(source, Transaction::Kind::snapshot));
  TRY(const std::int64_t pages, source.integer("PRAGMA page_count"));  // and the snapshot begins
  TRY_VOID(check_room(to.parent_path(), pages * kPageBytes));

  Partial partial(to.string() + ".partial");
  TRY_VOID(replace_file("backup", partial.path(), "", kOwnerOnly));
  TRY_VOID(copy_pages(source, partial.path(), options));
  TRY_VOID(check_copy(partial.path()));
  TRY_VOID(sync(partial.path()));
  if (::rename(partial.path().c_str(), to.c_str()) != 0) return not_done(to, "made");
  partial.keep();
  TRY_VOID(sync(to.parent_path()));
  return static_cast<std::int64_t>(fs::file_size(to, unknown));
}

}  // namespace tidings::sqlite
