#include "net/server_lane.h"

#include <algorithm>
#include <vector>

namespace tidings::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLinger{1000};  // without a byte
constexpr std::size_t kDrainStep = 64 * 1024;
constexpr std::size_t kDrained = 64 * 1024 * 1024;

/// A quarter of the smallest limit, at most a second.
milliseconds tick_for(const HttpServerOptions& options) {
  const auto smallest =
      std::min({options.header_timeout, options.body_timeout, options.write_timeout,
                options.idle_timeout, options.websocket.close_timeout});
  return std::clamp(smallest / 4, milliseconds{5}, milliseconds{1000});
}

/// Cuts what is left when the grace has passed.
class GraceEnd final : public runtime::TimeoutSweep::Entry {
 public:
  GraceEnd(ServerLane& server, runtime::Deadline deadline)
      : Entry(*server.sweep), server_(server) {
    arm(deadline);
  }
  void on_timeout() override {
    const std::vector<ServerConnection*> left(server_.connections.begin(),
                                              server_.connections.end());
    for (auto* connection : left) connection->cut();
  }

 private:
  ServerLane& server_;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

ServerConnection::ServerConnection(ServerLane& server)
    : Entry(*server.sweep),
      server_(server),
      place_(server.strangers.insert(server.strangers.end(), this)) {
  server_.connections.insert(this);
}

ServerConnection::~ServerConnection() {
  prove();
  server_.connections.erase(this);
}

void ServerConnection::prove() {
  if (!stranger_) return;
  stranger_ = false;
  server_.strangers.erase(place_);
}

void ServerConnection::make_way() {
  prove();
  makes_way_ = true;
  abandon();
}

runtime::awaitable<void> ServerConnection::drain(TcpSocket& socket) {
  std::vector<char> bytes(kDrainStep);
  const auto end = runtime::Deadline::after(server_.options.body_timeout);
  std::size_t drained = 0;
  while (drained < kDrained && socket.is_open() && !server_.stopping) {
    arm(kLinger);
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(bytes), uncut());
    if (error || end.passed()) break;
    drained += size;
  }
}

ServerLane::ServerLane(runtime::Lane& home, const HttpServerOptions& server_options,
                       const HttpServerHandlers& server_handlers, LineLimit& peers)
    : lane(home),
      options(server_options),
      handlers(server_handlers),
      peer_lines(peers),
      writer(server_options.server_name) {}

void ServerLane::open() {
  sweep = std::make_unique<runtime::TimeoutSweep>(lane, tick_for(options));
  runtime::TaskGroupOptions group_options;
  group_options.error_sink = [this](std::string_view child, std::string_view what) {
    log(std::string(child) + ": " + std::string(what));
  };
  group = std::make_unique<runtime::TaskGroup>(lane, std::move(group_options));
}

runtime::awaitable<bool> ServerLane::stop(runtime::Deadline deadline) {
  stopping = true;
  if (!group) co_return true;
  {
    GraceEnd grace_end(*this, deadline);
    const std::vector<ServerConnection*> all(connections.begin(), connections.end());
    for (auto* connection : all) connection->begin_stop();
    const auto grace = std::chrono::duration_cast<milliseconds>(deadline.remaining());
    co_await group->stop(grace);
  }
  group.reset();
  sweep.reset();
  co_return true;
}

bool ServerLane::close_stranger() {
  for (auto* connection : strangers) {
    if (connection->claim() == ServerConnection::Claim::strong) continue;
    connection->make_way();
    count(counters.closed_strangers);
    return true;
  }
  return false;
}

bool ServerLane::close_waiting(ServerConnection::Claim claim) {
  ServerConnection* found = nullptr;
  for (auto* connection : connections) {
    if (connection->makes_way() || connection->claim() != claim) continue;
    if (found == nullptr || connection->deadline() < found->deadline()) found = connection;
  }
  if (found == nullptr) return false;
  found->make_way();
  count(counters.closed_idle);
  return true;
}

HttpResponse ServerLane::refusal(unsigned status, std::string_view reason,
                                 std::string_view peer) const {
  if (handlers.refused) handlers.refused(status, reason, peer);
  if (handlers.error_body) return handlers.error_body(status, reason);
  HttpResponse response;
  response.status = status;
  response.body = "{\"error\":" + quoted(reason) + "}";
  return response;
}

void ServerLane::log(std::string_view what) const {
  if (handlers.log) handlers.log(what);
}

void ServerLane::log_of_peer(std::string_view what) const {
  const auto now = runtime::Deadline::SteadyClock::now().time_since_epoch();
  const auto left_out = peer_lines.admit(std::chrono::floor<std::chrono::seconds>(now).count());
  if (!left_out) return;
  log(*left_out == 0 ? std::string(what)
                     : std::string(what) + "; " + std::to_string(*left_out) +
                           " more such lines were left out");
}

}  // namespace tidings::net
