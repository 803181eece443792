/// What the mirror holds of groups that a source was asked for, beside what that said.
///
/// Errors: those of the reader. Threads: these block: for a pool's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "receiver/missed.h"
#include "receiver/source_state.h"
#include "store/mirror_store.h"

namespace tidings::receiver {

/// `none`: the mirror never heard of it.
using MirrorGroups = std::vector<std::optional<store::MirrorGroup>>;
/// In the order of `ids`.
[[nodiscard]] Result<MirrorGroups> read_groups(store::MirrorReader& reader, SdkAppId app,
                                               const std::vector<GroupId>& ids);

/// Those that live and die with the group, tombstones included.
[[nodiscard]] Result<std::vector<store::MirrorTopic>> read_topics(store::MirrorReader& reader,
                                                                  SdkAppId app,
                                                                  const GroupId& group);

struct ComparedTopics {
  std::vector<Missed> missed;
  bool all = false;  ///< topics were told of
};
/// `there`, `ended_ms`: as for compare_topics(), and what cannot be is not taken for true
/// (source_doubt.h).
[[nodiscard]] Result<ComparedTopics> compare_with_mirror(store::MirrorReader& reader, SdkAppId app,
                                                         const SourceGroup& group,
                                                         std::vector<SourceTopic> there,
                                                         std::int64_t ended_ms, std::int64_t now_s);

}  // namespace tidings::receiver
