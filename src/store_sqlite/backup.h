/// A copy of a database file that is in use: one snapshot, as of one commit.
///
/// The source is read through a connection of its own, in one transaction, so whoever writes is neither
/// stopped nor seen; while it is read the log cannot start over and grows by what is written.
/// Source: https://sqlite.org/backup.html.
/// Errors: Errc::not_found (no such file), Errc::conflict (the copy's name is taken, or the file is another
/// program's), Errc::unavailable (no room, or the disk's own reason), Errc::corrupt (the copy is damaged, as
/// the file must be). Nothing is left under the copy's name then.
/// Threads: any. Durability: the copy and its folder are synced when this returns success.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.h"

namespace tidings::sqlite {

struct BackupProgress {
  std::int64_t done = 0;  ///< bytes
  std::int64_t total = 0;
};

struct BackupOptions {
  std::int32_t application_id = 0;  ///< what the file must be marked with
  std::function<void(const BackupProgress&)> progress;  ///< after each few megabytes; empty: nobody asks
};

/// The copy's size in bytes. It is made with mode 0600, and checked page by page before it gets its name.
Result<std::int64_t> back_up(const std::filesystem::path& from, const std::filesystem::path& to,
                             const BackupOptions& options);

}  // namespace tidings::sqlite
