#include "community/membership.h"

#include <algorithm>
#include <utility>

namespace tidings::community {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

std::int64_t unix_day(const View& view) { return view.now_s() / kDaySeconds; }

}  // namespace

Member new_member(const View& view, const GroupKey& group, const UserId& user, Role role) {
  Member member;
  member.key = MemberKey{group, user};
  member.role = role;
  member.join_time_s = view.now_s();
  return member;
}

void add_member(View& view, Member member) {
  view.change_group(member.key.group).member_num += 1;
  view.count_joined(AccountKey{member.key.group.app, member.key.user}, 1);
  view.put(std::move(member));
}

void remove_member(View& view, const MemberKey& key) {
  view.change_group(key.group).member_num -= 1;
  view.count_joined(AccountKey{key.group.app, key.user}, -1);
  view.erase(key);
}

void count_group(View& view, const Group& group, bool net_new) {
  Tally& tally = view.change_tally(group.key.app);
  tally.groups += 1;
  if (group.type == GroupType::community) tally.communities += 1;
  if (group.type == GroupType::av_chat_room) tally.av_chat_rooms += 1;
  if (!net_new) return;
  const std::int64_t today = unix_day(view);
  tally.net_new_today = (tally.day == today ? tally.net_new_today : 0) + 1;
  tally.day = today;
}

void end_group(View& view, const GroupKey& key) {
  Tally& tally = view.change_tally(key.app);
  tally.groups -= 1;
  const GroupType type = view.group(key)->type;
  if (type == GroupType::community) tally.communities -= 1;
  if (type == GroupType::av_chat_room) tally.av_chat_rooms -= 1;
  if (tally.day == unix_day(view)) {
    tally.net_new_today = std::max<std::int64_t>(tally.net_new_today - 1, 0);
  }
  view.dissolve(key);
}

std::int64_t net_new_groups_today(const View& view, SdkAppId app) {
  const Tally& tally = view.tally(app);
  return tally.day == unix_day(view) ? tally.net_new_today : 0;
}

}  // namespace tidings::community
