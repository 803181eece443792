// JSON of strangers: REST bodies, frames of clients, bodies of callbacks.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "backend/client/frame.h"
#include "base/check.h"
#include "fuzz/targets.h"
#include "protocol/json_tape.h"
#include "tidings/callback.h"
#include "tidings/json.h"

namespace tidings::fuzz {
namespace {

namespace json = boost::json;

/// Boost.JSON 1.81 reads a number that is no int64 or uint64 to a few units in the last place, so
/// that writing and reading one may move it. Everything else must come back as it was.
bool same(const json::value& a, const json::value& b) {
  if (a.is_double() && b.is_double()) {
    const double x = a.get_double();
    const double y = b.get_double();
    return x == y || std::abs(x - y) <= 1e-14 * std::max(std::abs(x), std::abs(y));
  }
  if (a.is_array() && b.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), same);
  }
  if (a.is_object() && b.is_object()) {
    const auto alike = [](const auto& one, const auto& other) {
      return one.key() == other.key() && same(one.value(), other.value());
    };
    return std::ranges::equal(a.get_object(), b.get_object(), alike);
  }
  return a == b;
}

}  // namespace

void rest_body(std::string_view input) {
  const auto value = parse_json_strict(input);
  JsonTape tape;
  const auto read = tape.read(input);
  CHECK(read.has_value() == value.has_value());
  if (!value) {
    CHECK(!value.error().what.empty() && read.error().what == value.error().what);
    return;
  }
  std::size_t members = 0;
  for (const JsonNode& member : JsonChildren(tape.root())) {
    if (!tape.root().is_object() || ++members > 16) break;
    CHECK(raw_value(input, member) == raw_member(input, member.name()));
    const auto* same_member = value->get_object().if_contains(
        json::string_view(member.name().data(), member.name().size()));
    CHECK(same_member != nullptr && same_member->is_string() == member.is_string());
    if (member.is_string()) CHECK(std::string_view(same_member->get_string()) == member.text());
  }
  const auto again = parse_json_strict(boost::json::serialize(*value));
  CHECK(again && same(*value, *again));
  auto frame = backend::parse_frame_text(input);
  CHECK(frame.has_value());
  (void)backend::read_frame(std::move(*frame));
}

void callback_body(std::string_view input) {
  for (const std::string_view command : {"", "Group.CallbackAfterCreateTopic"}) {
    const auto parsed = parse_callback(input, command);
    if (!parsed) continue;
    CHECK(parse_json_strict(input).has_value());
    CHECK(parse_json_strict(write_callback(*parsed, AdditiveMembers::all)).has_value());
  }
}

}  // namespace tidings::fuzz
