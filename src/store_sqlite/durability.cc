#include "store_sqlite/durability.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace tidings::sqlite {

Durability::Durability(std::string path, const std::string& vfs)
    : path_(std::move(path)), log_(path_, log_vfs(vfs)) {}

void Durability::announce() {
  const std::lock_guard lock{mutex_};
  ++announced_;
}

void Durability::committed() {
  const LogMark end = log_.progress().written();
  const std::lock_guard lock{mutex_};
  committed_ = announced_;
  log_end_ = end;
}

void Durability::withdraw() {
  {
    const std::lock_guard lock{mutex_};
    --announced_;
  }
  changed_.notify_all();
}

Result<void> Durability::sync() {
  std::uint64_t number = 0;
  LogMark end;
  {
    const std::lock_guard lock{mutex_};
    number = committed_;
    end = log_end_;
    if (durable_ >= number) return {};
  }
  const int code = log_.sync();
  // Another handle may have synced it before it failed here, and moved it into the database.
  if (code != SQLITE_OK && !log_.progress().is_durable(end)) return refused(code, "synced");
  {
    const std::lock_guard lock{mutex_};
    durable_ = std::max(durable_, number);
  }
  changed_.notify_all();
  return {};
}

std::uint64_t Durability::times_taken_back() const {
  const std::lock_guard lock{mutex_};
  return taken_back_;
}

bool Durability::wait_for_announced(std::uint64_t times_taken_back) {
  std::unique_lock lock{mutex_};
  const std::uint64_t number = announced_;
  changed_.wait(lock, [&] {
    return durable_ >= std::min(number, announced_) || taken_back_ != times_taken_back;
  });
  return taken_back_ == times_taken_back;
}

Result<void> Durability::cut_back() {
  const int code = log_.cut_back();
  if (code != SQLITE_OK) return refused(code, "cut back");
  return {};
}

void Durability::taken_back() {
  {
    const std::lock_guard lock{mutex_};
    durable_ = committed_ = announced_;
    ++taken_back_;
  }
  changed_.notify_all();
}

Error Durability::refused(int code, const char* doing) const {
  return fail(Errc::unavailable, "store file " + path_ + ": its log could not be " + doing +
                                     " (SQLite code " + std::to_string(code) +
                                     "); check the disk's space, quota and health");
}

}  // namespace tidings::sqlite
