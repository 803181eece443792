#include "store_sqlite/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "base/private_file.h"

namespace tidings::sqlite {
namespace {

Error refused(const std::filesystem::path& path, const std::string& problem) {
  return fail(Errc::unavailable, "data folder " + path.string() + ": " + problem + ": " +
                                     std::strerror(errno) +
                                     "; check the path, its owner and the space on the disk");
}

std::string pid_in(int lock) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(lock, text.data(), text.size() - 1, 0);
  const long pid = got > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
  return pid > 0 ? " (pid " + std::to_string(pid) + ")" : "";
}

/// 0 where there is nothing.
mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode : 0;
}

/// Whoever may look a name up in the folder, and read or write the file.
bool lets_others_in(mode_t folder, mode_t file) {
  return ((folder & S_IXGRP) != 0 && (file & (S_IRGRP | S_IWGRP)) != 0) ||
         ((folder & S_IXOTH) != 0 && (file & (S_IROTH | S_IWOTH)) != 0);
}

}  // namespace

Result<DataFolder> DataFolder::open(const std::filesystem::path& path) {
  std::error_code problem;
  if (!std::filesystem::exists(path, problem)) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), problem);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return refused(path, "cannot create");
  }
  const std::string file = (path / kLockFile).string();
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return refused(path, std::string{"cannot open "} + kLockFile);
  DataFolder folder{path, lock};
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return refused(path, "cannot lock");
    return fail(Errc::conflict, "data folder " + path.string() +
                                    " is in use by another process" + pid_in(lock) +
                                    ": stop that process, or name another data folder");
  }
  // The pid is a courtesy for the message above; the lock does not depend on it.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
    return refused(path, std::string{"cannot write "} + kLockFile);
  }
  return folder;
}

Result<std::string> DataFolder::store_file(std::string_view name) const {
  std::string path = file(name);
  const auto created = create_file("store file", path, "", kOwnerOnly);
  if (!created && created.error().kind != Errc::conflict) return created.error();
  return path;
}

std::string DataFolder::exposed(std::string_view name) const {
  const mode_t folder = mode_of(path_);
  std::string found;
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    const std::string path = file(name) + suffix;
    if (lets_others_in(folder, mode_of(path))) found += " " + path;
  }
  if (found.empty()) return found;
  return "others may read or write what the store holds; if they should not, run: chmod 600" + found;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder& DataFolder::operator=(DataFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace tidings::sqlite
