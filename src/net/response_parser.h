/// ResponseParser: an HTTP/1 answer from its bytes, on Beast's parser, within limits. Interim answers
/// (100, 103) are skipped. Private to the client.
///
/// Content-Length, chunked and until-close bodies are taken; Transfer-Encoding other than exactly
/// "chunked", or together with Content-Length, is malformed.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/callback_transport.h"

namespace tidings::net {

class ResponseParser : public boost::beast::http::basic_parser<false> {
  using Base = boost::beast::http::basic_parser<false>;
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

 public:
  enum class Progress { need_more, done, failed };

  /// Fills status, body and header texts of `exchange`.
  ResponseParser(HttpExchange& exchange, std::size_t max_head_bytes, std::size_t max_body_bytes,
                 bool answers_head);

  /// Says how many of `bytes` are used up; the rest is to be given again, with more behind it.
  Progress parse(std::string_view bytes, std::size_t& used);
  /// The peer has closed: `done` where that ends the body.
  Progress parse_end();

  [[nodiscard]] bool is_interim() const { return status_ >= 100 && status_ < 200; }
  [[nodiscard]] bool has_head() const { return head_done_; }
  [[nodiscard]] bool keeps_alive() const { return this->keep_alive(); }
  /// After Progress::failed.
  [[nodiscard]] ExchangeFailure failure() const { return failure_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }

 private:
  void on_request_impl(boost::beast::http::verb, View, View, int, ErrorCode&) override {}
  void on_response_impl(int code, View reason, int version, ErrorCode& error) override;
  void on_field_impl(boost::beast::http::field name, View name_text, View value,
                     ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) override;
  std::size_t on_body_impl(View body, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  Progress failed(const ErrorCode& error);

  HttpExchange& exchange_;
  std::size_t max_body_bytes_;
  int status_ = 0;
  bool has_length_ = false;
  int transfer_encodings_ = 0;
  bool head_done_ = false;
  ExchangeFailure failure_ = ExchangeFailure::malformed;
  std::string detail_;
};

}  // namespace tidings::net
