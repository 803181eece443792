/// What an app backend answers to a callback, and how that is read (protocol 6.6-6.8).
///
/// Errors: kind invalid_argument for an answer that is not one (6.8 "unparsable body").
/// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidings/ids.h"
#include "tidings/result.h"

namespace tidings {

struct CallbackAnswer {
  int error_code = 0;
  std::string error_info;
  std::string action_status = "OK";     ///< ErrorCode alone decides (R-20)
  std::vector<UserId> refused_members;  ///< RefusedMembers_Account; BeforeInviteJoinGroup only

  friend bool operator==(const CallbackAnswer&, const CallbackAnswer&) = default;
};

/// The documented minimal answer: proceed, or noted.
inline constexpr std::string_view kCallbackOk =
    R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})";

/// A JSON object with an integer ErrorCode, or one in a numeric string. ActionStatus and ErrorInfo
/// may be missing or of another type (they are then empty); they decide nothing.
[[nodiscard]] Result<CallbackAnswer> parse_callback_answer(std::string_view body);

/// Members in the documented order; RefusedMembers_Account only where there are any.
[[nodiscard]] std::string write_callback_answer(const CallbackAnswer& answer);

}  // namespace tidings
