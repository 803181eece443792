/// What the subcommands that print lists have in common: how many (--limit) and of which callback
/// (--command).
///
/// Errors: of the parser, before anything is done. Threads: main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings::cli {

/// --limit, 1 to 1,000,000,000.
CLI::Option* add_limit(CLI::App& command, std::int64_t& limit);

/// --command; what is read into `callback` is the whole name.
CLI::Option* add_command_filter(CLI::App& command, std::string& callback);

/// "AfterCreateTopic" or "Group.CallbackAfterCreateTopic" to the latter; a short name that two
/// services have means the one about groups. Errc::invalid_argument: no documented callback.
[[nodiscard]] Result<std::string> whole_command(std::string_view name);

}  // namespace tidings::cli
