// get_group_info, get_appid_group_list, get_joined_group_list: 4.7.7, 4.7.10, 4.7.11.
#include <algorithm>
#include <initializer_list>
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

/// A Community's members are shown only while they are few (4.7.7).
constexpr std::int64_t kShownCommunityMembers = 100;
constexpr std::int64_t kMaxGroupPage = 10'000;
constexpr std::int64_t kMaxJoinedPage = 5'000;

Error reply_too_large(std::string_view way_out) {
  return fail(Errc::too_large, "the response is over 1 MB; " + std::string(way_out),
              kReplyTooLarge);
}

/// BChatRoom is obsolete: a valid filter that no group passes.
struct TypeFilter {
  std::optional<GroupType> type;
  bool nothing = false;
};
Result<TypeFilter> read_type(const Fields& fields) {
  TRY(const auto text, fields.maybe_text(kGroupType));
  if (!text || text->empty()) return TypeFilter{};
  if (*text == "BChatRoom") return TypeFilter{std::nullopt, true};
  const std::optional<GroupType> type = parse_group_type(*text);
  if (!type) {
    return fields.bad(kGroupType, "is '" + *text + "'; it must be Public, Private, ChatRoom, "
                                  "AVChatRoom, BChatRoom or Community");
  }
  return TypeFilter{type, false};
}

struct GetGroupInfo {
  SdkAppId app;
  std::vector<std::string> asked;
  NameFilter profile;
  NameFilter field_keys;
  MemberFilter member;
  bool with_members = true;

  Result<std::string> operator()(const ReadSources& sources) const;

 private:
  Result<void> write_members(JsonText& text, const ReadSources& sources,
                             const community::Group& group) const;
};

Result<void> GetGroupInfo::write_members(JsonText& text, const ReadSources& sources,
                                         const community::Group& group) const {
  const bool few = group.type != GroupType::community || group.member_num <= kShownCommunityMembers;
  if (!with_members || !few || group.type == GroupType::av_chat_room) return {};
  store::MemberQuery query;
  query.group = group.key;
  query.limit = static_cast<std::size_t>(community::kCommunityMembers);
  TRY(const auto page, sources.community.members(query));
  View view(sources.now_ms, sources.random);
  TRY_VOID(read_mutes(sources.community, page.members, view));
  text.open_array("MemberList");
  for (const community::Member& each : page.members) {
    write_member(text, each, muted_until(view, each), view.now_s(), member);
  }
  text.close_array();
  return {};
}

Result<std::string> GetGroupInfo::operator()(const ReadSources& sources) const {
  View view(sources.now_ms, sources.random);
  community::Needs needs;
  for (const std::string& id : asked) {
    if (community::check_group_id(id)) needs.groups.push_back({app, GroupId(id)});
  }
  TRY_VOID(sources.community.read(needs, view));
  JsonText text = begin_reply();
  text.open_array("GroupInfo");
  for (const std::string& id : asked) {
    text.open_object().member("GroupId", id);
    Result<void> usable = community::check_group_id(id);
    const community::Group* group = nullptr;
    if (usable) {
      auto found = community::existing_group(view, {app, GroupId(id)});
      if (found) group = *found;
      if (!found) usable = std::move(found).error();
    }
    text.member("ErrorCode", usable ? 0 : usable.error().code);
    text.member("ErrorInfo", usable ? std::string_view{} : std::string_view(usable.error().what));
    if (group != nullptr) {
      write_group_profile(text, *group, profile);
      write_custom_fields(text, "AppDefinedData", group->fields, field_keys);
      TRY_VOID(write_members(text, sources, *group));
      if (text.too_large()) return reply_too_large("ask for fewer groups, or set a ResponseFilter");
    }
    text.close_object();
  }
  text.close_array();
  return finish_reply(std::move(text));
}

Result<void> read_info_filter(const Fields& fields, GetGroupInfo& query) {
  TRY(const auto filter, fields.maybe_object("ResponseFilter"));
  if (!filter) return {};
  const auto list = [](std::optional<std::vector<std::string>>& names) {
    return names ? NameFilter(std::move(names)) : NameFilter::none();
  };
  TRY(auto profile, filter->maybe_texts("GroupBaseInfoFilter"));
  TRY(auto members, filter->maybe_texts("MemberInfoFilter"));
  TRY(auto group_keys, filter->maybe_texts("AppDefinedDataFilter_Group"));
  TRY(auto member_keys, filter->maybe_texts("AppDefinedDataFilter_GroupMember"));
  query.with_members = members.has_value() || member_keys.has_value();
  query.profile = list(profile);
  query.field_keys = list(group_keys);
  query.member = {list(members), list(member_keys)};
  return {};
}

struct ListGroups {
  SdkAppId app;
  TypeFilter filter;
  std::int64_t after = 0;
  std::size_t limit = kMaxGroupPage;

  Result<std::string> operator()(const ReadSources& sources) const {
    store::GroupPage page;
    if (!filter.nothing) {
      TRY(page, sources.community.groups(app, filter.type, after, limit));
    }
    JsonText text = begin_reply();
    text.member("TotalCount", page.total).open_array("GroupIdList");
    for (const GroupId& group : page.groups) {
      text.open_object().member("GroupId", group.view()).close_object();
    }
    text.close_array().member("Next", page.next);
    return finish_reply(std::move(text));
  }
};

struct ListJoined {
  store::JoinedQuery query;
  bool nothing = false;  ///< the type filter lets no group through
  bool topics = false;
  NameFilter profile = NameFilter::none();
  NameFilter self = NameFilter::none();
  bool with_self = false;

  Result<std::string> operator()(const ReadSources& sources) const;

 private:
  void write_item(JsonText& text, const store::JoinedGroup& joined) const;
};

void ListJoined::write_item(JsonText& text, const store::JoinedGroup& joined) const {
  text.open_object().member("GroupId", joined.group.key.group.view());
  if (topics) {
    // Said without a filter; GrossTopicNextMsgSeq is 1 + the messages of all topics: none (3.3).
    text.member("Type", to_string(joined.group.type)).member("SupportTopic", 1);
    text.member("GrossTopicNextMsgSeq", 1);
  }
  write_group_profile(text, joined.group, profile);
  if (topics || with_self) {
    const community::Member& member = joined.member;
    text.open_object("SelfInfo");
    if (self.wants("Role")) text.member("Role", to_string(member.role));
    if (self.wants("JoinTime")) text.member("JoinTime", member.join_time_s);
    if (self.wants("MsgFlag")) text.member("MsgFlag", member.msg_flag);
    if (self.wants("MsgSeq")) text.member("MsgSeq", member.msg_seq);
    if (self.wants("UnreadMsgNum")) text.member("UnreadMsgNum", member.unread_msg_num);
    if (topics) text.member("GrossTopicReadSeq", 0);
    text.close_object();
  }
  text.close_object();
}

Result<std::string> ListJoined::operator()(const ReadSources& sources) const {
  View view(sources.now_ms, sources.random);
  community::Needs needs;
  needs.accounts.push_back(query.account);
  TRY_VOID(sources.community.read(needs, view));
  TRY_VOID(community::check_imported(view, "Member_Account", query.account));
  store::JoinedPage page;
  if (!nothing) {
    TRY(page, sources.community.joined(query));
  }
  JsonText text = begin_reply("ok");
  text.member("TotalCount", page.total).open_array("GroupIdList");
  for (const store::JoinedGroup& joined : page.groups) {
    write_item(text, joined);
    if (text.too_large()) return reply_too_large("set Limit and Offset");
  }
  text.close_array();
  return finish_reply(std::move(text));
}

/// Names that a caller asked for and that are written anyway are not written twice.
std::optional<std::vector<std::string>> without(std::optional<std::vector<std::string>> names,
                                                std::initializer_list<std::string_view> written) {
  if (names) {
    std::erase_if(*names, [written](const std::string& name) {
      return std::find(written.begin(), written.end(), name) != written.end();
    });
  }
  return names;
}

Result<void> read_joined_filter(const Fields& fields, ListJoined& list) {
  TRY(const auto filter, fields.maybe_object("ResponseFilter"));
  if (!filter) return {};
  TRY(auto profile, filter->maybe_texts("GroupBaseInfoFilter"));
  TRY(auto self, filter->maybe_texts("SelfInfoFilter"));
  if (list.topics) profile = without(std::move(profile), {"Type", "SupportTopic"});
  if (profile) list.profile = NameFilter(std::move(profile));
  list.with_self = self.has_value();
  if (self) list.self = NameFilter(std::move(self));
  return {};
}

}  // namespace

Result<Call> get_group_info(const CallContext& context) {
  const Fields& fields = context.fields;
  GetGroupInfo query;
  query.app = context.app->id;
  TRY(query.asked, fields.texts("GroupIdList"));
  TRY_VOID(read_info_filter(fields, query));
  if (query.asked.empty() || query.asked.size() > community::kGroupInfoQuery) {
    return fields.bad("GroupIdList", "names " + std::to_string(query.asked.size()) +
                                         " groups; 1 to " +
                                         std::to_string(community::kGroupInfoQuery) +
                                         " are allowed in one request");
  }
  return Read(std::move(query));
}

Result<Call> get_appid_group_list(const CallContext& context) {
  const Fields& fields = context.fields;
  ListGroups query;
  query.app = context.app->id;
  TRY(const auto limit, fields.maybe_integer("Limit", 1, kMaxGroupPage));
  TRY(const auto next, fields.maybe_integer("Next", 0, kAnyInteger));
  TRY(query.filter, read_type(fields));
  query.limit = static_cast<std::size_t>(limit.value_or(kMaxGroupPage));
  query.after = next.value_or(0);
  return Read(std::move(query));
}

Result<Call> get_joined_group_list(const CallContext& context) {
  const Fields& fields = context.fields;
  ListJoined list;
  TRY(const TypeFilter filter, read_type(fields));
  TRY(list.topics, fields.flag("SupportTopic"));
  if (filter.type == GroupType::community || list.topics) {
    TRY_VOID(community::check_communities_on(*context.app));
  }
  if (list.topics) {
    TRY_VOID(community::check_topics_on(*context.app));
  }
  TRY(auto user, fields.account("Member_Account"));
  TRY(list.query.with_av_chat_rooms, fields.flag("WithHugeGroups"));
  TRY_VOID(fields.flag("WithNoActiveGroups"));  // every Private group of ours is active
  TRY(const auto limit, fields.maybe_integer("Limit", 1, kMaxJoinedPage));
  TRY(const auto offset, fields.maybe_integer("Offset", 0, kAnyInteger));
  TRY_VOID(read_joined_filter(fields, list));
  if (list.topics && (filter.nothing || filter.type.value_or(GroupType::community) !=
                                            GroupType::community)) {
    return fields.bad(kGroupType, "must be Community, or absent, when SupportTopic is 1");
  }
  list.query.account = {context.app->id, std::move(user)};
  list.query.type = list.topics ? GroupType::community : filter.type;
  list.query.support_topic = list.topics;
  if (filter.type == GroupType::av_chat_room) list.query.with_av_chat_rooms = true;
  list.nothing = filter.nothing;
  if (limit) list.query.limit = static_cast<std::size_t>(*limit);
  list.query.offset = static_cast<std::size_t>(offset.value_or(0));
  return Read(std::move(list));
}

}  // namespace tidings::backend::rest
