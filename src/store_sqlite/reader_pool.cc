#include "store_sqlite/reader_pool.h"

#include <utility>

namespace tidings::sqlite {

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const std::string& path,
                                                     const OpenOptions& options, std::size_t size,
                                                     AppCache& apps) {
  auto pool = std::make_unique<ReaderPool>();
  for (std::size_t i = 0; i < size; ++i) {
    auto connection = std::make_unique<ReadConnection>();
    TRY(connection->database, Database::open(path, options));
    TRY(connection->rows, RowReader::prepare(connection->database, apps));
    TRY(connection->community, CommunityQueries::prepare(connection->database));
    TRY(connection->events, EventQueries::prepare(connection->database));
    pool->idle_.push_back(std::move(connection));
  }
  return pool;
}

std::unique_ptr<ReadConnection> ReaderPool::take() {
  std::unique_lock lock{mutex_};
  returned_.wait(lock, [this] { return !idle_.empty(); });
  // The one used last has the warmest page cache.
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ReaderPool::give_back(std::unique_ptr<ReadConnection> connection) {
  {
    const std::lock_guard lock{mutex_};
    idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace tidings::sqlite
