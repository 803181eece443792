#include "tidings/callback_url.h"

#include <algorithm>
#include <array>

#include "base/result.h"
#include "protocol/decimal.h"

namespace tidings {
namespace {

constexpr std::size_t kMaxHostBytes = 63;
using Octets = std::array<std::uint8_t, 4>;

Error bad_url(std::string why) {
  return fail(Errc::invalid_argument, "callback URL: " + std::move(why));
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool alphanumeric(char c) {
  return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// The part before `mark`; `text` keeps what follows it.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// Four decimal numbers without leading zeros, which some resolvers read as octal.
std::optional<Octets> parse_ipv4(std::string_view host) {
  Octets octets{};
  if (std::ranges::count(host, '.') != 3) return std::nullopt;
  for (std::uint8_t& octet : octets) {
    const std::string_view part = take_until(host, '.');
    const auto number = parse_decimal<std::uint8_t>(part);
    if (!number || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    octet = *number;
  }
  return octets;
}

/// A host whose last label is a number, also 0x..., is an address to every resolver: 127.1,
/// 2130706433.
bool looks_like_address(std::string_view host) {
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.starts_with("0x") || last.starts_with("0X")) return true;
  return !last.empty() && std::ranges::all_of(last, digit);
}

bool local_address(const Octets& ip) {
  return ip[0] == 0 || ip[0] == 10 || ip[0] == 127 ||   // this network, private, loopback
         (ip[0] == 100 && (ip[1] & 0xc0) == 64) ||      // carrier-grade NAT
         (ip[0] == 169 && ip[1] == 254) ||              // link-local, metadata services
         (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||      // private
         (ip[0] == 192 && ip[1] == 168) ||              // private
         (ip[0] == 192 && ip[1] == 0 && ip[2] == 0) ||  // protocol assignments
         (ip[0] == 198 && (ip[1] & 0xfe) == 18) ||      // benchmarks
         ip[0] >= 224;                                  // multicast, reserved, broadcast
}

Result<void> check_label(std::string_view label) {
  if (label.empty()) return bad_url("the host has an empty part between or beside its dots");
  if (!std::ranges::all_of(label, [](char c) { return alphanumeric(c) || c == '-'; })) {
    return bad_url("the host may hold only letters, digits, hyphens and dots");
  }
  if (label.front() == '-' || label.back() == '-') {
    return bad_url("no part of the host may begin or end with a hyphen");
  }
  if (label.find("--") != std::string_view::npos) {
    return bad_url("the host may not hold two hyphens in a row (punycode names are not accepted)");
  }
  return {};
}

Result<void> check_host(std::string_view host, bool allow_local_hosts) {
  if (host.empty()) return bad_url("the host is missing");
  if (host.size() > kMaxHostBytes) {
    return bad_url("the host has " + std::to_string(host.size()) + " characters, 63 are allowed");
  }
  if (host.front() == '[') return bad_url("IPv6 addresses are not accepted; use a host name");
  std::string_view rest = host;
  for (auto labels = std::ranges::count(host, '.') + 1; labels > 0; --labels) {
    TRY_VOID(check_label(take_until(rest, '.')));
  }
  const std::optional<Octets> ip = parse_ipv4(host);
  if (!ip && looks_like_address(host)) {
    return bad_url("the host looks like an address, but is not four numbers of 0 to 255");
  }
  const std::string name = lower(host);
  const bool local = ip ? local_address(*ip) : name == "localhost" || name.ends_with(".localhost");
  if (local && !allow_local_hosts) {
    return bad_url("the host \"" + name +
                  "\" is loopback, private or reserved; a test installation can allow it");
  }
  return {};
}

Result<void> check_path(std::string_view path) {
  const auto allowed = [](char c) {
    return alphanumeric(c) || c == '/' || c == '.' || c == '_' || c == '~' || c == '-';
  };
  if (!std::ranges::all_of(path, allowed)) {
    return bad_url("the path may hold only letters, digits and / . _ ~ -");
  }
  return {};
}

}  // namespace

Result<CallbackUrl> parse_callback_url(std::string_view text, bool allow_local_hosts) {
  CallbackUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.https = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad_url("it must begin with http:// or https://");
  }
  for (const char c : rest) {
    if (c == ' ') return bad_url("it must not hold spaces");
    if (c == '?')
      return bad_url("it must not have a query ('?'); parameters are added when sending");
    if (c == '#') return bad_url("it must not have a fragment ('#')");
    if (c == '!' || c == '$' || c == '&')
      return bad_url(std::string("it must not hold '") + c + "'");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  const std::string_view path = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return bad_url("it must not hold a user name or password ('@')");
  }
  const std::size_t colon =
      authority.starts_with('[') ? std::string_view::npos : authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  TRY_VOID(check_host(host, allow_local_hosts));
  url.port = url.https ? 443 : 80;
  if (colon != std::string_view::npos) {
    const auto port = parse_decimal<std::uint16_t>(authority.substr(colon + 1));
    if (!port || *port == 0) return bad_url("the port must be a number of 1 to 65535");
    url.port = *port;
  }
  TRY_VOID(check_path(path));
  url.host = lower(host);
  url.path = std::string(path);
  return url;
}

std::string host_header(const CallbackUrl& url) {
  return url.default_port() ? url.host : url.host + ":" + std::to_string(url.port);
}

std::string to_string(const CallbackUrl& url) {
  return (url.https ? "https://" : "http://") + host_header(url) + url.path;
}

Result<void> check_url_change(const CallbackUrl& before, const CallbackUrl& after) {
  const std::string a = before.host + ":" + std::to_string(before.port);
  const std::string b = after.host + ":" + std::to_string(after.port);
  if (a != b && (a.starts_with(b) || b.starts_with(a))) {
    return bad_url("the change from " + a + " to " + b +
                  " is refused: one is the beginning of the other; use another port or host");
  }
  return {};
}

}  // namespace tidings
