/// Where a callback goes and what its query says: the configured URL (protocol 8.5), the query's
/// parameters in their documented order (6.2) and OptPlatform's values (6.3).
///
/// Errors: kind invalid_argument, one sentence that names the rule. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidings/ids.h"
#include "tidings/result.h"

namespace tidings {

/// A callback URL that passed parse_callback_url(). The host is lower case; the path is empty or
/// starts with '/'; the port is the scheme's where the text named none.
struct CallbackUrl {
  bool https = false;
  std::string host;
  std::uint16_t port = 0;
  std::string path;

  [[nodiscard]] bool default_port() const { return port == (https ? 443 : 80); }
  friend bool operator==(const CallbackUrl&, const CallbackUrl&) = default;
};

/// The rules of 8.5. `allow_local_hosts`: also accept localhost and literal addresses that are
/// loopback, private, link-local, multicast or reserved, which a public sender cannot reach; names
/// are checked at connect time, not here.
[[nodiscard]] Result<CallbackUrl> parse_callback_url(std::string_view text,
                                                     bool allow_local_hosts = false);
/// As configured, without a default port.
[[nodiscard]] std::string to_string(const CallbackUrl& url);
/// The value of the Host header: the port only where it is not the scheme's.
[[nodiscard]] std::string host_header(const CallbackUrl& url);
/// The port change rule of 8.5: "host:port" of the old and the new URL may be equal, but one must
/// not be a longer form of the other (x:443 and x:4433).
[[nodiscard]] Result<void> check_url_change(const CallbackUrl& before, const CallbackUrl& after);

/// OptPlatform as it is emitted. Unknown values are text like any other.
namespace opt_platform {
inline constexpr std::string_view kRestApi = "RESTAPI";
inline constexpr std::string_view kWeb = "Web";
inline constexpr std::string_view kAndroid = "Android";
inline constexpr std::string_view kIos = "iOS";
inline constexpr std::string_view kWindows = "Windows";
inline constexpr std::string_view kMac = "Mac";
inline constexpr std::string_view kIpad = "iPad";
inline constexpr std::string_view kUnknown = "Unknown";
}  // namespace opt_platform

/// The documented spelling of a known value in any case (macOS is Mac), else the text verbatim.
[[nodiscard]] std::string canonical_opt_platform(std::string_view text);
/// Case-insensitive, macOS being Mac.
[[nodiscard]] bool same_opt_platform(std::string_view a, std::string_view b);

/// The query of one callback request. Empty text means the parameter is absent.
struct CallbackQuery {
  SdkAppId sdkappid;    ///< 0: absent
  std::string command;  ///< CallbackCommand
  std::string contenttype = "json";
  std::string client_ip;
  std::string opt_platform;
  std::string request_id;  ///< RequestID
  std::optional<std::string> sign;
  std::optional<std::string> request_time;  ///< decimal seconds, as text: it is what was signed

  friend bool operator==(const CallbackQuery&, const CallbackQuery&) = default;
};

/// The same as views, for a sender that has them elsewhere.
struct CallbackQueryView {
  SdkAppId sdkappid;
  std::string_view command;
  std::string_view contenttype = "json";
  std::string_view client_ip;
  std::string_view opt_platform;
  std::string_view request_id;
  std::string_view sign;
  std::string_view request_time;
};

/// Path and query of the request, parameters in the order of 6.2, percent-encoded. ClientIP and
/// OptPlatform are left out where empty, and for Group.CallbackOnMemberStateChange.
[[nodiscard]] std::string make_callback_target(const CallbackUrl& url, const CallbackQuery& query);
/// Sign and RequestTime, too, are left out where empty.
[[nodiscard]] std::string make_callback_target(const CallbackUrl& url,
                                               const CallbackQueryView& query);

/// Reads "/path?a=b", "?a=b" or "a=b". Order and unknown parameters do not matter. OptPlatform
/// comes back in its canonical spelling, contenttype as sent ("" when absent). Refused: a parameter
/// given twice, a broken percent sequence, control characters, an SdkAppid that is no number of
/// 1 to 4294967295. Which parameters must be there is the caller's decision.
[[nodiscard]] Result<CallbackQuery> parse_callback_query(std::string_view target_or_query);

}  // namespace tidings
