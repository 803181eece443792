/// A fixed number of read-only connections. Each call takes one, sees one consistent snapshot of
/// what is committed, and gives it back. A call waits while all are out.
///
/// Threads: any. Lifetime: every lease ends before the pool.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store_sqlite/community_queries.h"
#include "store_sqlite/database.h"
#include "store_sqlite/event_queries.h"
#include "store_sqlite/row_reader.h"

namespace tidings::sqlite {

/// One connection with its statements.
struct ReadConnection {
  Database database;
  RowReader rows;
  CommunityQueries community;
  EventQueries events;
};

class ReaderPool {
 public:
  static Result<std::unique_ptr<ReaderPool>> open(const std::string& path,
                                                  const OpenOptions& options, std::size_t size,
                                                  AppCache& apps);

  /// Runs `work(connection)` in one snapshot; gives what it gives.
  template <class Work>
  auto read(Work&& work) -> decltype(work(std::declval<ReadConnection&>())) {
    Lease lease{*this};
    TRY(const auto snapshot,
        Transaction::begin(lease.connection().database, Transaction::Kind::snapshot));
    return work(lease.connection());
  }

 private:
  class Lease {
   public:
    explicit Lease(ReaderPool& pool) : pool_(pool), connection_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] ReadConnection& connection() { return *connection_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<ReadConnection> connection_;
  };

  std::unique_ptr<ReadConnection> take();
  void give_back(std::unique_ptr<ReadConnection> connection);

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<ReadConnection>> idle_;  // protected by mutex_
};

}  // namespace tidings::sqlite
