#include "backend/client/operation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "backend/client/names.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;

struct Entry {
  std::string_view name;
  Operation run;
};

constexpr std::array kOperations = {
    Entry{"createGroup", operation::create_group},
    Entry{"joinGroup", operation::join_group},
    Entry{"quitGroup", operation::quit_group},
    Entry{"dismissGroup", operation::dismiss_group},
    Entry{"getGroupProfile", operation::get_group_profile},
    Entry{"updateGroupProfile", operation::update_group_profile},
    Entry{"changeGroupOwner", operation::change_group_owner},
    Entry{"getJoinedCommunityList", operation::get_joined_communities},
    Entry{"getGroupMemberList", operation::get_group_members},
    Entry{"addGroupMember", operation::add_group_members},
    Entry{"deleteGroupMember", operation::delete_group_members},
    Entry{"setGroupMemberRole", operation::set_group_member_role},
    Entry{"setGroupMemberMuteTime", operation::set_group_member_mute_time},
    Entry{"setGroupMemberNameCard", operation::set_group_member_name_card},
    Entry{"setGroupMemberCustomField", operation::set_group_member_custom_field},
    Entry{"createTopicInCommunity", operation::create_topic},
    Entry{"updateTopicProfile", operation::update_topic},
    Entry{"deleteTopicFromCommunity", operation::delete_topics},
    Entry{"getTopicList", operation::get_topics},
};

/// Runs on the pool; owns what it needs, as the session may be gone before it ends.
struct ReadRows {
  store::CommunityReader& reader;
  std::int64_t now_ms;
  Random& random;
  UserId user;
  community::Needs needs;

  Result<operation::Snapshot> operator()() const {
    auto view = std::make_shared<community::View>(now_ms, random);
    TRY_VOID(reader.read(needs, *view));
    community::Needs mutes;
    for (const auto& group : needs.all_topics) {
      for (const auto* topic : view->topics_of(group)) {
        mutes.mutes.push_back({group, topic->key.topic, user});
      }
    }
    if (!mutes.mutes.empty()) {
      TRY_VOID(reader.read(mutes, *view));
    }
    return view;
  }
};

/// A profile's custom fields, reduced to the keys that were asked for; none named: all.
void keep_fields(json::object& group, const std::vector<std::string>& only) {
  if (only.empty()) return;
  json::array kept;
  for (auto& field : group["groupCustomField"].get_array()) {
    const std::string_view key = field.get_object()["key"].get_string();
    if (std::find(only.begin(), only.end(), key) != only.end()) kept.push_back(field);
  }
  group["groupCustomField"] = std::move(kept);
}

}  // namespace

Operation find_operation(std::string_view name) {
  for (const auto& entry : kOperations) {
    if (entry.name == name) return entry.run;
  }
  return nullptr;
}

std::string operation_names() {
  std::string names = "login, logout, ping";
  for (const auto& entry : kOperations) names.append(", ").append(entry.name);
  return names;
}

namespace operation {

awaitable<Result<Snapshot>> read_rows(OperationContext context, community::Needs needs) {
  ReadRows read{context.service->community(), context.service->clock().now_ms(),
                context.service->random(), context.caller.user, std::move(needs)};
  auto view = co_await context.service->read(std::move(read));
  co_return view;
}

awaitable<OperationAnswer> read_group(OperationContext context, std::string group,
                                      std::vector<std::string> only_fields) {
  CO_TRY_VOID(check_group_id(group));
  const auto key = context.group_key(group);
  community::Needs needs;
  needs.groups.push_back(key);
  needs.members.push_back({key, context.caller.user});
  CO_TRY(const Snapshot view, co_await read_rows(context, std::move(needs)));
  const auto* row = view->group(key);
  if (row == nullptr) {
    co_return fail(Errc::not_found, "groupID: there is no group " + group, 10010);
  }
  json::object data;
  auto object = group_object(*context.app, *row, view->member({key, context.caller.user}));
  keep_fields(object, only_fields);
  data["group"] = std::move(object);
  co_return json::value(std::move(data));
}

Result<void> topics_on(const community::App& app) {
  if (app.community_on && app.topic_on) return {};
  return fail(Errc::forbidden,
              "the community and topic features are not both enabled for this app; an operator "
              "switches them on",
              11000);
}

Result<void> check_group_id(const std::string& group) {
  if (well_formed_group_id(group)) return {};
  return fail(Errc::invalid_argument, "groupID: '" + group.substr(0, 96) + "' is no group id",
              10015);
}

Result<GroupAndSelf> as_member(const OperationContext& context, const community::View& view,
                               const std::string& group) {
  const auto key = context.group_key(group);
  GroupAndSelf out;
  out.group = view.group(key);
  if (out.group == nullptr) {
    return fail(Errc::not_found, "groupID: there is no group " + group, 10010);
  }
  out.self = view.member({key, context.caller.user});
  if (out.self == nullptr) {
    return fail(Errc::forbidden, "groupID: only members of " + group + " may read this", 10007);
  }
  return out;
}

}  // namespace operation
}  // namespace tidings::backend
