// The parts of tidings/json.h that work on text: escaping for writers, and walking the members of
// text that was validated before. The walkers trust their input's grammar, but never run past its
// end.
#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include "tidings/json.h"

namespace tidings {
namespace {

/// 0: passes through; 'u': \u00XX; else the letter after the backslash.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

bool space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void skip_space(std::string_view& text) {
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
}

/// Bytes of the string literal at the start of `text`, quotes included.
std::size_t string_length(std::string_view text) {
  for (std::size_t quote = text.find('"', 1); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    std::size_t backslashes = 0;
    while (text[quote - 1 - backslashes] == '\\') ++backslashes;  // ends at the first quote
    if (backslashes % 2 == 0) return quote + 1;
  }
  return text.size();
}

/// Bytes of the value at the start of `text`.
std::size_t value_length(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == '"') return string_length(text);
  if (text.front() != '{' && text.front() != '[') {
    const std::size_t end = text.find_first_of(",}] \t\r\n");
    return std::min(end, text.size());
  }
  std::size_t depth = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') {
      i += string_length(text.substr(i));
      continue;
    }
    ++i;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return i;
}

std::string unescape(std::string_view literal) {
  const std::string_view inner = literal.size() < 2 ? "" : literal.substr(1, literal.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  boost::system::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(literal.data(), literal.size()), error);
  const boost::json::string* text = error ? nullptr : value.if_string();
  return text == nullptr ? std::string(inner) : std::string(text->data(), text->size());
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t clean = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    out.append(text, clean, i - clean);
    clean = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'u') {
      out.append("00");
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  out.append(text, clean);
  out.push_back('"');
}

RawMembers::RawMembers(std::string_view json_object) : rest_(json_object) {
  skip_space(rest_);
  if (!rest_.empty() && rest_.front() == '{') {
    rest_.remove_prefix(1);
  } else {
    rest_ = {};
  }
}

std::optional<RawMember> RawMembers::next() {
  while (!rest_.empty() && (space(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
  if (rest_.empty() || rest_.front() != '"') return std::nullopt;
  const std::size_t name_length = string_length(rest_);
  RawMember member{unescape(rest_.substr(0, name_length)), after_name(rest_.substr(name_length - 1))};
  rest_.remove_prefix(static_cast<std::size_t>(member.json.data() - rest_.data()) +
                      member.json.size());
  return member;
}

std::string_view RawMembers::after_name(std::string_view text) {
  if (!text.empty()) text.remove_prefix(1);  // the quote
  skip_space(text);
  if (!text.empty()) text.remove_prefix(1);  // the colon
  skip_space(text);
  return text.substr(0, value_length(text));
}

RawElements::RawElements(std::string_view json_array) : rest_(json_array) {
  skip_space(rest_);
  if (!rest_.empty() && rest_.front() == '[') {
    rest_.remove_prefix(1);
  } else {
    rest_ = {};
  }
}

std::optional<std::string_view> RawElements::next() {
  while (!rest_.empty() && (space(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
  if (rest_.empty() || rest_.front() == ']') return std::nullopt;
  const std::string_view element = rest_.substr(0, value_length(rest_));
  if (element.empty()) return std::nullopt;  // no value begins here
  rest_.remove_prefix(element.size());
  return element;
}

std::optional<std::string_view> raw_member(std::string_view json_object, std::string_view key) {
  RawMembers members(json_object);
  while (const auto member = members.next()) {
    if (member->name == key) return member->json;
  }
  return std::nullopt;
}

}  // namespace tidings
