/// When mutes end, for the calls that show members.
#pragma once

#include <vector>

#include "base/result.h"
#include "community/view.h"
#include "store/store.h"

namespace tidings::backend::rest {

/// Reads the mutes of these members in their group into `view`, and no others: a mute outlives its
/// membership, so a group may have more of them than members.
Result<void> read_mutes(store::CommunityReader& reader,
                        const std::vector<community::Member>& members, community::View& view);

/// The moment the member's mute ends, as stored; 0: there is none. REQUIRES: it was read.
[[nodiscard]] std::int64_t muted_until(const community::View& view,
                                       const community::Member& member);

}  // namespace tidings::backend::rest
