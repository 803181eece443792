#include "net/http_connection.h"

#include <poll.h>

#include <boost/asio/write.hpp>
#include <cstring>

#include "net/event_stream.h"
#include "net/forwarded.h"
#include "net/peer_certificate.h"
#include "net/websocket_driver.h"

namespace tidings::net {
namespace {

using runtime::awaitable;

constexpr std::size_t kFirstBuffer = 4 * 1024;
constexpr std::size_t kReadStep = 64 * 1024;
constexpr std::size_t kKeptBuffer = 64 * 1024;  // more is given back after the answer
constexpr std::size_t kPipelinedAnswers = 64 * 1024;
constexpr std::chrono::milliseconds kClosing{1000};

}  // namespace

/// The stream side of an answer without an end.
template <class Stream>
class HttpConnection<Stream>::Events final : public EventStream {
 public:
  explicit Events(HttpConnection& connection) : connection_(connection) {}

  awaitable<Result<void>> write(std::string bytes) override {
    auto& out = connection_.out_;
    if (!started_) {
      started_ = true;
      connection_.server_.writer.append_stream_head(out, content_type_);
    }
    out += bytes;
    const auto written = co_await connection_.flush_slowly();
    connection_.phase_ = Phase::streaming;
    if (written) co_return Result<void>{};
    broken_ = true;
    co_return fail(Errc::unavailable, "the client of the stream has gone");
  }

  [[nodiscard]] bool gone() const override {
    auto& socket = socket_of(connection_.stream_);
    if (broken_ || connection_.server_.stopping || !socket.is_open()) return true;
    // Not by reading: TLS leaves its close_notify unread in front of the end.
    pollfd end{socket.native_handle(), POLLRDHUP, 0};
    return ::poll(&end, 1, 0) > 0;
  }

  void set_content_type(std::string_view type) override { content_type_ = type; }
  void prove() override { connection_.prove(); }
  [[nodiscard]] bool started() const { return started_; }

 private:
  HttpConnection& connection_;
  std::string content_type_ = "text/event-stream";
  bool started_ = false;
  bool broken_ = false;
};

template <class Stream>
HttpConnection<Stream>::HttpConnection(ServerLane& server, Stream& stream, const IpAddress& peer)
    : ServerConnection(server),
      stream_(stream),
      peer_(unmapped(peer)),
      peer_address_(peer_.to_string()),
      peer_is_proxy_(any_contains(server.options.trusted_proxies, peer_)),
      in_(kFirstBuffer) {
  error_code ignored;
  socket_of(stream_).set_option(Tcp::no_delay(true), ignored);
  socket_of(stream_).non_blocking(true, ignored);
}

template <class Stream>
void HttpConnection<Stream>::cut() {
  error_code ignored;
  socket_of(stream_).close(ignored);
}

template <class Stream>
void HttpConnection<Stream>::begin_stop() {
  if (phase_ == Phase::idle || phase_ == Phase::handshake) cut();
  if (stop_websocket_) stop_websocket_();
}

template <class Stream>
void HttpConnection<Stream>::on_timeout() {
  if (phase_ != Phase::idle && phase_ != Phase::linger) count(server_.counters.timeouts);
  if (phase_ == Phase::head || phase_ == Phase::body) {
    // The reader wakes up and answers 408.
    timed_out_ = true;
    error_code ignored;
    socket_of(stream_).cancel(ignored);
    return;
  }
  abandon();
}

template <class Stream>
void HttpConnection<Stream>::abandon() {
  if (phase_ == Phase::writing || phase_ == Phase::streaming || phase_ == Phase::websocket) {
    // Who does not read shall not keep megabytes in the kernel after we have gone either.
    error_code ignored;
    socket_of(stream_).set_option(asio::socket_base::linger(true, 0), ignored);
  }
  cut();
}

template <class Stream>
awaitable<void> HttpConnection<Stream>::run() {
  const auto ready = co_await handshake();
  if (!ready) co_return;
  co_await serve();
  co_await finish();
}

template <class Stream>
awaitable<bool> HttpConnection<Stream>::handshake() {
  if constexpr (kIsTls) {
    arm(server_.options.header_timeout);
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, uncut());
    disarm();
    if (error && !makes_way()) {
      count(server_.counters.tls_failures);
      server_.log_of_peer("TLS handshake with " + peer_address_ + " failed: " + error.message() +
                          why_peer_is_refused(stream_.native_handle()));
    }
    if (error) co_return false;
    certificate_subject_ = peer_subject(stream_.native_handle());
  }
  co_return true;
}

// One coroutine for all requests: one made for each would be a good part of what a small request
// costs.
template <class Stream>
awaitable<void> HttpConnection<Stream>::serve() {
  const auto& handlers = server_.handlers;
  for (;;) {
    RequestParser parser(request_, body_, server_.options.max_header_bytes,
                         server_.options.max_body_bytes);
    phase_ = Phase::idle;
    for (;;) {
      const auto progress = parse_head(parser);
      if (progress == RequestParser::Progress::done) break;
      if (progress == RequestParser::Progress::failed) {
        co_await refuse(parser.status(), parser.reason());
        co_return;
      }
      if (!out_.empty() && !write_at_once()) {
        const auto written = co_await flush_slowly();
        if (!written) co_return;
      }
      if (begin_ == end_ && server_.stopping) co_return;
      expect_bytes();
      if (end_ == in_.size()) {
        co_await refuse(431, "the request's head is too large");
        co_return;
      }
      const auto [error, size] = co_await stream_.async_read_some(
          asio::buffer(in_.data() + end_, in_.size() - end_), uncut());
      if (error) {
        if (timed_out_) co_await refuse(408, "the request's head did not come in time");
        co_return;
      }
      end_ += size;
    }
    first_ = false;
    if (!body_is_there(parser)) {
      const auto complete = co_await read_body(parser);
      if (!complete) co_return;
    }
    fill_request();
    if (handlers.is_websocket && handlers.is_websocket(request_.path)) {
      co_await answer_websocket(parser);
      co_return;
    }
    if (handlers.is_stream && handlers.is_stream(request_.path)) {
      const auto stays = co_await answer_stream(parser);
      if (!stays) co_return;
      continue;
    }
    HttpResponse response;
    try {
      response = co_await handlers.request(request_);
    } catch (const std::exception& exception) {
      response = handler_failed("handler", exception);
    }
    if (response.proven) prove();
    const bool keep_alive = take_answer(parser, response);
    if (keep_alive && begin_ < end_ && out_.size() < kPipelinedAnswers) continue;
    if (!write_at_once()) {
      const auto written = co_await flush_slowly();
      if (!written) co_return;
    }
    if (!keep_alive) co_return;
  }
}

template <class Stream>
RequestParser::Progress HttpConnection<Stream>::parse_head(RequestParser& parser) {
  // Empty lines before a request are skipped (RFC 9112 2.2).
  while (begin_ < end_ && parser.head_bytes() == 0 &&
         (in_[begin_] == '\r' || in_[begin_] == '\n')) {
    ++begin_;
  }
  return begin_ == end_ ? RequestParser::Progress::need_more : parser.parse_head(unread());
}

/// Before a read of what a head still lacks: sets its limit and makes room for it.
template <class Stream>
void HttpConnection<Stream>::expect_bytes() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    phase_ = Phase::idle;
    arm(first_ ? server_.options.header_timeout : server_.options.idle_timeout);
  } else if (phase_ != Phase::head) {
    phase_ = Phase::head;
    arm(server_.options.header_timeout);
  }
  make_room();
}

template <class Stream>
void HttpConnection<Stream>::make_room() {
  if (end_ < in_.size()) return;
  if (begin_ > 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  // One step above the limit lets the parser see that the head is too large.
  const std::size_t most = server_.options.max_header_bytes + kFirstBuffer;
  in_.resize(std::min(in_.size() * 2, std::max(most, in_.size())));
}

template <class Stream>
bool HttpConnection<Stream>::body_is_there(const RequestParser& parser) {
  const std::size_t head = parser.head_bytes();
  if (parser.is_chunked() || parser.body_bytes() > end_ - begin_ - head) return false;
  request_.body = unread().substr(head, parser.body_bytes());
  return true;
}

template <class Stream>
awaitable<bool> HttpConnection<Stream>::read_body(RequestParser& parser) {
  std::string& came = parser.is_chunked() ? chunks_ : body_;
  body_.clear();
  came = unread().substr(parser.head_bytes());
  end_ = begin_ + parser.head_bytes();
  if (parser.expects_continue() && came.empty()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!out_.empty()) {  // what was answered before does not wait for this body
    const auto written = co_await flush_slowly();
    if (!written) co_return false;
  }
  phase_ = Phase::body;
  arm(server_.options.body_timeout);
  auto rest = parser.is_chunked() ? read_chunks(parser) : read_rest_of_body(parser);
  const bool complete = co_await std::move(rest);
  request_.body = body_;
  co_return complete;
}

template <class Stream>
awaitable<bool> HttpConnection<Stream>::read_rest_of_body(RequestParser& parser) {
  const std::size_t wanted = parser.body_bytes();
  while (body_.size() < wanted) {
    const std::size_t have = body_.size();
    body_.resize(std::min(wanted, have + kReadStep));  // grows with what came, not what was claimed
    const auto [error, size] = co_await stream_.async_read_some(
        asio::buffer(body_.data() + have, body_.size() - have), uncut());
    body_.resize(have + size);
    if (error) {
      if (timed_out_) co_await refuse(408, "the request's body did not come in time");
      co_return false;
    }
  }
  co_return true;
}

template <class Stream>
awaitable<bool> HttpConnection<Stream>::read_chunks(RequestParser& parser) {
  for (;;) {
    std::size_t used = 0;
    const auto progress = parser.parse_chunks(chunks_, used);
    chunks_.erase(0, used);
    if (progress == RequestParser::Progress::done) break;
    if (progress == RequestParser::Progress::failed) {
      co_await refuse(parser.status(), parser.reason());
      co_return false;
    }
    const std::size_t have = chunks_.size();
    if (have >= kReadStep) {  // a chunk header or trailer of that size
      co_await refuse(400, "a chunk's header or trailer is too large");
      co_return false;
    }
    chunks_.resize(have + kReadStep);
    const auto [error, size] = co_await stream_.async_read_some(
        asio::buffer(chunks_.data() + have, chunks_.size() - have), uncut());
    chunks_.resize(have + size);
    if (error) {
      if (timed_out_) co_await refuse(408, "the request's body did not come in time");
      co_return false;
    }
  }
  co_return true;
}

template <class Stream>
void HttpConnection<Stream>::fill_request() {
  disarm();
  count(server_.counters.requests);
  phase_ = Phase::handling;
  request_.peer_address = peer_address_;
  request_.tls = kIsTls;
  request_.client_certificate_subject = certificate_subject_;
  if (peer_is_proxy_) {
    client_ip_ = client_ip(request_, peer_, server_.options.trusted_proxies);
    request_.client_ip = client_ip_;
  } else {
    request_.client_ip = peer_address_;
  }
}

template <class Stream>
ResponseWriter::Manner HttpConnection<Stream>::manner(const RequestParser* parser,
                                                      bool keep_alive) const {
  const bool http_1_0 = parser != nullptr && parser->is_http_1_0();
  return {keep_alive, http_1_0, parser != nullptr && request_.method == HttpMethod::head};
}

template <class Stream>
HttpResponse HttpConnection<Stream>::handler_failed(std::string_view which,
                                                    const std::exception& exception) const {
  server_.log(std::string(which) + " of " + std::string(request_.path) + ": " + exception.what());
  return server_.refusal(500, "internal error", peer_address_);
}

template <class Stream>
bool HttpConnection<Stream>::take_answer(RequestParser& parser, const HttpResponse& response) {
  const bool keep_alive = parser.keeps_alive() && !response.close && !server_.stopping;
  server_.writer.append(out_, response, manner(&parser, keep_alive));
  consume(parser.head_bytes() + (parser.is_chunked() || !body_.empty() ? 0 : parser.body_bytes()));
  return keep_alive;
}

/// The request is answered: its bytes go, what came behind it stays.
template <class Stream>
void HttpConnection<Stream>::consume(std::size_t bytes) {
  begin_ += bytes;
  if (!chunks_.empty()) {
    if (in_.size() < end_ + chunks_.size()) in_.resize(end_ + chunks_.size());
    std::memcpy(in_.data() + end_, chunks_.data(), chunks_.size());
    end_ += chunks_.size();
    chunks_.clear();
  }
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (in_.size() > kKeptBuffer) std::vector<char>(kFirstBuffer).swap(in_);
  }
  if (body_.capacity() > kKeptBuffer) body_ = std::string();
  body_.clear();
  request_.body = {};
}

/// True when all of `out_` left without waiting. TLS waits always: its engine must not see a
/// write that would block outside of an asynchronous operation.
template <class Stream>
bool HttpConnection<Stream>::write_at_once() {
  if constexpr (kIsTls) {
    return false;
  } else {
    error_code error;
    written_ = stream_.write_some(asio::buffer(out_), error);
    if (error) written_ = 0;  // the slow path meets it again
    if (written_ < out_.size()) return false;
    if (out_.capacity() > kKeptBuffer) out_ = std::string();
    out_.clear();
    written_ = 0;
    return true;
  }
}

template <class Stream>
awaitable<bool> HttpConnection<Stream>::flush_slowly() {
  phase_ = Phase::writing;
  arm(server_.options.write_timeout);
  const auto [error, size] =
      co_await asio::async_write(stream_, asio::buffer(out_) + written_, uncut());
  disarm();
  written_ = 0;
  if (out_.capacity() > kKeptBuffer) out_ = std::string();
  out_.clear();
  co_return !error;
}

template <class Stream>
awaitable<void> HttpConnection<Stream>::refuse(unsigned status, std::string_view reason) {
  if (status == 413 || status == 431) {
    count(server_.counters.too_large);
  } else if (status != 408) {
    count(server_.counters.malformed);
  }
  auto response = server_.refusal(status, reason, peer_address_);
  server_.writer.append(out_, response, {.keep_alive = false});
  (void)co_await flush_slowly();
  linger_ = true;
}

template <class Stream>
awaitable<bool> HttpConnection<Stream>::answer_stream(RequestParser& parser) {
  Events events(*this);
  phase_ = Phase::streaming;
  HttpResponse response;
  try {
    response = co_await server_.handlers.stream(request_, events);
  } catch (const std::exception& exception) {
    response = handler_failed("stream", exception);
  }
  if (response.proven) prove();
  if (events.started()) co_return false;
  const bool keep_alive = take_answer(parser, response);
  const auto written = co_await flush_slowly();
  co_return written && keep_alive;
}

template <class Stream>
awaitable<void> HttpConnection<Stream>::answer_websocket(RequestParser& parser) {
  if (!parser.is_upgrade() || !equal_ignoring_case(request_.header("Upgrade"), "websocket")) {
    auto response = server_.refusal(426, "this path speaks WebSocket only", peer_address_);
    response.headers.emplace_back("Upgrade", "websocket");
    server_.writer.append(out_, response, manner(&parser, false));
    (void)co_await flush_slowly();
    co_return;
  }
  UpgradeRequest upgrade{std::string(request_.target), std::string(request_.path),
                         std::string(request_.query),  peer_address_,
                         std::string(request_.client_ip), kIsTls, {}};
  for (const auto& field : request_.fields) upgrade.headers.emplace_back(field.name, field.value);

  auto owned = std::make_unique<WebSocketDriver<Stream>>(stream_, server_.lane,
                                                         server_.options.websocket);
  auto& driver = *owned;
  driver.peer_address = peer_address_;
  driver.client_ip = upgrade.client_ip;
  driver.on_proven = [this] { prove(); };
  WebSocketSession session(std::move(owned));
  const auto accepted = co_await driver.accept(unread());
  if (!accepted) co_return;

  phase_ = Phase::websocket;
  driver.on_closing = [this] { arm(server_.options.websocket.close_timeout); };
  stop_websocket_ = [&driver] { driver.close(1012, "the server stops"); };
  runtime::OneShot<bool> writer_ended(server_.lane);
  auto spawned = server_.group->spawn("websocket writer", driver.run_writer(writer_ended.sender()));
  if (!spawned) co_return;
  server_.counters.websockets_open.fetch_add(1);
  try {
    co_await server_.handlers.websocket(session, std::move(upgrade));
  } catch (const std::exception& exception) {
    server_.log("WebSocket of " + peer_address_ + ": " + exception.what());
    driver.close(1011, "internal error");
  }
  driver.close(1000, "");
  (void)co_await writer_ended.wait(/*interruptible=*/false);
  server_.counters.websockets_open.fetch_sub(1);
  stop_websocket_ = nullptr;
  disarm();
}

template <class Stream>
awaitable<void> HttpConnection<Stream>::finish() {
  auto& socket = socket_of(stream_);
  if (!socket.is_open()) co_return;
  phase_ = Phase::linger;
  arm(kClosing);
  if constexpr (kIsTls) {
    co_await stream_.async_shutdown(uncut());  // close_notify
  }
  error_code error;
  socket.shutdown(Tcp::socket::shutdown_send, error);
  if (linger_ && !error) co_await drain(socket);
  disarm();
}

template class HttpConnection<TcpSocket>;
template class HttpConnection<TlsSocket>;

}  // namespace tidings::net
