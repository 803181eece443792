#include "net/request_parser.h"

#include <boost/beast/http/error.hpp>
#include <charconv>
#include <functional>

namespace tidings::net {
namespace {

namespace http = boost::beast::http;

std::string_view plain(boost::beast::string_view text) { return {text.data(), text.size()}; }

HttpMethod method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return HttpMethod::get;
    case http::verb::head:
      return HttpMethod::head;
    case http::verb::post:
      return HttpMethod::post;
    case http::verb::put:
      return HttpMethod::put;
    case http::verb::patch:
      return HttpMethod::patch;
    case http::verb::delete_:
      return HttpMethod::delete_;
    case http::verb::options:
      return HttpMethod::options;
    default:
      return HttpMethod::other;
  }
}

/// "http://host/path?x" (RFC 9112 3.2.2) is "/path?x" for us.
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const auto slash = target.find_first_of("/?", scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

}  // namespace

RequestParser::RequestParser(HttpRequest& request, std::string& chunk_body,
                             std::size_t max_head_bytes, std::size_t max_body_bytes)
    : request_(request), chunk_body_(chunk_body), max_head_bytes_(max_head_bytes) {
  request_.fields.clear();
  request_.body = {};
  this->header_limit(static_cast<std::uint32_t>(max_head_bytes));
  this->body_limit(max_body_bytes);
}

RequestParser::Progress RequestParser::parse_head(std::string_view bytes) {
  head_ = bytes;
  ErrorCode error;
  head_bytes_ += this->put(boost::asio::buffer(bytes.data() + head_bytes_,
                                               bytes.size() - head_bytes_), error);
  if (error == http::error::need_more) return Progress::need_more;
  if (error) return failed(error);
  if (!this->is_header_done()) return Progress::need_more;
  if (head_bytes_ > max_head_bytes_) return failed(http::error::header_limit);  // Beast's is rough
  head_done_ = true;
  return Progress::done;
}

RequestParser::Progress RequestParser::parse_chunks(std::string_view bytes, std::size_t& used) {
  used = 0;
  this->eager(true);
  while (!this->is_done()) {
    ErrorCode error;
    used += this->put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
    if (error == http::error::need_more) return Progress::need_more;
    if (error) return failed(error);
    if (used == bytes.size() && !this->is_done()) return Progress::need_more;
  }
  return Progress::done;
}

void RequestParser::on_request_impl(http::verb verb, View method, View target, int version,
                                    ErrorCode&) {
  request_.method = method_of(verb);
  request_.method_text = plain(method);
  request_.target = origin_form(plain(target));
  const auto mark = request_.target.find('?');
  request_.path = request_.target.substr(0, mark);
  request_.query =
      mark == std::string_view::npos ? std::string_view{} : request_.target.substr(mark + 1);
  version_ = version;
}

void RequestParser::on_field_impl(http::field name, View name_text, View value, ErrorCode& error) {
  if (head_done_) return;  // trailer fields of a chunked body: not ours to believe
  const auto text = plain(value);
  // Beast joins a folded value in a buffer of its own; everything else lies in the head.
  const std::less<const char*> before;
  if (!text.empty() &&
      (before(text.data(), head_.data()) || !before(text.data(), head_.data() + head_.size()))) {
    return refuse(error, "folded header lines are obsolete and refused");
  }
  request_.fields.push_back({plain(name_text), text});
  switch (name) {
    case http::field::host:
      if (++hosts_ > 1) refuse(error, "more than one Host");
      break;
    case http::field::content_length:
      if (!content_length_text_.empty() && content_length_text_ != text) {
        refuse(error, "Content-Length is given twice, differently");
      } else if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
        refuse(error, "Content-Length is not a number");
      } else {
        content_length_text_ = text;
      }
      break;
    case http::field::transfer_encoding:
      if (++transfer_encodings_ > 1 || !equal_ignoring_case(text, "chunked")) {
        refuse(error, "the only Transfer-Encoding taken is chunked");
      }
      break;
    case http::field::expect:
      expects_continue_ = equal_ignoring_case(text, "100-continue");
      break;
    default:
      break;
  }
}

void RequestParser::on_header_impl(ErrorCode& error) {
  if (transfer_encodings_ > 0 && !content_length_text_.empty()) {
    return refuse(error, "both Transfer-Encoding and Content-Length");
  }
  if (transfer_encodings_ > 0 && version_ < 11) {
    return refuse(error, "Transfer-Encoding in HTTP/1.0");
  }
  if (hosts_ == 0 && version_ >= 11) return refuse(error, "no Host");
  if (version_ < 11) expects_continue_ = false;
  const auto* end = content_length_text_.data() + content_length_text_.size();
  if (!content_length_text_.empty() &&
      std::from_chars(content_length_text_.data(), end, content_length_).ec != std::errc{}) {
    refuse(error, "Content-Length is beyond every limit");
    status_ = 413;
  }
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) {
  chunk_body_.append(body.data(), body.size());
  return body.size();
}

void RequestParser::refuse(ErrorCode& error, std::string_view reason) {
  reason_ = reason;
  error = http::error::bad_value;
}

RequestParser::Progress RequestParser::failed(const ErrorCode& error) {
  if (!reason_.empty()) return Progress::failed;
  // Beast looks at no more than the limit, and may call what it then sees malformed.
  const bool cut_off = !head_done_ && head_.substr(0, max_head_bytes_).find("\r\n\r\n") ==
                                          std::string_view::npos &&
                       head_.size() > max_head_bytes_;
  if (cut_off || error == http::error::header_limit || error == http::error::buffer_overflow) {
    status_ = 431;
    reason_ = "the request's head is larger than allowed";
  } else if (error == http::error::body_limit) {
    status_ = 413;
    reason_ = "the request's body is larger than allowed";
  } else if (error == http::error::bad_version) {
    status_ = 505;
    reason_ = "only HTTP/1.0 and HTTP/1.1 are spoken here";
  } else {
    status_ = 400;
    reason_ = "the request is not well-formed HTTP";
  }
  return Progress::failed;
}

}  // namespace tidings::net
