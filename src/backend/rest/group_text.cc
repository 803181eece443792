#include "backend/rest/group_text.h"

#include <algorithm>

#include "community/limits.h"

namespace tidings::backend::rest {

bool NameFilter::wants(std::string_view name) const {
  return !names_ || std::find(names_->begin(), names_->end(), name) != names_->end();
}

std::int64_t mute_end(std::int64_t until_s, std::int64_t now_s) {
  if (until_s <= now_s) return 0;
  return std::min(until_s, std::int64_t{community::kMuteForever});
}

void write_group_profile(JsonText& text, const community::Group& group, const NameFilter& filter) {
  const auto put = [&](std::string_view name, auto value) {
    if (filter.wants(name)) text.member(name, value);
  };
  put("Type", to_string(group.type));
  put("Name", std::string_view(group.name));
  put("Appid", group.key.app.number());
  put("Introduction", std::string_view(group.introduction));
  put("Notification", std::string_view(group.notification));
  put("FaceUrl", std::string_view(group.face_url));
  put("Owner_Account", group.owner.view());
  put("CreateTime", group.create_time_s);
  put("InfoSeq", group.info_seq);
  put("LastInfoTime", group.last_info_time_s);
  put("LastMsgTime", group.last_msg_time_s);
  put("NextMsgSeq", group.next_msg_seq);
  put("MemberNum", group.member_num);
  put("MaxMemberNum", group.max_member_num);
  const bool community = group.type == GroupType::community;
  put("ApplyJoinOption",
      to_string(community ? community::JoinOption::free_access : group.apply_join));
  if (filter.wants("MuteAllMember", "ShutUpAllMember")) {
    text.member("MuteAllMember", group.mute_all ? "On" : "Off");
  }
  put("SupportTopic", group.support_topic ? 1 : 0);
}

void write_custom_fields(JsonText& text, std::string_view name,
                         const community::FieldValues& values, const NameFilter& keys) {
  bool open = false;
  for (const KeyValue& field : values) {
    if (!keys.wants(field.key)) continue;
    if (!open) text.open_array(name);
    open = true;
    text.open_object().member("Key", field.key).member("Value", field.value).close_object();
  }
  if (open) text.close_array();
}

void write_member(JsonText& text, const community::Member& member, std::int64_t muted_until_s,
                  std::int64_t now_s, const MemberFilter& filter) {
  const auto put = [&](std::string_view name, auto value) {
    if (filter.names.wants(name)) text.member(name, value);
  };
  text.open_object().member("Member_Account", member.key.user.view());
  put("Role", to_string(member.role));
  put("JoinTime", member.join_time_s);
  put("MsgSeq", member.msg_seq);
  put("MsgFlag", std::string_view(member.msg_flag));
  put("LastSendMsgTime", member.last_send_msg_time_s);
  if (filter.names.wants("MuteUntil", "ShutUpUntil")) {
    text.member("MuteUntil", mute_end(muted_until_s, now_s));
  }
  put("NameCard", std::string_view(member.name_card));
  write_custom_fields(text, "AppMemberDefinedData", member.fields, filter.field_keys);
  text.close_object();
}

}  // namespace tidings::backend::rest
