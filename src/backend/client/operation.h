/// What a logged-in client may ask (protocol 9.1): one function per operation, from `args` to
/// `data`. Writes become a Command and go through Service::execute, where the permission rules are
/// decided for a caller that is no app admin; reads check membership here, where the protocol
/// reserves them for members (3.3, 3.4).
///
/// Errors: the protocol's codes; 10004 names the argument. Durability: a write answers after its
/// commit. Threads: on the session's lane.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "backend/client/arguments.h"
#include "backend/service.h"
#include "base/result.h"
#include "community/command.h"
#include "community/view.h"

namespace tidings::backend {

/// Who asks, and the app as it was when the frame arrived. Copied into the operation.
struct OperationContext {
  Service* service = nullptr;
  community::AppPtr app;
  community::Caller caller;

  [[nodiscard]] community::GroupKey group_key(const std::string& group) const {
    return {caller.app, GroupId(group)};
  }
  [[nodiscard]] community::AccountKey account() const { return {caller.app, caller.user}; }
};

using OperationAnswer = Result<boost::json::value>;
using Operation = runtime::awaitable<OperationAnswer> (*)(OperationContext, boost::json::object);

/// nullptr: no such operation. login, logout and ping belong to the session.
Operation find_operation(std::string_view name);
/// All of them with the session's own, separated by ", ", for people.
std::string operation_names();

// Shared by the operations' files.
namespace operation {

using runtime::awaitable;
using Snapshot = std::shared_ptr<community::View>;

/// Committed rows that `needs` names, read on the reader pool. With all_topics, the caller's own
/// mutes in those topics are loaded as well.
awaitable<Result<Snapshot>> read_rows(OperationContext context, community::Needs needs);
/// The group as the caller sees it; 10015 and 10010.
awaitable<OperationAnswer> read_group(OperationContext context, std::string group,
                                      std::vector<std::string> only_fields);

/// Communities and topics are switched on, else 11000.
Result<void> topics_on(const community::App& app);
/// A group id that may exist, else 10015.
Result<void> check_group_id(const std::string& group);
/// The group and the caller's membership; 10010, 10007.
struct GroupAndSelf {
  const community::Group* group = nullptr;
  const community::Member* self = nullptr;
};
Result<GroupAndSelf> as_member(const OperationContext& context, const community::View& view,
                               const std::string& group);

awaitable<OperationAnswer> create_group(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> join_group(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> quit_group(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> dismiss_group(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> get_group_profile(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> update_group_profile(OperationContext context,
                                                boost::json::object args);
awaitable<OperationAnswer> change_group_owner(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> get_joined_communities(OperationContext context,
                                                  boost::json::object args);

awaitable<OperationAnswer> get_group_members(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> add_group_members(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> delete_group_members(OperationContext context,
                                                boost::json::object args);
awaitable<OperationAnswer> set_group_member_role(OperationContext context,
                                                 boost::json::object args);

awaitable<OperationAnswer> set_group_member_mute_time(OperationContext context,
                                                      boost::json::object args);
awaitable<OperationAnswer> set_group_member_name_card(OperationContext context,
                                                      boost::json::object args);
awaitable<OperationAnswer> set_group_member_custom_field(OperationContext context,
                                                         boost::json::object args);

awaitable<OperationAnswer> create_topic(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> update_topic(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> delete_topics(OperationContext context, boost::json::object args);
awaitable<OperationAnswer> get_topics(OperationContext context, boost::json::object args);

}  // namespace operation
}  // namespace tidings::backend
