#include "protocol/json_tape.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "base/check.h"
#include "protocol/json_rules.h"

namespace tidings {
namespace {

namespace json = boost::json;
using json::error_code;
using Kind = JsonNode::Kind;

/// What a usual text has; more grow by themselves.
constexpr std::size_t kUsualNodes = 32;
/// Up to so many names are compared each with each; more are sorted.
constexpr std::size_t kFewMembers = 16;

bool stands_in(std::string_view text, std::string_view part) {
  const std::less_equal<const char*> not_behind;
  return not_behind(text.data(), part.data()) &&
         not_behind(part.data() + part.size(), text.data() + text.size());
}

bool has_duplicate(const JsonNode& object, std::size_t count) {
  const JsonChildren members(object);
  if (count <= kFewMembers) {
    for (auto one = members.begin(); one != members.end(); ++one) {
      for (auto other = members.begin(); other != one; ++other) {
        if (other->name() == one->name()) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(count);
  for (const JsonNode& member : members) names.push_back(member.name());
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

}  // namespace

/// What the parser tells, written down.
struct JsonTape::Builder {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  Builder(JsonTape& into, std::string_view from) : tape(into), text(from) {}

  JsonTape& tape;
  std::string_view text;
  std::string_view name;          // of the value that comes next
  std::string parts;              // of a string that does not come in one
  std::vector<std::size_t> open;  // places of what has not ended yet
  bool duplicate = false;

  JsonNode& add(Kind kind) {
    JsonNode& node = tape.nodes_.emplace_back();
    node.kind_ = kind;
    node.name_ = name.data();
    node.name_size_ = static_cast<std::uint32_t>(name.size());
    name = {};
    return node;
  }
  bool add_integer(Kind kind, std::int64_t integer) {
    add(kind).integer_ = integer;
    return true;
  }
  bool begin(Kind kind) {
    open.push_back(tape.nodes_.size());
    add(kind);
    return true;
  }
  JsonNode& end() {
    const std::size_t place = open.back();
    open.pop_back();
    JsonNode& node = tape.nodes_[place];
    node.span_ = static_cast<std::uint32_t>(tape.nodes_.size() - place);
    return node;
  }
  bool add_part(json::string_view part) {
    parts.append(part.data(), part.size());
    return true;
  }
  /// The text's own bytes, or a copy of what the parser made of its escapes.
  std::string_view take_string(json::string_view last) {
    const std::string_view whole{last.data(), last.size()};
    if (parts.empty() && stands_in(text, whole)) return whole;
    add_part(last);
    return tape.unescaped_.emplace_front(std::exchange(parts, {}));
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return begin(Kind::object); }
  bool on_object_end(std::size_t count, error_code&) {
    const JsonNode& object = end();
    duplicate = duplicate || has_duplicate(object, count);
    return true;
  }
  bool on_array_begin(error_code&) { return begin(Kind::array); }
  bool on_array_end(std::size_t, error_code&) {
    end();
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) { return add_part(part); }
  bool on_key(json::string_view part, std::size_t, error_code&) {
    name = take_string(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) { return add_part(part); }
  bool on_string(json::string_view part, std::size_t, error_code&) {
    const std::string_view taken = take_string(part);
    JsonNode& node = add(Kind::string);
    node.text_ = taken.data();
    node.text_size_ = static_cast<std::uint32_t>(taken.size());
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    return add_integer(Kind::int64, number);
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    return add_integer(Kind::uint64, static_cast<std::int64_t>(number));
  }
  bool on_double(double number, json::string_view, error_code& error) {
    if (!std::isfinite(number)) {  // nobody could write it again
      error = json::error::exponent_overflow;
      return false;
    }
    return add_integer(Kind::real, 0);
  }
  bool on_bool(bool truth, error_code&) { return add_integer(Kind::boolean, truth ? 1 : 0); }
  bool on_null(error_code&) { return add_integer(Kind::null, 0); }
  bool on_comment_part(json::string_view, error_code&) { return false; }
  bool on_comment(json::string_view, error_code&) { return false; }
};

Result<void> JsonTape::read(std::string_view text, std::size_t max_depth) {
  CHECK(text.size() <= std::numeric_limits<std::uint32_t>::max());
  nodes_.reserve(kUsualNodes);
  json::basic_parser<Builder> parser(strict_json_options(max_depth), *this, text);
  error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error) return json_syntax_error(used, error, max_depth);
  if (used < text.size()) return json_trailing_error(used);
  if (parser.handler().duplicate) return json_duplicate_error(text, max_depth);
  return {};
}

const JsonNode* find_member(const JsonNode& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const JsonChildren members(object);
  const auto found = std::ranges::find(members, name, &JsonNode::name);
  return found == members.end() ? nullptr : &*found;
}

std::string_view raw_value(std::string_view text, const JsonNode& member) {
  if (!stands_in(text, member.name())) return raw_member(text, member.name()).value_or("");
  const auto behind = static_cast<std::size_t>(member.name().data() + member.name().size() - text.data());
  return RawMembers::after_name(text.substr(behind));
}

}  // namespace tidings
