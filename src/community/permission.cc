#include "community/permission.h"

#include <array>
#include <string>

#include "community/code.h"

namespace tidings::community {
namespace {

/// The least a caller has to be. Each level grants everything to those after it, up to `nobody`.
enum class Least { member, admin, owner, app_admin, nobody };
using enum Least;

struct Rule {
  std::string_view verb;
  std::array<Least, 5> by_type;  // Private, Public, ChatRoom, AVChatRoom, Community
};

// In the order of Action.
constexpr std::array<Rule, kActionCount> kRules = {{
    {"change the profile of the group", {member, admin, owner, owner, admin}},
    {"change the settings of the group", {admin, admin, admin, admin, admin}},
    {"change MaxMemberNum", {app_admin, app_admin, app_admin, app_admin, app_admin}},
    {"dissolve the group", {app_admin, owner, owner, owner, owner}},
    {"set the role of a member", {nobody, owner, owner, nobody, owner}},
    {"hand the group to another owner", {owner, owner, owner, owner, owner}},
    {"remove members", {owner, admin, admin, nobody, admin}},
    {"mute members", {nobody, admin, admin, owner, admin}},
    {"add members", {member, app_admin, app_admin, nobody, member}},
    {"create, change or delete topics", {nobody, nobody, nobody, nobody, admin}},
}};

const Rule& rule_of(Action action) { return kRules[static_cast<std::size_t>(action)]; }

Least least(GroupType type, Action action) {
  return rule_of(action).by_type[static_cast<std::size_t>(type)];
}

Least rank(const Standing& standing) {
  if (standing.app_admin) return app_admin;
  switch (*standing.role) {
    case Role::member:
      return member;
    case Role::admin:
      return admin;
    case Role::owner:
      return owner;
  }
  return member;
}

std::string_view who(Least level) {
  switch (level) {
    case member:
      return "members";
    case admin:
      return "its owner and admins";
    case owner:
      return "its owner";
    case app_admin:
      return "an app admin";
    case nobody:
      break;
  }
  return "nobody";
}

}  // namespace

Standing standing_of(const App& app, const Caller& caller, const Member* member) {
  Standing standing;
  standing.app_admin = caller.app_admin || app.is_admin(caller.user.view());
  if (member != nullptr) standing.role = member->role;
  return standing;
}

FieldLevel level_of(const Standing& standing) {
  if (standing.app_admin) return FieldLevel::app_admin;
  if (!standing.role) return FieldLevel::anyone;
  switch (*standing.role) {
    case Role::member:
      return FieldLevel::member;
    case Role::admin:
      return FieldLevel::admin;
    case Role::owner:
      return FieldLevel::owner;
  }
  return FieldLevel::anyone;
}

bool supports(GroupType type, Action action) { return least(type, action) != nobody; }

bool may(GroupType type, Action action, const Standing& standing) {
  if (!standing.app_admin && !standing.role) return false;
  return rank(standing) >= least(type, action);
}

bool reaches(const Standing& standing, Role target) {
  return standing.app_admin || (standing.role && *standing.role > target);
}

bool owner_may_leave(GroupType type) { return type == GroupType::private_group; }

bool has_admins(GroupType type) {
  return type != GroupType::private_group && type != GroupType::av_chat_room;
}

Result<void> check_may(GroupType type, Action action, const Standing& standing) {
  if (may(type, action, standing)) return {};
  std::string what{rule_of(action).verb};
  what += ": in a group of type ";
  what += to_string(type);
  const Least needed = least(type, action);
  if (needed == nobody) {
    what += " that is not possible";
  } else {
    what += " only ";
    what += who(needed);
    what += " may; you are ";
    what += standing.role ? to_string(*standing.role) : std::string_view{"not a member"};
  }
  return refuse(code::kNotPermitted, std::move(what));
}

Result<void> check_reaches(Action action, const Standing& standing, const UserId& target,
                           Role target_role) {
  if (reaches(standing, target_role)) return {};
  std::string what{rule_of(action).verb};
  what += ": '" + target.str() + "' is ";
  what += to_string(target_role);
  what += "; only those of a higher role may";
  return refuse(code::kNotPermitted, std::move(what));
}

}  // namespace tidings::community
