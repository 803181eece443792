/// ServerLane: what the connections of one server share on one lane: limits, handlers, the response
/// writer, the timeout sweep, and the task group they run in. Private to the server.
///
/// Threads: its lane only, except the counters and the constructor. open() and close() make and
/// destroy on the lane what has timers.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_set>

#include "base/line_limit.h"
#include "net/http_server.h"
#include "net/response_writer.h"
#include "runtime/task_group.h"
#include "runtime/timeout_sweep.h"

namespace tidings::net {

struct ServerCounters {
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> malformed = 0;
  std::atomic<std::uint64_t> too_large = 0;
  std::atomic<std::uint64_t> timeouts = 0;
  std::atomic<std::uint64_t> tls_failures = 0;
  std::atomic<std::uint64_t> websockets_open = 0;
};

inline void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

/// A connection as its lane sees it.
class ServerConnection : public runtime::TimeoutSweep::Entry {
 public:
  using Entry::Entry;
  virtual void begin_stop() = 0;  ///< end now when idle, else after the request in flight
  virtual void cut() = 0;         ///< close the socket; every operation on it ends
};

class ServerLane {
 public:
  ServerLane(runtime::Lane& home, const HttpServerOptions& server_options,
             const HttpServerHandlers& server_handlers, LineLimit& peers);

  void open();
  runtime::awaitable<bool> stop(runtime::Deadline deadline);
  /// The answer for what the server refuses by itself, after its listener was told.
  [[nodiscard]] HttpResponse refusal(unsigned status, std::string_view reason,
                                     std::string_view peer) const;
  void log(std::string_view what) const;
  /// The same for what strangers cause as often as they like: a few lines a second.
  void log_of_peer(std::string_view what) const;

  runtime::Lane& lane;
  const HttpServerOptions& options;
  const HttpServerHandlers& handlers;
  LineLimit& peer_lines;  // of the whole server
  ResponseWriter writer;
  ServerCounters counters;
  std::unordered_set<ServerConnection*> connections;
  bool stopping = false;
  std::unique_ptr<runtime::TimeoutSweep> sweep;
  std::unique_ptr<runtime::TaskGroup> group;
};

}  // namespace tidings::net
