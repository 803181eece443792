#include "support/faulty_vfs.h"

#include <sqlite3.h>

#include <atomic>

namespace tidings::test_support {
namespace {

std::atomic<DiskFault> current = DiskFault::none;
std::atomic<std::uint64_t> synced_databases = 0;

/// What SQLite holds as a file: our methods first, the real file right behind.
struct FaultyFile {
  sqlite3_file base;
  bool log;       // the write-ahead log
  bool database;  // the main file
};

static_assert(sizeof(FaultyFile) % alignof(sqlite3_int64) == 0);

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<FaultyFile*>(file) + 1);
}

bool grows_log(sqlite3_file* file, sqlite3_int64 end) {
  sqlite3_int64 size = 0;
  return reinterpret_cast<FaultyFile*>(file)->log &&
         real(file)->pMethods->xFileSize(real(file), &size) == SQLITE_OK && end > size;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  switch (current.load()) {
    case DiskFault::full: return SQLITE_FULL;
    case DiskFault::write_error: return SQLITE_IOERR_WRITE;
    case DiskFault::log_full:
      if (grows_log(file, offset + size)) return SQLITE_FULL;
      [[fallthrough]];
    default: return real(file)->pMethods->xWrite(real(file), data, size, offset);
  }
}
int sync(sqlite3_file* file, int flags) {
  if (current.load() == DiskFault::sync_error) return SQLITE_IOERR_FSYNC;
  if (reinterpret_cast<FaultyFile*>(file)->database) ++synced_databases;
  return real(file)->pMethods->xSync(real(file), flags);
}

// Everything else goes through as it is.
int close(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int read(sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
  return real(f)->pMethods->xRead(real(f), data, size, offset);
}
int truncate(sqlite3_file* f, sqlite3_int64 size) {
  return real(f)->pMethods->xTruncate(real(f), size);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}
int lock(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* out) {
  return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
int control(sqlite3_file* f, int op, void* argument) {
  return real(f)->pMethods->xFileControl(real(f), op, argument);
}
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
int shm_lock(sqlite3_file* f, int offset, int count, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, count, flags);
}
void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int erase) {
  return real(f)->pMethods->xShmUnmap(real(f), erase);
}

const sqlite3_io_methods kMethods = {2,          close,     read,     write,       truncate,
                                     sync,       file_size, lock,     unlock,      check_lock,
                                     control,    sector_size, characteristics, shm_map, shm_lock,
                                     shm_barrier, shm_unmap, nullptr, nullptr};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  auto* below = static_cast<sqlite3_vfs*>(vfs->pAppData);
  file->pMethods = nullptr;
  const int code = below->xOpen(below, name, real(file), flags, out);
  reinterpret_cast<FaultyFile*>(file)->log = (flags & SQLITE_OPEN_WAL) != 0;
  reinterpret_cast<FaultyFile*>(file)->database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  if (code == SQLITE_OK) file->pMethods = &kMethods;
  return code;
}

}  // namespace

void register_faulty_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs made = *below;
    made.pNext = nullptr;
    made.zName = kFaultyVfs;
    made.pAppData = below;
    made.szOsFile = static_cast<int>(sizeof(FaultyFile)) + below->szOsFile;
    made.xOpen = open;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
}

void set_disk_fault(DiskFault fault) { current = fault; }

std::uint64_t database_syncs() { return synced_databases; }

}  // namespace tidings::test_support
