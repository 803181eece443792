/// Quotas of an app, a user and a group: how many groups, accounts, topics and members there may be
/// (protocol 3.2 to 3.5). Checked at the commit, after the before-callback (4.3 #19).
///
/// Errors: 10006, 10014, 10036, 10037, 10058, each with the count, the limit and the way out.
/// Threads: pure functions.
#pragma once

#include "base/result.h"
#include "community/view.h"

namespace tidings::community {

/// Room for one more group of this type: 10058 (trial), 10037 (communities), 10036 (AVChatRooms,
/// where the app has a quota of them).
Result<void> check_app_capacity(const View& view, const App& app, GroupType type);
/// 10006. Topics do not count, imports neither.
Result<void> check_daily_quota(const View& view, const App& app);
/// Has the group that was just counted taken today's number past 70 % of the daily quota? Asked
/// once per creation, so it is true again only after destroyed groups brought the number down.
[[nodiscard]] bool passes_quota_alarm(const View& view, const App& app);
/// 10037: the groups a user is in, those it owns included.
[[nodiscard]] bool user_has_room(const View& view, const App& app, const UserId& user);
Result<void> check_user_quota(const View& view, const App& app, const UserId& user);
/// 10037, imports included.
Result<void> check_topic_quota(const Group& group);
/// False where no member can be added.
[[nodiscard]] bool has_room(const Group& group);
[[nodiscard]] Error group_full(const Group& group);  ///< 10014

}  // namespace tidings::community
