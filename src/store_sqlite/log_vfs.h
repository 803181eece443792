/// An SQLite VFS that writes the log of a commit in one go, and knows how far the log is on disk.
///
/// SQLite writes every page of the write-ahead log with two calls, a frame's head and its page.
/// Behind this VFS they are collected and written with one call at the next sync, read or gap: a
/// commit of 30 pages costs one write instead of 60. The file is kept longer than the log, with zeros
/// behind it, so that the fsync of a commit does not have to store a new length as well. Everything but
/// the log goes straight to the system's VFS.
///
/// A commit may leave its fsync to somebody else (CommitWithoutSync): the log is written, other
/// connections see the commit, and LogSync makes it durable, on any thread, while the next transaction
/// is under way. Where there is a LogSync, after an fsync that failed all others on this log fail as well,
/// until it was cut back to what is durable: nothing is moved into the database that may still have to be
/// taken back. Where there is none, a commit whose fsync failed was shown to nobody, and the next one writes
/// the same frames again.
///
/// REQUIRES: synchronous=FULL, where SQLite syncs the log of a commit before it shows the commit to
/// other connections: what they may look for is in the file then.
/// Errors: those of the delayed write come out of the sync, and the commit fails as it would have.
/// Threads: any; a connection's file belongs to that connection.
/// Source: https://sqlite.org/vfs.html, https://sqlite.org/walformat.html.
#pragma once

#include <sqlite3.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace tidings::sqlite {

class Database;

/// A place in a log, which starts over now and then.
struct LogMark {
  std::uint64_t generation = 0;
  std::int64_t end = 0;  ///< bytes of the file
  friend auto operator<=>(const LogMark&, const LogMark&) = default;
};

/// How far a log was written and synced, by whichever connection of this process. Any thread.
class LogProgress {
 public:
  [[nodiscard]] LogMark written() const;
  [[nodiscard]] bool is_durable(const LogMark& mark) const;

  // For the VFS.
  void note_write(std::int64_t at, std::int64_t size);
  void note_size(std::int64_t size);  ///< the file was cut
  /// The result of an fsync that began when `begun` was written. Gives the result that counts.
  int note_sync(const LogMark& begun, int code);

  // For LogSync.
  void note_keeper();  ///< it may be cut back from now on
  void note_found(std::int64_t size);  ///< before the first connection writes: what is there, stays
  [[nodiscard]] std::int64_t durable_bytes() const;
  void note_cut_back();

 private:
  mutable std::mutex mutex_;
  LogMark written_, durable_;
  bool failed_ = false;
  bool has_keeper_ = false;
  bool found_ = false;  // written_.end is the file's, and nothing was written since
};

/// The name to open a database with, over the VFS `below` ("" = the system's). Made at the first
/// call; gives `below` back where that fails.
std::string log_vfs(const std::string& below = {});

/// While it lives, commits of this connection do not sync its log. Nothing where the connection was
/// not opened with log_vfs().
class CommitWithoutSync {
 public:
  explicit CommitWithoutSync(Database& database);
  ~CommitWithoutSync();
  CommitWithoutSync(const CommitWithoutSync&) = delete;
  CommitWithoutSync& operator=(const CommitWithoutSync&) = delete;

 private:
  sqlite3_file* log_;  // nullptr: not ours
};

/// Syncs the log of a database file through a handle of its own, which no connection uses.
/// Threads: sync() by one thread at a time.
class LogSync {
 public:
  /// `path`: of the database; `vfs`: the name it is opened with, from log_vfs().
  LogSync(const std::string& path, const std::string& vfs);
  ~LogSync();
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;

  [[nodiscard]] const LogProgress& progress() const { return *progress_; }
  /// A code of SQLite.
  int sync();
  /// Cuts the file back to what is durable. REQUIRES: no connection is open.
  int cut_back();

 private:
  int open();
  void close();

  std::string log_path_;
  std::string vfs_;
  std::shared_ptr<LogProgress> progress_;
  std::vector<std::max_align_t> memory_;  // of file_
  sqlite3_file* file_ = nullptr;          // nullptr: not open
};

}  // namespace tidings::sqlite
