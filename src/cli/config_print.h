/// The configuration as people see it: the effective values (secrets redacted), and the reference
/// of all keys, docs/config.md.
#pragma once

#include <string>

#include "cli/config.h"

namespace tidings::cli {

/// As a TOML document that load_config() reads again, but for the secrets, which it leaves out and
/// mentions in comments.
std::string print_config(const Config& config);

/// docs/config.md.
std::string config_reference();

}  // namespace tidings::cli
