/// Makes the configuration from, in rising rank: defaults, a TOML file, TIDINGS_* variables, flags.
///
/// Every error is found in one pass and named with its place; unknown keys are errors and name the
/// nearest known key. Secrets come from files named by *_file(s) keys or from the environment; in
/// the TOML file or on the command line they are refused.
/// Threads: pure but for reading the named files. Errors: in Loaded::problems, never thrown.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/config.h"

namespace tidings::cli {

struct ConfigProblem {
  std::string place;  ///< "tidings.toml:12", "TIDINGS_LOG_LEVEL", "--log-level"
  std::string what;

  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

/// "place: what", one a line.
std::string to_string(const std::vector<ConfigProblem>& problems);

struct ConfigSources {
  std::string file;                                ///< path; "": none
  std::optional<std::string> file_text;            ///< instead of reading `file` (tests)
  std::map<std::string, std::string> environment;  ///< all of it; only TIDINGS_* is looked at
  /// Full key ("serve.listen") to text, from flags.
  std::map<std::string, std::string> flags;
};

/// `tidings receive` without a [[receive.app]] has nothing to do.
inline constexpr const char* kNoApp =
    "no app is configured; add a [[receive.app]] table to the file that --config names";

/// Which halves are wanted: the files the other half names need not be there.
enum class ConfigUse { serve, receive, both };

/// The process's environment.
std::map<std::string, std::string> process_environment();

struct Loaded {
  Config config;
  std::vector<ConfigProblem> problems;  ///< empty: the configuration is good
};

/// Also reads the receiver's secrets and checks what involves several keys or other files.
Loaded load_config(const ConfigSources& sources, ConfigUse use);

}  // namespace tidings::cli
