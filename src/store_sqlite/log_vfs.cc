#include "store_sqlite/log_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "store_sqlite/database.h"

namespace tidings::sqlite {
namespace {

constexpr sqlite3_int64 kBufferBytes = 512 * 1024;
// SQLite's own file layer masks the size of a write with 0x1ffff: from 128 KiB on it takes a write
// for one to a full disk.
constexpr sqlite3_int64 kWriteBytes = 64 * 1024;
constexpr sqlite3_int64 kLogHeaderBytes = 32;
constexpr sqlite3_int64 kMostRoomBytes = 1024 * 1024;
constexpr char kZeros[kWriteBytes] = {};

/// A log file: SQLite's base, what waits to be written, and behind it the system's own file.
struct LogFile {
  sqlite3_file base;
  char* waiting;
  sqlite3_int64 waiting_at;  // place in the file of waiting[0]
  sqlite3_int64 size;        // bytes that wait
  sqlite3_int64 room;        // the file's length, as far as this handle knows; 0: not asked yet
  std::shared_ptr<LogProgress>* progress;
  bool without_sync;  // of commits
  bool new_header;    // it must be on disk before what comes behind it

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
static_assert(sizeof(LogFile) % 8 == 0);  // as SQLite aligns what it allocates

LogFile& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }

int write_through(LogFile& log, const char* bytes, sqlite3_int64 size, sqlite3_int64 at) {
  for (sqlite3_int64 done = 0; done < size; done += kWriteBytes) {
    const auto piece = static_cast<int>(std::min(size - done, kWriteBytes));
    const int code = log.real()->pMethods->xWrite(log.real(), bytes + done, piece, at + done);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

/// Zeros behind the log's `end`, for commits to come. An fsync that also has to store a new length
/// takes two to three times as long as one of a file that keeps it. SQLite reads a log up to the
/// first frame that is none.
void make_room(LogFile& log, sqlite3_int64 end) {
  if (end <= log.room) return;
  sqlite3_file* const real = log.real();
  if (log.room == 0) (void)real->pMethods->xFileSize(real, &log.room);
  if (end < log.room) return;
  sqlite3_int64 more = std::clamp(end / 2, kWriteBytes, kMostRoomBytes);
  for (log.room = end; more > 0; more -= kWriteBytes, log.room += kWriteBytes) {
    if (real->pMethods->xWrite(real, kZeros, kWriteBytes, log.room) == SQLITE_OK) continue;
    // A full disk, most likely. What is left of it belongs to what must be written.
    (void)real->pMethods->xTruncate(real, end);
    log.room = std::numeric_limits<sqlite3_int64>::max();
    return;
  }
}

int flush(LogFile& log) {
  if (log.size == 0) return SQLITE_OK;
  const sqlite3_int64 size = std::exchange(log.size, 0);  // after an error the commit has failed
  const int code = write_through(log, log.waiting, size, log.waiting_at);
  if (code != SQLITE_OK) return code;
  (*log.progress)->note_write(log.waiting_at, size);
  make_room(log, log.waiting_at + size);
  return SQLITE_OK;
}

int sync_now(LogFile& log, int flags) {
  LogProgress& progress = **log.progress;
  const LogMark begun = progress.written();
  return progress.note_sync(begun, log.real()->pMethods->xSync(log.real(), flags));
}

/// Of the logs that are in use, by path.
std::shared_ptr<LogProgress> progress_of(const std::string& log_path) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<LogProgress>> known;
  const std::lock_guard lock{mutex};
  std::erase_if(known, [](const auto& each) { return each.second.expired(); });
  std::weak_ptr<LogProgress>& entry = known[log_path];
  auto progress = entry.lock();
  if (!progress) entry = progress = std::make_shared<LogProgress>();
  return progress;
}

int close_log(sqlite3_file* file) {
  LogFile& log = log_of(file);
  // Never part of a commit, which would have been synced; SQLite could read it as a torn one.
  const int flushed = flush(log);
  const int closed = log.real()->pMethods->xClose(log.real());
  sqlite3_free(log.waiting);
  delete log.progress;
  return flushed == SQLITE_OK ? closed : flushed;
}

int read_log(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  LogFile& log = log_of(file);
  if (at < log.waiting_at + log.size && log.waiting_at < at + size) {
    if (const int flushed = flush(log); flushed != SQLITE_OK) return flushed;
  }
  return log.real()->pMethods->xRead(log.real(), out, size, at);
}

int write_log(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  LogFile& log = log_of(file);
  if (log.size > 0 && (at != log.waiting_at + log.size || log.size + size > kBufferBytes)) {
    if (const int flushed = flush(log); flushed != SQLITE_OK) return flushed;
  }
  if (at == 0 && size == kLogHeaderBytes) log.new_header = true;
  if (log.size == 0) log.waiting_at = at;
  std::memcpy(log.waiting + log.size, bytes, static_cast<std::size_t>(size));
  log.size += size;
  return SQLITE_OK;
}

int truncate_log(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_of(file);
  if (const int flushed = flush(log); flushed != SQLITE_OK) return flushed;
  const int code = log.real()->pMethods->xTruncate(log.real(), size);
  if (code == SQLITE_OK) (*log.progress)->note_size(size);
  log.room = 0;
  return code;
}

int sync_log(sqlite3_file* file, int flags) {
  LogFile& log = log_of(file);
  if (const int flushed = flush(log); flushed != SQLITE_OK) return flushed;
  if (!log.new_header) return log.without_sync ? SQLITE_OK : sync_now(log, flags);
  // Before it everything is in the database, and behind it nothing yet: when it fails, the commit
  // that wanted a new log fails, and nothing has to be taken back.
  const LogMark begun = (*log.progress)->written();
  const int code = log.real()->pMethods->xSync(log.real(), flags);
  if (code != SQLITE_OK) return code;
  log.new_header = false;
  (void)(*log.progress)->note_sync(begun, code);
  return SQLITE_OK;
}

int size_of_log(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_of(file);
  if (const int flushed = flush(log); flushed != SQLITE_OK) return flushed;
  return log.real()->pMethods->xFileSize(log.real(), size);
}

int lock_log(sqlite3_file* file, int kind) {
  return log_of(file).real()->pMethods->xLock(log_of(file).real(), kind);
}
int unlock_log(sqlite3_file* file, int kind) {
  return log_of(file).real()->pMethods->xUnlock(log_of(file).real(), kind);
}
int check_reserved(sqlite3_file* file, int* out) {
  return log_of(file).real()->pMethods->xCheckReservedLock(log_of(file).real(), out);
}
int control_log(sqlite3_file* file, int what, void* argument) {
  return log_of(file).real()->pMethods->xFileControl(log_of(file).real(), what, argument);
}
int sector_size(sqlite3_file* file) {
  return log_of(file).real()->pMethods->xSectorSize(log_of(file).real());
}
int characteristics(sqlite3_file* file) {
  return log_of(file).real()->pMethods->xDeviceCharacteristics(log_of(file).real());
}

constexpr sqlite3_io_methods log_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;  // shared memory and mapping belong to the database's file
  methods.xClose = close_log;
  methods.xRead = read_log;
  methods.xWrite = write_log;
  methods.xTruncate = truncate_log;
  methods.xSync = sync_log;
  methods.xFileSize = size_of_log;
  methods.xLock = lock_log;
  methods.xUnlock = unlock_log;
  methods.xCheckReservedLock = check_reserved;
  methods.xFileControl = control_log;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}
constexpr sqlite3_io_methods kLogMethods = log_methods();

sqlite3_vfs* system_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
              int* out_flags) {
  sqlite3_vfs* const system = system_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, out_flags);
  LogFile& log = log_of(file);
  log = LogFile{};
  log.waiting = static_cast<char*>(sqlite3_malloc64(kBufferBytes));
  if (log.waiting == nullptr) return SQLITE_NOMEM;
  log.real()->pMethods = nullptr;
  const int code = system->xOpen(system, name, log.real(), flags, out_flags);
  if (log.real()->pMethods == nullptr) {  // else SQLite closes it, also after an error
    sqlite3_free(log.waiting);
    return code;
  }
  log.progress = new std::shared_ptr<LogProgress>(progress_of(name));
  log.base.pMethods = &kLogMethods;
  return code;
}

std::unique_ptr<sqlite3_vfs> make_over(sqlite3_vfs* system, const std::string& name) {
  auto vfs = std::make_unique<sqlite3_vfs>(*system);  // the rest is the system's
  vfs->szOsFile = static_cast<int>(sizeof(LogFile)) + system->szOsFile;
  vfs->pNext = nullptr;
  vfs->zName = name.c_str();
  vfs->pAppData = system;
  vfs->xOpen = open_file;
  vfs->xDelete = [](sqlite3_vfs* self, const char* path, int sync_folder) {
    return system_of(self)->xDelete(system_of(self), path, sync_folder);
  };
  vfs->xAccess = [](sqlite3_vfs* self, const char* path, int flags, int* out) {
    return system_of(self)->xAccess(system_of(self), path, flags, out);
  };
  vfs->xFullPathname = [](sqlite3_vfs* self, const char* path, int size, char* out) {
    return system_of(self)->xFullPathname(system_of(self), path, size, out);
  };
  return vfs;
}

}  // namespace

LogMark LogProgress::written() const {
  const std::lock_guard lock{mutex_};
  return written_;
}

bool LogProgress::is_durable(const LogMark& mark) const {
  const std::lock_guard lock{mutex_};
  return mark <= durable_;
}

void LogProgress::note_write(std::int64_t at, std::int64_t size) {
  const std::lock_guard lock{mutex_};
  // SQLite begins the log anew only once all of it is in the database, and synced there.
  if (at == 0) written_ = {written_.generation + 1, 0};
  // A found log is used on from behind its last commit; what stands there is none of it.
  if (std::exchange(found_, false) && at < written_.end) written_ = durable_ = {0, at};
  written_.end = std::max(written_.end, at + size);
}

void LogProgress::note_size(std::int64_t size) {
  const std::lock_guard lock{mutex_};
  written_.end = std::min(written_.end, size);
}

int LogProgress::note_sync(const LogMark& begun, int code) {
  const std::lock_guard lock{mutex_};
  if (failed_) return SQLITE_IOERR_FSYNC;
  if (code == SQLITE_OK) {
    durable_ = std::max(durable_, begun);
  } else {
    failed_ = has_keeper_ && durable_ < written_;  // else nothing was left to be lost
  }
  return code;
}

void LogProgress::note_keeper() {
  const std::lock_guard lock{mutex_};
  has_keeper_ = true;
}

void LogProgress::note_found(std::int64_t size) {
  const std::lock_guard lock{mutex_};
  if (written_ != LogMark{}) return;
  written_ = durable_ = {0, size};
  found_ = true;
}

std::int64_t LogProgress::durable_bytes() const {
  const std::lock_guard lock{mutex_};
  return durable_.generation == written_.generation ? durable_.end : 0;
}

void LogProgress::note_cut_back() {
  const std::lock_guard lock{mutex_};
  written_.end = durable_.generation == written_.generation ? durable_.end : 0;
  durable_ = written_;
  failed_ = false;
}

CommitWithoutSync::CommitWithoutSync(Database& database) : log_(nullptr) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  if (file == nullptr || file->pMethods != &kLogMethods) return;
  log_ = file;
  log_of(log_).without_sync = true;
}

CommitWithoutSync::~CommitWithoutSync() {
  if (log_ != nullptr) log_of(log_).without_sync = false;
}

LogSync::LogSync(const std::string& path, const std::string& vfs)
    : log_path_(path + "-wal"), vfs_(vfs), progress_(progress_of(log_path_)) {
  progress_->note_keeper();
  sqlite3_int64 size = 0;
  if (open() != SQLITE_OK) return;  // there is none yet
  if (file_->pMethods->xFileSize(file_, &size) == SQLITE_OK) progress_->note_found(size);
}

LogSync::~LogSync() { close(); }

int LogSync::open() {
  if (file_ != nullptr) return SQLITE_OK;
  sqlite3_vfs* const vfs = sqlite3_vfs_find(vfs_.c_str());
  if (vfs == nullptr) return SQLITE_CANTOPEN;
  const auto words = static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1;
  memory_.assign(words, std::max_align_t{});
  auto* const file = reinterpret_cast<sqlite3_file*>(memory_.data());
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL;
  const int code = vfs->xOpen(vfs, log_path_.c_str(), file, flags, &flags);
  if (code == SQLITE_OK) {
    file_ = file;
  } else if (file->pMethods != nullptr) {
    file->pMethods->xClose(file);
  }
  return code;
}

void LogSync::close() {
  if (file_ != nullptr) file_->pMethods->xClose(file_);
  file_ = nullptr;
}

int LogSync::sync() {
  const int opened = open();
  return opened == SQLITE_OK ? file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL) : opened;
}

int LogSync::cut_back() {
  close();  // an fsync's error is told to each handle once: a new one begins without
  if (const int opened = open(); opened != SQLITE_OK) return opened;
  const int cut = file_->pMethods->xTruncate(file_, progress_->durable_bytes());
  if (cut != SQLITE_OK) return cut;
  // Should this fail, what was cut off could be back after a power failure; so could it before.
  (void)file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL);
  progress_->note_cut_back();
  return SQLITE_OK;
}

std::string log_vfs(const std::string& below) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<sqlite3_vfs>> made;  // as long as the process
  const std::lock_guard lock{mutex};
  sqlite3_vfs* const system = sqlite3_vfs_find(below.empty() ? nullptr : below.c_str());
  if (system == nullptr) return below;  // opening it says what is wrong
  const auto [entry, added] = made.try_emplace("tidings-log over " + std::string{system->zName});
  if (added) {
    entry->second = make_over(system, entry->first);
    if (sqlite3_vfs_register(entry->second.get(), /*makeDflt=*/0) != SQLITE_OK) {
      made.erase(entry);
      return below;
    }
  }
  return entry->first;
}

}  // namespace tidings::sqlite
