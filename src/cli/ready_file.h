/// The file that says "it runs, and here": JSON with the process id and the real addresses, written
/// whole or not at all, so that a script can wait for it to appear (--ready-file).
///
///   {"pid":4711,"listen":"http://127.0.0.1:8080","admin_listen":"http://127.0.0.1:8081"}
///
/// Errors: Errc::unavailable with the path.
#pragma once

#include <string>

#include "base/result.h"

namespace tidings::cli {

struct Ready {
  std::string listen;        ///< URL
  std::string admin_listen;  ///< URL
};

Result<void> write_ready_file(const std::string& path, const Ready& ready);

}  // namespace tidings::cli
