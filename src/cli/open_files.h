/// The process's limit of open files, of which each connection takes one. Reached, nothing can be opened any
/// more: no callback's connection, no file. So it is raised as far as the system lets us, and a door takes
/// fewer connections than that.
///
/// Source: setrlimit(2), RLIMIT_NOFILE.
#pragma once

#include <cstddef>

#include "cli/log.h"

namespace tidings::cli {

/// Raises the soft limit to the hard one, and gives what holds now.
std::size_t raise_open_files_limit();

/// How many of `wanted` connections a door may take, so that `reserve` files are left to the rest of the
/// process; at least half of `limit`. Says so in the log where it is much less than was configured.
std::size_t connections_within(std::size_t limit, std::size_t reserve, std::size_t wanted, Log& log);

}  // namespace tidings::cli
