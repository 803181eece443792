/// Whom a command acts as, and what loading that takes.
///
/// Threads: pure functions.
#pragma once

#include "community/command.h"
#include "community/permission.h"
#include "community/view.h"

namespace tidings::community {

/// Operator_Account: From_Account where an app admin gave one, else who calls.
[[nodiscard]] inline const UserId& actor_of(const Caller& caller,
                                            const std::optional<UserId>& from_account) {
  return caller.app_admin && from_account && !from_account->empty() ? *from_account : caller.user;
}

/// The id a caller chose, or none: an empty one counts as not given.
[[nodiscard]] inline const std::string* chosen_id(const std::optional<std::string>& id) {
  return id && !id->empty() ? &*id : nullptr;
}

/// The caller in this group. An app admin's row is not in Needs and not looked at.
[[nodiscard]] inline Standing standing_in(const View& view, const App& app, const Caller& caller,
                                          const GroupKey& group) {
  if (caller.app_admin) return Standing{true, {}};
  return standing_of(app, caller, view.member(MemberKey{group, caller.user}));
}

/// The row behind standing_in().
inline void need_standing(Needs& needs, const Caller& caller, const GroupKey& group) {
  if (!caller.app_admin) needs.members.push_back(MemberKey{group, caller.user});
}

}  // namespace tidings::community
