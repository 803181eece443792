#include "community/refused_words.h"

#include <algorithm>

#include "community/code.h"

namespace tidings::community {
namespace {

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool holds(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return lower_case(a) == lower_case(b);
         }) != text.end();
}

}  // namespace

Result<void> check_words(const App& app, std::initializer_list<ReadableText> texts) {
  for (const ReadableText& each : texts) {
    if (each.text == nullptr) continue;
    for (const std::string& word : app.refused_words) {
      if (!holds(*each.text, word)) continue;
      return refuse(code::kTextRefused, std::string{each.field} + " holds '" + word +
                                            "', which app " + app.id.str() +
                                            " refuses (refused_words): choose another text");
    }
  }
  return {};
}

}  // namespace tidings::community
