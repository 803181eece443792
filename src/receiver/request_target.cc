#include "receiver/request_target.h"

#include <algorithm>
#include <array>
#include <set>

#include "receiver/query_params.h"
#include "tidings/json.h"

namespace tidings::receiver {
namespace {

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

/// Parameters by their codes: a code alone stands for name and word, with kSpelled added for the name,
/// whose value follows. Inboxes hold these codes: a name may be added behind the others, none may move.
constexpr std::array<std::string_view, 9> kNames = {
    "",          "SdkAppid", "CallbackCommand", "contenttype", "ClientIP", "OptPlatform",
    "RequestID", "Sign",     "RequestTime"};
constexpr char kSpelled = 0x10;
static_assert(kNames.size() <= kSpelled);

/// By the same codes. What has no word in the entry never equals one.
using Words = std::array<std::string_view, kNames.size()>;
Words words_by_code(const TargetWords& words, std::string_view app) {
  return {"", app, words.command, "json", words.client_ip, words.opt_platform, words.request_id,
          "", ""};
}

/// Targets that percent_encoded() leaves alone, and nearly all are.
bool is_plain(std::string_view target) {
  return target.size() <= kMaxKeptTarget && std::ranges::all_of(target, is_printable);
}

std::string percent_encoded(std::string_view target) {
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

/// One `name=value` between two '&'; false if it is not a documented one.
bool append_short(std::string& out, std::string_view pair, const Words& words) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return false;
  const auto name = std::find(kNames.begin() + 1, kNames.end(), pair.substr(0, equals));
  if (name == kNames.end()) return false;
  const auto code = static_cast<std::size_t>(name - kNames.begin());
  const std::string_view value = pair.substr(equals + 1);
  if (!words[code].empty() && value == words[code]) {
    out.push_back(static_cast<char>(code));
  } else {
    out.push_back(static_cast<char>(kSpelled + code));
    out += value;
  }
  return true;
}

std::string shown(std::string_view text) {
  auto decoded = percent_decode(text);
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!decoded || !std::ranges::all_of(*decoded, ascii)) return std::string(text);
  return std::move(*decoded);
}

}  // namespace

std::string kept_target(std::string_view target, const TargetWords& words) {
  if (!is_plain(target)) {
    const std::string encoded = percent_encoded(target);
    return kept_target(encoded, words);
  }
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return std::string(target);
  const std::string app = words.app.str();
  const Words by_code = words_by_code(words, app);
  std::string kept;
  kept.reserve(mark + 128);
  kept = target.substr(0, mark + 1);
  for (std::size_t begin = mark + 1; begin <= target.size();) {
    const std::size_t end = std::min(target.find('&', begin), target.size());
    // A code brings its '&', but not right behind the '?'.
    const bool first = begin == mark + 1;
    if ((!first && kept.size() == mark + 1) ||
        !append_short(kept, target.substr(begin, end - begin), by_code)) {
      if (!first) kept.push_back('&');
      kept += target.substr(begin, end - begin);
    }
    begin = end + 1;
  }
  return kept;
}

std::string whole_target(std::string_view kept, const TargetWords& words) {
  const std::string app = words.app.str();
  const Words by_code = words_by_code(words, app);
  const std::size_t mark = kept.find('?');
  std::string whole;
  for (std::size_t at = 0; at < kept.size(); ++at) {
    const auto code = static_cast<std::size_t>(static_cast<unsigned char>(kept[at]));
    const std::size_t which = code % kSpelled;
    if (code >= 2 * kSpelled || which == 0 || which >= kNames.size()) {
      whole.push_back(kept[at]);
      continue;
    }
    if (at != mark + 1) whole.push_back('&');
    whole.append(kNames[which]).push_back('=');
    if (code < kSpelled) whole += by_code[which];
  }
  return whole;
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
