/// The answer to a before-callback, from the rules of its app (protocol 6.7). Pure.
///
/// Threads: pure function.
#pragma once

#include <span>
#include <string_view>

#include "receiver/receiver_options.h"
#include "tidings/callback.h"
#include "tidings/callback_answer.h"

namespace tidings::receiver {

/// The first rule that fits decides; none: proceed.
[[nodiscard]] CallbackAnswer answer_before(std::span<const BeforeRule> rules,
                                           const ParsedCallback& callback);

}  // namespace tidings::receiver
