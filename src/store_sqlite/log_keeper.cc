#include "store_sqlite/log_keeper.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

namespace tidings::sqlite {
namespace {

constexpr std::int64_t kPageBytes = 4096;
constexpr std::int64_t kShare = 4;  // of the free space
constexpr std::int64_t kFewest = 16;

void finish(Database& writer) {
  // The checkpointer is at most one of its rounds behind, so this is short. If it is at work right
  // now, this does nothing and the next commit tries again.
  sqlite3_wal_checkpoint_v2(writer.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace

LogLimits limits_on_disk(const LogLimits& asked, std::int64_t free_bytes) {
  const std::int64_t fitting = std::max(kFewest, free_bytes / kShare / kPageBytes);
  if (fitting >= asked.most_pages) return asked;
  const std::int64_t wake = std::max<std::int64_t>(1, asked.wake_pages * fitting / asked.most_pages);
  return {static_cast<int>(wake), static_cast<int>(fitting)};
}

LogKeeper::LogKeeper(std::string path, const LogLimits& asked, Checkpointer& checkpointer)
    : path_(std::move(path)), asked_(asked), checkpointer_(&checkpointer) {
  measure(0);
}

void LogKeeper::committed(Database& writer) {
  const int pages = writer.log_pages();
  if (pages < woken_at_pages_) woken_at_pages_ = 0;  // the log started over
  if (pages >= limits_.most_pages) {
    finish(writer);
  } else if (pages - woken_at_pages_ >= limits_.wake_pages) {
    woken_at_pages_ = pages;
    measure(pages);
    checkpointer_->wake();
  }
}

void LogKeeper::failed(Database& writer) {
  measure(writer.log_pages());
  finish(writer);
}

void LogKeeper::measure(int log_pages) {
  std::error_code unknown;
  const auto space = std::filesystem::space(path_, unknown);
  constexpr auto kMost = static_cast<std::uintmax_t>(std::numeric_limits<std::int64_t>::max() / 2);
  const auto free = unknown ? kMost : std::min(kMost, space.available);
  limits_ = limits_on_disk(asked_, static_cast<std::int64_t>(free) + log_pages * kPageBytes);
}

}  // namespace tidings::sqlite
