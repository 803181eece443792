#include <algorithm>
#include <array>

#include "base/result.h"
#include "protocol/decimal.h"
#include "tidings/callback_url.h"

namespace tidings {
namespace {

constexpr std::string_view kCommandWithoutClient = "Group.CallbackOnMemberStateChange";

constexpr std::array kPlatforms = {
    opt_platform::kRestApi, opt_platform::kWeb, opt_platform::kAndroid, opt_platform::kIos,
    opt_platform::kWindows, opt_platform::kMac, opt_platform::kIpad,    opt_platform::kUnknown};

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

constexpr std::array<bool, 256> unreserved_bytes() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view{"-._~"}) table[static_cast<unsigned char>(c)] = true;
  return table;
}

bool unreserved(char c) {
  static constexpr std::array<bool, 256> kTable = unreserved_bytes();
  return kTable[static_cast<unsigned char>(c)];
}

void append_encoded(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  for (auto at = text.begin(); at != text.end();) {
    const auto plain_end = std::find_if_not(at, text.end(), unreserved);
    out.append(at, plain_end);
    at = plain_end;
    if (at == text.end()) return;
    const auto byte = static_cast<unsigned char>(*at++);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = ascii_lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

Error bad_query(std::string why) {
  return fail(Errc::invalid_argument, "callback query: " + std::move(why));
}

/// RFC 3986: '+' is a plus. Control characters are refused, they would end up in logs and headers.
/// Nearly no text needs decoding: what is plain stays where it is, the rest comes into `out`.
Result<std::string_view> decode(std::string_view text, std::string& out) {
  const auto plain_end = std::ranges::find_if_not(text, unreserved);
  if (plain_end == text.end()) return text;
  out.assign(text.begin(), plain_end);
  for (std::size_t i = out.size(); i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : hex_value(text[i + 2]);
      if (low < 0) return bad_query("a '%' is not followed by two hexadecimal digits");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return bad_query("a parameter holds a control character");
    }
    out.push_back(c);
  }
  return std::string_view{out};
}

enum class Parameter : std::size_t {
  sdkappid,
  command,
  contenttype,
  client_ip,
  opt_platform,
  request_id,
  sign,
  request_time
};
constexpr std::array<std::string_view, 8> kParameters = {
    "SdkAppid",    "CallbackCommand", "contenttype", "ClientIP",
    "OptPlatform", "RequestID",       "Sign",        "RequestTime"};

Result<void> store(CallbackQuery& query, Parameter which, std::string_view value) {
  switch (which) {
    case Parameter::sdkappid: {
      const auto number = parse_decimal<std::uint32_t>(value);
      if (!number || *number == 0) return bad_query("SdkAppid is not a number of 1 to 4294967295");
      query.sdkappid = SdkAppId{*number};
      break;
    }
    case Parameter::command:
      query.command = value;
      break;
    case Parameter::contenttype:
      query.contenttype = value;
      break;
    case Parameter::client_ip:
      query.client_ip = value;
      break;
    case Parameter::opt_platform:
      query.opt_platform = canonical_opt_platform(value);
      break;
    case Parameter::request_id:
      query.request_id = value;
      break;
    case Parameter::sign:
      query.sign = value;
      break;
    case Parameter::request_time:
      query.request_time = value;
      break;
  }
  return {};
}

}  // namespace

std::string canonical_opt_platform(std::string_view text) {
  if (same_text(text, "macOS")) return std::string(opt_platform::kMac);
  for (const std::string_view known : kPlatforms) {
    if (same_text(text, known)) return std::string(known);
  }
  return std::string(text);
}

bool same_opt_platform(std::string_view a, std::string_view b) {
  return same_text(canonical_opt_platform(a), canonical_opt_platform(b));
}

namespace {

std::string make_target(const CallbackUrl& url, const CallbackQueryView& query, bool with_sign,
                        bool with_time) {
  std::string out;
  out.reserve(url.path.size() + 320);
  out = url.path.empty() ? std::string_view{"/"} : std::string_view{url.path};
  char join = '?';
  const auto add = [&](Parameter which, std::string_view value) {
    out.push_back(join);
    join = '&';
    out.append(kParameters[static_cast<std::size_t>(which)]).push_back('=');
    append_encoded(out, value);
  };
  const bool client = query.command != kCommandWithoutClient;
  add(Parameter::sdkappid, query.sdkappid.str());
  add(Parameter::command, query.command);
  if (!query.contenttype.empty()) add(Parameter::contenttype, query.contenttype);
  if (client && !query.client_ip.empty()) add(Parameter::client_ip, query.client_ip);
  if (client && !query.opt_platform.empty()) add(Parameter::opt_platform, query.opt_platform);
  if (!query.request_id.empty()) add(Parameter::request_id, query.request_id);
  if (with_sign) add(Parameter::sign, query.sign);
  if (with_time) add(Parameter::request_time, query.request_time);
  return out;
}

}  // namespace

std::string make_callback_target(const CallbackUrl& url, const CallbackQuery& query) {
  const auto view = [](const std::optional<std::string>& text) {
    return text ? std::string_view{*text} : std::string_view{};
  };
  return make_target(url,
                     {query.sdkappid, query.command, query.contenttype, query.client_ip,
                      query.opt_platform, query.request_id, view(query.sign),
                      view(query.request_time)},
                     query.sign.has_value(), query.request_time.has_value());
}

std::string make_callback_target(const CallbackUrl& url, const CallbackQueryView& query) {
  return make_target(url, query, !query.sign.empty(), !query.request_time.empty());
}

Result<CallbackQuery> parse_callback_query(std::string_view target_or_query) {
  std::string_view rest = target_or_query;
  if (rest.starts_with('/') || rest.starts_with('?')) {
    const std::size_t mark = rest.find('?');
    rest = mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
  }
  CallbackQuery query;
  query.contenttype.clear();
  std::array<bool, kParameters.size()> seen{};
  std::string room;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    TRY(const std::string_view name, decode(pair.substr(0, equals), room));
    const auto known = std::ranges::find(kParameters, name);
    if (known == kParameters.end()) continue;
    const auto index = static_cast<std::size_t>(known - kParameters.begin());
    if (seen[index]) return bad_query(std::string(name) + " is given twice");
    seen[index] = true;
    TRY(const std::string_view value,
        decode(pair.substr(std::min(equals + 1, pair.size())), room));
    TRY_VOID(store(query, static_cast<Parameter>(index), value));
  }
  return query;
}

}  // namespace tidings
