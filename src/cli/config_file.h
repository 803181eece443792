/// Reads the TOML file into a Config, and remembers where each value came from. Private to the
/// loader.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config.h"
#include "cli/config_load.h"

namespace tidings::cli {

/// Where values came from, by full key ("serve.listen", "receive.app[0].token_files").
using ConfigPlaces = std::map<std::string, std::string>;

/// `name` is what problems call the file.
void read_config_file(std::string_view text, const std::string& name, Config& config,
                      ConfigPlaces& places, std::vector<ConfigProblem>& problems);

}  // namespace tidings::cli
