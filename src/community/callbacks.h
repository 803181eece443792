/// From a decision to its callback: the body of each event and question (protocol section 7), with
/// the additive members the app has chosen, recorded where the app's switch is on.
///
/// Nothing is built while a switch is off. Imports never come here. EventTime is the View's time.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "community/decide.h"
#include "community/view.h"

namespace tidings::community {

/// Who acts, in which app, on which group, from where: what all events have in common.
struct Scene {
  const App& app;
  const Group& group;
  const UserId& actor;  ///< Operator_Account
  const Origin& origin;
};

void record_topic_created(View& view, const Scene& scene, const Topic& topic);
/// Says by `now` which of the four texts differ from `before`; records nothing if none does.
void record_topic_changed(View& view, const Scene& scene, const Topic& before, const Topic& now);
void record_topics_destroyed(View& view, const Scene& scene, const std::vector<TopicId>& topics);

void record_group_created(View& view, const Scene& scene, const std::vector<UserId>& members,
                          const FieldValues& fields);
/// As record_topic_changed; `scene.group` is the group after the change.
void record_group_changed(View& view, const Scene& scene, const Group& before);
/// `members`: whom the group had; not sent for a Community.
void record_group_destroyed(View& view, const Scene& scene, const std::vector<UserId>& members);
void record_owner_changed(View& view, const Scene& scene, const UserId& before);

enum class JoinedBy { apply, invitation };
void record_members_joined(View& view, const Scene& scene, JoinedBy how,
                           const std::vector<UserId>& users);
enum class LeftBy { quitting, being_removed };
void record_members_left(View& view, const Scene& scene, LeftBy how,
                         const std::vector<UserId>& users);
void record_group_full(View& view, const Scene& scene);
/// Role and name card, where they differ; records nothing if neither does.
void record_member_changed(View& view, const Scene& scene, const Member& before,
                           const Member& now);

/// Of the app: its lane is that of no group. `used` of today's quota of new groups.
void record_quota_alarm(View& view, const App& app, const Origin& origin, std::int64_t used);

/// `custom_id`: the TopicId the caller chose, or null.
[[nodiscard]] std::optional<Question> ask_create_topic(const View& view, const AppPtr& app,
                                                       const GroupId& group, const UserId& actor,
                                                       const std::string& name,
                                                       const std::string* custom_id);
[[nodiscard]] std::optional<Question> ask_create_group(const View& view, const AppPtr& app,
                                                       const Group& group, const UserId& actor,
                                                       std::int64_t owned,
                                                       std::vector<UserId> members);
[[nodiscard]] std::optional<Question> ask_apply_join(const View& view, const AppPtr& app,
                                                     const Group& group, const UserId& user);
[[nodiscard]] std::optional<Question> ask_invite_join(const View& view, const AppPtr& app,
                                                      const Group& group, const UserId& actor,
                                                      std::vector<UserId> invited);

}  // namespace tidings::community
