/// WebSocketDriver: a WebSocketSession over one kind of stream (plain or TLS), on Beast. Private.
///
/// One coroutine writes (run_writer), one reads (the handler's). A close is a mark that the writer
/// acts on when the queue is out. The stream belongs to the connection; its timeouts (ping at half
/// the idle timeout, the closing handshake) are Beast's.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <functional>
#include <string>

#include "net/tcp_socket.h"
#include "net/websocket.h"
#include "runtime/notifier.h"
#include "runtime/one_shot.h"

namespace tidings::net {

class WebSocketSession::Driver {
 public:
  virtual ~Driver() = default;
  virtual runtime::awaitable<Result<std::string>> read() = 0;
  virtual Result<void> send(SharedText text) = 0;
  virtual void close(std::uint16_t code, std::string reason) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  [[nodiscard]] virtual std::size_t queued_messages() const = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

  std::string peer_address;
  std::string client_ip;
  runtime::Lane* lane = nullptr;
  std::function<void()> on_proven;  // the connection's
};

template <class Stream>
class WebSocketDriver final : public WebSocketSession::Driver {
 public:
  WebSocketDriver(Stream& stream, runtime::Lane& home, const WebSocketOptions& options);

  /// `handshake`: what was read from the request line on.
  runtime::awaitable<Result<void>> accept(std::string_view handshake);
  /// Ends when the WebSocket has ended; `ended` is dropped or completed then.
  runtime::awaitable<void> run_writer(runtime::OneShotSender<bool> ended);
  /// Called once when a close begins: the connection limits how long it may take.
  std::function<void()> on_closing;

  runtime::awaitable<Result<std::string>> read() override;
  Result<void> send(SharedText text) override;
  void close(std::uint16_t code, std::string reason) override;
  [[nodiscard]] bool is_open() const override { return !closing_ && !ended_; }
  [[nodiscard]] std::size_t queued_messages() const override { return queue_.size(); }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_bytes_; }

 private:
  Error ended(const error_code& error);
  runtime::awaitable<bool> write_queue();

  WebSocketOptions options_;
  boost::beast::websocket::stream<Stream&> socket_;
  boost::beast::flat_buffer incoming_;
  std::deque<SharedText> queue_;  // the front is being written while writing_
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool closing_ = false;
  bool ended_ = false;
  boost::beast::websocket::close_reason close_reason_;
  runtime::Notifier wake_;
};

}  // namespace tidings::net
