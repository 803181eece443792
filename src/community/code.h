/// The protocol's error numbers that the rules give (protocol appendix A), by name, and the kind of
/// failure each one is.
///
/// Threads: pure functions.
#pragma once

#include <string>

#include "tidings/result.h"

namespace tidings::community {

namespace code {
// Access (A.1); the doors give these too, the rules only when an app changed meanwhile.
inline constexpr int kAppDisabled = 60016;
inline constexpr int kAppExpired = 60020;
inline constexpr int kAppUnknown = 70020;
inline constexpr int kAccountBlocked = 70051;
inline constexpr int kTextRefused = 80001;
// Accounts (A.2).
inline constexpr int kProfileTooLong = 40601;
inline constexpr int kAccountUnknown = 70107;
inline constexpr int kAccountQuota = 70398;
inline constexpr int kAccountParameter = 70402;
inline constexpr int kAccountPermission = 70403;
inline constexpr int kDeletionUnsupported = 71000;
// Groups and topics (A.3).
inline constexpr int kBadParameter = 10004;
inline constexpr int kTooManyAccounts = 10005;
inline constexpr int kDailyQuota = 10006;
inline constexpr int kNotPermitted = 10007;
inline constexpr int kOwnerCannotLeave = 10009;
inline constexpr int kGone = 10010;
inline constexpr int kGroupFull = 10014;
inline constexpr int kBadGroupId = 10015;
inline constexpr int kUserUnknown = 10019;
inline constexpr int kIdOfAnother = 10021;
inline constexpr int kIdOfYours = 10025;
inline constexpr int kAvChatRoomQuota = 10036;
inline constexpr int kGroupOrTopicQuota = 10037;
inline constexpr int kMemberQuota = 10038;
inline constexpr int kTrialGroupQuota = 10058;
inline constexpr int kNeedsEdition = 10059;
inline constexpr int kFeatureOff = 11000;
inline constexpr int kTopicGone = 110003;  ///< per item only
}  // namespace code

/// An Error of this code, with the kind that goes with it. `what` is for the user.
[[nodiscard]] Error refuse(int number, std::string what);

}  // namespace tidings::community
