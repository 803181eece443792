/// What the daemons would refuse at their start although every value is well-formed: certificates,
/// keys, authorities and tokens are read by the daemons' own loaders. For `tidings check-config`;
/// nothing is made, opened for writing or listened on.
///
/// Errors: each as a problem at the key that names the file. Threads: pure but for the files.
#pragma once

#include <vector>

#include "cli/config_load.h"

namespace tidings::cli {

/// REQUIRES: load_config() found no problem. `use` receive: an app must be there.
std::vector<ConfigProblem> try_config(const Config& config, ConfigUse use);

}  // namespace tidings::cli
