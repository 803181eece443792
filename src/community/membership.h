/// The bookkeeping of a group that several commands share: its members come and go, it ends.
///
/// These change; every check was made before. They record no events and no notices.
#pragma once

#include "community/view.h"

namespace tidings::community {

/// A new member of this role, who joined now.
[[nodiscard]] Member new_member(const View& view, const GroupKey& group, const UserId& user,
                                Role role);

/// Puts the member and counts it. REQUIRES: it was no member.
void add_member(View& view, Member member);
/// Takes the member out and counts it. REQUIRES: it was a member.
void remove_member(View& view, const MemberKey& key);

/// Counts a new group on its day. `net_new`: not an import.
void count_group(View& view, const Group& group, bool net_new);
/// Ends the group and everything under it, and counts that.
void end_group(View& view, const GroupKey& key);

/// Groups created today, less those that ended today.
[[nodiscard]] std::int64_t net_new_groups_today(const View& view, SdkAppId app);

}  // namespace tidings::community
