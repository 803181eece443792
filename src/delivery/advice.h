/// What an outcome means to the people who run the receiver, and the way out (protocol 6.8).
///
/// Threads: constants.
#pragma once

#include <string_view>

#include "delivery/retry_policy.h"

namespace tidings::delivery {

struct Advice {
  std::string_view meaning;  ///< one sentence
  std::string_view way_out;  ///< what to do; empty for success
};
[[nodiscard]] Advice advice_for(AttemptClass what);

}  // namespace tidings::delivery
