/// ResponseWriter: an HttpResponse as bytes, appended to one buffer: head and body leave in one
/// write. The part that all answers of one second share is formatted once a second.
///
/// Threads: one object per lane.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_message.h"

namespace tidings::net {

class ResponseWriter {
 public:
  explicit ResponseWriter(std::string server_name) : server_name_(std::move(server_name)) {}

  struct Manner {
    bool keep_alive = true;
    bool http_1_0 = false;
    bool head_only = false;  ///< answer to HEAD: the length, not the body
  };
  void append(std::string& out, const HttpResponse& response, Manner manner);
  /// The head of an answer that ends with its connection.
  void append_stream_head(std::string& out, std::string_view content_type);

 private:
  void append_start(std::string& out, unsigned status);

  std::string server_name_;
  std::int64_t second_ = -1;
  std::string ok_start_;  // "HTTP/1.1 200 OK", Server, Date
  std::string common_;    // Server and Date
  SystemClock clock_;
};

}  // namespace tidings::net
