/// The folder one process keeps its files in. It is created (mode 0700) if missing, and locked for
/// the life of this object: a second process is refused, also after the first one crashed and left
/// its lock file behind (the kernel holds the lock, not the file). What a store file holds is its owner's
/// alone: it is made with mode 0600 whatever the umask is; one that is there keeps its mode, since a
/// group may have been let in on purpose, and exposed() tells of it.
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
  /// The same, of a store file, which is made (empty, mode 0600) if missing. SQLite would make it as wide
  /// as the umask allows, and gives its log and its index the mode of the file.
  [[nodiscard]] Result<std::string> store_file(std::string_view name) const;
  /// Of that file, its log and its index, those that others may read or write, and the way out. Empty:
  /// none, or the folder keeps others out.
  [[nodiscard]] std::string exposed(std::string_view name) const;

 private:
  DataFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_ = -1;  // file descriptor that holds the lock; -1 = none
};

}  // namespace tidings::sqlite
