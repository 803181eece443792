/// Keeps the write-ahead log short, so that it neither slows readers down nor takes the room that the
/// database needs.
///
/// The checkpointer moves pages while commits go on. While they go on without a pause it never catches
/// up to the last one, and the log could not start over: when the log has grown to its limit, the
/// writer finishes the work itself. The limit is what was asked for, or a quarter of the disk's free
/// space where that is less: a log that filled the disk could not be moved any more, because the
/// database would find no room to grow.
///
/// Errors: none of its own; a checkpoint that fails loses nothing, and is tried again.
/// Threads: one at a time, the writer's. Lifetime: the checkpointer outlives it.
#pragma once

#include <cstdint>
#include <string>

#include "store_sqlite/checkpointer.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

struct LogLimits {
  int wake_pages = 1024;   ///< after so many more pages the checkpointer is woken: little at a time,
                           ///< since commits wait for the disk while it syncs
  int most_pages = 16384;  ///< 64 MiB: then the writer finishes the checkpoint itself

  friend bool operator==(const LogLimits&, const LogLimits&) = default;
};

/// `asked`, or less where the log would take more than a quarter of `free_bytes`, its own size
/// included. Both scale alike; neither falls below a few pages.
[[nodiscard]] LogLimits limits_on_disk(const LogLimits& asked, std::int64_t free_bytes);

class LogKeeper {
 public:
  /// `path`: the database file's.
  LogKeeper(std::string path, const LogLimits& asked, Checkpointer& checkpointer);

  /// After each commit of `writer`.
  void committed(Database& writer);
  /// After a commit failed and was rolled back. Where only the log could not grow, it starts over with
  /// the next commit; nobody else would see to it, because no commit succeeds any more.
  void failed(Database& writer);

 private:
  void measure(int log_pages);

  std::string path_;
  LogLimits asked_;
  LogLimits limits_;
  Checkpointer* checkpointer_;
  int woken_at_pages_ = 0;  // length of the log when the checkpointer was woken last
};

}  // namespace tidings::sqlite
