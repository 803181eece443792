/// ClientConnection: one connection of the client, plain or TLS, and one exchange at a time on it.
/// Private to HttpClientPool.
///
/// Every step is bounded by the request's deadline through the lane's timeout sweep: the socket is
/// closed and the step under way ends. Failures are written into the HttpExchange.
/// Threads: its lane only.
#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/callback_transport.h"
#include "net/cidr.h"
#include "net/http_client.h"
#include "net/tcp_socket.h"
#include "runtime/timeout_sweep.h"

namespace tidings::net {

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsSession = std::unique_ptr<SSL_SESSION, FreeSession>;

class ClientConnection final
    : public runtime::TimeoutSweep::Entry,
      public boost::intrusive::list_base_hook<
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {  // of those in use
 public:
  ClientConnection(runtime::Lane& lane, runtime::TimeoutSweep& sweep,
                   const HttpClientOptions& options);
  ~ClientConnection() override;

  /// TCP to the first of `addresses` that answers, then TLS where the origin wants it, resuming
  /// `session` where there is one. `session` may be replaced while TCP connects: it is looked at
  /// when TLS begins, which takes a reference of its own. False: `exchange` says why.
  runtime::awaitable<bool> open(const OutboundRequest& request, TlsClient* tls,
                                const std::vector<IpAddress>& addresses,
                                const TlsSession& session, HttpExchange& exchange);
  /// Sends the request and reads the whole answer. False: `exchange` says why.
  runtime::awaitable<bool> run(const OutboundRequest& request, HttpExchange& exchange);

  /// Nothing of an answer was received by the last run().
  [[nodiscard]] bool broke_before_answer() const { return !got_bytes_ && !timed_out_ && !cut_; }
  /// After run(): may carry another exchange.
  [[nodiscard]] bool reusable() const { return reusable_; }
  /// Of an idle connection: the peer has neither closed it nor sent anything.
  [[nodiscard]] bool is_quiet() const;
  [[nodiscard]] TlsSession session() const;  ///< to resume later; nullptr for plain
  [[nodiscard]] bool session_was_resumed() const;

  void cut();  ///< ends what runs with `cancelled`
  runtime::Deadline::TimePoint connected_at;  ///< by TCP; TLS came after it
  /// Called when the connection was idle until the deadline of its last rest(); destroys it.
  std::function<void()> on_idle_end;
  /// It carries no exchange until `deadline`, or until wake().
  void rest(runtime::Deadline deadline) {
    idle_ = true;
    arm(deadline);
  }
  void wake() {
    idle_ = false;
    disarm();
  }
  std::string remote_address;

 private:
  void on_timeout() override;
  runtime::awaitable<bool> connect(const std::vector<IpAddress>& addresses, std::uint16_t port,
                                   runtime::Deadline deadline, HttpExchange& exchange);
  runtime::awaitable<bool> secure(const OutboundRequest& request, TlsClient& client,
                                  const TlsSession& session, HttpExchange& exchange);
  runtime::awaitable<error_code> write();
  runtime::awaitable<error_code> read_tls();
  [[nodiscard]] auto room() {
    return asio::buffer(in_.data() + filled_, std::min(in_.size() - filled_, may_read()));
  }
  bool write_request(const OutboundRequest& request);
  bool broken(const error_code& error, HttpExchange& exchange) const;
  bool unverified(long verified, const std::string& host, HttpExchange& exchange) const;
  /// What one exchange may still read; at 0 the answer is too large.
  [[nodiscard]] std::size_t may_read() const { return options_.max_response_bytes - received_; }

  const HttpClientOptions& options_;
  TcpSocket socket_;
  std::unique_ptr<asio::ssl::stream<TcpSocket&>> tls_;
  bool timed_out_ = false;
  bool cut_ = false;
  bool got_bytes_ = false;
  bool reusable_ = false;
  bool idle_ = false;
  std::string out_;
  std::size_t written_ = 0;
  std::vector<char> in_;
  std::size_t filled_ = 0;
  std::size_t received_ = 0;  // by the exchange that runs
};

}  // namespace tidings::net
