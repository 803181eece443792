// Texts in URLs: the query of a callback, and the UserSig of a call.
#include <array>

#include "base/check.h"
#include "fuzz/targets.h"
#include "receiver/request_target.h"
#include "tidings/callback_url.h"
#include "tidings/usersig.h"

namespace tidings::fuzz {

void callback_query(std::string_view input) {
  const receiver::TargetWords words{SdkAppId(1), "c", "203.0.113.9", "Web", "r"};
  const std::string whole = receiver::whole_target(receiver::kept_target(input, words), words);
  CHECK(receiver::whole_target(receiver::kept_target(input, {}), {}) == whole);
  CHECK(receiver::whole_target(receiver::kept_target(whole, words), words) == whole);
  const auto query = parse_callback_query(input);
  if (!query || query->sdkappid == SdkAppId()) return;  // absent; nobody calls without one
  const auto url = parse_callback_url("http://hooks.test/im", true);
  CHECK(url.has_value());
  const auto again = parse_callback_query(make_callback_target(*url, *query));
  CHECK(again.has_value());
  CHECK(again->sdkappid == query->sdkappid && again->command == query->command);
}

void usersig(std::string_view input) {
  constexpr std::int64_t kNow = 1'700'000'000;
  const auto claims = decode_user_sig(input);
  const std::array<std::string, 1> keys{"a-key-that-nobody-knows"};
  const auto user = claims ? claims->identifier.str() : std::string("user");
  const auto app = claims ? claims->sdkappid : SdkAppId(1);
  // Without the key nothing verifies, however well formed it is.
  CHECK(!verify_user_sig(input, app, user, keys, kNow));
}

}  // namespace tidings::fuzz
