#include "receiver/request_target.h"

#include <algorithm>
#include <set>

#include "receiver/query_params.h"
#include "tidings/json.h"

namespace tidings::receiver {
namespace {

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

std::string shown(std::string_view text) {
  auto decoded = percent_decode(text);
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!decoded || !std::ranges::all_of(*decoded, ascii)) return std::string(text);
  return std::move(*decoded);
}

}  // namespace

std::string kept_target(std::string_view target) {
  if (target.size() <= kMaxKeptTarget && std::ranges::all_of(target, is_printable)) {
    return std::string(target);
  }
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string kept;
  kept.reserve(std::min(target.size(), kMaxKeptTarget));
  for (const char c : target) {
    if (is_printable(c)) {
      kept.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      kept.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
    if (kept.size() > kMaxKeptTarget) {
      const std::size_t last = kept.rfind('&');
      kept.resize(last == std::string::npos ? 0 : last);
      break;
    }
  }
  return kept;
}

std::string query_object(std::string_view target) {
  if (target.empty()) return {};
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  std::set<std::string, std::less<>> names;
  std::string out = "{";
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = shown(pair.substr(0, equals));
    if (pair.empty() || names.contains(name)) continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, shown(pair.substr(std::min(equals + 1, pair.size()))));
    names.insert(std::move(name));
  }
  return out + "}";
}

}  // namespace tidings::receiver
