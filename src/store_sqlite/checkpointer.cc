#include "store_sqlite/checkpointer.h"

#include <memory>
#include <utility>

namespace tidings::sqlite {

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(const std::string& path,
                                                          const OpenOptions& options) {
  OpenOptions own = options;
  own.cache_kib = 2048;  // it copies pages, it does not read them
  TRY(Database database, Database::open(path, own));
  std::unique_ptr<Checkpointer> checkpointer{new Checkpointer{std::move(database)}};
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

void Checkpointer::run() {
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return wanted_ || stopping_; });
      if (stopping_) return;
    }
    sqlite3_wal_checkpoint_v2(database_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                              nullptr);
    // Wakes that came meanwhile are served by this run; the writer wakes again as it goes on.
    const std::lock_guard lock{mutex_};
    wanted_ = false;
  }
}

}  // namespace tidings::sqlite
