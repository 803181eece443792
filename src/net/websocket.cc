#include "net/websocket.h"

#include "net/websocket_driver.h"

namespace tidings::net {

namespace websocket = boost::beast::websocket;
using runtime::awaitable;

WebSocketSession::WebSocketSession(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}
WebSocketSession::~WebSocketSession() = default;
awaitable<Result<std::string>> WebSocketSession::read() { return driver_->read(); }
Result<void> WebSocketSession::send(SharedText text) { return driver_->send(std::move(text)); }
void WebSocketSession::close(std::uint16_t code, std::string reason) {
  driver_->close(code, std::move(reason));
}
void WebSocketSession::prove() {
  if (driver_->on_proven) driver_->on_proven();
}
bool WebSocketSession::is_open() const { return driver_->is_open(); }
std::size_t WebSocketSession::queued_messages() const { return driver_->queued_messages(); }
std::size_t WebSocketSession::queued_bytes() const { return driver_->queued_bytes(); }
const std::string& WebSocketSession::peer_address() const { return driver_->peer_address; }
const std::string& WebSocketSession::client_ip() const { return driver_->client_ip; }
runtime::Lane& WebSocketSession::lane() const { return *driver_->lane; }

template <class Stream>
WebSocketDriver<Stream>::WebSocketDriver(Stream& stream, runtime::Lane& home,
                                         const WebSocketOptions& options)
    : options_(options), socket_(stream), wake_(home) {
  lane = &home;
  socket_.set_option(websocket::stream_base::timeout{
      options.close_timeout, options.idle_timeout, /*keep_alive_pings=*/true});
  socket_.read_message_max(options.max_message_bytes);
  socket_.auto_fragment(false);
  socket_.text(true);
}

template <class Stream>
awaitable<Result<void>> WebSocketDriver<Stream>::accept(std::string_view handshake) {
  const auto buffer = asio::buffer(handshake.data(), handshake.size());
  const auto [error] = co_await socket_.async_accept(buffer, uncut());
  if (error) {
    ended_ = true;
    co_return fail(Errc::unavailable, "the upgrade failed: " + error.message());
  }
  co_return Result<void>{};
}

template <class Stream>
Error WebSocketDriver<Stream>::ended(const error_code& error) {
  ended_ = true;
  wake_.notify_all();
  std::string what = "the WebSocket has ended: " + error.message();
  if (error == websocket::error::closed) {
    what = "the peer closed the WebSocket with code " + std::to_string(socket_.reason().code);
  } else if (closing_) {
    what = "the WebSocket was closed with code " + std::to_string(close_reason_.code) + ": " +
           std::string(close_reason_.reason.data(), close_reason_.reason.size());
  }
  return Error{Errc::unavailable, std::move(what), 0, error};
}

template <class Stream>
awaitable<Result<std::string>> WebSocketDriver<Stream>::read() {
  if (ended_) co_return fail(Errc::unavailable, "the WebSocket has ended");
  incoming_.consume(incoming_.size());
  const auto [error, size] = co_await socket_.async_read(incoming_, uncut());
  if (error) co_return ended(error);
  if (socket_.got_binary()) {
    close(1003, "text frames only");
    co_return fail(Errc::unavailable, "the WebSocket was closed: a binary message came");
  }
  co_return std::string(static_cast<const char*>(incoming_.data().data()), size);
}

template <class Stream>
Result<void> WebSocketDriver<Stream>::send(SharedText text) {
  if (!is_open()) return fail(Errc::unavailable, "the WebSocket is closed");
  if (queue_.size() >= options_.max_queued_messages ||
      queued_bytes_ + text->size() > options_.max_queued_bytes) {
    close(1013, "slow client: too much is waiting to be read");
    // The front may be on its way; the rest would only hold memory.
    while (queue_.size() > (writing_ ? 1u : 0u)) {
      queued_bytes_ -= queue_.back()->size();
      queue_.pop_back();
    }
    return fail(Errc::too_large, "the client reads too slowly: over " +
                                     std::to_string(options_.max_queued_messages) +
                                     " messages or " + std::to_string(options_.max_queued_bytes) +
                                     " bytes wait for it; it is disconnected");
  }
  queued_bytes_ += text->size();
  queue_.push_back(std::move(text));
  if (!writing_) wake_.notify_one();
  return {};
}

template <class Stream>
void WebSocketDriver<Stream>::close(std::uint16_t code, std::string reason) {
  if (closing_ || ended_) return;
  closing_ = true;
  close_reason_ = websocket::close_reason(
      static_cast<websocket::close_code>(code), boost::beast::string_view(reason).substr(0, 120));
  if (on_closing) on_closing();
  wake_.notify_one();
}

template <class Stream>
awaitable<bool> WebSocketDriver<Stream>::write_queue() {
  while (!queue_.empty() && !ended_) {
    writing_ = true;
    const auto [error, size] = co_await socket_.async_write(asio::buffer(*queue_.front()), uncut());
    writing_ = false;
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    if (error) {
      ended_ = true;
      co_return false;
    }
  }
  co_return !ended_;
}

template <class Stream>
awaitable<void> WebSocketDriver<Stream>::run_writer(runtime::OneShotSender<bool> ended_sender) {
  for (;;) {
    const auto alive = co_await write_queue();
    if (!alive) break;
    if (closing_) {
      co_await socket_.async_close(close_reason_, uncut());
      ended_ = true;
      break;
    }
    const auto woken = co_await wake_.wait();
    if (!woken) close(1012, "the server stops");
  }
  ended_sender.complete(true);
}

template class WebSocketDriver<TcpSocket>;
template class WebSocketDriver<TlsSocket>;

}  // namespace tidings::net
