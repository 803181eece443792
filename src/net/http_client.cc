#include "net/http_client.h"

#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "net/client_connection.h"

namespace tidings::net {
namespace {

using runtime::awaitable;
using runtime::Deadline;

constexpr std::chrono::milliseconds kTick{20};
constexpr std::size_t kMaxOriginsKept = 10'000;

/// What makes two requests fit for one connection.
using Key = std::tuple<std::string, std::uint16_t, const TlsClient*>;
using KeyView = std::tuple<std::string_view, std::uint16_t, const TlsClient*>;

struct KeyLess {
  using is_transparent = void;
  bool operator()(const KeyView& a, const KeyView& b) const { return a < b; }
};

struct Origin {
  std::vector<std::unique_ptr<ClientConnection>> idle;  // the one used last at the end
  TlsSession session;
  std::shared_ptr<TlsClient> tls;  // keeps the key's pointer from being used again
};

std::uint32_t between(Deadline::TimePoint start, Deadline::TimePoint end) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(end - start).count());
}
std::uint32_t since(Deadline::TimePoint start) {
  return between(start, Deadline::SteadyClock::now());
}

void end_with(HttpExchange& exchange, ExchangeFailure failure, std::string detail) {
  exchange.failure = failure;
  exchange.detail = std::move(detail);
}

}  // namespace

class HttpClientPool::Core {
 public:
  Core(runtime::Lane& lane, Resolver& resolver, HttpClientOptions options)
      : lane_(lane), resolver_(resolver), options_(std::move(options)), sweep_(lane, kTick) {}

  awaitable<HttpExchange> exchange(const OutboundRequest& request);
  void close();
  HttpClientStatistics statistics() const;

 private:
  using Connection = std::unique_ptr<ClientConnection>;
  class InUse;

  awaitable<bool> try_fresh(const OutboundRequest& request, Origin& origin, HttpExchange& exchange);
  awaitable<bool> find_addresses(const OutboundRequest& request, Addresses& out,
                                 HttpExchange& exchange);
  Result<void> choose_tls(const OutboundRequest& request, std::shared_ptr<TlsClient>& out);
  Origin& origin_of(const OutboundRequest& request, std::shared_ptr<TlsClient> tls);
  Connection take_idle(Origin& origin);
  void keep(Origin& origin, Connection connection, Deadline::TimePoint now);
  bool make_place();
  void forget_empty_origins();
  void forget_abandoned_identities();

  runtime::Lane& lane_;
  Resolver& resolver_;
  HttpClientOptions options_;
  runtime::TimeoutSweep sweep_;
  std::shared_ptr<TlsClient> default_tls_;
  std::map<Key, Origin, KeyLess> origins_;
  boost::intrusive::list<ClientConnection, boost::intrusive::constant_time_size<false>> in_use_;
  std::size_t in_use_count_ = 0;
  std::size_t idle_ = 0;
  bool closed_ = false;
  HttpClientStatistics counted_;
};

/// A connection while its exchange runs: known to close(). It leaves the list by keep() or by its end.
class HttpClientPool::Core::InUse {
 public:
  InUse(Core& core, ClientConnection& connection) : core_(core) {
    core_.in_use_.push_back(connection);
    ++core_.in_use_count_;
  }
  ~InUse() { --core_.in_use_count_; }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  Core& core_;
};

Result<void> HttpClientPool::Core::choose_tls(const OutboundRequest& request,
                                              std::shared_ptr<TlsClient>& out) {
  if (!request.origin.https) return {};
  out = request.tls;
  if (out) return {};
  if (!default_tls_) {
    auto made = TlsClient::create({});
    if (!made) return std::move(made).error();
    default_tls_ = std::move(*made);
  }
  out = default_tls_;
  return {};
}

awaitable<HttpExchange> HttpClientPool::Core::exchange(const OutboundRequest& request) {
  CHECK(lane_.is_home());
  const auto start = Deadline::SteadyClock::now();
  ++counted_.exchanges;
  HttpExchange exchange;
  std::shared_ptr<TlsClient> tls;
  auto chosen = choose_tls(request, tls);
  if (closed_) {
    end_with(exchange, ExchangeFailure::cancelled, "the client is closed");
  } else if (!chosen) {
    end_with(exchange, ExchangeFailure::tls, chosen.error().what);
  } else {
    auto& origin = origin_of(request, std::move(tls));
    bool settled = false;
    // Not a coroutine of its own: nearly every exchange goes this way and would pay for its frame.
    if (Connection connection = take_idle(origin)) {
      const InUse in_use(*this, *connection);
      ++counted_.connections_reused;
      exchange.reused_connection = true;
      exchange.remote_address = connection->remote_address;
      const auto answered = co_await connection->run(request, exchange);
      settled = answered || !connection->broke_before_answer() ||
                exchange.failure != ExchangeFailure::closed;
      if (!settled) {
        ++counted_.stale_retries;
        exchange = HttpExchange{};
      } else if (answered && connection->reusable()) {
        const auto now = Deadline::SteadyClock::now();
        exchange.timings.total_us = between(start, now);
        keep(origin, std::move(connection), now);
        co_return exchange;
      }
    }
    if (!settled) (void)co_await try_fresh(request, origin, exchange);
  }
  exchange.timings.total_us = since(start);
  co_return exchange;
}

Origin& HttpClientPool::Core::origin_of(const OutboundRequest& request,
                                        std::shared_ptr<TlsClient> tls) {
  if (origins_.size() >= kMaxOriginsKept) forget_empty_origins();
  const KeyView key(request.origin.host, request.origin.port, tls.get());
  auto found = origins_.find(key);
  if (found == origins_.end()) {
    if (tls) forget_abandoned_identities();
    found = origins_.try_emplace(Key(key)).first;
  }
  found->second.tls = std::move(tls);
  return found->second;
}

/// One that can be expected to work; nullptr: a fresh one is needed.
HttpClientPool::Core::Connection HttpClientPool::Core::take_idle(Origin& origin) {
  while (!origin.idle.empty()) {
    Connection connection = std::move(origin.idle.back());
    origin.idle.pop_back();
    --idle_;
    connection->wake();
    if (connection->is_quiet()) return connection;
  }
  return nullptr;
}

awaitable<bool> HttpClientPool::Core::try_fresh(const OutboundRequest& request, Origin& origin,
                                                HttpExchange& exchange) {
  const auto start = Deadline::SteadyClock::now();
  if (!make_place()) {
    end_with(exchange, ExchangeFailure::overloaded,
                "all " + std::to_string(options_.max_connections) + " connections are in use");
    co_return false;
  }
  auto connection = std::make_unique<ClientConnection>(lane_, sweep_, options_);
  const InUse in_use(*this, *connection);
  Addresses addresses;
  const auto found = co_await find_addresses(request, addresses, exchange);
  if (!found) co_return false;
  exchange.timings.resolved_us = since(start);
  const auto opened = co_await connection->open(request, origin.tls.get(), addresses,
                                                origin.session, exchange);
  if (!opened) co_return false;
  exchange.failure = ExchangeFailure::none;  // an earlier address may have failed
  exchange.detail.clear();
  ++counted_.connections_opened;
  if (connection->session_was_resumed()) ++counted_.tls_resumed;
  exchange.timings.connected_us = between(start, connection->connected_at);
  if (request.origin.https) exchange.timings.secured_us = since(start);
  const auto answered = co_await connection->run(request, exchange);
  if (!answered) co_return false;
  if (auto session = connection->session()) origin.session = std::move(session);
  if (!connection->reusable()) co_return true;
  connection->on_idle_end = [this, &origin, one = connection.get()] {
    --idle_;
    std::erase_if(origin.idle, [one](const Connection& kept) { return kept.get() == one; });
  };
  keep(origin, std::move(connection), Deadline::SteadyClock::now());
  co_return true;
}

awaitable<bool> HttpClientPool::Core::find_addresses(const OutboundRequest& request,
                                                     Addresses& out, HttpExchange& exchange) {
  const auto& host = request.origin.host;
  auto resolved = co_await runtime::with_deadline(request.deadline, resolver_.resolve(host));
  if (closed_) {
    end_with(exchange, ExchangeFailure::cancelled, "the client is closed");
    co_return false;
  }
  if (!resolved) {
    const bool cancelled = resolved.error().kind == Errc::cancelled;
    const bool timed_out = resolved.error().kind == Errc::timeout;
    end_with(exchange, cancelled ? ExchangeFailure::cancelled : ExchangeFailure::dns,
             timed_out ? "host '" + host + "': no answer from the name server in time"
                       : resolved.error().what);
    co_return false;
  }
  for (const auto& address : *resolved) {
    if (options_.addresses.permits(address)) out.push_back(address);
  }
  if (!out.empty()) co_return true;
  const auto& first = resolved->front();
  exchange.remote_address = first.to_string();
  end_with(exchange, ExchangeFailure::address_forbidden,
              "host '" + host + "' is at " + first.to_string() + " (" +
                  std::string(AddressPolicy::special_kind(first)) +
                  "), which is not allowed; an operator can allow its network");
  co_return false;
}

void HttpClientPool::Core::keep(Origin& origin, Connection connection, Deadline::TimePoint now) {
  connection->unlink();
  if (closed_ || origin.idle.size() >= options_.max_idle_per_origin) return;
  ++idle_;
  connection->rest(Deadline::at(now + options_.idle_timeout));
  origin.idle.push_back(std::move(connection));
}

bool HttpClientPool::Core::make_place() {
  if (in_use_count_ + idle_ < options_.max_connections) return true;
  for (auto& [key, origin] : origins_) {
    if (origin.idle.empty()) continue;
    origin.idle.erase(origin.idle.begin());
    --idle_;
    return true;
  }
  return false;
}

/// Origins are referred to while an exchange runs, so only at a moment when none does.
void HttpClientPool::Core::forget_empty_origins() {
  if (!in_use_.empty()) return;
  std::erase_if(origins_, [](const auto& entry) { return entry.second.idle.empty(); });
}

/// Contexts that nobody but this pool holds any more: an app's authorities were changed. Whoever
/// runs an exchange holds its own.
void HttpClientPool::Core::forget_abandoned_identities() {
  std::erase_if(origins_, [](const auto& entry) {
    return entry.second.idle.empty() && entry.second.tls && entry.second.tls.use_count() == 1;
  });
}

void HttpClientPool::Core::close() {
  closed_ = true;
  for (auto& [key, origin] : origins_) origin.idle.clear();
  idle_ = 0;
  for (ClientConnection& connection : in_use_) connection.cut();
}

HttpClientStatistics HttpClientPool::Core::statistics() const {
  auto now = counted_;
  now.idle = idle_;
  now.open = idle_ + in_use_count_;
  return now;
}

HttpClientPool::HttpClientPool(runtime::Lane& lane, Resolver& resolver, HttpClientOptions options)
    : core_(std::make_unique<Core>(lane, resolver, std::move(options))) {}
HttpClientPool::~HttpClientPool() { core_->close(); }
awaitable<HttpExchange> HttpClientPool::post(const OutboundRequest& request) {
  return core_->exchange(request);
}
void HttpClientPool::close() { core_->close(); }
HttpClientStatistics HttpClientPool::statistics() const { return core_->statistics(); }

}  // namespace tidings::net
