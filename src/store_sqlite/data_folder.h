/// The folder one process keeps its files in. It is created (mode 0700) if missing, and locked for
/// the life of this object: a second process is refused, also after the first one crashed and left
/// its lock file behind (the kernel holds the lock, not the file).
///
/// Errors: Errc::conflict when another process holds it (the text names folder and pid),
/// Errc::unavailable when it cannot be created or opened.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace tidings::sqlite {

class DataFolder {
 public:
  static constexpr const char* kLockFile = "tidings.lock";

  static Result<DataFolder> open(const std::filesystem::path& path);

  DataFolder() = default;
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&& other) noexcept;
  ~DataFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  DataFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_ = -1;  // file descriptor that holds the lock; -1 = none
};

}  // namespace tidings::sqlite
