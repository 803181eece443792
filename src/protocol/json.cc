#include "tidings/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <utility>

#include "protocol/json_rules.h"

namespace tidings {
namespace {

namespace json = boost::json;
using json::error_code;

/// Builds the value and counts members. Counting is the cheap way to notice duplicates: an object
/// keeps one member a name, so the built value has fewer than the text.
struct CountingHandler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  CountingHandler(json::storage_ptr storage, unsigned char* room, std::size_t size)
      : stack({}, room, size) {
    stack.reset(std::move(storage));
  }
  json::value_stack stack;
  std::size_t members = 0;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t count, error_code&) {
    members += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code&) {
    stack.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code&) {
    stack.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, error_code& error) {
    if (!std::isfinite(number)) {  // nobody could write it again
      error = json::error::exponent_overflow;
      return false;
    }
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool truth, error_code&) {
    stack.push_bool(truth);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return false; }
  bool on_comment(json::string_view, error_code&) { return false; }
};

std::size_t count_members(const json::value& value) {
  std::size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) count += count_members(item);
  }
  return count;
}

}  // namespace

Result<json::value> parse_json_strict(std::string_view text, std::size_t max_depth,
                                      json::storage_ptr storage) {
  unsigned char room[2048];  // for what is under construction; larger texts take more by themselves
  json::basic_parser<CountingHandler> parser(strict_json_options(max_depth), std::move(storage), room,
                                             sizeof room);
  error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error) return json_syntax_error(used, error, max_depth);
  if (used < text.size()) return json_trailing_error(used);
  const std::size_t members = parser.handler().members;
  json::value value = parser.handler().stack.release();
  if (count_members(value) != members) return json_duplicate_error(text, max_depth);
  return value;
}

}  // namespace tidings
