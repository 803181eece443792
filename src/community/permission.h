/// Who may do what in a group: the table "Permission details by type" of protocol 3.3, and who may
/// handle topics (3.4).
///
/// An app admin has at least an owner's rights in every group, member or not; what a type does not
/// support is refused to app admins too.
///
/// Errors: 10007, naming the type, the action and who may. Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "community/command.h"
#include "community/rows.h"

namespace tidings::community {

/// What the caller is to one group.
struct Standing {
  bool app_admin = false;
  std::optional<Role> role;  ///< absent: not a member
};

enum class Action {
  change_profile,   ///< name, introduction, notification, face
  change_settings,  ///< join option, mute all
  set_capacity,     ///< MaxMemberNum
  dissolve,
  set_role,
  change_owner,
  kick,
  mute,
  invite,
  manage_topics,
};
inline constexpr std::size_t kActionCount = 10;

/// `member`: the caller's row in the group, if there is one.
[[nodiscard]] Standing standing_of(const App& app, const Caller& caller, const Member* member);
[[nodiscard]] FieldLevel level_of(const Standing& standing);

/// Does any caller at all get to do this in a group of this type?
[[nodiscard]] bool supports(GroupType type, Action action);
[[nodiscard]] bool may(GroupType type, Action action, const Standing& standing);
/// May: kick and mute reach only those below the caller's own role.
[[nodiscard]] bool reaches(const Standing& standing, Role target);
/// Only in a Private group; it is ownerless then.
[[nodiscard]] bool owner_may_leave(GroupType type);
/// Types without admins: Private and AVChatRoom.
[[nodiscard]] bool has_admins(GroupType type);

/// may(), as an error for the user.
Result<void> check_may(GroupType type, Action action, const Standing& standing);
/// reaches(), as an error for the user. `target` is named in it.
Result<void> check_reaches(Action action, const Standing& standing, const UserId& target,
                           Role target_role);

}  // namespace tidings::community
