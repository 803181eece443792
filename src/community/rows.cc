#include "community/rows.h"

namespace tidings::community {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::member:
      return "Member";
    case Role::admin:
      return "Admin";
    case Role::owner:
      return "Owner";
  }
  return "Member";
}

std::string_view to_string(JoinOption option) {
  switch (option) {
    case JoinOption::free_access:
      return "FreeAccess";
    case JoinOption::need_permission:
      return "NeedPermission";
    case JoinOption::disable_apply:
      return "DisableApply";
  }
  return "NeedPermission";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::member, Role::admin, Role::owner}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

std::optional<JoinOption> parse_join_option(std::string_view text) {
  for (const JoinOption option :
       {JoinOption::free_access, JoinOption::need_permission, JoinOption::disable_apply}) {
    if (text == to_string(option)) return option;
  }
  return std::nullopt;
}

}  // namespace tidings::community
