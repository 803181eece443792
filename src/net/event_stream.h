/// EventStream: an answer without an end, Server-Sent Events above all: the head is sent with the
/// first write, the connection closes when the handler returns.
///
/// Threads: the connection's lane. Lifetime: during the stream handler.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/lane.h"

namespace tidings::net {

class EventStream {
 public:
  virtual ~EventStream() = default;
  /// Sends these bytes; returns when the system has taken them, so a slow client slows its own
  /// handler only. Errc::unavailable: the client has gone or took too long; end the handler.
  virtual runtime::awaitable<Result<void>> write(std::string bytes) = 0;
  /// True once the client has closed or the server stops. A handler that has not written may still
  /// return its answer; the connection then goes on to the next request. Waiting handlers look every
  /// few seconds, or write a comment line (": \n\n"), which also keeps proxies from closing.
  [[nodiscard]] virtual bool gone() const = 0;
  /// Content-Type of the head, text/event-stream by default. Before the first write.
  virtual void set_content_type(std::string_view type) = 0;
  /// As HttpResponse::proven, for a stream that has no answer.
  virtual void prove() {}
};

}  // namespace tidings::net
