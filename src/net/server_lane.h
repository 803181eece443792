/// ServerLane: what the connections of one server share on one lane: limits, handlers, the response
/// writer, the timeout sweep, and the task group they run in. Private to the server.
///
/// Threads: its lane only, except the counters and the constructor. open() and close() make and
/// destroy on the lane what has timers.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <unordered_set>

#include "base/line_limit.h"
#include "net/http_server.h"
#include "net/response_writer.h"
#include "net/tcp_socket.h"
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
  std::atomic<std::uint64_t> closed_strangers = 0;
  std::atomic<std::uint64_t> closed_idle = 0;
};

inline void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

class ServerLane;

/// A connection as its lane sees it: a stranger's, until it has proven whose it is.
class ServerConnection : public runtime::TimeoutSweep::Entry {
 public:
  explicit ServerConnection(ServerLane& server);
  ~ServerConnection() override;

  virtual void begin_stop() = 0;  ///< end now when idle, else after the request in flight
  virtual void cut() = 0;         ///< close the socket; every operation on it ends
  virtual void abandon() = 0;     ///< the same, with what the peer has not read

  /// What speaks against closing it for somebody else: nothing between two requests, little while one
  /// arrives or its answer is not read, all while it is worked at.
  enum class Claim { none, weak, strong };
  [[nodiscard]] virtual Claim claim() const = 0;
  void prove();
  void make_way();  ///< ends now; `connections` has it until it has ended
  [[nodiscard]] bool is_stranger() const { return stranger_; }
  [[nodiscard]] bool makes_way() const { return makes_way_; }

 protected:
  /// Reads on after a refusal, while bytes come and within the time and size of any body. Closing with
  /// unread bytes would reset the connection: who sends all of a body before reading would see that
  /// instead of the answer.
  runtime::awaitable<void> drain(TcpSocket& socket);

  ServerLane& server_;

 private:
  std::list<ServerConnection*>::iterator place_;  // among the strangers, while it is one
  bool stranger_ = true;
  bool makes_way_ = false;
};

class ServerLane {
 public:
  ServerLane(runtime::Lane& home, const HttpServerOptions& server_options,
             const HttpServerHandlers& server_handlers, LineLimit& peers);

  void open();
  runtime::awaitable<bool> stop(runtime::Deadline deadline);
  /// Closes one connection for a newcomer's sake: of the strangers the one that came first; of those
  /// with that claim the one whose time is up first. False: there is none here.
  bool close_stranger();
  bool close_waiting(ServerConnection::Claim claim);
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
  std::list<ServerConnection*> strangers;  // in the order of their arrival
  bool stopping = false;
  std::unique_ptr<runtime::TimeoutSweep> sweep;
  std::unique_ptr<runtime::TaskGroup> group;
};

}  // namespace tidings::net
