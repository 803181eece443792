/// WebSocketClient: a client's end of a WebSocket, for the command line, demos and tests.
///
/// Errors: Errc::invalid_argument (URL), Errc::unavailable (connect, handshake, closed; `what` has
/// the close code), Errc::timeout, Errc::forbidden (the server refused the upgrade).
/// Threads: awaited on its lane. Lifetime: destroy it on its lane or after the lane has ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/tls.h"
#include "runtime/deadline.h"
#include "runtime/lane.h"

namespace tidings::net {

class WebSocketClient {
 public:
  class Driver;
  /// `url`: ws:// or wss://. `tls` may be nullptr for ws and for the system's trust store. On the
  /// lane that will use it.
  static runtime::awaitable<Result<std::shared_ptr<WebSocketClient>>> connect(
      std::string url, std::shared_ptr<TlsClient> tls, runtime::Deadline deadline);
  explicit WebSocketClient(std::unique_ptr<Driver> driver);
  ~WebSocketClient();

  runtime::awaitable<Result<std::string>> read(runtime::Deadline deadline);
  runtime::awaitable<Result<void>> send(std::string text);
  runtime::awaitable<void> close(std::uint16_t code = 1000);
  [[nodiscard]] std::uint16_t close_code() const;  ///< the peer's, 0 while open

 private:
  std::unique_ptr<Driver> driver_;
};

}  // namespace tidings::net
