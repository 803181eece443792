#include "backend/admin/admin_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/http_message.h"
#include "tidings/secure_compare.h"

namespace tidings::backend {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kMinTokenText = 16;
constexpr std::size_t kMaxTokenText = 256;

/// A file descriptor that closes itself.
struct File {
  explicit File(int opened) : fd(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

bool well_formed(std::string_view text) {
  return text.size() >= kMinTokenText && text.size() <= kMaxTokenText &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Error cannot(std::string_view what, const std::filesystem::path& file) {
  return fail(Errc::unavailable, "admin token file " + file.string() + ": cannot " +
                                     std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Result<AdminToken> AdminToken::read(const std::filesystem::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return cannot("read", path);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return cannot("read", path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Errc::forbidden, "admin token file " + path.string() +
                                     ": others may read or write it; run: chmod 600 " +
                                     path.string());
  }
  std::array<char, kMaxTokenText + 2> buffer{};
  const ssize_t got = ::read(file.fd, buffer.data(), buffer.size());
  if (got < 0) return cannot("read", path);
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (!well_formed(text)) {
    return fail(Errc::corrupt, "admin token file " + path.string() +
                                   ": it holds no token (16 to 256 printable characters without "
                                   "spaces); delete it to have one made");
  }
  return AdminToken(std::string(text));
}

Result<AdminToken> AdminToken::open(const std::filesystem::path& path, Random& random) {
  {
    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.fd >= 0) {
      const std::string text = random.hex(kTokenBytes) + "\n";
      const bool written =
          ::write(file.fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
          ::fsync(file.fd) == 0;
      if (!written) {
        const Error error = cannot("write", path);
        ::unlink(path.c_str());  // half a token would be refused at every later start
        return Error(error);
      }
    } else if (errno != EEXIST) {
      return cannot("create", path);
    }
  }
  return read(path);
}

Result<AdminToken> AdminToken::from_text(std::string text) {
  if (!well_formed(text)) {
    return fail(Errc::invalid_argument,
                "admin token: it must be 16 to 256 printable characters without spaces");
  }
  return AdminToken(std::move(text));
}

bool AdminToken::matches(std::string_view presented) const {
  return !text_.empty() && secure_equal(presented, text_);
}

std::optional<std::string_view> AdminToken::bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size() ||
      !net::equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  authorization.remove_prefix(kScheme.size());
  while (!authorization.empty() && authorization.front() == ' ') authorization.remove_prefix(1);
  return authorization;
}

}  // namespace tidings::backend
