#include "community/callbacks.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "tidings/callback.h"

namespace tidings::community {
namespace {

using Texts = std::optional<std::string>;

bool wanted(const App& app, CallbackSwitch which) { return app.callback.on(which); }

template <CallbackBody C>
void record(View& view, const Scene& scene, C& body) {
  body.event_time_ms = view.now_ms();
  view.record(scene.app, C::kCommand, scene.group.key.group, scene.origin,
              write_callback(body, scene.app.callback.additive));
}

template <CallbackBody C>
std::optional<Question> ask(const View& view, const AppPtr& app, C& body) {
  body.event_time_ms = view.now_ms();
  return Question{app, std::string{C::kCommand}, write_callback(body, app->callback.additive)};
}

/// Asked at all: the switch is on and there is somebody to ask.
bool askable(const App& app, CallbackSwitch which) {
  return !app.callback.url.empty() && app.callback.on(which);
}

Texts if_changed(const std::string& before, const std::string& now) {
  return before == now ? Texts{} : Texts{now};
}

/// Fills the four texts that a profile event may carry; false when none changed.
template <class Row, class Body>
bool fill_changed_texts(const Row& before, const Row& now, Body& body) {
  body.name = if_changed(before.name, now.name);
  body.introduction = if_changed(before.introduction, now.introduction);
  body.notification = if_changed(before.notification, now.notification);
  body.face_url = if_changed(before.face_url, now.face_url);
  return body.name || body.introduction || body.notification || body.face_url;
}

}  // namespace

void record_topic_created(View& view, const Scene& scene, const Topic& topic) {
  if (!wanted(scene.app, CallbackSwitch::after_create_group)) return;
  AfterCreateTopic body;
  body.group_id = scene.group.key.group;
  body.topic_id = topic.key.topic;
  body.operator_account = scene.actor;
  body.owner_account = scene.group.owner;
  body.name = topic.name;
  if (!topic.fields.empty()) body.user_defined_data_list = topic.fields;
  record(view, scene, body);
}

void record_topic_changed(View& view, const Scene& scene, const Topic& before, const Topic& now) {
  if (!wanted(scene.app, CallbackSwitch::after_group_info_changed)) return;
  AfterTopicInfoChanged body;
  if (!fill_changed_texts(before, now, body)) return;
  body.group_id = scene.group.key.group;
  body.operator_account = scene.actor;
  body.topic_id = now.key.topic;
  record(view, scene, body);
}

void record_topics_destroyed(View& view, const Scene& scene, const std::vector<TopicId>& topics) {
  if (topics.empty() || !wanted(scene.app, CallbackSwitch::after_group_destroyed)) return;
  AfterTopicDestroyed body;
  body.group_id = scene.group.key.group;
  body.topic_id_list = topics;
  body.operator_account = scene.actor;
  record(view, scene, body);
}

void record_group_created(View& view, const Scene& scene, const std::vector<UserId>& members,
                          const FieldValues& fields) {
  if (!wanted(scene.app, CallbackSwitch::after_create_group)) return;
  AfterCreateGroup body;
  body.group_id = scene.group.key.group;
  body.operator_account = scene.actor;
  body.owner_account = scene.group.owner;
  body.type = to_string(scene.group.type);
  body.name = scene.group.name;
  body.member_list = members;
  if (!fields.empty()) body.user_defined_data_list = fields;
  record(view, scene, body);
}

void record_group_changed(View& view, const Scene& scene, const Group& before) {
  if (!wanted(scene.app, CallbackSwitch::after_group_info_changed)) return;
  AfterGroupInfoChanged body;
  if (!fill_changed_texts(before, scene.group, body)) return;
  body.group_id = scene.group.key.group;
  body.type = to_string(scene.group.type);
  body.operator_account = scene.actor;
  record(view, scene, body);
}

void record_group_destroyed(View& view, const Scene& scene, const std::vector<UserId>& members) {
  if (!wanted(scene.app, CallbackSwitch::after_group_destroyed)) return;
  AfterGroupDestroyed body;
  body.group_id = scene.group.key.group;
  body.type = to_string(scene.group.type);
  body.owner_account = scene.group.owner;
  body.name = scene.group.name;
  if (scene.group.type != GroupType::community) body.member_list = members;
  record(view, scene, body);
}

void record_owner_changed(View& view, const Scene& scene, const UserId& before) {
  if (!wanted(scene.app, CallbackSwitch::after_change_group_owner)) return;
  AfterChangeGroupOwner body;
  body.group_id = scene.group.key.group;
  body.type = to_string(scene.group.type);
  body.operator_account = scene.actor;
  body.old_owner_account = before;
  body.new_owner_account = scene.group.owner;
  record(view, scene, body);
}

void record_members_joined(View& view, const Scene& scene, JoinedBy how,
                           const std::vector<UserId>& users) {
  if (users.empty() || !wanted(scene.app, CallbackSwitch::after_new_member_join)) return;
  AfterNewMemberJoin body;
  body.group_id = scene.group.key.group;
  body.type = to_string(scene.group.type);
  body.join_type =
      how == JoinedBy::apply ? AfterNewMemberJoin::kApply : AfterNewMemberJoin::kInvited;
  body.operator_account = scene.actor;
  body.new_member_list = users;
  record(view, scene, body);
}

void record_members_left(View& view, const Scene& scene, LeftBy how,
                         const std::vector<UserId>& users) {
  if (users.empty() || !wanted(scene.app, CallbackSwitch::after_member_exit)) return;
  AfterMemberExit body;
  body.group_id = scene.group.key.group;
  body.type = to_string(scene.group.type);
  body.exit_type = how == LeftBy::quitting ? AfterMemberExit::kQuit : AfterMemberExit::kKicked;
  body.operator_account = scene.actor;
  body.exit_member_list = users;
  record(view, scene, body);
}

void record_group_full(View& view, const Scene& scene) {
  if (!wanted(scene.app, CallbackSwitch::after_group_full)) return;
  AfterGroupFull body;
  body.group_id = scene.group.key.group;
  record(view, scene, body);
}

void record_member_changed(View& view, const Scene& scene, const Member& before,
                           const Member& now) {
  if (!wanted(scene.app, CallbackSwitch::after_member_field_changed)) return;
  AfterMemberFieldChanged body;
  if (before.role != now.role) body.role = to_string(now.role);
  body.name_card = if_changed(before.name_card, now.name_card);
  if (!body.role && !body.name_card) return;
  body.group_id = scene.group.key.group;
  body.type = to_string(scene.group.type);
  body.operator_account = scene.actor;
  body.member_account = now.key.user;
  record(view, scene, body);
}

void record_quota_alarm(View& view, const App& app, const Origin& origin, std::int64_t used) {
  if (!wanted(app, CallbackSwitch::after_group_info_changed)) return;
  OnDailyGroupQuotaAlarm body;
  body.quota_used = used;
  body.quota = app.quotas.new_groups_per_day;
  body.event_time_ms = view.now_ms();
  view.record(app, OnDailyGroupQuotaAlarm::kCommand, GroupId{}, origin,
              write_callback(body, app.callback.additive));
}

std::optional<Question> ask_create_topic(const View& view, const AppPtr& app, const GroupId& group,
                                         const UserId& actor, const std::string& name,
                                         const std::string* custom_id) {
  if (!askable(*app, CallbackSwitch::before_create_group)) return std::nullopt;
  BeforeCreateTopic body;
  body.operator_account = actor;
  body.name = name;
  body.group_id = group;
  if (custom_id) body.topic_id = TopicId{*custom_id};
  return ask(view, app, body);
}

std::optional<Question> ask_create_group(const View& view, const AppPtr& app, const Group& group,
                                         const UserId& actor, std::int64_t owned,
                                         std::vector<UserId> members) {
  if (!askable(*app, CallbackSwitch::before_create_group)) return std::nullopt;
  BeforeCreateGroup body;
  body.operator_account = actor;
  body.owner_account = group.owner;
  body.type = to_string(group.type);
  body.name = group.name;
  body.create_group_num = owned;
  body.member_list = std::move(members);
  return ask(view, app, body);
}

std::optional<Question> ask_apply_join(const View& view, const AppPtr& app, const Group& group,
                                       const UserId& user) {
  if (!askable(*app, CallbackSwitch::before_apply_join_group)) return std::nullopt;
  BeforeApplyJoinGroup body;
  body.group_id = group.key.group;
  body.type = to_string(group.type);
  body.requestor_account = user;
  return ask(view, app, body);
}

std::optional<Question> ask_invite_join(const View& view, const AppPtr& app, const Group& group,
                                        const UserId& actor, std::vector<UserId> invited) {
  if (invited.empty() || !askable(*app, CallbackSwitch::before_invite_join_group)) {
    return std::nullopt;
  }
  BeforeInviteJoinGroup body;
  body.group_id = group.key.group;
  body.type = to_string(group.type);
  body.operator_account = actor;
  body.destination_members = std::move(invited);
  return ask(view, app, body);
}

}  // namespace tidings::community
