/// SQLite's file system with a disk that can be made to fail: full, or unable to write or sync.
/// Give kFaultyVfs as the `vfs` of sqlite::OpenOptions or EngineOptions.
///
/// Threads: any. One fault for all files of the process that were opened through it.
#pragma once

#include <cstdint>
#include <string>

namespace tidings::test_support {

inline constexpr const char* kFaultyVfs = "tidings-faulty";

enum class DiskFault {
  none,
  full,        ///< writes answer SQLITE_FULL
  write_error,  ///< writes answer SQLITE_IOERR_WRITE
  sync_error,   ///< fsync answers SQLITE_IOERR_FSYNC
  log_full,     ///< writes that would make the write-ahead log longer answer SQLITE_FULL
};

/// Makes the file system known to SQLite. Call it before the first open; repeated calls are fine.
void register_faulty_vfs();
/// From the next write or sync on.
void set_disk_fault(DiskFault fault);
/// How often a database file, which is not its log, was synced so far.
std::uint64_t database_syncs();

}  // namespace tidings::test_support
