#include "protocol/json_rules.h"

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <string>
#include <unordered_set>
#include <vector>

#include "tidings/json.h"

namespace tidings {
namespace {

namespace json = boost::json;
using json::error_code;

constexpr std::size_t kMaxNameInError = 64;

/// Second look at a text known to hold a duplicate: stops right after its name.
struct DuplicateFinder {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  std::vector<std::unordered_set<std::string>> open;
  std::string name;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    name.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& error) {
    name.append(part.data(), part.size());
    if (!open.back().insert(name).second) {
      error = json::error::syntax;
      return false;
    }
    name.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double, json::string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return false; }
  bool on_comment(json::string_view, error_code&) { return false; }
};

Error refuse(std::size_t offset, std::string_view reason, const error_code& cause) {
  Error error = fail(Errc::invalid_argument,
                     "JSON, byte " + std::to_string(offset) + ": " + std::string(reason));
  error.cause = cause;
  return error;
}

}  // namespace

json::parse_options strict_json_options(std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  options.allow_comments = false;
  options.allow_trailing_commas = false;
  options.allow_invalid_utf8 = false;
  return options;
}

Error json_syntax_error(std::size_t used, const error_code& cause, std::size_t max_depth) {
  if (cause == json::error::too_deep) {
    return refuse(used, "nested more than " + std::to_string(max_depth) + " levels deep", cause);
  }
  if (cause == json::error::incomplete) return refuse(used, "the text ends too early", cause);
  if (cause == json::error::exponent_overflow) {
    return refuse(used, "a number is larger than any reader can hold", cause);
  }
  return refuse(used, cause.message(), cause);
}

Error json_trailing_error(std::size_t used) {
  return refuse(used, "there is more after the value", {});
}

Error json_duplicate_error(std::string_view text, std::size_t max_depth) {
  json::basic_parser<DuplicateFinder> parser(strict_json_options(max_depth));
  error_code ignored;
  const std::size_t offset = parser.write_some(false, text.data(), text.size(), ignored);
  std::string reason = "the member ";
  if (parser.handler().name.size() <= kMaxNameInError) {
    append_json_string(reason, parser.handler().name);
    reason += " appears twice in one object";
  } else {
    reason += "appears twice in one object";
  }
  return refuse(offset, reason, json::make_error_code(json::error::syntax));
}

}  // namespace tidings
