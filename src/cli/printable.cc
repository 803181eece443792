#include "cli/printable.h"

#include <cstddef>
#include <cstdint>

namespace tidings::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
}

/// How many bytes the UTF-8 character at the beginning has; 0: it is none.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0x80                     ? 1
                           : first >= 0xC2 && first < 0xE0  ? 2
                           : first >= 0xE0 && first < 0xF0  ? 3
                           : first >= 0xF0 && first <= 0xF4 ? 4
                                                            : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text, i)) return 0;
  }
  if (size < 3) return size;
  // Longer than needed (a C1 in three bytes is still one to some terminals), surrogates, too large.
  const auto second = static_cast<unsigned char>(text[1]);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
  return bad ? 0 : size;
}

void append_escaped(std::string& out, unsigned code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (code) {
    case '\b': out += "\\b"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\f': out += "\\f"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  out += "\\u00";
  out += kHex[code >> 4U];
  out += kHex[code & 15U];
}

std::string escape(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const auto last = static_cast<unsigned char>(text[size == 2 ? 1 : 0]);
    if (size == 0) {
      out += kReplacement;
    } else if (size == 1 && (last < ' ' || last == 0x7F) && !(keep_lines && last == '\n')) {
      append_escaped(out, last);
    } else if (size == 2 && text[0] == '\xC2' && last < 0xA0) {
      append_escaped(out, last);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return escape(text, false); }
std::string printable_lines(std::string_view text) { return escape(text, true); }

}  // namespace tidings::cli
