// Client operations on groups.
#include <utility>

#include "backend/client/names.h"
#include "backend/client/operation.h"
#include "community/limits.h"

namespace tidings::backend::operation {
namespace {

namespace json = boost::json;

std::string_view join_status(community::JoinReply::Status status) {
  using Status = community::JoinReply::Status;
  switch (status) {
    case Status::joined: return "JoinedSuccess";
    case Status::already_member: return "AlreadyInGroup";
    case Status::waiting_for_approval: break;
  }
  return "WaitAdminApproval";
}

OperationAnswer group_id_data(const std::string& group) {
  json::object data;
  data["groupID"] = group;
  return json::value(std::move(data));
}

/// Reads what the caller's groups are. Runs on the pool.
struct ReadJoined {
  store::CommunityReader& reader;
  store::JoinedQuery query;
  Result<store::JoinedPage> operator()() const { return reader.joined(query); }
};

/// The group after a write. The write is done: where it cannot be read back, `fallback` is told.
awaitable<OperationAnswer> group_after(OperationContext context, community::Group fallback) {
  auto answer = co_await read_group(context, fallback.key.group.str(), {});
  if (answer) co_return answer;
  json::object data;
  data["group"] = group_object(*context.app, fallback, nullptr);
  co_return json::value(std::move(data));
}

}  // namespace

awaitable<OperationAnswer> create_group(OperationContext context, json::object args) {
  Arguments read(args);
  community::CreateGroup command;
  command.caller = context.caller;
  command.owner = context.caller.user;
  command.type = read.required("type");
  command.name = read.required("name");
  command.group_id = read.text("groupID");
  if (command.group_id && command.group_id->empty()) command.group_id.reset();
  command.introduction = read.text("introduction");
  command.notification = read.text("notification");
  command.face_url = read.text("avatar");
  command.max_member_num = read.integer("maxMemberNum");
  command.apply_join_option = read.text("joinOption");
  command.members = read.members("memberList", community::kCreateMembersByClient);
  command.fields = read.fields("groupCustomField");
  command.support_topic = read.boolean("isSupportTopic").value_or(false);
  CO_TRY_VOID(read.check());
  CO_TRY(const auto reply, co_await context.service->execute(std::move(command)));
  auto answer = co_await group_after(context, std::get<community::GroupCreatedReply>(reply).group);
  co_return answer;
}

awaitable<OperationAnswer> join_group(OperationContext context, json::object args) {
  Arguments read(args);
  community::JoinGroup command{context.caller, read.required("groupID")};
  CO_TRY_VOID(read.check());
  CO_TRY(const auto reply, co_await context.service->execute(std::move(command)));
  const auto& joined = std::get<community::JoinReply>(reply);
  auto answer = co_await group_after(context, joined.group);
  if (answer) answer->get_object()["status"] = join_status(joined.status);
  co_return answer;
}

awaitable<OperationAnswer> quit_group(OperationContext context, json::object args) {
  Arguments read(args);
  const std::string group = read.required("groupID");
  CO_TRY_VOID(read.check());
  community::QuitGroup command{context.caller, group};
  CO_TRY_VOID(co_await context.service->execute(std::move(command)));
  co_return group_id_data(group);
}

awaitable<OperationAnswer> dismiss_group(OperationContext context, json::object args) {
  Arguments read(args);
  const std::string group = read.required("groupID");
  CO_TRY_VOID(read.check());
  community::DestroyGroup command{context.caller, group};
  CO_TRY_VOID(co_await context.service->execute(std::move(command)));
  co_return group_id_data(group);
}

awaitable<OperationAnswer> get_group_profile(OperationContext context, json::object args) {
  Arguments read(args);
  std::string group = read.required("groupID");
  auto only = read.texts("groupCustomFieldFilter", 100);
  CO_TRY_VOID(read.check());
  auto answer = co_await read_group(context, std::move(group), std::move(only));
  co_return answer;
}

awaitable<OperationAnswer> update_group_profile(OperationContext context, json::object args) {
  Arguments read(args);
  const std::string group = read.required("groupID");
  community::ModifyGroup command;
  command.caller = context.caller;
  command.group_id = group;
  command.name = read.text("name");
  command.introduction = read.text("introduction");
  command.notification = read.text("notification");
  command.face_url = read.text("avatar");
  command.max_member_num = read.integer("maxMemberNum");
  command.apply_join_option = read.text("joinOption");
  command.mute_all_member = read.on_off("muteAllMembers");
  command.fields = read.fields("groupCustomField");
  CO_TRY_VOID(read.check());
  CO_TRY_VOID(co_await context.service->execute(std::move(command)));
  auto answer = co_await read_group(context, group, {});
  co_return answer;
}

awaitable<OperationAnswer> change_group_owner(OperationContext context, json::object args) {
  Arguments read(args);
  const std::string group = read.required("groupID");
  community::ChangeOwner command{context.caller, group, UserId(read.required("newOwnerID"))};
  CO_TRY_VOID(read.check());
  CO_TRY_VOID(co_await context.service->execute(std::move(command)));
  auto answer = co_await read_group(context, group, {});
  co_return answer;
}

awaitable<OperationAnswer> get_joined_communities(OperationContext context, json::object) {
  CO_TRY_VOID(topics_on(*context.app));
  store::JoinedQuery query;
  query.account = context.account();
  query.type = GroupType::community;
  query.support_topic = true;
  ReadJoined read{context.service->community(), std::move(query)};
  CO_TRY(const auto page, co_await context.service->read(std::move(read)));
  json::object data;
  auto& list = data["groupList"].emplace_array();
  for (const auto& joined : page.groups) {
    list.push_back(group_object(*context.app, joined.group, &joined.member));
  }
  co_return json::value(std::move(data));
}

}  // namespace tidings::backend::operation
