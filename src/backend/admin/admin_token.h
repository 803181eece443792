/// AdminToken: the bearer token of the admin listener, kept in a file that only its owner may read.
///
/// open() reads the file, or makes it (mode 0600, 64 hex characters) at the first start. A file
/// that others may read or write is refused, with the chmod that mends it.
/// Errors: Errc::forbidden (permissions), Errc::corrupt (not a token), Errc::unavailable (the file
/// cannot be made or read). The token is in no error text.
/// Threads: immutable, share freely. Durability: the file is synced before open() returns.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace tidings::backend {

class AdminToken {
 public:
  AdminToken() = default;
  static Result<AdminToken> open(const std::filesystem::path& file, Random& random);
  /// For the command line: an existing file only.
  static Result<AdminToken> read(const std::filesystem::path& file);

  /// A token that came from the environment: 16 to 256 printable characters without spaces.
  static Result<AdminToken> from_text(std::string text);

  /// Is this the token? Constant time; never true for an empty one.
  [[nodiscard]] bool matches(std::string_view presented) const;
  /// The token in an Authorization header's value ("Bearer ..."), or none.
  [[nodiscard]] static std::optional<std::string_view> bearer(std::string_view authorization);

  /// The secret itself: for a client's header, never for a log.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  explicit AdminToken(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace tidings::backend
