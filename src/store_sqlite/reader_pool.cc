#include "store_sqlite/reader_pool.h"

#include <chrono>

namespace tidings::sqlite {
namespace {

constexpr std::chrono::seconds kLongestSuspension{2};

}  // namespace

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const std::string& path,
                                                     const OpenOptions& options, std::size_t size,
                                                     AppCache& apps, Durability& durability) {
  std::unique_ptr<ReaderPool> pool{new ReaderPool{path, options, apps, durability}};
  for (std::size_t i = 0; i < size; ++i) {
    TRY(auto connection, pool->connect());
    pool->idle_.push_back(std::move(connection));
  }
  return pool;
}

Result<std::unique_ptr<ReadConnection>> ReaderPool::connect() {
  auto connection = std::make_unique<ReadConnection>();
  TRY(connection->database, Database::open(path_, options_));
  TRY(connection->rows, RowReader::prepare(connection->database, apps_));
  TRY(connection->community, CommunityQueries::prepare(connection->database));
  TRY(connection->events, EventQueries::prepare(connection->database));
  return connection;
}

Result<ReaderPool::Lease> ReaderPool::take() {
  {
    std::unique_lock lock{mutex_};
    const auto ready = [this] { return !suspended_ && (!idle_.empty() || closed_ > 0); };
    while (!ready()) {
      if (!suspended_) {
        returned_.wait(lock);
      } else if (!returned_.wait_for(lock, kLongestSuspension, [this] { return !suspended_; })) {
        return fail(Errc::unavailable, "store file " + path_ +
                                           " cannot be read until its disk works again: check the "
                                           "disk's space, quota and health");
      }
    }
    ++out_;
    if (!idle_.empty()) {
      // The one used last has the warmest page cache.
      Lease lease{*this, std::move(idle_.back())};
      idle_.pop_back();
      return lease;
    }
    --closed_;
  }
  auto connection = connect();
  if (connection) return Lease{*this, std::move(*connection)};
  give_back(nullptr);
  return std::move(connection).error();
}

void ReaderPool::give_back(std::unique_ptr<ReadConnection> connection) {
  {
    const std::lock_guard lock{mutex_};
    --out_;
    if (connection) {
      idle_.push_back(std::move(connection));
    } else {
      ++closed_;
    }
  }
  returned_.notify_all();
}

void ReaderPool::suspend() {
  std::unique_lock lock{mutex_};
  suspended_ = true;
  returned_.wait(lock, [this] { return out_ == 0; });
  closed_ += idle_.size();
  for (const auto& connection : idle_) connection->database.leave_log();
  idle_.clear();
}

void ReaderPool::resume() {
  {
    const std::lock_guard lock{mutex_};
    suspended_ = false;
  }
  returned_.notify_all();
}

}  // namespace tidings::sqlite
