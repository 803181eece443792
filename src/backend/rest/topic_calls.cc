// The topic calls that change something: 4.7.1 and 4.7.3 to 4.7.5.
#include <utility>

#include "backend/rest/call.h"
#include "backend/rest/reply_text.h"
#include "community/checks.h"

namespace tidings::backend::rest {
namespace {

using community::Reply;

Result<std::string> answer_topic_created(const Reply& reply) {
  const auto& created = std::get<community::TopicCreatedReply>(reply);
  JsonText text = begin_reply();
  text.member("TopicId", created.topic.view());
  return finish_reply(std::move(text));
}

Result<std::string> answer_topic_changed(const Reply&) { return plain_reply("ok"); }

Result<std::string> answer_topics_destroyed(const Reply& reply) {
  JsonText text = begin_reply("ok");
  text.open_array("DestroyResultItem");
  for (const community::ItemResult& item : std::get<community::ItemsReply>(reply).items) {
    text.open_object().member("ErrorCode", item.code);
    text.member("ErrorInfo", item.code == 0 ? std::string_view("ok") : std::string_view(item.info));
    text.member("TopicId", item.id).close_object();
  }
  text.close_array();
  return finish_reply(std::move(text));
}

/// The members that creation and import share. MuteAllMember cannot be given at creation (3.4).
Result<void> read_new_topic(const CallContext& context, community::CreateTopic& command) {
  TRY_VOID(community::check_topics_on(*context.app));  // 11000 comes before every field
  const Fields& fields = context.fields;
  command.caller = context.caller;
  TRY(command.group_id, fields.text(kGroupId));
  TRY(command.topic_id, fields.maybe_text("TopicId"));
  TRY(command.topic_name, fields.maybe_text("TopicName"));
  TRY(command.from_account, fields.maybe_acting_account("From_Account"));
  TRY(command.custom_string, fields.maybe_text("CustomString"));
  TRY(command.face_url, fields.maybe_text("FaceUrl"));
  TRY(command.notification, fields.maybe_text("Notification"));
  TRY(command.introduction, fields.maybe_text("Introduction"));
  TRY(command.fields, fields.custom_fields("AppDefinedData"));
  return {};
}

}  // namespace

// The command is filled where it will stay: it is large, and each of its moves is a dozen strings'.
Result<Call> create_topic(const CallContext& context) {
  Write write{community::CreateTopic{}, answer_topic_created};
  TRY_VOID(read_new_topic(context, std::get<community::CreateTopic>(write.command)));
  return write;
}

Result<Call> import_topic(const CallContext& context) {
  Write write{community::CreateTopic{}, answer_topic_created};
  auto& command = std::get<community::CreateTopic>(write.command);
  TRY_VOID(read_new_topic(context, command));
  command.import = true;
  TRY(command.type, context.fields.maybe_text("Type"));
  TRY(command.create_time_s, context.fields.maybe_integer("CreateTime", 0, kAnyInteger));
  return write;
}

Result<Call> modify_topic(const CallContext& context) {
  TRY_VOID(community::check_topics_on(*context.app));
  const Fields& fields = context.fields;
  community::ModifyTopic command;
  command.caller = context.caller;
  TRY(command.group_id, fields.text(kGroupId));
  TRY(command.topic_id, fields.text("TopicId"));
  TRY(command.topic_name, fields.maybe_text("TopicName"));
  TRY(command.from_account, fields.maybe_acting_account("From_Account"));
  TRY(command.custom_string, fields.maybe_text("CustomString"));
  TRY(command.face_url, fields.maybe_text("FaceUrl"));
  TRY(command.notification, fields.maybe_text("Notification"));
  TRY(command.introduction, fields.maybe_text("Introduction"));
  TRY(command.mute_all_member, fields.maybe_text(kMuteAllMember));
  return Write{std::move(command), answer_topic_changed};
}

Result<Call> destroy_topic(const CallContext& context) {
  TRY_VOID(community::check_topics_on(*context.app));
  community::DestroyTopics command;
  command.caller = context.caller;
  TRY(command.group_id, context.fields.text(kGroupId));
  TRY(command.topic_ids, context.fields.texts("TopicIdList"));
  return Write{std::move(command), answer_topics_destroyed};
}

}  // namespace tidings::backend::rest
