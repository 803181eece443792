// Client operations on the members of a group.
#include <algorithm>
#include <utility>

#include "backend/client/names.h"
#include "backend/client/operation.h"
#include "community/limits.h"
#include "tidings/identifier.h"

namespace tidings::backend::operation {
namespace {

namespace json = boost::json;

constexpr std::int64_t kDefaultCount = 15;
constexpr std::int64_t kMaxCount = 100;

struct MembersRequest {
  std::string group;
  std::int64_t count = kDefaultCount;
  std::int64_t offset = 0;
  std::optional<community::Role> role;
};

/// The members, with what else their objects show. Runs on the pool.
struct MembersRead {
  Snapshot view;
  store::MemberPage page;
};
struct ReadMembers {
  store::CommunityReader& reader;
  Snapshot view;
  store::MemberQuery query;

  Result<MembersRead> operator()() const {
    TRY(auto page, reader.members(query));
    community::Needs needs;
    for (const auto& member : page.members) {
      needs.accounts.push_back({query.group.app, member.key.user});
      needs.mutes.push_back({query.group, TopicId(), member.key.user});
    }
    TRY_VOID(reader.read(needs, *view));
    return MembersRead{view, std::move(page)};
  }
};

Result<MembersRequest> read_request(const json::object& args) {
  Arguments read(args);
  MembersRequest out;
  out.group = read.required("groupID");
  out.count = read.integer("count").value_or(kDefaultCount);
  out.offset = read.integer("offset").value_or(0);
  const auto role = read.text("role");
  if (out.count < 1 || out.count > kMaxCount) read.complain("count", "give 1 to 100");
  if (out.offset < 0) read.complain("offset", "give 0 first, then the offset that was returned");
  if (role && !role->empty()) {
    out.role = community::parse_role(*role);
    if (!out.role) read.complain("role", "give Owner, Admin or Member");
  }
  TRY_VOID(read.check());
  TRY_VOID(check_group_id(out.group));
  return out;
}

/// Communities page by cursor, other groups by position; 0 ends either.
std::int64_t next_offset(const MembersRequest& request, const store::MemberPage& page,
                         bool community) {
  if (community) return page.next;
  const auto got = static_cast<std::int64_t>(page.members.size());
  return got < request.count ? 0 : request.offset + got;
}

std::int64_t mute_end(const community::Mute* mute, std::int64_t now_s) {
  if (mute == nullptr || mute->until_s <= now_s) return 0;
  return std::min<std::int64_t>(mute->until_s, community::kMuteForever);
}

/// A change of one member, whose rest the operation fills in.
community::ModifyMember change_of_member(const OperationContext& context, Arguments& read,
                                         std::string user) {
  community::ModifyMember command;
  command.caller = context.caller;
  command.group_id = read.required("groupID");
  command.user = UserId(std::move(user));
  return command;
}

/// Whom an operation is about that may be about oneself.
std::string own_unless_named(const OperationContext& context, Arguments& read) {
  auto named = read.text("userID");
  return named && !named->empty() ? std::move(*named) : context.caller.user.str();
}

json::object member_changed(const community::ModifyMember& command) {
  json::object member;
  member["userID"] = command.user.view();
  return member;
}

json::value member_data(const std::string& group, json::object member) {
  json::object data;
  data["groupID"] = group;
  data["member"] = std::move(member);
  return json::value(std::move(data));
}

/// `member`: what the answer says of it.
awaitable<OperationAnswer> change_member(OperationContext context, community::ModifyMember command,
                                         json::object member) {
  const std::string group = command.group_id;
  CO_TRY_VOID(co_await context.service->execute(std::move(command)));
  co_return member_data(group, std::move(member));
}

}  // namespace

awaitable<OperationAnswer> get_group_members(OperationContext context, json::object args) {
  CO_TRY(const auto request, read_request(args));
  const auto key = context.group_key(request.group);
  community::Needs needs;
  needs.groups.push_back(key);
  needs.members.push_back({key, context.caller.user});
  CO_TRY(const Snapshot view, co_await read_rows(context, std::move(needs)));
  CO_TRY(const auto who, as_member(context, *view, request.group));
  if (who.group->type == GroupType::av_chat_room) {
    co_return fail(Errc::forbidden, "groupID: an AVChatRoom keeps no list of its members", 10007);
  }
  const bool community = who.group->type == GroupType::community;
  store::MemberQuery query;
  query.group = key;
  if (request.role) query.roles = std::vector<community::Role>{*request.role};
  query.limit = static_cast<std::size_t>(request.count);
  if (community) {
    query.after = request.offset;
  } else {
    query.offset = static_cast<std::size_t>(request.offset);
  }
  ReadMembers read{context.service->community(), view, std::move(query)};
  CO_TRY(const auto rows, co_await context.service->read(std::move(read)));
  json::object data;
  auto& list = data["memberList"].emplace_array();
  const std::int64_t now_s = context.service->clock().now_s();
  for (const auto& member : rows.page.members) {
    const auto* mute = view->mute({key, TopicId(), member.key.user});
    list.push_back(member_object(*context.app, *who.group, member, *who.self,
                                 view->account({key.app, member.key.user}),
                                 mute_end(mute, now_s)));
  }
  data["memberCount"] = who.group->member_num;
  data["offset"] = next_offset(request, rows.page, community);
  co_return json::value(std::move(data));
}

awaitable<OperationAnswer> add_group_members(OperationContext context, json::object args) {
  Arguments read(args);
  community::AddMembers command;
  command.caller = context.caller;
  command.group_id = read.required("groupID");
  for (auto& user : read.required_users("userIDList", community::kAddMembers)) {
    community::NewMember member;
    member.user = std::move(user);
    command.members.push_back(std::move(member));
  }
  CO_TRY_VOID(read.check());
  const std::string group = command.group_id;
  CO_TRY(const auto reply, co_await context.service->execute(std::move(command)));
  json::array failed, added, existed, waiting;
  for (const auto& item : std::get<community::MembersReply>(reply).members) {
    json::array* const lists[] = {&failed, &added, &existed, &waiting};
    lists[item.result]->emplace_back(item.user.view());
  }
  json::object data;
  data["groupID"] = group;
  data["successUserIDList"] = std::move(added);
  data["failureUserIDList"] = std::move(failed);
  data["existedUserIDList"] = std::move(existed);
  data["pendingUserIDList"] = std::move(waiting);
  co_return json::value(std::move(data));
}

awaitable<OperationAnswer> delete_group_members(OperationContext context, json::object args) {
  Arguments read(args);
  community::DeleteMembers command;
  command.caller = context.caller;
  command.group_id = read.required("groupID");
  command.users = read.required_users("userIDList", community::kDeleteMembers);
  CO_TRY_VOID(read.check());
  json::object data;
  data["groupID"] = command.group_id;
  auto& list = data["userIDList"].emplace_array();
  for (const auto& user : command.users) list.emplace_back(user.view());
  CO_TRY_VOID(co_await context.service->execute(std::move(command)));
  co_return json::value(std::move(data));
}

awaitable<OperationAnswer> set_group_member_role(OperationContext context, json::object args) {
  Arguments read(args);
  auto command = change_of_member(context, read, read.required("userID"));
  command.role = read.required("role");
  CO_TRY_VOID(read.check());
  json::object member = member_changed(command);
  member["role"] = *command.role;
  auto answer = co_await change_member(context, std::move(command), std::move(member));
  co_return answer;
}

awaitable<OperationAnswer> set_group_member_mute_time(OperationContext context,
                                                      json::object args) {
  Arguments read(args);
  auto command = change_of_member(context, read, read.required("userID"));
  command.mute_time_s = read.integer("muteTime");
  if (!command.mute_time_s) read.complain("muteTime", "required: seconds, 0 ends the mute");
  CO_TRY_VOID(read.check());
  json::object member = member_changed(command);
  member["muteTime"] = *command.mute_time_s;
  // Where groups are named, a topic's id mutes in that topic (9.2).
  if (!is_topic_id(command.group_id)) {
    auto answer = co_await change_member(context, std::move(command), std::move(member));
    co_return answer;
  }
  community::MuteMembers mute;
  mute.caller = context.caller;
  mute.group_id = parent_group(command.group_id)->str();
  mute.topic_id = command.group_id;
  mute.users.push_back(command.user);
  mute.mute_time_s = *command.mute_time_s;
  CO_TRY_VOID(co_await context.service->execute(std::move(mute)));
  co_return member_data(command.group_id, std::move(member));
}

awaitable<OperationAnswer> set_group_member_name_card(OperationContext context,
                                                      json::object args) {
  Arguments read(args);
  auto command = change_of_member(context, read, own_unless_named(context, read));
  command.name_card = read.text("nameCard");
  if (!command.name_card) read.complain("nameCard", "required, \"\" clears it");
  CO_TRY_VOID(read.check());
  json::object member = member_changed(command);
  member["nameCard"] = *command.name_card;
  auto answer = co_await change_member(context, std::move(command), std::move(member));
  co_return answer;
}

awaitable<OperationAnswer> set_group_member_custom_field(OperationContext context,
                                                         json::object args) {
  Arguments read(args);
  auto command = change_of_member(context, read, own_unless_named(context, read));
  command.fields = read.fields("memberCustomField");
  if (command.fields.empty()) {
    read.complain("memberCustomField", "required, with at least one {key, value}");
  }
  CO_TRY_VOID(read.check());
  json::object member = member_changed(command);
  auto& fields = member["memberCustomField"].emplace_array();
  for (const auto& field : command.fields) {
    auto& item = fields.emplace_back(json::object()).get_object();
    item["key"] = field.key;
    item["value"] = field.value;
  }
  auto answer = co_await change_member(context, std::move(command), std::move(member));
  co_return answer;
}

}  // namespace tidings::backend::operation
