#include "community/quota.h"

#include <string>

#include "community/code.h"
#include "community/limits.h"
#include "community/membership.h"

namespace tidings::community {
namespace {

std::int64_t groups_per_user(Edition edition) {
  switch (edition) {
    case Edition::trial:
      return kGroupsPerUserTrial;
    case Edition::pro:
      return kGroupsPerUserPro;
    case Edition::ultimate:
      return kGroupsPerUserUltimate;
  }
  return kGroupsPerUserTrial;
}

}  // namespace

Result<void> check_app_capacity(const View& view, const App& app, GroupType type) {
  const Tally& tally = view.tally(app.id);
  if (app.edition == Edition::trial && tally.groups >= kTrialGroups) {
    return refuse(code::kTrialGroupQuota,
                  "app " + app.id.str() + " has " + std::to_string(tally.groups) +
                      " groups, at most " + std::to_string(kTrialGroups) +
                      " are allowed on the trial edition: destroy some, or upgrade it");
  }
  if (type == GroupType::community && tally.communities >= kCommunitiesPerApp) {
    return refuse(code::kGroupOrTopicQuota,
                  "app " + app.id.str() + " has " + std::to_string(tally.communities) +
                      " communities, at most " + std::to_string(kCommunitiesPerApp) +
                      " are allowed: destroy some first");
  }
  if (type == GroupType::av_chat_room && app.quotas.av_chat_rooms != 0 &&
      tally.av_chat_rooms >= app.quotas.av_chat_rooms) {
    return refuse(code::kAvChatRoomQuota,
                  "app " + app.id.str() + " has " + std::to_string(tally.av_chat_rooms) +
                      " groups of type AVChatRoom, its quota (quotas.av_chat_rooms) is " +
                      std::to_string(app.quotas.av_chat_rooms) +
                      ": destroy some, or raise it at the admin door");
  }
  return {};
}

Result<void> check_daily_quota(const View& view, const App& app) {
  const std::int64_t quota = app.quotas.new_groups_per_day;
  if (quota == 0 || net_new_groups_today(view, app.id) < quota) return {};
  return refuse(code::kDailyQuota, "app " + app.id.str() + " created " + std::to_string(quota) +
                                       " groups today, which is the limit "
                                       "(quotas.new_groups_per_day): destroy some, or wait "
                                       "until 00:00 UTC");
}

bool passes_quota_alarm(const View& view, const App& app) {
  const std::int64_t quota = app.quotas.new_groups_per_day;
  const std::int64_t used = net_new_groups_today(view, app.id);
  const auto above = [quota](std::int64_t groups) {
    return groups * 100 > quota * kQuotaAlarmPercent;
  };
  return quota != 0 && above(used) && !above(used - 1);
}

bool user_has_room(const View& view, const App& app, const UserId& user) {
  return view.user_tally(AccountKey{app.id, user}).joined < groups_per_user(app.edition);
}

Result<void> check_user_quota(const View& view, const App& app, const UserId& user) {
  if (user_has_room(view, app, user)) return {};
  return refuse(code::kGroupOrTopicQuota,
                "'" + user.str() + "' is in " +
                    std::to_string(view.user_tally(AccountKey{app.id, user}).joined) +
                    " groups, at most " + std::to_string(groups_per_user(app.edition)) +
                    " are allowed on the " + std::string{to_string(app.edition)} +
                    " edition: leave some first");
}

Result<void> check_topic_quota(const Group& group) {
  if (group.topic_num < kTopicsPerGroup) return {};
  return refuse(code::kGroupOrTopicQuota,
                "community '" + group.key.group.str() + "' holds " +
                    std::to_string(group.topic_num) + " topics, at most " +
                    std::to_string(kTopicsPerGroup) + " are allowed: delete some first");
}

bool has_room(const Group& group) {
  return group.max_member_num == 0 || group.member_num < group.max_member_num;
}

Error group_full(const Group& group) {
  return refuse(code::kGroupFull, "group '" + group.key.group.str() + "' has " +
                                      std::to_string(group.member_num) + " members, its " +
                                      "MaxMemberNum is " + std::to_string(group.max_member_num) +
                                      ": raise it, or remove members first");
}

}  // namespace tidings::community
