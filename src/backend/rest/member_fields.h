/// Reading the MemberList of create_group, add_group_member and import_group_member.
#pragma once

#include <vector>

#include "backend/rest/request_fields.h"
#include "community/command.h"

namespace tidings::backend::rest {

/// {Member_Account, Role, JoinTime, UnreadMsgNum, AppMemberDefinedData} each.
Result<std::vector<community::NewMember>> read_new_members(const std::vector<Fields>& items);

}  // namespace tidings::backend::rest
