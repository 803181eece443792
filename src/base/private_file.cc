#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tidings {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int fd;
};

Error about(Errc kind, std::string_view what, const std::filesystem::path& path,
            const std::string& problem) {
  return fail(kind, std::string(what) + " " + path.string() + ": " + problem);
}

/// The system's reason, from errno.
Error cannot(std::string_view verb, std::string_view what, const std::filesystem::path& path) {
  const int reason = errno;
  const auto kind = reason == ENOENT ? Errc::not_found : Errc::unavailable;
  return about(kind, what, path, "cannot " + std::string(verb) + ": " + std::strerror(reason));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

void sync_folder_of(const std::filesystem::path& path) {
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd >= 0) (void)::fsync(folder.fd);
}

Result<std::string> read_opened(std::string_view what, const std::filesystem::path& path, int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", what, path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMostBytes) {
      return about(Errc::too_large, what, path,
                   "it is larger than " + std::to_string(kMostBytes) + " bytes");
    }
  }
}

}  // namespace

Result<void> create_file(std::string_view what, const std::filesystem::path& path,
                         std::string_view text, unsigned mode) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (file.fd < 0 && errno == EEXIST) {
    return about(Errc::conflict, what, path, "it is there already and is not overwritten");
  }
  if (file.fd < 0) return cannot("create", what, path);
  // Whatever the umask is.
  if (::fchmod(file.fd, static_cast<mode_t>(mode)) != 0 || !write_all(file.fd, text)) {
    const Error error = cannot("write", what, path);
    ::unlink(path.c_str());
    return Error(error);
  }
  sync_folder_of(path);
  return {};
}

Result<void> replace_file(std::string_view what, const std::filesystem::path& path,
                          std::string_view text, unsigned mode) {
  const std::filesystem::path next = path.string() + ".new";
  ::unlink(next.c_str());  // of a run that was cut short
  TRY_VOID(create_file(what, next, text, mode));
  if (::rename(next.c_str(), path.c_str()) != 0) {
    const Error error = cannot("replace", what, path);
    ::unlink(next.c_str());
    return Error(error);
  }
  sync_folder_of(path);
  return {};
}

Result<std::string> read_file(std::string_view what, const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return cannot("read", what, path);
  return read_opened(what, path, file.fd);
}

Result<std::string> read_private_file(std::string_view what, const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return cannot("read", what, path);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return cannot("read", what, path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return about(Errc::forbidden, what, path,
                 "others may read or write it; run: chmod 600 " + path.string());
  }
  return read_opened(what, path, file.fd);
}

}  // namespace tidings
