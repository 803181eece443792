#include "store_sqlite/checkpointer.h"

#include <memory>
#include <utility>

#include "base/thread_name.h"

namespace tidings::sqlite {

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(const std::string& path,
                                                          const OpenOptions& options) {
  OpenOptions own = options;
  own.cache_kib = 2048;  // it copies pages, it does not read them
  TRY(Database database, Database::open(path, own));
  std::unique_ptr<Checkpointer> checkpointer{new Checkpointer{path, own, std::move(database)}};
  checkpointer->thread_ = std::thread{[self = checkpointer.get()] { self->run(); }};
  return checkpointer;
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::wake() {
  {
    const std::lock_guard lock{mutex_};
    if (wanted_) return;
    wanted_ = true;
  }
  wake_.notify_one();
}

void Checkpointer::suspend() {
  std::unique_lock lock{mutex_};
  suspended_ = true;
  rested_.wait(lock, [this] { return !working_; });
  if (database_) database_->leave_log();
  database_.reset();
}

void Checkpointer::resume() {
  {
    const std::lock_guard lock{mutex_};
    suspended_ = false;
  }
  wake_.notify_one();
}

void Checkpointer::run() {
  name_this_thread("checkpointer");
  std::unique_lock lock{mutex_};
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || (wanted_ && !suspended_); });
    if (stopping_) return;
    working_ = true;
    lock.unlock();
    checkpoint();
    lock.lock();
    working_ = false;
    // Wakes that came meanwhile are served by this run; the writer wakes again as it goes on.
    wanted_ = false;
    rested_.notify_all();
  }
}

void Checkpointer::checkpoint() {
  if (!database_) {
    auto opened = Database::open(path_, options_);
    if (!opened) return;  // the writer wakes again as it goes on
    database_ = std::move(*opened);
  }
  sqlite3_wal_checkpoint_v2(database_->handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
  if (!options_.full_sync) return;
  // SQLite syncs the database only once all of the log is in it. That is the writer's part when it is
  // busy, and commits wait for it: little shall be left to sync by then.
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database_->handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file != nullptr && file->pMethods != nullptr) {
    // The kernel tells an error to each open handle, so it meets the writer's own sync too.
    (void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  }
}

}  // namespace tidings::sqlite
