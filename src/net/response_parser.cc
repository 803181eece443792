#include "net/response_parser.h"

#include <boost/beast/http/error.hpp>

#include "net/http_message.h"

namespace tidings::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kLastChunkBytes = 5;

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

ResponseParser::ResponseParser(HttpExchange& exchange, std::size_t max_head_bytes,
                               std::size_t max_body_bytes, bool answers_head)
    : exchange_(exchange), max_body_bytes_(max_body_bytes) {
  exchange_.body.clear();
  this->header_limit(static_cast<std::uint32_t>(max_head_bytes));
  this->body_limit(max_body_bytes);
  this->skip(answers_head);
  this->eager(true);
}

ResponseParser::Progress ResponseParser::parse(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (!this->is_done()) {
    // Whatever is left of a chunked answer ends with "0\r\n\r\n". Beast asserts that it is not asked
    // twice about less.
    const bool in_chunks = head_done_ && this->chunked();
    if (in_chunks && bytes.size() - used < kLastChunkBytes) return Progress::need_more;
    ErrorCode error;
    used += this->put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
    if (error == http::error::need_more) return Progress::need_more;
    if (error) return failed(error);
    if (used == bytes.size() && !this->is_done()) return Progress::need_more;
  }
  return Progress::done;
}

ResponseParser::Progress ResponseParser::parse_end() {
  ErrorCode error;
  if (this->is_header_done() && this->need_eof()) {
    this->put_eof(error);
    if (!error) return Progress::done;
  }
  failure_ = ExchangeFailure::closed;
  detail_ = this->got_some() ? "the connection was closed in the middle of the answer"
                             : "the connection was closed without an answer";
  return Progress::failed;
}

void ResponseParser::on_response_impl(int code, View, int, ErrorCode&) {
  status_ = code;
  exchange_.status = static_cast<unsigned>(code);
}

void ResponseParser::on_field_impl(http::field name, View, View value, ErrorCode& error) {
  if (head_done_) return;  // trailers
  switch (name) {
    case http::field::retry_after:
      exchange_.retry_after = text_of(value);
      break;
    case http::field::content_type:
      exchange_.content_type = text_of(value);
      break;
    case http::field::content_length:
      has_length_ = true;
      break;
    case http::field::transfer_encoding:
      if (++transfer_encodings_ > 1 ||
          !equal_ignoring_case({value.data(), value.size()}, "chunked")) {
        error = http::error::bad_transfer_encoding;
      }
      break;
    default:
      break;
  }
}

void ResponseParser::on_header_impl(ErrorCode& error) {
  head_done_ = true;
  if (has_length_ && transfer_encodings_ > 0) error = http::error::bad_transfer_encoding;
}

void ResponseParser::on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) {
  if (length) exchange_.body.reserve(static_cast<std::size_t>(*length));
}

std::size_t ResponseParser::on_body_impl(View body, ErrorCode& error) {
  if (exchange_.body.size() + body.size() > max_body_bytes_) {
    error = http::error::body_limit;
    return 0;
  }
  exchange_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) {
  return on_body_impl(body, error);
}

ResponseParser::Progress ResponseParser::failed(const ErrorCode& error) {
  if (error == http::error::body_limit) {
    failure_ = ExchangeFailure::too_large;
    detail_ = "the answer's body is over the limit of " + std::to_string(max_body_bytes_) +
              " bytes";
  } else if (error == http::error::header_limit) {
    failure_ = ExchangeFailure::too_large;
    detail_ = "the answer's head is over the limit";
  } else {
    failure_ = ExchangeFailure::malformed;
    detail_ = "the answer is not well-formed HTTP: " + error.message();
  }
  return Progress::failed;
}

}  // namespace tidings::net
