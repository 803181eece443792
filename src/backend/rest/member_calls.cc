// The member calls that change something: 4.7.12, 4.7.13, 4.7.15, 4.7.18, 4.7.20.
#include <utility>

#include "backend/rest/call.h"
#include "backend/rest/member_fields.h"
#include "backend/rest/reply_text.h"
#include "community/limits.h"

namespace tidings::backend::rest {
namespace {

using community::Reply;

Result<std::string> answer_member_changed(const Reply&) { return plain_reply(); }

Result<std::string> answer_members(const Reply& reply) {
  JsonText text = begin_reply();
  text.open_array("MemberList");
  for (const community::MemberResult& member : std::get<community::MembersReply>(reply).members) {
    text.open_object().member("Member_Account", member.user.view());
    text.member("Result", member.result).close_object();
  }
  text.close_array();
  return finish_reply(std::move(text));
}

Result<community::AddMembers> read_added(const CallContext& context) {
  community::AddMembers command;
  command.caller = context.caller;
  TRY(command.group_id, context.fields.text(kGroupId));
  TRY(const auto items, context.fields.objects("MemberList"));
  TRY(command.members, read_new_members(items));
  return command;
}

}  // namespace

Result<std::vector<community::NewMember>> read_new_members(const std::vector<Fields>& items) {
  std::vector<community::NewMember> members;
  members.reserve(items.size());
  for (const Fields& item : items) {
    community::NewMember& member = members.emplace_back();
    TRY(member.user, item.account("Member_Account"));
    TRY(member.role, item.maybe_text("Role"));
    TRY(member.join_time_s, item.maybe_integer("JoinTime", 0, kAnyInteger));
    TRY(member.unread_msg_num, item.maybe_integer("UnreadMsgNum", 0, kAnyInteger));
    TRY(member.fields, item.custom_fields("AppMemberDefinedData"));
  }
  return members;
}

Result<Call> add_group_member(const CallContext& context) {
  TRY(auto command, read_added(context));
  return Write{std::move(command), answer_members};
}

Result<Call> import_group_member(const CallContext& context) {
  TRY(auto command, read_added(context));
  command.import = true;
  return Write{std::move(command), answer_members};
}

Result<Call> delete_group_member(const CallContext& context) {
  community::DeleteMembers command;
  command.caller = context.caller;
  TRY(command.group_id, context.fields.text(kGroupId));
  TRY(command.users, context.fields.accounts("MemberToDel_Account"));
  return Write{std::move(command), answer_member_changed};
}

Result<Call> modify_group_member_info(const CallContext& context) {
  const Fields& fields = context.fields;
  community::ModifyMember command;
  command.caller = context.caller;
  TRY(command.group_id, fields.text(kGroupId));
  TRY(command.user, fields.account("Member_Account"));
  TRY(command.role, fields.maybe_text("Role"));
  TRY(command.msg_flag, fields.maybe_text("MsgFlag"));
  TRY(command.name_card, fields.maybe_text("NameCard"));
  TRY(command.fields, fields.custom_fields("AppMemberDefinedData"));
  TRY(command.mute_time_s, fields.maybe_integer(kMuteTime, 0, community::kMuteForever));
  return Write{std::move(command), answer_member_changed};
}

Result<Call> forbid_send_msg(const CallContext& context) {
  const Fields& fields = context.fields;
  community::MuteMembers command;
  command.caller = context.caller;
  TRY(command.group_id, fields.text(kGroupId));
  TRY(command.topic_id, fields.maybe_text("TopicId"));
  TRY(command.users, fields.accounts("Members_Account"));
  TRY(command.mute_time_s, fields.integer(kMuteTime, 0, community::kMuteForever));
  return Write{std::move(command), answer_member_changed};
}

}  // namespace tidings::backend::rest
