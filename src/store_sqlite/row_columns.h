/// The columns of each kind of row, in one order, and how they become values. Whoever selects
/// k...Columns reads them with the function beside it.
///
/// Errors: Errc::corrupt for custom fields that make no sense.
#pragma once

#include "base/result.h"
#include "community/rows.h"
#include "store_sqlite/statement.h"

namespace tidings::sqlite {

/// A condition in statements whose first parameter is the app: rows of one that was deleted may still be
/// there (schema.cc, "deleted apart").
#define TIDINGS_NOT_DELETED "NOT EXISTS(SELECT 1 FROM deleted_app WHERE sdkappid = ?1)"

/// Of `grp AS g JOIN grp_count AS c USING(row)`; the log of counts may know better (group_counts.h).
#define TIDINGS_GROUP_COLUMNS                                                                  \
  "g.group_id, g.row, g.type, g.name, g.introduction, g.notification, g.face_url, g.owner, "   \
  "g.create_time_s, g.info_seq, g.last_info_time_s, g.last_msg_time_s, g.next_msg_seq, "       \
  "g.max_member_num, g.apply_join, g.mute_all, g.support_topic, g.fields, c.member_num, "      \
  "c.topic_num"
inline constexpr int kGroupColumns = 20;
Result<community::Group> read_group(const Rows& rows, int at, SdkAppId app);

/// Of `member AS m`.
#define TIDINGS_MEMBER_COLUMNS                                                            \
  "m.user, m.role, m.join_time_s, m.msg_seq, m.msg_flag, m.last_send_msg_time_s, "        \
  "m.name_card, m.unread_msg_num, m.fields, m.joined"
inline constexpr int kMemberColumns = 10;
inline constexpr int kMemberJoinedColumn = 9;  ///< of them: the place in the order of joining
Result<community::Member> read_member(const Rows& rows, int at, const community::GroupKey& group);

/// Of `topic AS t`.
#define TIDINGS_TOPIC_COLUMNS                                                                 \
  "coalesce(t.id, t.row), t.name, t.introduction, t.notification, t.face_url, "               \
  "t.custom_string, t.mute_all, t.create_time_s, t.last_msg_time_s, t.next_msg_seq, "         \
  "t.creator, t.fields"
/// A common table expression `chain(row)`: the topics of groups, each group's newest first. `newest`
/// selects the rows it begins with.
#define TIDINGS_TOPIC_CHAIN(newest)                                                           \
  "chain(row) AS (" newest                                                                    \
  " UNION ALL SELECT p.previous FROM chain CROSS JOIN topic p ON p.row = chain.row "          \
  "WHERE p.previous IS NOT NULL) "
Result<community::Topic> read_topic(const Rows& rows, const community::GroupKey& group);

}  // namespace tidings::sqlite
