#include "community/code.h"

#include <utility>

namespace tidings::community {
namespace {

Errc kind_of(int number) {
  switch (number) {
    case code::kAppUnknown:
    case code::kAccountUnknown:
    case code::kGone:
    case code::kUserUnknown:
    case code::kTopicGone:
      return Errc::not_found;
    case code::kIdOfAnother:
    case code::kIdOfYours:
      return Errc::conflict;
    case code::kAppDisabled:
    case code::kAppExpired:
    case code::kAccountBlocked:
    case code::kTextRefused:
    case code::kAccountPermission:
    case code::kDeletionUnsupported:
    case code::kNotPermitted:
    case code::kOwnerCannotLeave:
    case code::kNeedsEdition:
    case code::kFeatureOff:
      return Errc::forbidden;
    case code::kProfileTooLong:
    case code::kAccountQuota:
    case code::kTooManyAccounts:
    case code::kGroupFull:
    case code::kAvChatRoomQuota:
    case code::kGroupOrTopicQuota:
    case code::kMemberQuota:
    case code::kTrialGroupQuota:
      return Errc::too_large;
    case code::kDailyQuota:
      return Errc::rate_limited;
    default:
      return Errc::invalid_argument;
  }
}

}  // namespace

Error refuse(int number, std::string what) {
  return fail(kind_of(number), std::move(what), number);
}

}  // namespace tidings::community
