/// HttpConnection: one accepted connection from its first byte to its last: requests in turn, each
/// one read and one write where it fits, with a limit on every wait. Private to the server.
///
/// Buffers live as long as the connection and are reused; views of a request point into them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/request_parser.h"
#include "net/server_lane.h"
#include "net/tcp_socket.h"

namespace tidings::net {

/// Given back on destruction: the place among the allowed connections.
class ConnectionPermit {
 public:
  explicit ConnectionPermit(runtime::Job release) : release_(std::move(release)) {}
  ~ConnectionPermit() { release_(); }
  ConnectionPermit(const ConnectionPermit&) = delete;
  ConnectionPermit& operator=(const ConnectionPermit&) = delete;

 private:
  runtime::Job release_;
};

template <class Stream>
class HttpConnection final : public ServerConnection {
 public:
  HttpConnection(ServerLane& server, Stream& stream, const IpAddress& peer);

  runtime::awaitable<void> run();
  void begin_stop() override;
  void cut() override;
  void abandon() override;
  [[nodiscard]] Claim claim() const override {
    if (phase_ == Phase::handling || phase_ == Phase::streaming) return Claim::strong;
    if (is_stranger() || phase_ == Phase::idle) return Claim::none;
    return phase_ == Phase::websocket ? Claim::strong : Claim::weak;
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsSocket>;
  enum class Phase { handshake, idle, head, body, handling, writing, streaming, websocket, linger };
  class Events;

  void on_timeout() override;
  runtime::awaitable<bool> handshake();
  runtime::awaitable<void> serve();
  runtime::awaitable<bool> read_body(RequestParser& parser);  // false: the connection ends
  runtime::awaitable<bool> read_rest_of_body(RequestParser& parser);
  runtime::awaitable<bool> read_chunks(RequestParser& parser);
  runtime::awaitable<bool> answer_stream(RequestParser& parser);  // true: the connection stays
  runtime::awaitable<void> answer_websocket(RequestParser& parser);
  runtime::awaitable<void> refuse(unsigned status, std::string_view reason);
  runtime::awaitable<bool> flush_slowly();
  runtime::awaitable<void> finish();

  RequestParser::Progress parse_head(RequestParser& parser);
  void expect_bytes();
  bool body_is_there(const RequestParser& parser);
  bool write_at_once();
  /// Afterwards the answer is in `out_`, its request gone; true: the connection stays.
  bool take_answer(RequestParser& parser, const HttpResponse& response);
  void fill_request();
  [[nodiscard]] HttpResponse handler_failed(std::string_view which,
                                            const std::exception& exception) const;
  void consume(std::size_t bytes);
  void make_room();
  [[nodiscard]] std::string_view unread() const { return {in_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] ResponseWriter::Manner manner(const RequestParser* parser, bool keep_alive) const;

  Stream& stream_;
  IpAddress peer_;
  std::string peer_address_;
  std::string client_ip_;
  std::string certificate_subject_;
  bool peer_is_proxy_;
  Phase phase_ = Phase::handshake;
  bool first_ = true;
  bool timed_out_ = false;
  bool linger_ = false;
  std::function<void()> stop_websocket_;

  HttpRequest request_;
  std::vector<char> in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string body_;    // of a request whose body did not fit behind its head
  std::string chunks_;  // read, not yet decoded; afterwards the start of the next request
  std::string out_;
  std::size_t written_ = 0;
};

}  // namespace tidings::net
