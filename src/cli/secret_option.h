/// A secret on the command line: never its text (which everyone on the machine could read in the
/// list of processes), but the file or the environment variable that holds it.
///
/// Errors: invalid_argument, without the secret. Threads: main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings::cli {

struct SecretOption {
  std::string what;      ///< "key": names the options --key-file and --key-env
  std::string file;      ///< "-": standard input
  std::string variable;  ///< name of an environment variable

  [[nodiscard]] bool given() const { return !file.empty() || !variable.empty(); }
  /// The text without line ends at its end; never empty.
  [[nodiscard]] Result<std::string> read() const;
};

/// For a token, which is one word. A space or a line end in it is one too many in its file: it would
/// never be what the other end sends. `where`: what names it.
Result<void> check_one_word(std::string_view secret, const std::string& where);

/// Adds --WHAT-file and --WHAT-env. `variable`: what is read when neither is given, or "".
void add_secret_option(CLI::App& command, SecretOption& secret, const std::string& what,
                       const std::string& description, const std::string& variable = "");

/// The whole of a file, or of standard input for "-".
Result<std::string> read_input(const std::string& path);
/// The whole of a file; none: it cannot be read, such as a folder.
std::optional<std::string> read_whole_file(const std::string& path);

}  // namespace tidings::cli
