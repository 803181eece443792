/// Moves committed pages from the write-ahead log into the database file, on a thread and a
/// connection of its own, so that a commit never waits for it.
///
/// A passive checkpoint takes no lock that a writer or reader needs. While commits go on without a
/// pause it never catches up to the last one, and the log could not start over: when the log has
/// grown to its limit the writer does the short rest itself (LogKeeper). What was moved is synced each
/// time, so that this rest is short on the disk too.
///
/// Errors: a failed checkpoint loses nothing, the log keeps it all; the next one tries again.
/// Threads: wake() from any thread. Lifetime: the file outlives it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store_sqlite/database.h"

namespace tidings::sqlite {

class Checkpointer {
 public:
  static Result<std::unique_ptr<Checkpointer>> start(const std::string& path,
                                                     const OpenOptions& options);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// There is something to do. Cheap.
  void wake();
  /// Closes its connection and leaves the log as it is; returns when that is done.
  void suspend();
  /// Opens it again, when there is something to do.
  void resume();

 private:
  Checkpointer(std::string path, OpenOptions options, Database database)
      : path_(std::move(path)), options_(std::move(options)), database_(std::move(database)) {}
  void run();
  void checkpoint();

  const std::string path_;
  const OpenOptions options_;
  std::optional<Database> database_;  // the thread's while it works, else protected by mutex_
  std::mutex mutex_;
  std::condition_variable wake_, rested_;
  bool working_ = false;    // protected by mutex_
  bool suspended_ = false;  // protected by mutex_
  bool wanted_ = false;     // protected by mutex_
  bool stopping_ = false;  // protected by mutex_
  std::thread thread_;
};

}  // namespace tidings::sqlite
