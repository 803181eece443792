/// A fixed number of read-only connections. Each call takes one, sees one consistent snapshot of
/// what is committed, gives it back, and waits until what it saw is durable. A call waits while all
/// are out.
///
/// Threads: any. Lifetime: every lease ends before the pool.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store_sqlite/community_queries.h"
#include "store_sqlite/database.h"
#include "store_sqlite/durability.h"
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
                                                  AppCache& apps, Durability& durability);

  /// Runs `work(connection)` in one snapshot; gives what it gives.
  template <class Work>
  auto read(Work&& work) -> decltype(work(std::declval<ReadConnection&>())) {
    return durability_.read_durable([&]() -> decltype(work(std::declval<ReadConnection&>())) {
      TRY(const Lease lease, take());
      TRY(const auto snapshot,
          Transaction::begin(lease.connection().database, Transaction::Kind::snapshot));
      return work(lease.connection());
    });
  }

  /// Waits for the calls under way and closes all connections. Calls that come wait for a while, then
  /// they get Errc::unavailable.
  void suspend();
  /// They are opened again as they are needed.
  void resume();

 private:
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<ReadConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    [[nodiscard]] ReadConnection& connection() const { return *connection_; }

   private:
    ReaderPool* pool_;
    std::unique_ptr<ReadConnection> connection_;
  };

  ReaderPool(std::string path, const OpenOptions& options, AppCache& apps, Durability& durability)
      : path_(std::move(path)), options_(options), apps_(apps), durability_(durability) {}
  Result<std::unique_ptr<ReadConnection>> connect();
  Result<Lease> take();
  void give_back(std::unique_ptr<ReadConnection> connection);

  const std::string path_;
  const OpenOptions options_;
  AppCache& apps_;
  Durability& durability_;
  std::mutex mutex_;
  std::condition_variable returned_;
  // Protected by mutex_.
  std::vector<std::unique_ptr<ReadConnection>> idle_;
  std::size_t closed_ = 0;  // connections that are to be opened when they are needed
  std::size_t out_ = 0;
  bool suspended_ = false;
};

}  // namespace tidings::sqlite
