// The group calls that change something: 4.7.6, 4.7.8, 4.7.9, 4.7.17, 4.7.19.
#include <utility>

#include "backend/rest/call.h"
#include "backend/rest/member_fields.h"
#include "backend/rest/reply_text.h"
#include "community/checks.h"
#include "tidings/identifier.h"

namespace tidings::backend::rest {
namespace {

using community::Reply;

Result<std::string> answer_group_changed(const Reply&) { return plain_reply(); }

Result<std::string> answer_group_created(const Reply& reply) {
  const community::Group& group = std::get<community::GroupCreatedReply>(reply).group;
  JsonText text = begin_reply();
  text.member("GroupId", group.key.group.view());
  if (group.support_topic) {
    text.member("HugeGroupFlag", 0).member("Type", to_string(group.type));
  }
  return finish_reply(std::move(text));
}

Result<std::string> answer_group_imported(const Reply& reply) {
  const community::Group& group = std::get<community::GroupCreatedReply>(reply).group;
  JsonText text = begin_reply();
  text.member("GroupId", group.key.group.view());
  return finish_reply(std::move(text));
}

Result<community::CreateGroup> read_new_group(const CallContext& context) {
  const Fields& fields = context.fields;
  community::CreateGroup command;
  command.caller = context.caller;
  TRY(command.type, fields.text("Type"));
  if (parse_group_type(command.type) == GroupType::community) {
    TRY_VOID(community::check_communities_on(*context.app));  // 11000 comes before other fields
  }
  TRY(command.support_topic, fields.flag("SupportTopic"));
  if (command.support_topic) {
    TRY_VOID(community::check_topics_on(*context.app));
  }
  TRY(command.name, fields.text("Name"));
  TRY(command.owner, fields.maybe_account("Owner_Account"));
  TRY(command.group_id, fields.maybe_text(kGroupId));
  TRY(command.introduction, fields.maybe_text("Introduction"));
  TRY(command.notification, fields.maybe_text("Notification"));
  TRY(command.face_url, fields.maybe_text("FaceUrl"));
  TRY(command.max_member_num, fields.maybe_integer(kMaxMembers, 0, kAnyInteger));
  TRY(command.apply_join_option, fields.maybe_text("ApplyJoinOption"));
  TRY(command.fields, fields.custom_fields("AppDefinedData"));
  // An empty owner is none: generated clients send every string they have.
  if (command.owner && command.owner->empty()) command.owner.reset();
  return command;
}

}  // namespace

Result<Call> create_group(const CallContext& context) {
  TRY(auto command, read_new_group(context));
  TRY(const auto members, context.fields.maybe_objects("MemberList"));
  if (members) {
    TRY(command.members, read_new_members(*members));
  }
  return Write{std::move(command), answer_group_created};
}

Result<Call> import_group(const CallContext& context) {
  TRY(auto command, read_new_group(context));
  command.import = true;
  TRY(command.create_time_s, context.fields.maybe_integer("CreateTime", 0, kAnyInteger));
  return Write{std::move(command), answer_group_imported};
}

Result<Call> modify_group_base_info(const CallContext& context) {
  const Fields& fields = context.fields;
  community::ModifyGroup command;
  command.caller = context.caller;
  TRY(command.group_id, fields.text(kGroupId));
  TRY(command.name, fields.maybe_text("Name"));
  TRY(command.introduction, fields.maybe_text("Introduction"));
  TRY(command.notification, fields.maybe_text("Notification"));
  TRY(command.face_url, fields.maybe_text("FaceUrl"));
  TRY(command.max_member_num,
      fields.maybe_integer(FieldName("MaxMemberNum", "MaxMemberCount"), 0, kAnyInteger));
  TRY(command.apply_join_option, fields.maybe_text("ApplyJoinOption"));
  TRY(command.mute_all_member, fields.maybe_text(kMuteAllMember));
  TRY(command.fields, fields.custom_fields("AppDefinedData"));
  return Write{std::move(command), answer_group_changed};
}

Result<Call> destroy_group(const CallContext& context) {
  community::DestroyGroup command;
  command.caller = context.caller;
  TRY(command.group_id, context.fields.text(kGroupId));
  return Write{std::move(command), answer_group_changed};
}

Result<Call> change_group_owner(const CallContext& context) {
  community::ChangeOwner command;
  command.caller = context.caller;
  TRY(command.group_id, context.fields.text(kGroupId));
  TRY(command.new_owner, context.fields.account("NewOwner_Account"));
  return Write{std::move(command), answer_group_changed};
}

}  // namespace tidings::backend::rest
