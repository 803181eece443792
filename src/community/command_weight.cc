#include "community/command_weight.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "community/limits.h"

namespace tidings::community {
namespace {

/// All topics of a community that has as many as it may.
constexpr std::size_t kRowsOfGroup = static_cast<std::size_t>(kTopicsPerGroup);
constexpr std::size_t kMembershipsOfAccount = 10;

/// A longer list is refused without a look at its items.
template <class T>
std::size_t cut(const std::vector<T>& list, std::size_t limit) {
  return std::min(list.size(), limit);
}

struct RowsOfLists {
  std::size_t operator()(const DestroyTopics& command) const {
    return command.all ? kRowsOfGroup : cut(command.topic_ids, kDestroyTopics);
  }
  std::size_t operator()(const CreateGroup& command) const {
    return cut(command.members, kCreateMembersByClient);
  }
  std::size_t operator()(const AddMembers& command) const {
    return cut(command.members, kAddMembers);
  }
  std::size_t operator()(const DeleteMembers& command) const {
    return cut(command.users, kDeleteMembers);
  }
  std::size_t operator()(const MuteMembers& command) const {
    return cut(command.users, kMuteMembers);
  }
  std::size_t operator()(const ImportAccounts& command) const {
    return cut(command.users, kAccountsBatch);
  }
  std::size_t operator()(const DeleteAccounts& command) const {
    return cut(command.users, kAccountsBatch) * (1 + kMembershipsOfAccount);
  }
  std::size_t operator()(const PutApp& command) const {
    return cut(command.app.admins, kAdminsPerApp);
  }
  // They share a batch with nobody and pace themselves: an operator shall not wait behind them.
  std::size_t operator()(const PurgeEvents&) const { return 0; }
  std::size_t operator()(const PurgeDeleted&) const { return 0; }
  // What names a group, a topic or a user, and no list of them. What was in a group goes afterwards.
  std::size_t operator()(const DestroyGroup&) const { return 0; }
  std::size_t operator()(const CreateTopic&) const { return 0; }
  std::size_t operator()(const ModifyTopic&) const { return 0; }
  std::size_t operator()(const ModifyGroup&) const { return 0; }
  std::size_t operator()(const JoinGroup&) const { return 0; }
  std::size_t operator()(const QuitGroup&) const { return 0; }
  std::size_t operator()(const ModifyMember&) const { return 0; }
  std::size_t operator()(const ChangeOwner&) const { return 0; }
  std::size_t operator()(const DeleteApp&) const { return 0; }
};

}  // namespace

SdkAppId asking_app(const Command& command) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.caller; }) {
          return one.caller.app;
        } else {
          return SdkAppId{};
        }
      },
      command);
}

std::size_t weight_of(const Command& command) { return 1 + std::visit(RowsOfLists{}, command); }

}  // namespace tidings::community
