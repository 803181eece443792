/// create_topic, import_topic, modify_topic, destroy_topic (protocol 3.4, 4.7.1, 4.7.3 to 4.7.5).
#include <algorithm>
#include <set>
#include <utility>

#include "community/caller.h"
#include "community/callbacks.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"
#include "community/quota.h"
#include "community/refused_words.h"

namespace tidings::community {
namespace {

/// What a topic command acts on, once its group is found and may be changed.
struct TopicGround {
  AppPtr app;
  const Group* group = nullptr;
};

/// Existence of the group and of the acting user, then support, then permission.
Result<TopicGround> find_ground(const View& view, AppPtr app, const Caller& caller,
                                const GroupKey& key, const UserId& actor) {
  TRY(const Group* const group, existing_group(view, key));
  if (actor != caller.user) {
    TRY_VOID(check_imported(view, "From_Account", AccountKey{key.app, actor}));
  }
  if (group->type != GroupType::community || !group->support_topic) {
    return refuse(code::kFeatureOff, "group '" + key.group.str() +
                                         "' does not support topics: that is chosen when a "
                                         "community is created (SupportTopic 1)");
  }
  TRY_VOID(check_may(group->type, Action::manage_topics,
                     standing_in(view, *app, caller, key)));
  return TopicGround{std::move(app), group};
}

Error topic_gone(std::string_view topic) {
  return refuse(code::kGone, "topic '" + std::string{topic} + "' does not exist (any more)");
}

/// The four texts that creating and changing have in common.
template <class Command>
Result<void> check_topic_texts(const App& app, const Command& command) {
  TRY_VOID(check_optional_data("CustomString", command.custom_string, kCustomStringBytes));
  TRY_VOID(check_optional_text("FaceUrl", command.face_url, app.text_limits.topic_face_url));
  TRY_VOID(check_optional_text("Notification", command.notification, kNotificationBytes));
  return check_optional_text("Introduction", command.introduction, kIntroductionBytes);
}

template <class Command>
Result<void> check_topic_words(const App& app, const Command& command) {
  return check_words(app, {{"TopicName", if_given(command.topic_name)},
                           {"Introduction", if_given(command.introduction)},
                           {"Notification", if_given(command.notification)}});
}

struct NewTopic {
  TopicGround ground;
  GroupKey key;
  const std::string* custom_id = nullptr;
  FieldValues fields;
};

Result<void> check_import(const CreateTopic& command, std::int64_t now_s) {
  if (!command.import) return {};
  if (command.type && *command.type != to_string(GroupType::community)) {
    return refuse(code::kBadParameter, "Type is '" + *command.type +
                                           "', only Community can hold topics: leave it out");
  }
  return check_create_time(command.create_time_s, now_s);
}

/// Everything before the before-callback.
Result<NewTopic> check(const CreateTopic& command, const View& view) {
  TRY(AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_topics_on(*app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_name("TopicName", command.topic_name, app->text_limits.topic_name));
  TRY_VOID(check_topic_texts(*app, command));
  TRY_VOID(check_import(command, view.now_s()));
  TRY_VOID(check_fields(app->group_fields, GroupType::community, kGroupFieldBytes,
                        command.fields));
  TRY_VOID(check_community_id(command.group_id));
  NewTopic result;
  result.key = GroupKey{command.caller.app, GroupId{command.group_id}};
  result.custom_id = chosen_id(command.topic_id);
  if (result.custom_id != nullptr) {
    TRY_VOID(check_custom_topic_id(result.key.group, *result.custom_id));
  }
  const UserId& actor = actor_of(command.caller, command.from_account);
  TRY(result.ground, find_ground(view, std::move(app), command.caller, result.key, actor));
  if (!command.fields.empty()) {
    const FieldAccess access{
        level_of(standing_in(view, *result.ground.app, command.caller, result.key)), false};
    TRY(result.fields, write_fields(result.ground.app->group_fields, GroupType::community,
                                    kGroupFieldBytes, access, {}, command.fields));
  }
  if (result.custom_id != nullptr &&
      view.topic(TopicKey{result.key, TopicId{*result.custom_id}}) != nullptr) {
    return refuse(command.import ? code::kIdOfAnother : code::kIdOfYours,
                  "TopicId '" + *result.custom_id +
                      "' is in use: choose another one, or leave it out to have one assigned");
  }
  TRY_VOID(check_topic_words(*result.ground.app, command));
  return result;
}

/// The text given, or none.
std::string text_of(const std::optional<std::string>& given) { return given ? *given : ""; }

/// Sets `held` to what was given; true when that changed it.
bool assign_text(std::string& held, const std::optional<std::string>& given) {
  if (!given || *given == held) return false;
  held = *given;
  return true;
}

}  // namespace

Result<std::optional<Question>> question(const CreateTopic& command, const View& view) {
  TRY(const NewTopic topic, check(command, view));
  if (command.import) return std::optional<Question>{};
  return ask_create_topic(view, topic.ground.app, topic.key.group,
                          actor_of(command.caller, command.from_account), *command.topic_name,
                          topic.custom_id);
}

Result<Reply> apply(const CreateTopic& command, View& view) {
  TRY(NewTopic checked, check(command, view));
  TRY_VOID(check_topic_quota(*checked.ground.group));
  // A number cannot meet a custom id: those must not begin with the mark of default ids (2.3).
  TopicId id = checked.custom_id != nullptr
                   ? TopicId{*checked.custom_id}
                   : make_topic_id(checked.key.group, view.draw_community_number());
  const UserId& actor = actor_of(command.caller, command.from_account);
  Topic topic;
  topic.key = TopicKey{std::move(checked.key), std::move(id)};
  topic.name = *command.topic_name;
  topic.introduction = text_of(command.introduction);
  topic.notification = text_of(command.notification);
  topic.face_url = text_of(command.face_url);
  topic.custom_string = text_of(command.custom_string);
  topic.create_time_s =
      command.import ? command.create_time_s.value_or(view.now_s()) : view.now_s();
  topic.creator = actor;
  topic.fields = std::move(checked.fields);

  Group& group = view.change_group(topic.key.group);
  group.topic_num += 1;
  if (!command.import) {
    record_topic_created(view, Scene{*checked.ground.app, group, actor, command.caller.origin},
                         topic);
    view.notify(TopicCreated{topic.key.group, topic.key.topic});
  }
  TopicCreatedReply reply{topic.key.topic};
  view.put(std::move(topic));
  return reply;
}

Result<Reply> apply(const ModifyTopic& command, View& view) {
  TRY(AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_topics_on(*app));
  TRY_VOID(check_given("GroupId", command.group_id));
  TRY_VOID(check_given("TopicId", command.topic_id));
  TRY_VOID(check_optional_name("TopicName", command.topic_name, app->text_limits.topic_name));
  TRY_VOID(check_topic_texts(*app, command));
  TRY(const std::optional<bool> mute_all, parse_mute_all(command.mute_all_member));
  TRY_VOID(check_community_id(command.group_id));
  const GroupKey key{command.caller.app, GroupId{command.group_id}};
  TRY_VOID(check_topic_id(key.group, command.topic_id));
  const UserId& actor = actor_of(command.caller, command.from_account);
  TRY(const TopicGround ground, find_ground(view, std::move(app), command.caller, key, actor));
  const TopicKey topic_key{key, TopicId{command.topic_id}};
  const Topic* const before = view.topic(topic_key);
  if (before == nullptr) return topic_gone(command.topic_id);
  TRY_VOID(check_topic_words(*ground.app, command));

  Topic topic = *before;
  bool changed = assign_text(topic.name, command.topic_name);
  changed |= assign_text(topic.introduction, command.introduction);
  changed |= assign_text(topic.notification, command.notification);
  changed |= assign_text(topic.face_url, command.face_url);
  changed |= assign_text(topic.custom_string, command.custom_string);
  if (mute_all && *mute_all != topic.mute_all) {
    topic.mute_all = *mute_all;
    changed = true;
  }
  if (changed) {
    record_topic_changed(view, Scene{*ground.app, *ground.group, actor, command.caller.origin},
                         *before, topic);
    view.put(topic);
    view.notify(TopicUpdated{topic});
  }
  return TopicChangedReply{std::move(topic)};
}

Result<Reply> apply(const DestroyTopics& command, View& view) {
  TRY(AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_topics_on(*app));
  TRY_VOID(check_given("GroupId", command.group_id));
  if (!command.all && (command.topic_ids.empty() || command.topic_ids.size() > kDestroyTopics)) {
    return refuse(code::kBadParameter, "TopicIdList holds " +
                                           std::to_string(command.topic_ids.size()) +
                                           " ids, 1 to " + std::to_string(kDestroyTopics) +
                                           " are allowed in one request");
  }
  TRY_VOID(check_community_id(command.group_id));
  const GroupKey key{command.caller.app, GroupId{command.group_id}};
  const UserId& actor = command.caller.user;
  TRY(const TopicGround ground, find_ground(view, std::move(app), command.caller, key, actor));

  std::vector<std::string> ids;
  if (command.all) {
    for (const Topic* topic : view.topics_of(key)) ids.push_back(topic->key.topic.str());
  } else {
    std::set<std::string_view> seen;
    for (const std::string& id : command.topic_ids) {
      if (seen.insert(id).second) ids.push_back(id);
    }
  }
  ItemsReply reply;
  std::vector<TopicId> gone;
  for (std::string& id : ids) {
    ItemResult item{std::move(id), 0, "ok"};
    if (auto well_formed = check_topic_id(key.group, item.id); !well_formed) {
      item.code = well_formed.error().code;
      item.info = well_formed.error().what;
    } else if (view.topic(TopicKey{key, TopicId{item.id}}) == nullptr) {
      item.code = code::kTopicGone;
      item.info = "topic deleted";
    } else {
      gone.emplace_back(item.id);
    }
    reply.items.push_back(std::move(item));
  }
  if (gone.empty()) return reply;
  for (const TopicId& topic : gone) view.erase(TopicKey{key, topic});
  view.change_group(key).topic_num -= static_cast<std::int64_t>(gone.size());
  record_topics_destroyed(view, Scene{*ground.app, *ground.group, actor, command.caller.origin},
                          gone);
  view.notify(TopicsDeleted{key, std::move(gone)});
  return reply;
}

}  // namespace tidings::community
