/// UserSig, the ticket of protocol section 5: zlib-compressed JSON whose claims are signed with
/// HMAC-SHA256 under the app's secret key.
///
/// Units: seconds since 1970. Errors: kind unauthenticated, code 700xx as in 5.3. The texts never
/// hold the key or the sig. Threads: pure functions; the time is a parameter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tidings/ids.h"
#include "tidings/result.h"

namespace tidings {

/// A UserSig's JSON may be this long once inflated; longer is 70003.
inline constexpr std::size_t kMaxUserSigJsonBytes = 8 * 1024;

/// Codes of 5.3 that this header gives; 70020, 70050 and 70051 are the server's to give.
inline constexpr int kUserSigExpired = 70001;
inline constexpr int kUserSigEmpty = 70002;
inline constexpr int kUserSigUndecodable = 70003;
inline constexpr int kUserSigBadMembers = 70005;
inline constexpr int kUserSigBadSignature = 70009;
inline constexpr int kUserSigOtherIdentifier = 70013;
inline constexpr int kUserSigOtherApp = 70014;
inline constexpr int kUserSigNoKey = 70016;

struct UserSigClaims {
  UserId identifier;
  SdkAppId sdkappid;
  std::int64_t time_s = 0;
  std::int64_t expire_s = 0;
  std::optional<std::string> userbuf;  ///< decoded bytes
  std::string sig;                     ///< the decoded MAC, 32 bytes when it is genuine
};

/// A ticket valid from now_s for expire_s seconds. `key` is the text the console shows, used as
/// bytes. Two builds of zlib may give different texts for one input: compare claims, never texts.
[[nodiscard]] std::string make_user_sig(SdkAppId sdkappid, const UserId& identifier,
                                        std::string_view key, std::int64_t now_s,
                                        std::int64_t expire_s,
                                        std::optional<std::string_view> userbuf = {});

/// Steps 1 to 3 of 5.3: reads the claims, believes none of them. Codes 70002, 70003, 70005.
[[nodiscard]] Result<UserSigClaims> decode_user_sig(std::string_view sig);

/// Steps 1 to 8 of 5.3 in that order. `keys`: the current key and, while it is being retired, the
/// former one; none is 70016.
[[nodiscard]] Result<UserSigClaims> verify_user_sig(std::string_view sig, SdkAppId sdkappid,
                                                    std::string_view identifier,
                                                    std::span<const std::string> keys,
                                                    std::int64_t now_s);

}  // namespace tidings
