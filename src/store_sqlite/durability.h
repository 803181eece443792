/// Which commits of a file are durable, where a commit leaves its fsync to another thread.
///
/// Readers see a commit at once, and must not tell of it before it is durable: after they have read,
/// they wait for the last one that was announced.
///
/// Threads: announce(), committed() and withdraw() by the writer; sync() by one thread at a time;
/// reading by any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.h"
#include "store_sqlite/log_vfs.h"

namespace tidings::sqlite {

class Durability {
 public:
  /// `path`: of the database, as SQLite names it; `vfs`: as OpenOptions has it.
  Durability(std::string path, const std::string& vfs);

  /// Before a commit, which may become visible from now on.
  void announce();
  /// After it.
  void committed();
  /// Instead: the commit failed and was rolled back.
  void withdraw();
  /// Durability point: what was committed before the call is on disk.
  Result<void> sync();

  /// Runs `read` until all that it saw is durable; gives what it gave.
  template <class Read>
  auto read_durable(Read&& read) -> decltype(read()) {
    for (;;) {
      const std::uint64_t times = times_taken_back();
      auto result = read();
      if (wait_for_announced(times)) return result;
    }
  }

  /// Cuts the log back to what is durable. REQUIRES: no connection is open. An error: it could not
  /// be done, try again.
  Result<void> cut_back();
  /// Readers that wait read again. REQUIRES: none can begin before the log is cut back.
  void taken_back();

 private:
  [[nodiscard]] std::uint64_t times_taken_back() const;
  /// False: what was read may have been taken back since then.
  [[nodiscard]] bool wait_for_announced(std::uint64_t times_taken_back);
  [[nodiscard]] Error refused(int code, const char* doing) const;

  const std::string path_;
  LogSync log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Protected by mutex_. The first three count commits.
  std::uint64_t announced_ = 0, committed_ = 0, durable_ = 0, taken_back_ = 0;
  LogMark log_end_;  // after the last one committed
};

}  // namespace tidings::sqlite
