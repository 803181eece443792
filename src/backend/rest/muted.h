/// Who is muted in a group or topic, for the calls that show it.
#pragma once

#include <map>

#include "base/result.h"
#include "store/store.h"

namespace tidings::backend::rest {

/// User to the moment the mute ends, as stored; ended ones may be among them. `topic` empty: the
/// mutes of the group itself.
Result<std::map<UserId, std::int64_t>> muted_users(store::CommunityReader& reader,
                                                   const community::GroupKey& group,
                                                   const TopicId& topic);

}  // namespace tidings::backend::rest
