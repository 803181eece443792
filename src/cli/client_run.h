/// One client session against the client door, as `tidings client` runs it: log in, send the
/// operations one after the other, print every frame that arrives as one line of JSON.
///
/// Errors: unavailable or timeout (connection), unauthenticated (login refused), with the door's
/// sentence. Threads: run_client() on its lane; the line source is called on `blocking`.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/tls.h"
#include "runtime/awaitable.h"
#include "runtime/blocking_pool.h"

namespace tidings::cli {

struct ClientRun {
  std::string url;
  std::shared_ptr<net::TlsClient> tls;  ///< nullptr: the system's authorities
  std::uint32_t sdkappid = 0;
  std::string user;
  std::string user_sig;
  std::string platform;
  std::chrono::milliseconds answer_timeout{10'000};
  std::chrono::milliseconds listen{0};  ///< stay this long after the last operation
  /// The next operation, `{"op":...,"args":{...}}`; none: that was all. May block.
  std::function<std::optional<std::string>()> next_line;
  std::function<void(const std::string&)> print;
};

/// How many operations were refused (code other than 0).
runtime::awaitable<Result<int>> run_client(runtime::Lane& lane, runtime::BlockingPool& blocking,
                                           ClientRun run);

}  // namespace tidings::cli
