/// Columns to rows and back for the receiver's tables. The column lists and the functions below
/// them belong together: an index into one is an index into the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/mirror_rows.h"
#include "store_sqlite/statement.h"

namespace tidings::sqlite {

inline constexpr std::string_view kMirrorTopicColumns =
    "row, app, topic, grp, mismatch, updated_ms, stamps, type, owner, operator, name, "
    "introduction, notification, face_url, user_defined_data";
inline constexpr int kMirrorTopicColumnCount = 15;
Result<store::MirrorTopic> read_mirror_topic(const Rows& rows);
[[nodiscard]] bool is_mirror_topic_of(const Rows& rows, SdkAppId app, std::int64_t updated_ms);

inline constexpr std::string_view kMirrorGroupColumns =
    "row, app, grp, updated_ms, stamps, type, operator, owner, name, introduction, notification, "
    "face_url, user_defined_data, initial_members, member_change";
Result<store::MirrorGroup> read_mirror_group(const Rows& rows);

inline constexpr std::string_view kMirrorTallyColumns =
    "app, accepted, duplicates, max_sequence, topics, topic_tombstones, groups, group_tombstones";
store::MirrorTally read_mirror_tally(const Rows& rows);

inline constexpr std::string_view kMirrorSequenceColumns =
    "app, contiguous, beyond, filled, gone, given_up, renumbered, renumbered_to, used_twice";
Result<store::MirrorSequences> read_mirror_sequences(const Rows& rows);
[[nodiscard]] std::string given_up_ranges(const store::MirrorSequences& row);

inline constexpr std::string_view kInboxColumns =
    "id, app, command, grp, received_ms, event_time_ms, sequence, request_id, client_ip, "
    "opt_platform, key, body, target, via";
store::InboxEntry read_inbox_entry(const Rows& rows);

[[nodiscard]] std::string topic_stamps(const store::MirrorTopic& topic);
[[nodiscard]] std::string group_stamps(const store::MirrorGroup& group);

}  // namespace tidings::sqlite
