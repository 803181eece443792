/// One overload per command: what decide() and admit() dispatch to. Each pair shares one check
/// function in its .cc, so that what is asked before the callback and what is decided after it
/// cannot drift apart.
///
/// apply(): first every check, reading only; then the changes, which cannot fail.
#pragma once

#include <optional>

#include "base/result.h"
#include "community/decide.h"

namespace tidings::community {

// decide_topic.cc
Result<Reply> apply(const CreateTopic& command, View& view);
Result<std::optional<Question>> question(const CreateTopic& command, const View& view);
Result<Reply> apply(const ModifyTopic& command, View& view);
Result<Reply> apply(const DestroyTopics& command, View& view);

// decide_create_group.cc
Result<Reply> apply(const CreateGroup& command, View& view);
Result<std::optional<Question>> question(const CreateGroup& command, const View& view);

// decide_group.cc
Result<Reply> apply(const ModifyGroup& command, View& view);
Result<Reply> apply(const DestroyGroup& command, View& view);
Result<Reply> apply(const ChangeOwner& command, View& view);

// decide_join.cc
Result<Reply> apply(const AddMembers& command, View& view);
Result<std::optional<Question>> question(const AddMembers& command, const View& view);
Result<Reply> apply(const JoinGroup& command, View& view);
Result<std::optional<Question>> question(const JoinGroup& command, const View& view);

// decide_leave.cc
Result<Reply> apply(const QuitGroup& command, View& view);
Result<Reply> apply(const DeleteMembers& command, View& view);

// decide_member.cc
Result<Reply> apply(const ModifyMember& command, View& view);
Result<Reply> apply(const MuteMembers& command, View& view);

// decide_account.cc
Result<Reply> apply(const ImportAccounts& command, View& view);
Result<Reply> apply(const DeleteAccounts& command, View& view);

// decide_app.cc
Result<Reply> apply(const PutApp& command, View& view);
Result<Reply> apply(const DeleteApp& command, View& view);
Result<Reply> apply(const PurgeEvents& command, View& view);
Result<Reply> apply(const PurgeDeleted& command, View& view);

}  // namespace tidings::community
