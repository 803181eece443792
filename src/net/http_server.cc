#include "net/http_server.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "net/http_connection.h"
#include "runtime/run_on.h"
#include "runtime/sleep.h"

namespace tidings::net {
namespace {

using runtime::awaitable;
using runtime::Lane;

/// Open connections by peer. Touched on the accepting lane only.
struct Admission {
  std::map<IpAddress, std::size_t> by_address;
  std::size_t open = 0;
};

/// A socket on its way to its lane, with what it needs there.
struct Arrival {
  TcpSocket socket;
  IpAddress peer;
  std::unique_ptr<ConnectionPermit> permit;
  std::shared_ptr<TlsContext> tls;
};

/// What outlives the server while somebody is still on his way.
struct Crowd {
  std::vector<std::shared_ptr<ServerLane>> servers;
  std::atomic<std::uint64_t> refused = 0;
};

/// For whom room has to be made, on his way from lane to lane: first for a stranger's place on any of
/// them, then for an idle one's, then for a slow one's.
struct Newcomer {
  std::shared_ptr<Crowd> crowd;
  std::size_t home = 0;  // his lane's number
  std::size_t asked = 0;
  std::unique_ptr<Arrival> arrival;
};

awaitable<void> serve_plain(ServerLane& server, std::unique_ptr<Arrival> arrival) {
  HttpConnection<TcpSocket> connection(server, arrival->socket, arrival->peer);
  co_await connection.run();
}

awaitable<void> serve_tls(ServerLane& server, std::unique_ptr<Arrival> arrival) {
  TlsSocket stream(std::move(arrival->socket), *arrival->tls);
  HttpConnection<TlsSocket> connection(server, stream, arrival->peer);
  co_await connection.run();
}

/// The end of the hand-over, on the connection's lane.
void begin_serving(ServerLane& server, std::unique_ptr<Arrival> arrival) {
  if (server.stopping || !server.group) return;
  const bool tls = arrival->tls != nullptr;
  auto spawned = server.group->spawn("connection", tls ? serve_tls(server, std::move(arrival))
                                                       : serve_plain(server, std::move(arrival)));
  if (!spawned) server.log(spawned.error().what);
}

bool make_room_on(ServerLane& server, std::size_t round) {
  using Claim = ServerConnection::Claim;
  if (round == 0) return server.close_stranger();
  return server.close_waiting(round == 1 ? Claim::none : Claim::weak);
}

/// Asks the next lane; who was refused everywhere is let go, which closes the socket.
void make_room(std::unique_ptr<Newcomer> newcomer) {
  const auto& servers = newcomer->crowd->servers;
  const std::size_t asked = newcomer->asked++;
  if (asked == 3 * servers.size()) return count(newcomer->crowd->refused);
  const auto server = servers[(newcomer->home + asked) % servers.size()];
  const std::size_t round = asked / servers.size();
  server->lane.post([server, round, newcomer = std::move(newcomer)]() mutable {
    if (!make_room_on(*server, round)) return make_room(std::move(newcomer));
    auto home = newcomer->crowd->servers[newcomer->home];
    Lane& lane = home->lane;
    lane.post([home = std::move(home), newcomer = std::move(newcomer)]() mutable {
      begin_serving(*home, std::move(newcomer->arrival));
    });
  });
}

/// How many may be on their way over the limit, each with a socket: what one burst brings.
std::size_t most_newcomers(const HttpServerOptions& options) {
  return std::clamp<std::size_t>(options.max_connections / 16, 16, 1024);
}

/// What helps where an address cannot be listened on; "" where nobody knows.
std::string_view way_out(const error_code& error) {
  if (error == asio::error::address_in_use) return "; choose another port or stop who has it";
  if (error == boost::system::errc::address_not_available) {
    return "; no interface of this machine has that address: choose one that has, or 0.0.0.0 or ::";
  }
  if (error == asio::error::access_denied) {
    return "; choose a port from 1024 up, or give the process CAP_NET_BIND_SERVICE";
  }
  return "";
}

}  // namespace

class HttpServer::Core {
 public:
  Core(runtime::Lanes& lanes, const HttpServerOptions& options, HttpServerHandlers handlers)
      : options_(options), handlers_(std::move(handlers)), accept_lane_(lanes[0]) {
    CHECK(handlers_.request != nullptr);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      crowd_->servers.push_back(std::make_shared<ServerLane>(lanes[i], options_, handlers_, peer_lines_));
    }
  }

  ~Core() { CHECK(!started_ || stopped_); }

  Result<void> start();
  awaitable<void> stop(std::chrono::milliseconds grace);
  Result<void> reload_certificates();
  HttpServerStatistics statistics() const;
  std::uint16_t port() const { return port_; }

 private:
  Result<void> listen();
  awaitable<void> accept_loop();
  void admit(TcpSocket socket, std::size_t home);
  awaitable<bool> stop_accepting();

  // Constant after construction.
  const HttpServerOptions& options_;
  const std::size_t newcomers_ = most_newcomers(options_);
  HttpServerHandlers handlers_;
  Lane& accept_lane_;
  LineLimit peer_lines_;
  const std::shared_ptr<Crowd> crowd_ = std::make_shared<Crowd>();
  std::vector<std::shared_ptr<ServerLane>>& servers_ = crowd_->servers;
  // Owner's thread.
  bool started_ = false;
  std::atomic<bool> stopped_ = false;
  std::uint16_t port_ = 0;
  // Accepting lane only.
  std::unique_ptr<TcpAcceptor> acceptor_;
  std::shared_ptr<TlsContext> tls_;
  std::shared_ptr<Admission> admission_ = std::make_shared<Admission>();
  std::unique_ptr<runtime::TaskGroup> accepting_;
  std::size_t turn_ = 0;
  // Any thread.
  std::atomic<std::uint64_t> accepted_ = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> open_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

Result<void> HttpServer::Core::listen() {
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) {
    return fail(Errc::invalid_argument, "listen address '" + options_.address +
                                            "' is not an IP address; write 127.0.0.1 or ::");
  }
  const Tcp::endpoint endpoint(address, options_.port);
  acceptor_ = std::make_unique<TcpAcceptor>(accept_lane_.io());
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(4096, error);
  if (error) {
    const auto where = options_.address + ":" + std::to_string(options_.port);
    const auto kind = error == asio::error::address_in_use ? Errc::conflict : Errc::unavailable;
    std::string what = "cannot listen on " + where + ": " + error.message();
    what += way_out(error);
    return Error{kind, std::move(what), 0, error};
  }
  port_ = acceptor_->local_endpoint(error).port();
  return {};
}

Result<void> HttpServer::Core::start() {
  CHECK(!started_);
  if (options_.tls) {
    auto context = make_server_context(*options_.tls);
    if (!context) return std::move(context).error();
    tls_ = std::move(*context);
  }
  auto listening = listen();
  if (!listening) return listening;
  started_ = true;
  // Jobs of one lane run in order, and the first connection is posted after these.
  for (auto& server : servers_) {
    server->lane.post([server] { server->open(); });
  }
  accept_lane_.post([this] {
    accepting_ = std::make_unique<runtime::TaskGroup>(accept_lane_);
    auto spawned = accepting_->spawn("accept", accept_loop());
    CHECK(spawned.has_value());
  });
  return {};
}

awaitable<void> HttpServer::Core::accept_loop() {
  while (!accepting_->stopping()) {
    const std::size_t home = turn_++ % servers_.size();
    TcpSocket socket(servers_[home]->lane.io());
    const auto [error] = co_await acceptor_->async_accept(socket, runtime::kAsTuple);
    if (!error) {
      admit(std::move(socket), home);
    } else if (error != asio::error::operation_aborted) {
      // Out of descriptors, most of the time: those who are connected need the time to leave.
      servers_[0]->log_of_peer("cannot accept a connection: " + error.message());
      (void)co_await runtime::sleep_for(std::chrono::milliseconds{50});
    }
  }
}

void HttpServer::Core::admit(TcpSocket socket, std::size_t home) {
  error_code error;
  const auto peer = unmapped(socket.remote_endpoint(error).address());
  if (error) return;  // gone already
  auto& from_there = admission_->by_address[peer];
  const std::size_t others = admission_->open;
  // Behind a proxy are many, and others at the same time: its address says nothing about them.
  const bool too_many_there = from_there >= options_.max_connections_per_address &&
                              !any_contains(options_.trusted_proxies, peer);
  if (too_many_there || others >= options_.max_connections + newcomers_) {
    count(crowd_->refused);
    if (from_there == 0) admission_->by_address.erase(peer);
    return;
  }
  ++from_there;
  ++admission_->open;
  count(accepted_);
  open_->fetch_add(1, std::memory_order_relaxed);
  auto permit = std::make_unique<ConnectionPermit>(
      [&lane = accept_lane_, admission = admission_, open = open_, peer] {
        open->fetch_sub(1, std::memory_order_relaxed);
        lane.post([admission, peer] {
          --admission->open;
          const auto entry = admission->by_address.find(peer);
          if (--entry->second == 0) admission->by_address.erase(entry);
        });
      });
  auto arrival = std::make_unique<Arrival>(
      Arrival{std::move(socket), peer, std::move(permit), tls_});
  if (others >= options_.max_connections) {
    return make_room(
        std::make_unique<Newcomer>(Newcomer{crowd_, home, 0, std::move(arrival)}));
  }
  auto server = servers_[home];
  Lane& lane = server->lane;
  lane.post([server = std::move(server), arrival = std::move(arrival)]() mutable {
    begin_serving(*server, std::move(arrival));
  });
}

awaitable<bool> HttpServer::Core::stop_accepting() {
  if (!accepting_) co_return true;
  error_code ignored;
  acceptor_->close(ignored);
  co_await accepting_->stop(std::chrono::milliseconds{0});
  accepting_.reset();
  acceptor_.reset();
  co_return true;
}

awaitable<void> HttpServer::Core::stop(std::chrono::milliseconds grace) {
  if (!started_ || stopped_) co_return;
  const auto deadline = runtime::Deadline::after(grace);
  (void)co_await runtime::run_on(accept_lane_, stop_accepting());
  std::vector<std::unique_ptr<runtime::Elsewhere<bool>>> stops;
  for (auto& server : servers_) {
    stops.push_back(std::make_unique<runtime::Elsewhere<bool>>(server->lane, server->stop(deadline)));
  }
  for (auto& stop : stops) (void)co_await stop->wait();
  stopped_ = true;
}

Result<void> HttpServer::Core::reload_certificates() {
  if (!options_.tls) return {};
  auto context = make_server_context(*options_.tls);
  if (!context) return std::move(context).error();
  accept_lane_.post([this, context = std::move(*context)] { tls_ = context; });
  return {};
}

HttpServerStatistics HttpServer::Core::statistics() const {
  HttpServerStatistics sum;
  sum.accepted = accepted_;
  sum.refused_connections = crowd_->refused;
  sum.open = *open_;
  for (const auto& server : servers_) {
    const auto& counters = server->counters;
    sum.requests += counters.requests;
    sum.malformed += counters.malformed;
    sum.too_large += counters.too_large;
    sum.timeouts += counters.timeouts;
    sum.tls_failures += counters.tls_failures;
    sum.websockets_open += counters.websockets_open;
    sum.closed_strangers += counters.closed_strangers;
    sum.closed_idle += counters.closed_idle;
  }
  return sum;
}

HttpServer::HttpServer(runtime::Lanes& lanes, HttpServerOptions options,
                       HttpServerHandlers handlers)
    : options_(std::move(options)),
      core_(std::make_unique<Core>(lanes, options_, std::move(handlers))) {}
HttpServer::~HttpServer() = default;
Result<void> HttpServer::start() { return core_->start(); }
std::uint16_t HttpServer::port() const { return core_->port(); }
awaitable<void> HttpServer::stop(std::chrono::milliseconds grace) { return core_->stop(grace); }
Result<void> HttpServer::reload_certificates() { return core_->reload_certificates(); }
HttpServerStatistics HttpServer::statistics() const { return core_->statistics(); }

}  // namespace tidings::net
