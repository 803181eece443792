#include "net/client_connection.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <optional>

#include "net/http_message.h"
#include "net/response_parser.h"

namespace tidings::net {
namespace {

using runtime::awaitable;
using runtime::Deadline;

/// Not the peer's trouble: this process, or the system, has no files or buffers left.
bool ours(const error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
         error == boost::system::errc::too_many_files_open_in_system;
}

/// Alerts by which a peer says that our certificate, or the lack of one, is the trouble.
bool is_about_client_certificate(const error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

CertificateFault fault_of(long verified) {
  switch (verified) {
    case X509_V_OK:
      return CertificateFault::none;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return CertificateFault::expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return CertificateFault::host;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return CertificateFault::untrusted;
    default:
      return CertificateFault::other;
  }
}

/// Whose certificate we showed, for the operator who has to renew or to install it.
std::string about_own_certificate(SSL* ssl) {
  X509* const own = SSL_get_certificate(ssl);
  if (own == nullptr) return "the peer wants a client certificate, and none is configured";
  std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(own), 0, XN_FLAG_RFC2253);
  BIO_puts(text.get(), ", valid until ");
  ASN1_TIME_print(text.get(), X509_get0_notAfter(own));
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return "the peer refuses our client certificate (" +
         std::string(data, static_cast<std::size_t>(size)) + ")";
}

void set_failure(HttpExchange& exchange, ExchangeFailure failure, std::string detail) {
  exchange.failure = failure;
  exchange.detail = std::move(detail);
}

bool has_line_break(std::string_view text) {
  // Not find_first_of(): it searches the three for every character of every header.
  return text.find('\r') != std::string_view::npos || text.find('\n') != std::string_view::npos ||
         text.find('\0') != std::string_view::npos;
}

bool is_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

/// While a connection's operations run, terminal cancellation of the coroutine cuts it.
class CutWhenCancelled {
 public:
  CutWhenCancelled(asio::cancellation_slot slot, ClientConnection& connection) : slot_(slot) {
    if (slot_.is_connected()) slot_.assign(Cut{&connection});
  }
  ~CutWhenCancelled() {
    if (slot_.is_connected()) slot_.clear();
  }
  CutWhenCancelled(const CutWhenCancelled&) = delete;
  CutWhenCancelled& operator=(const CutWhenCancelled&) = delete;

 private:
  struct Cut {
    ClientConnection* connection;
    void operator()(asio::cancellation_type type) const {
      if ((type & asio::cancellation_type::terminal) != asio::cancellation_type::none) {
        connection->cut();
      }
    }
  };
  asio::cancellation_slot slot_;
};

}  // namespace

ClientConnection::ClientConnection(runtime::Lane& lane, runtime::TimeoutSweep& sweep,
                                   const HttpClientOptions& options)
    : Entry(sweep), options_(options), socket_(lane.io()), in_(4 * 1024) {}

ClientConnection::~ClientConnection() {
  // Else OpenSSL takes the missing close_notify for a reason to forget the session.
  if (tls_) SSL_set_shutdown(tls_->native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void ClientConnection::cut() {
  cut_ = true;
  error_code ignored;
  socket_.close(ignored);
}

void ClientConnection::on_timeout() {
  if (idle_) {
    auto end = std::move(on_idle_end);
    end();  // destroys this connection
    return;
  }
  timed_out_ = true;
  error_code ignored;
  socket_.close(ignored);
}

/// Says why the exchange failed; always false.
bool ClientConnection::broken(const error_code& error, HttpExchange& exchange) const {
  if (cut_) {
    set_failure(exchange, ExchangeFailure::cancelled, "stopped by this side");
  } else if (timed_out_) {
    set_failure(exchange, ExchangeFailure::timeout,
                "no complete answer in time: it ended while " +
                    std::string(to_string(exchange.stage)));
  } else if (is_about_client_certificate(error)) {
    set_failure(exchange, ExchangeFailure::client_certificate,
                about_own_certificate(tls_->native_handle()) + ": " + error.message());
  } else if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    set_failure(exchange, ExchangeFailure::closed,
                "the peer closed the connection while " + std::string(to_string(exchange.stage)));
  } else {
    set_failure(exchange, ExchangeFailure::closed,
                "the connection broke while " + std::string(to_string(exchange.stage)) + ": " +
                    error.message());
  }
  return false;
}

/// Names what is wrong with the peer's certificate; always false.
bool ClientConnection::unverified(long verified, const std::string& host,
                                  HttpExchange& exchange) const {
  exchange.certificate = fault_of(verified);
  set_failure(exchange, ExchangeFailure::tls,
              "the certificate of " + host + " is not valid: " +
                  X509_verify_cert_error_string(verified));
  return false;
}

awaitable<bool> ClientConnection::open(const OutboundRequest& request, TlsClient* tls,
                                       const std::vector<IpAddress>& addresses,
                                       const TlsSession& session, HttpExchange& exchange) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  const CutWhenCancelled guard(cancellation.slot(), *this);
  const auto connected =
      co_await connect(addresses, request.origin.port, request.deadline, exchange);
  if (!connected || !request.origin.https) co_return connected;
  co_return co_await secure(request, *tls, session, exchange);
}

awaitable<bool> ClientConnection::connect(const std::vector<IpAddress>& addresses,
                                          std::uint16_t port, Deadline deadline,
                                          HttpExchange& exchange) {
  exchange.stage = ExchangeStage::connecting;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto left = static_cast<long>(addresses.size() - i);
    timed_out_ = false;
    // Each address gets its share, so that a silent one does not take all the time.
    arm(deadline.is_never() ? deadline : Deadline::after(deadline.remaining() / left));
    remote_address = addresses[i].to_string();
    exchange.remote_address = remote_address;
    error_code error;
    socket_.close(error);
    const Tcp::endpoint endpoint(addresses[i], port);
    const auto [failed] = co_await socket_.async_connect(endpoint, uncut());
    disarm();
    if (!failed && !timed_out_) {
      socket_.set_option(Tcp::no_delay(true), error);
      socket_.non_blocking(true, error);
      connected_at = Deadline::SteadyClock::now();
      co_return true;
    }
    if (cut_) co_return broken(failed, exchange);
    if (!timed_out_ && ours(failed)) {
      set_failure(exchange, ExchangeFailure::overloaded, "no connection can be opened: " + failed.message());
      co_return false;
    }
    if (timed_out_) {
      set_failure(exchange, ExchangeFailure::connect_timeout,
                  remote_address + " did not accept a connection in time");
    } else if (failed == asio::error::connection_refused) {
      set_failure(exchange, ExchangeFailure::refused,
                  remote_address + " port " + std::to_string(port) + " refuses connections");
    } else {
      set_failure(exchange, ExchangeFailure::unreachable,
                  remote_address + " is not reachable: " + failed.message());
    }
  }
  co_return false;
}

awaitable<bool> ClientConnection::secure(const OutboundRequest& request, TlsClient& client,
                                         const TlsSession& session, HttpExchange& exchange) {
  tls_ = std::make_unique<asio::ssl::stream<TcpSocket&>>(socket_, client.context());
  SSL* ssl = tls_->native_handle();
  const auto& host = request.origin.host;
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set1_host(ssl, host.c_str());
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  }
  if (session) SSL_set_session(ssl, session.get());
  exchange.stage = ExchangeStage::securing;
  arm(request.deadline);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, uncut());
  disarm();
  if (!error && !timed_out_ && !cut_) co_return true;
  if (cut_ || timed_out_ || is_about_client_certificate(error)) co_return broken(error, exchange);
  const long verified = SSL_get_verify_result(ssl);
  if (client.verifies() && verified != X509_V_OK) co_return unverified(verified, host, exchange);
  set_failure(exchange, ExchangeFailure::tls, "TLS handshake failed: " + error.message());
  co_return false;
}

bool ClientConnection::write_request(const OutboundRequest& request) {
  const auto& origin = request.origin;
  if (has_line_break(request.target) || has_line_break(origin.host) ||
      request.target.find(' ') != std::string::npos) {
    return false;
  }
  out_.clear();
  out_.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  const bool v6 = origin.host.find(':') != std::string::npos;
  if (v6) out_ += '[';
  out_ += origin.host;
  if (v6) out_ += ']';
  if (origin.port != (origin.https ? 443 : 80)) out_.append(":").append(std::to_string(origin.port));
  out_.append("\r\nUser-Agent: ").append(options_.user_agent).append("\r\n");
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    if (has_line_break(name) || has_line_break(value)) return false;
    has_type = has_type || equal_ignoring_case(name, "Content-Type");
    out_.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    if (!has_type) out_ += "Content-Type: application/json; charset=utf-8\r\n";
    out_.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  out_ += "Connection: keep-alive\r\n\r\n";
  out_ += request.body;
  return true;
}

awaitable<error_code> ClientConnection::write() {
  if (tls_) {
    const auto [error, size] = co_await asio::async_write(*tls_, asio::buffer(out_), uncut());
    co_return error;
  }
  const auto [error, size] =
      co_await asio::async_write(socket_, asio::buffer(out_) + written_, uncut());
  co_return error;
}

awaitable<error_code> ClientConnection::read_tls() {
  const auto [error, size] = co_await tls_->async_read_some(room(), uncut());
  filled_ += size;
  received_ += size;
  co_return error;
}

awaitable<bool> ClientConnection::run(const OutboundRequest& request, HttpExchange& exchange) {
  got_bytes_ = timed_out_ = reusable_ = false;
  written_ = filled_ = received_ = 0;
  if (!write_request(request)) {
    set_failure(exchange, ExchangeFailure::malformed,
                "not sent: a line break or blank in the URL or a header");
    co_return false;
  }
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  const CutWhenCancelled guard(cancellation.slot(), *this);
  exchange.stage = ExchangeStage::sending;
  arm(request.deadline);
  error_code write_error;
  if (!tls_) written_ = socket_.write_some(asio::buffer(out_), write_error);
  if (write_error) written_ = 0;
  if (written_ < out_.size()) write_error = co_await write();
  if (timed_out_ || cut_) co_return broken(write_error, exchange);
  // A peer that refuses early may have answered before it closed: a write error is not the end.

  exchange.stage = ExchangeStage::waiting;
  ResponseParser parser(exchange, options_.max_response_head_bytes,
                        options_.max_response_bytes, request.method == "HEAD");
  auto* current = &parser;
  std::optional<ResponseParser> after_interim;
  for (;;) {
    error_code error;
    if (tls_) {
      error = co_await read_tls();
    } else {
      const auto [failed, size] =
          co_await socket_.async_read_some(room(), uncut());
      filled_ += size;
      received_ += size;
      error = failed;
    }
    exchange.bytes_received = static_cast<std::uint32_t>(received_);
    if (timed_out_ || cut_) co_return broken(error, exchange);
    if (error) {
      const bool orderly = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
      if (got_bytes_ && orderly && current->parse_end() == ResponseParser::Progress::done) break;
      // What the peer said last says more than that it would not listen.
      const bool said_why = is_about_client_certificate(error);
      co_return broken(write_error && !said_why ? write_error : error, exchange);
    }
    got_bytes_ = true;
    std::size_t used = 0;
    auto progress = current->parse({in_.data(), filled_}, used);
    std::memmove(in_.data(), in_.data() + used, filled_ - used);
    filled_ -= used;
    while (progress == ResponseParser::Progress::done && current->is_interim()) {
      after_interim.emplace(exchange, options_.max_response_head_bytes,
                            options_.max_response_bytes, request.method == "HEAD");
      current = &*after_interim;
      if (filled_ == 0) {
        progress = ResponseParser::Progress::need_more;
        break;
      }
      progress = current->parse({in_.data(), filled_}, used);
      std::memmove(in_.data(), in_.data() + used, filled_ - used);
      filled_ -= used;
    }
    if (progress == ResponseParser::Progress::done) break;
    if (progress == ResponseParser::Progress::failed) {
      set_failure(exchange, current->failure(), current->detail());
      co_return false;
    }
    exchange.stage = current->has_head() ? ExchangeStage::body : ExchangeStage::head;
    if (may_read() == 0) {
      set_failure(exchange, ExchangeFailure::too_large,
                  "the answer is over the limit of " +
                      std::to_string(options_.max_response_bytes) + " bytes");
      co_return false;
    }
    if (filled_ == in_.size()) in_.resize(in_.size() * 2);  // heads only; the parser limits them
  }
  disarm();
  reusable_ = current->keeps_alive() && filled_ == 0 && !write_error && socket_.is_open();
  co_return true;
}

bool ClientConnection::is_quiet() const {
  char byte = 0;
  auto& socket = const_cast<TcpSocket&>(socket_);
  const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

TlsSession ClientConnection::session() const {
  if (!tls_) return nullptr;
  TlsSession session(SSL_get1_session(tls_->native_handle()));
  if (session && SSL_SESSION_is_resumable(session.get()) != 1) session.reset();
  return session;
}

bool ClientConnection::session_was_resumed() const {
  return tls_ && SSL_session_reused(tls_->native_handle()) == 1;
}

}  // namespace tidings::net
