// get_group_member_info, get_role_in_group, get_group_muted_account: 4.7.14, 4.7.16, 4.7.18.
#include <charconv>
#include <utility>

#include "backend/rest/call.h"
#include "backend/rest/group_text.h"
#include "backend/rest/muted.h"
#include "backend/rest/reply_text.h"
#include "community/checks.h"
#include "community/code.h"
#include "community/limits.h"

namespace tidings::backend::rest {
namespace {

namespace code = community::code;
using community::View;

constexpr std::int64_t kMaxMemberPage = 6'000;
constexpr std::int64_t kMaxCommunityMemberPage = 100;
/// So many are over the 1 MB of a response (10018), whoever they are.
constexpr std::size_t kMoreMutesThanFit = 25'000;

/// Loads and returns the group; 10010. AVChatRooms keep no members: 10007.
Result<community::Group> group_with_members(const ReadSources& sources, View& view,
                                            const community::GroupKey& key) {
  community::Needs needs;
  needs.groups.push_back(key);
  TRY_VOID(sources.community.read(needs, view));
  TRY(const community::Group* const group, community::existing_group(view, key));
  if (group->type == GroupType::av_chat_room) {
    return community::refuse(code::kNotPermitted,
                             "group '" + key.group.str() +
                                 "' is an AVChatRoom, which keeps no member records");
  }
  return *group;
}

Result<GroupId> read_group(const Fields& fields) {
  TRY(auto group, fields.text(kGroupId));
  TRY_VOID(community::check_given("GroupId", group));
  TRY_VOID(community::check_group_id(group));
  return GroupId(std::move(group));
}

struct ListMembers {
  store::MemberQuery query;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> offset;
  MemberFilter filter;

  Result<std::string> operator()(const ReadSources& sources) const;

 private:
  Result<store::MemberQuery> page_of(const community::Group& group) const;
};

Result<store::MemberQuery> ListMembers::page_of(const community::Group& group) const {
  store::MemberQuery page = query;
  const bool community = group.type == GroupType::community;
  const std::int64_t most = community ? kMaxCommunityMemberPage : kMaxMemberPage;
  if (limit && *limit > most) {
    return community::refuse(code::kBadParameter,
                             "Limit is " + std::to_string(*limit) + "; at most " +
                                 std::to_string(most) + " members of a " +
                                 std::string(to_string(group.type)) + " are given in one response");
  }
  if (community && offset.value_or(0) != 0) {
    return community::refuse(code::kBadParameter,
                             "Offset is " + std::to_string(*offset) +
                                 ", but the members of a Community are paged with Next: give \"\" "
                                 "first, then the value that was returned");
  }
  page.limit = static_cast<std::size_t>(limit.value_or(most));
  if (!community) {
    page.after = 0;
    page.offset = static_cast<std::size_t>(offset.value_or(0));
  }
  return page;
}

Result<std::string> ListMembers::operator()(const ReadSources& sources) const {
  View view(sources.now_ms, sources.random);
  TRY(const auto group, group_with_members(sources, view, query.group));
  TRY(const auto page, page_of(group));
  TRY(const auto found, sources.community.members(page));
  TRY_VOID(read_mutes(sources.community, found.members, view));

  JsonText text = begin_reply();
  if (group.type == GroupType::community) {
    text.member("Next", found.next == 0 ? std::string{} : std::to_string(found.next));
  }
  text.member("MemberNum", group.member_num).open_array("MemberList");
  for (const community::Member& member : found.members) {
    write_member(text, member, muted_until(view, member), view.now_s(), filter);
  }
  text.close_array();
  return finish_reply(std::move(text));
}

/// `Next` is a decimal string, "" at the beginning.
Result<std::int64_t> read_cursor(const Fields& fields) {
  TRY(const auto text, fields.maybe_text("Next"));
  if (!text || text->empty()) return std::int64_t{0};
  std::int64_t cursor = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, cursor);
  if (parsed.ec != std::errc{} || parsed.ptr != end || cursor < 0) {
    return fields.bad("Next", "is no cursor of ours; give \"\" first, then what was returned");
  }
  return cursor;
}

Result<std::optional<std::vector<community::Role>>> read_roles(const Fields& fields) {
  using Roles = std::optional<std::vector<community::Role>>;
  TRY(const auto names, fields.maybe_texts("MemberRoleFilter"));
  if (!names || names->empty()) return Roles{};
  std::vector<community::Role> roles;
  for (const std::string& name : *names) {
    const std::optional<community::Role> role = community::parse_role(name);
    if (!role) {
      return fields.bad("MemberRoleFilter",
                        "holds '" + name + "'; roles are Owner, Admin and Member");
    }
    roles.push_back(*role);
  }
  return Roles(std::move(roles));
}

struct GetRoles {
  community::GroupKey group;
  std::vector<UserId> users;

  Result<std::string> operator()(const ReadSources& sources) const {
    View view(sources.now_ms, sources.random);
    TRY_VOID(group_with_members(sources, view, group));
    community::Needs needs;
    for (const UserId& user : users) needs.members.push_back({group, user});
    TRY_VOID(sources.community.read(needs, view));
    JsonText text = begin_reply();
    text.open_array("UserIdList");
    for (const UserId& user : users) {
      const community::Member* member = view.member({group, user});
      text.open_object().member("Member_Account", user.view());
      text.member("Role", member == nullptr ? std::string_view("NotMember")
                                            : to_string(member->role));
      text.close_object();
    }
    text.close_array();
    return finish_reply(std::move(text));
  }
};

/// The two commands differ in the names they answer with.
struct MutedNames {
  std::string_view list = "MutedAccountList";
  std::string_view until = "MutedUntil";
};

struct ListMuted {
  community::GroupKey group;
  TopicId topic;
  MutedNames names;

  Result<std::string> operator()(const ReadSources& sources) const {
    View view(sources.now_ms, sources.random);
    community::Needs needs;
    needs.groups.push_back(group);
    if (!topic.empty()) needs.topics.push_back({group, topic});
    TRY_VOID(sources.community.read(needs, view));
    TRY_VOID(community::existing_group(view, group));
    if (!topic.empty() && view.topic({group, topic}) == nullptr) {
      return community::refuse(code::kGone,
                               "topic '" + topic.str() + "' does not exist (any more)");
    }
    TRY(const auto mutes,
        sources.community.mutes(group, topic, view.now_s(), kMoreMutesThanFit));
    JsonText text = begin_reply();
    text.member("GroupId", group.group.view()).open_array(names.list);
    for (const community::Mute& mute : mutes) {
      text.open_object().member("Member_Account", mute.key.user.view());
      text.member(names.until, mute_end(mute.until_s, view.now_s())).close_object();
    }
    text.close_array();
    return finish_reply(std::move(text));
  }
};

}  // namespace

Result<void> read_mutes(store::CommunityReader& reader,
                        const std::vector<community::Member>& members, View& view) {
  community::Needs needs;
  for (const community::Member& member : members) {
    needs.mutes.push_back({member.key.group, TopicId{}, member.key.user});
  }
  return reader.read(needs, view);
}

std::int64_t muted_until(const View& view, const community::Member& member) {
  const community::Mute* mute = view.mute({member.key.group, TopicId{}, member.key.user});
  return mute == nullptr ? 0 : mute->until_s;
}

Result<Call> get_group_member_info(const CallContext& context) {
  const Fields& fields = context.fields;
  ListMembers list;
  TRY(auto names, fields.maybe_texts("MemberInfoFilter"));
  TRY(auto keys, fields.maybe_texts("AppDefinedDataFilter_GroupMember"));
  TRY(list.query.roles, read_roles(fields));
  TRY(list.limit, fields.maybe_integer("Limit", 1, kMaxMemberPage));
  TRY(list.offset, fields.maybe_integer("Offset", 0, kAnyInteger));
  TRY(list.query.after, read_cursor(fields));
  TRY(auto group, read_group(fields));
  list.query.group = {context.app->id, std::move(group)};
  list.filter.names = NameFilter(std::move(names));
  list.filter.field_keys = keys ? NameFilter(std::move(keys)) : NameFilter::none();
  return Read(std::move(list));
}

Result<Call> get_role_in_group(const CallContext& context) {
  const Fields& fields = context.fields;
  GetRoles query;
  TRY(query.users, fields.accounts("User_Account"));
  TRY_VOID(community::check_account_count("User_Account", query.users.size(),
                                          community::kRoleQuery));
  TRY(auto group, read_group(fields));
  query.group = {context.app->id, std::move(group)};
  return Read(std::move(query));
}

Result<Call> get_group_muted_account(const CallContext& context) {
  const Fields& fields = context.fields;
  ListMuted query;
  TRY(auto topic, fields.maybe_text("TopicId"));
  TRY(auto group, read_group(fields));
  if (topic && !topic->empty()) {
    TRY_VOID(community::check_topic_id(group, *topic));
    query.topic = TopicId(std::move(*topic));
  }
  query.group = {context.app->id, std::move(group)};
  if (context.command == "get_group_shutted_uin") query.names = {"ShuttedUinList", "ShuttedUntil"};
  return Read(std::move(query));
}

}  // namespace tidings::backend::rest
