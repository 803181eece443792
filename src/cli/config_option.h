/// --config and one flag per configuration key, made from the table of keys (secrets have none).
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "cli/config_load.h"

namespace tidings::cli {

struct ConfigOption {
  std::string file;
  std::map<std::string, std::string> values;  ///< full key to text; "" where the flag is absent

  /// The file (or TIDINGS_CONFIG), the process's environment and the flags that were given.
  [[nodiscard]] ConfigSources sources() const;
};

/// Keys of the wanted half and of [log] become flags; for `both` only --config.
void add_config_option(CLI::App& command, ConfigOption& option, ConfigUse use);

}  // namespace tidings::cli
