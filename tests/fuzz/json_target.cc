// JSON of strangers: REST bodies, frames of clients, bodies of callbacks.
#include <boost/json/serialize.hpp>

#include "backend/client/frame.h"
#include "base/check.h"
#include "fuzz/targets.h"
#include "tidings/callback.h"
#include "tidings/json.h"

namespace tidings::fuzz {

void rest_body(std::string_view input) {
  const auto value = parse_json_strict(input);
  if (!value) {
    CHECK(!value.error().what.empty());
    return;
  }
  const auto again = parse_json_strict(boost::json::serialize(*value));
  CHECK(again && *again == *value);
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
