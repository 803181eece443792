#include "community/checks.h"

#include <limits>
#include <utility>

#include "community/code.h"
#include "community/limits.h"
#include "tidings/identifier.h"

namespace tidings::community {
namespace {

Error missing(std::string_view field) {
  return refuse(code::kBadParameter, std::string{field} + " is missing or empty: give it a value");
}

Result<void> check_size(std::string_view field, std::string_view value, std::size_t limit) {
  if (value.size() <= limit) return {};
  return refuse(code::kBadParameter, std::string{field} + " is " + std::to_string(value.size()) +
                                         " bytes, at most " + std::to_string(limit) +
                                         " are allowed: shorten it");
}

}  // namespace

Result<AppPtr> usable_app(const View& view, SdkAppId id) {
  AppPtr app = view.app(id);
  if (app == nullptr) return refuse(code::kAppUnknown, "there is no app " + id.str());
  if (app->status == AppStatus::enabled) return app;
  if (app->status == AppStatus::disabled) {
    return refuse(code::kAppDisabled, "app " + id.str() + " is disabled: enable it first");
  }
  return refuse(code::kAppExpired, "the plan of app " + id.str() + " has expired");
}

Result<void> check_communities_on(const App& app) {
  if (!app.community_on) {
    return refuse(code::kFeatureOff,
                  "the community feature of app " + app.id.str() + " is off: switch it on first");
  }
  if (app.edition == Edition::trial) {
    return refuse(code::kNeedsEdition, "communities need the pro or ultimate edition, app " +
                                           app.id.str() + " has trial: upgrade it");
  }
  return {};
}

Result<void> check_topics_on(const App& app) {
  if (app.community_on && app.topic_on) return {};
  return refuse(code::kFeatureOff,
                "the topic feature of app " + app.id.str() + " is off: switch it on first");
}

Result<void> check_given(std::string_view field, std::string_view value) {
  if (value.empty()) return missing(field);
  return {};
}

Result<void> check_text(std::string_view field, std::string_view value, std::size_t limit) {
  TRY_VOID(check_size(field, value, limit));
  if (value.find('\0') == std::string_view::npos) return {};
  return refuse(code::kBadParameter,
                std::string{field} + " holds a NUL character (U+0000): leave it out");
}

Result<void> check_name(std::string_view field, const std::optional<std::string>& value,
                        std::size_t limit) {
  if (!value) return missing(field);
  return check_optional_name(field, value, limit);
}

Result<void> check_optional_text(std::string_view field, const std::optional<std::string>& value,
                                 std::size_t limit) {
  if (!value) return {};
  return check_text(field, *value, limit);
}

Result<void> check_optional_data(std::string_view field, const std::optional<std::string>& value,
                                 std::size_t limit) {
  if (!value) return {};
  return check_size(field, *value, limit);
}

Result<void> check_optional_name(std::string_view field, const std::optional<std::string>& value,
                                 std::size_t limit) {
  if (!value) return {};
  if (value->empty()) return missing(field);
  return check_text(field, *value, limit);
}

Result<std::optional<bool>> parse_mute_all(const std::optional<std::string>& value) {
  if (!value) return std::optional<bool>{};
  if (*value == "On") return std::optional<bool>{true};
  if (*value == "Off") return std::optional<bool>{false};
  return refuse(code::kBadParameter, "MuteAllMember is '" + *value + "', it must be On or Off");
}

Result<void> check_create_time(std::optional<std::int64_t> create_time_s, std::int64_t now_s) {
  if (!create_time_s || (*create_time_s >= 0 && *create_time_s <= now_s)) return {};
  return refuse(code::kBadParameter, "CreateTime is " + std::to_string(*create_time_s) +
                                         ", it must lie between 0 and now (" +
                                         std::to_string(now_s) + "), in Unix seconds");
}

Result<void> check_mute_time(std::int64_t mute_time_s) {
  if (mute_time_s >= 0 && mute_time_s <= std::int64_t{kMuteForever}) return {};
  return refuse(code::kBadParameter, "MuteTime is " + std::to_string(mute_time_s) +
                                         " s, it must lie between 0 (unmute) and " +
                                         std::to_string(kMuteForever) + " (for ever)");
}

Result<void> check_account_count(std::string_view field, std::size_t count, std::size_t limit) {
  if (count == 0) {
    return refuse(code::kBadParameter, std::string{field} + " is empty: name at least one account");
  }
  if (count <= limit) return {};
  return refuse(code::kTooManyAccounts, std::string{field} + " holds " + std::to_string(count) +
                                            " accounts, at most " + std::to_string(limit) +
                                            " are allowed in one request: split it");
}

Result<void> check_group_id(std::string_view text) {
  if (well_formed_group_id(text)) return {};
  return refuse(code::kBadGroupId, "GroupId is not a group id: at most " +
                                       std::to_string(kMaxGroupIdBytes) +
                                       " printable ASCII characters, as answered by create_group");
}

Result<void> check_community_id(std::string_view text) {
  if (is_community_id(text) && well_formed_group_id(text)) return {};
  return refuse(code::kBadGroupId,
                "GroupId is not the id of a community: it begins with @TGS#_, holds no @TOPIC#_ "
                "and has at most " +
                    std::to_string(kMaxGroupIdBytes) + " printable ASCII characters");
}

Result<void> check_topic_id(const GroupId& group, std::string_view text) {
  if (well_formed_topic_id(text) && text.starts_with(group.view()) &&
      text.substr(group.view().size()).starts_with(kTopicIdMark)) {
    return {};
  }
  return refuse(code::kBadGroupId, "TopicId is not the id of a topic of '" + group.str() +
                                       "': it is that id, @TOPIC#_ and a name, at most " +
                                       std::to_string(kMaxTopicIdBytes) +
                                       " printable ASCII characters");
}

Result<const Group*> existing_group(const View& view, const GroupKey& key) {
  const Group* group = view.group(key);
  if (group != nullptr) return group;
  return refuse(code::kGone, "group '" + key.group.str() + "' does not exist (any more)");
}

Result<void> check_imported(const View& view, std::string_view field, const AccountKey& key) {
  if (view.account(key) != nullptr) return {};
  return refuse(code::kUserUnknown, std::string{field} + ": the account '" +
                                        key.user.str().substr(0, 2 * kMaxUserIdBytes) +
                                        "' does not exist: import it first (account_import)");
}

std::int64_t mute_until(std::int64_t now_s, std::int64_t mute_time_s) {
  if (mute_time_s == std::int64_t{kMuteForever}) return std::numeric_limits<std::int64_t>::max();
  return now_s + mute_time_s;
}

}  // namespace tidings::community
