#include "backend/client/names.h"

#include <algorithm>

#include "tidings/callback_url.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::FieldLevel;
using community::FieldValues;
using community::Role;

constexpr std::size_t kMaxPlatformBytes = 32;

json::array field_list(const FieldValues& values) {
  json::array out;
  for (const auto& field : values) {
    json::object item;
    item["key"] = field.key;
    item["value"] = field.value;
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

community::FieldAccess field_access(const community::Member* member) {
  if (member == nullptr) return {FieldLevel::anyone, false};
  switch (member->role) {
    case Role::owner: return {FieldLevel::owner, false};
    case Role::admin: return {FieldLevel::admin, false};
    case Role::member: break;
  }
  return {FieldLevel::member, false};
}

json::object topic_object(const community::Topic& topic) {
  json::object out;
  out["topicID"] = topic.key.topic.view();
  out["topicName"] = topic.name;
  out["avatar"] = topic.face_url;
  out["introduction"] = topic.introduction;
  out["notification"] = topic.notification;
  out["muteAllMembers"] = topic.mute_all;
  out["customData"] = topic.custom_string;
  out["createTime"] = topic.create_time_s;
  out["nextMessageSeq"] = topic.next_msg_seq;
  return out;
}

json::object topic_object(const community::Topic& topic, const TopicSelf& self) {
  json::object out = topic_object(topic);
  out["unreadCount"] = 0;
  out["groupAtInfoList"].emplace_array();
  out["lastMessage"] = nullptr;
  auto& info = out["selfInfo"].emplace_object();
  info["muteTime"] = self.mute_until_s;
  info["readedSequence"] = 0;
  info["messageRemindType"] = self.remind_type;
  info["excludedUnreadSequenceList"].emplace_array();
  return out;
}

json::object group_object(const community::App& app, const community::Group& group,
                          const community::Member* self) {
  json::object out;
  out["groupID"] = group.key.group.view();
  out["type"] = to_string(group.type);
  out["name"] = group.name;
  out["avatar"] = group.face_url;
  out["introduction"] = group.introduction;
  out["notification"] = group.notification;
  out["ownerID"] = group.owner.view();
  out["createTime"] = group.create_time_s;
  out["infoSequence"] = group.info_seq;
  out["lastInfoTime"] = group.last_info_time_s;
  out["nextMessageSeq"] = group.next_msg_seq;
  out["memberCount"] = group.member_num;
  out["maxMemberCount"] = group.max_member_num;
  out["joinOption"] = to_string(group.apply_join);
  out["muteAllMembers"] = group.mute_all;
  out["isSupportTopic"] = group.support_topic;
  out["groupCustomField"] = field_list(
      readable_fields(app.group_fields, group.type, field_access(self), group.fields));
  if (self != nullptr) {
    auto& info = out["selfInfo"].emplace_object();
    info["userID"] = self->key.user.view();
    info["role"] = to_string(self->role);
    info["joinTime"] = self->join_time_s;
    info["nameCard"] = self->name_card;
    info["messageRemindType"] = self->msg_flag;
  }
  return out;
}

json::object member_object(const community::App& app, const community::Group& group,
                           const community::Member& member, const community::Member& reader,
                           const community::Account* account, std::int64_t mute_until_s) {
  auto access = field_access(&reader);
  access.own_value = reader.key.user == member.key.user;
  json::object out;
  out["userID"] = member.key.user.view();
  out["nick"] = account != nullptr ? account->nick : std::string();
  out["avatar"] = account != nullptr ? account->face_url : std::string();
  out["role"] = to_string(member.role);
  out["joinTime"] = member.join_time_s;
  out["nameCard"] = member.name_card;
  out["muteUntil"] = mute_until_s;
  out["memberCustomField"] =
      field_list(readable_fields(app.member_fields, group.type, access, member.fields));
  return out;
}

Result<std::string> client_platform(const std::optional<std::string>& given) {
  if (!given || given->empty()) return std::string(opt_platform::kUnknown);
  const bool printable =
      std::all_of(given->begin(), given->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || given->size() > kMaxPlatformBytes) {
    return fail(Errc::invalid_argument,
                "platform: give Web, Android, iOS, Windows, Mac, iPad or another name of at most "
                "32 printable characters",
                10004);
  }
  if (same_opt_platform(*given, opt_platform::kRestApi)) {
    return fail(Errc::invalid_argument,
                "platform: RESTAPI marks calls of the REST API; name the client's own platform",
                10004);
  }
  return canonical_opt_platform(*given);
}

}  // namespace tidings::backend
