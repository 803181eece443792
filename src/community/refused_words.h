/// The content check: texts that hold a word of the app's list are refused (protocol 4.7.1, 80001).
///
/// A word is found anywhere in a text, ASCII letters in either case, other bytes as they are. What
/// people read is checked: names, introductions and notices; not URLs, and not CustomString and
/// custom fields, which are the app's own data. The check is a search in memory: it cannot time
/// out, so 80005 never occurs.
///
/// Errors: 80001 with the field and the word. Threads: pure functions.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "community/app.h"

namespace tidings::community {

/// A text and the protocol's name for it; null: not given.
struct ReadableText {
  std::string_view field;
  const std::string* text;
};

[[nodiscard]] inline const std::string* if_given(const std::optional<std::string>& text) {
  return text ? &*text : nullptr;
}

Result<void> check_words(const App& app, std::initializer_list<ReadableText> texts);

}  // namespace tidings::community
