#include "net/websocket_client.h"

#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "net/simple_http_client.h"
#include "net/tcp_socket.h"

namespace tidings::net {
namespace {

using runtime::awaitable;
using runtime::Deadline;
using runtime::Lane;
namespace websocket = boost::beast::websocket;

Error unavailable(std::string what, const error_code& cause) {
  what += ": " + cause.message();
  if (cause == asio::error::operation_aborted) {
    return Error{Errc::cancelled, std::move(what), 0, cause};
  }
  return Error{Errc::unavailable, std::move(what), 0, cause};
}

}  // namespace

class WebSocketClient::Driver {
 public:
  virtual ~Driver() = default;
  virtual awaitable<Result<void>> open(const ParsedUrl& url) = 0;
  virtual awaitable<Result<std::string>> read() = 0;
  virtual awaitable<Result<void>> send(std::string text) = 0;
  virtual awaitable<void> close(std::uint16_t code) = 0;
  [[nodiscard]] virtual std::uint16_t close_code() const = 0;
};

namespace {

template <class Stream>
class ClientDriver final : public WebSocketClient::Driver {
 public:
  template <class... Args>
  explicit ClientDriver(std::shared_ptr<TlsClient> tls, Args&&... args)
      : tls_(std::move(tls)), socket_(std::forward<Args>(args)...) {}

  awaitable<Result<void>> open(const ParsedUrl& url) override {
    auto& tcp = boost::beast::get_lowest_layer(socket_);
    asio::ip::basic_resolver<Tcp, asio::io_context::executor_type> resolver(tcp.get_executor());
    const auto [unresolved, endpoints] = co_await resolver.async_resolve(
        url.origin.host, std::to_string(url.origin.port), runtime::kAsTuple);
    if (unresolved) co_return unavailable("host '" + url.origin.host + "'", unresolved);
    const auto [unconnected, endpoint] =
        co_await asio::async_connect(tcp, endpoints, runtime::kAsTuple);
    if (unconnected) co_return unavailable("cannot connect to " + url.origin.host, unconnected);
    error_code ignored;
    tcp.set_option(Tcp::no_delay(true), ignored);
    if constexpr (std::is_same_v<Stream, TlsSocket>) {
      SSL* ssl = socket_.next_layer().native_handle();
      error_code not_numeric;
      asio::ip::make_address(url.origin.host, not_numeric);
      if (not_numeric) {
        SSL_set_tlsext_host_name(ssl, url.origin.host.c_str());
        SSL_set1_host(ssl, url.origin.host.c_str());
      } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url.origin.host.c_str());
      }
      const auto [insecure] = co_await socket_.next_layer().async_handshake(
          asio::ssl::stream_base::client, runtime::kAsTuple);
      if (insecure) co_return unavailable("TLS handshake with " + url.origin.host, insecure);
    }
    const auto host = url.origin.host + ":" + std::to_string(url.origin.port);
    websocket::response_type response;
    const auto [refused] =
        co_await socket_.async_handshake(response, host, url.target, runtime::kAsTuple);
    if (refused == websocket::error::upgrade_declined) {
      co_return fail(Errc::forbidden, "the server answered the upgrade with HTTP " +
                                          std::to_string(response.result_int()));
    }
    if (refused) co_return unavailable("WebSocket handshake", refused);
    socket_.text(true);
    co_return Result<void>{};
  }

  awaitable<Result<std::string>> read() override {
    incoming_.consume(incoming_.size());
    const auto [error, size] = co_await socket_.async_read(incoming_, runtime::kAsTuple);
    if (error == websocket::error::closed) {
      co_return fail(Errc::unavailable, "the server closed the WebSocket with code " +
                                            std::to_string(socket_.reason().code) + " " +
                                            std::string(socket_.reason().reason.c_str()));
    }
    if (error) co_return unavailable("WebSocket", error);
    co_return std::string(static_cast<const char*>(incoming_.data().data()), size);
  }

  awaitable<Result<void>> send(std::string text) override {
    const auto [error, size] = co_await socket_.async_write(asio::buffer(text), runtime::kAsTuple);
    if (error) co_return unavailable("WebSocket", error);
    co_return Result<void>{};
  }

  awaitable<void> close(std::uint16_t code) override {
    const websocket::close_reason reason(static_cast<websocket::close_code>(code));
    co_await socket_.async_close(reason, runtime::kAsTuple);
  }

  [[nodiscard]] std::uint16_t close_code() const override { return socket_.reason().code; }

 private:
  std::shared_ptr<TlsClient> tls_;
  websocket::stream<Stream> socket_;
  boost::beast::flat_buffer incoming_;
};

}  // namespace

WebSocketClient::WebSocketClient(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}
WebSocketClient::~WebSocketClient() = default;

awaitable<Result<std::shared_ptr<WebSocketClient>>> WebSocketClient::connect(
    std::string url, std::shared_ptr<TlsClient> tls, Deadline deadline) {
  auto parsed = parse_url(url);
  if (!parsed) co_return std::move(parsed).error();
  auto& io = Lane::current()->io();
  std::unique_ptr<Driver> driver;
  if (parsed->origin.https) {
    if (!tls) {
      auto made = TlsClient::create({});
      if (!made) co_return std::move(made).error();
      tls = std::move(*made);
    }
    driver = std::make_unique<ClientDriver<TlsSocket>>(tls, io, tls->context());
  } else {
    driver = std::make_unique<ClientDriver<TcpSocket>>(nullptr, io);
  }
  auto opened = co_await runtime::with_deadline(deadline, driver->open(*parsed));
  if (!opened) co_return std::move(opened).error();
  co_return std::make_shared<WebSocketClient>(std::move(driver));
}

awaitable<Result<std::string>> WebSocketClient::read(Deadline deadline) {
  return runtime::with_deadline(deadline, driver_->read());
}
awaitable<Result<void>> WebSocketClient::send(std::string text) {
  return driver_->send(std::move(text));
}
awaitable<void> WebSocketClient::close(std::uint16_t code) { return driver_->close(code); }
std::uint16_t WebSocketClient::close_code() const { return driver_->close_code(); }

}  // namespace tidings::net
