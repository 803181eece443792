/// RequestParser: the head of an HTTP/1 request as views, and the chunked coding of its body, on
/// Beast's parser, with the guard against request smuggling that Beast 345 lacks.
///
/// Refused: Transfer-Encoding with Content-Length, other than exactly "chunked", repeated, or in
/// HTTP/1.0; Content-Length repeated with another value or not a plain number; folded lines; a
/// missing (HTTP/1.1) or second Host. Sources: RFC 9112 sections 3.2, 5.2, 6.1, 6.3.
/// Lifetime: the views point into the bytes given to parse_head(); one parser per request.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace tidings::net {

class RequestParser : public boost::beast::http::basic_parser<true> {
  using Base = boost::beast::http::basic_parser<true>;
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

 public:
  enum class Progress { need_more, done, failed };

  /// Writes method, target and fields to `request`; body bytes of chunks to `chunk_body`.
  RequestParser(HttpRequest& request, std::string& chunk_body, std::size_t max_head_bytes,
                std::size_t max_body_bytes);

  /// `bytes` starts at the request line and grows from call to call until done.
  Progress parse_head(std::string_view bytes);
  /// Of a chunked body; says how many of `bytes` it has used up.
  Progress parse_chunks(std::string_view bytes, std::size_t& used);

  [[nodiscard]] std::size_t head_bytes() const { return head_bytes_; }
  [[nodiscard]] bool is_chunked() const { return this->chunked(); }
  [[nodiscard]] std::size_t body_bytes() const { return content_length_; }  ///< Content-Length
  [[nodiscard]] bool keeps_alive() const { return this->keep_alive(); }
  [[nodiscard]] bool is_http_1_0() const { return version_ < 11; }
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  [[nodiscard]] bool is_upgrade() const { return this->upgrade(); }
  /// After Progress::failed: the answer's status and one sentence.
  [[nodiscard]] unsigned status() const { return status_; }
  [[nodiscard]] std::string_view reason() const { return reason_; }

 private:
  void on_request_impl(boost::beast::http::verb verb, View method, View target, int version,
                       ErrorCode& error) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field name, View name_text, View value,
                     ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) override {}
  std::size_t on_body_impl(View body, ErrorCode&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, View body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  void refuse(ErrorCode& error, std::string_view reason);
  Progress failed(const ErrorCode& error);

  HttpRequest& request_;
  std::string& chunk_body_;
  std::size_t max_head_bytes_;
  std::string_view head_;
  std::size_t head_bytes_ = 0;
  std::size_t content_length_ = 0;
  std::string_view content_length_text_;
  int version_ = 11;
  int hosts_ = 0;
  int transfer_encodings_ = 0;
  bool head_done_ = false;
  bool expects_continue_ = false;
  unsigned status_ = 400;
  std::string_view reason_;
};

}  // namespace tidings::net
