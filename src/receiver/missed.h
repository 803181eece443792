/// What callbacks did not tell: the differences between what a source has and what the mirror holds, each
/// as the callback that would have told it.
///
/// What no REST answer says is left out: who did it, custom fields, who the first members were. A
/// topic or group that callbacks never announced counts as created, an imported one too: imports are silent
/// (7.21). Texts that the mirror was never told differ from those that are not empty.
///
/// When it happened is known of a creation alone. Everything else counts as just newer than what the mirror
/// holds: so whatever is told later wins, and no clock is compared with another one.
///
/// Pure. Threads: plain values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "receiver/mirror_apply.h"
#include "receiver/missed_kind.h"
#include "receiver/source_state.h"

namespace tidings::receiver {

struct Missed {
  MissedKind kind = MissedKind::topic_created;
  GroupId group;
  TopicId topic;        ///< empty: it is about the group
  CallbackValue value;  ///< without EventTime
  std::int64_t at_ms = 0;  ///< EventTime; 0: nothing of the object has one

  /// The same difference, whenever it is looked at.
  [[nodiscard]] bool is_same(const Missed& other) const {
    return kind == other.kind && value == other.value;
  }
};

/// `here`: nullptr: the mirror never heard of it.
void compare_group(const SourceGroup& there, const store::MirrorGroup* here,
                   std::vector<Missed>& found);
/// `here`: the topics that live and die with this group (store::parent_of), tombstones included; `there`:
/// all of its topics, of which those are passed over whose TopicId names another group; `ended_ms`:
/// when an earlier group of this id ended, 0 where there was none.
void compare_topics(const SourceGroup& group, std::span<const SourceTopic> there,
                    std::span<const store::MirrorTopic> here, std::int64_t ended_ms,
                    std::vector<Missed>& found);
/// The source has no such group, and the mirror has it alive. Its topics go with it, so that its end
/// is newer than what the mirror holds of any of them; `topics`: as for compare_topics().
void group_is_gone(const store::MirrorGroup& here, std::span<const store::MirrorTopic> topics,
                   std::vector<Missed>& found);

/// A group or a topic ends with it.
[[nodiscard]] bool destroys(MissedKind kind);
/// Those of `now` that were there before, the same.
[[nodiscard]] std::vector<Missed> still_missed(const std::vector<Missed>& before,
                                               const std::vector<Missed>& now);

/// As the inbox takes it, marked `via: reconciliation`.
[[nodiscard]] Callback callback_of(const Missed& missed, SdkAppId app, std::int64_t now_ms);

}  // namespace tidings::receiver
