/// ClientOutbox: where a session and the hub put frames for one client. The real one is a
/// WebSocketSession; a test's one is a list.
///
/// Threads: the session's lane only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tidings::backend {

/// A frame's text, made once and shared by everyone it goes to.
using SharedFrame = std::shared_ptr<const std::string>;

/// Close codes of RFC 6455 section 7.4.1 as this door uses them.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kInvalidPayload = 1007;  ///< not JSON
inline constexpr std::uint16_t kPolicy = 1008;          ///< login refused, late or missing
inline constexpr std::uint16_t kTryLater = 1013;        ///< slow client, app over its share
}  // namespace close_code

class ClientOutbox {
 public:
  virtual ~ClientOutbox() = default;
  /// Queues a frame. A client that does not keep up is closed (1013) by the outbox itself; what is
  /// sent to a closed client is dropped.
  virtual void send(SharedFrame frame) = 0;
  /// Sends what is queued, then closes. The first call counts. Never destroys the caller.
  virtual void close(std::uint16_t code, std::string reason) = 0;
  /// The client has shown who it is, and has its app's leave to stay.
  virtual void logged_in() {}
};

}  // namespace tidings::backend
