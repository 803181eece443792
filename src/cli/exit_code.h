/// The program's exit codes, the same for every subcommand.
#pragma once

namespace tidings::cli {

enum class ExitCode {
  ok = 0,
  failure = 1,  ///< what was asked for failed, or was answered with "no"
  usage = 2,    ///< wrong arguments or configuration; nothing was done
};

}  // namespace tidings::cli
