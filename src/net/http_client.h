/// HttpClientPool: the CallbackTransport over TCP and TLS: persistent HTTP/1.1 connections, kept per
/// (host, port, TLS identity), bounded, with certificate and host verification, SNI, TLS 1.2 or
/// later and session resumption.
///
/// A kept connection may have died unseen: where it breaks before one byte of an answer came, the
/// request is sent once more on a fresh connection within the same deadline (`reused_connection`
/// is then false). Redirects are answers like any other; they are not followed.
/// Addresses are asked of the AddressPolicy after resolution, before each connect.
///
/// Threads: its lane only; one pool per lane. Lifetime: outlives its exchanges; close() makes those
/// under way end with `cancelled`, and empties the pool.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "net/address_policy.h"
#include "net/callback_transport.h"
#include "net/resolver.h"
#include "runtime/lane.h"

namespace tidings::net {

struct HttpClientOptions {
  /// What one exchange reads at most, interim answers and heads included.
  std::size_t max_response_bytes = 64 * 1024;
  std::size_t max_response_head_bytes = 16 * 1024;
  std::size_t max_connections = 2'048;  ///< in use and idle; over it idle ones go, then `overloaded`
  std::size_t max_idle_per_origin = 256;
  std::chrono::milliseconds idle_timeout{30'000};  ///< a connection unused that long is closed
  std::string user_agent = "tidings";
  AddressPolicy addresses;
};

struct HttpClientStatistics {
  std::uint64_t exchanges = 0;
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_reused = 0;
  std::uint64_t stale_retries = 0;
  std::uint64_t tls_resumed = 0;
  std::size_t open = 0;
  std::size_t idle = 0;
};

class HttpClientPool final : public CallbackTransport {
 public:
  HttpClientPool(runtime::Lane& lane, Resolver& resolver, HttpClientOptions options);
  ~HttpClientPool() override;
  HttpClientPool(const HttpClientPool&) = delete;
  HttpClientPool& operator=(const HttpClientPool&) = delete;

  runtime::awaitable<HttpExchange> post(const OutboundRequest& request) override;
  void close();
  [[nodiscard]] HttpClientStatistics statistics() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace tidings::net
