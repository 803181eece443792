#include "store_sqlite/mirror_rows.h"

#include <algorithm>

#include "store_sqlite/inbox_key_column.h"
#include "store_sqlite/mirror_codec.h"

namespace tidings::sqlite {
namespace {

SdkAppId app_of(const Rows& rows, int column) {
  return SdkAppId{static_cast<std::uint32_t>(rows.integer(column))};
}

std::string text_of(const Rows& rows, int column) { return std::string(rows.text(column)); }

}  // namespace

Result<store::MirrorTopic> read_mirror_topic(const Rows& rows) {
  store::MirrorTopic topic;
  topic.row = rows.integer(0);
  topic.app = app_of(rows, 1);
  topic.topic = TopicId{rows.text(2)};
  topic.group = GroupId{rows.text(3)};
  topic.group_mismatch = rows.integer(4) != 0;
  topic.updated_ms = rows.integer(5);
  TRY_VOID(decode_stamps(rows.text(6), {&topic.seen, &topic.created, &topic.destroyed,
                                        &topic.name.stamp, &topic.introduction.stamp,
                                        &topic.notification.stamp, &topic.face_url.stamp}));
  topic.type = text_of(rows, 7);
  topic.owner = UserId{rows.text(8)};
  topic.operator_account = UserId{rows.text(9)};
  topic.name.value = text_of(rows, 10);
  topic.introduction.value = text_of(rows, 11);
  topic.notification.value = text_of(rows, 12);
  topic.face_url.value = text_of(rows, 13);
  topic.user_defined_data = text_of(rows, 14);
  return topic;
}

bool is_mirror_topic_of(const Rows& rows, SdkAppId app, std::int64_t updated_ms) {
  return app_of(rows, 1) == app && rows.integer(5) == updated_ms;
}

std::string topic_stamps(const store::MirrorTopic& topic) {
  return encode_stamps({&topic.seen, &topic.created, &topic.destroyed, &topic.name.stamp,
                        &topic.introduction.stamp, &topic.notification.stamp,
                        &topic.face_url.stamp});
}

Result<store::MirrorGroup> read_mirror_group(const Rows& rows) {
  store::MirrorGroup group;
  group.row = rows.integer(0);
  group.app = app_of(rows, 1);
  group.group = GroupId{rows.text(2)};
  group.updated_ms = rows.integer(3);
  TRY_VOID(decode_stamps(
      rows.text(4),
      {&group.created, &group.destroyed, &group.owner.stamp, &group.name.stamp,
       &group.introduction.stamp, &group.notification.stamp, &group.face_url.stamp, &group.members,
       &group.full, &group.reread}));
  group.type = text_of(rows, 5);
  group.operator_account = UserId{rows.text(6)};
  group.owner.value = text_of(rows, 7);
  group.name.value = text_of(rows, 8);
  group.introduction.value = text_of(rows, 9);
  group.notification.value = text_of(rows, 10);
  group.face_url.value = text_of(rows, 11);
  group.user_defined_data = text_of(rows, 12);
  if (!rows.is_null(13)) group.initial_members = rows.integer(13);
  group.member_change = rows.integer(14);
  return group;
}

std::string group_stamps(const store::MirrorGroup& group) {
  return encode_stamps({&group.created, &group.destroyed, &group.owner.stamp, &group.name.stamp,
                        &group.introduction.stamp, &group.notification.stamp,
                        &group.face_url.stamp, &group.members, &group.full, &group.reread});
}

store::MirrorTally read_mirror_tally(const Rows& rows) {
  return {rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4),
          rows.integer(5), rows.integer(6), rows.integer(7)};
}

Result<store::MirrorSequences> read_mirror_sequences(const Rows& rows) {
  TRY(const auto beyond, decode_ranges(rows.text(2)));
  store::MirrorSequences row;
  row.have = store::SequenceSet(rows.integer(1), beyond);
  row.filled = rows.integer(3);
  row.gone = rows.integer(4);
  row.renumbered = rows.integer(6);
  row.renumbered_to = rows.integer(7);
  row.used_twice = rows.integer(8);
  if (rows.is_null(5)) {
    row.given_up = store::SequenceSet(row.have.contiguous(), {});
  } else {
    TRY(const auto given_up, decode_ranges(rows.text(5)));
    row.given_up = store::SequenceSet(0, given_up);
  }
  return row;
}

std::string given_up_ranges(const store::MirrorSequences& row) {
  std::vector<store::SequenceRange> ranges;
  if (row.given_up.contiguous() > 0) ranges.push_back({1, row.given_up.contiguous()});
  const auto& beyond = row.given_up.beyond();
  ranges.insert(ranges.end(), beyond.begin(), beyond.end());
  return encode_ranges(ranges);
}

store::InboxEntry read_inbox_entry(const Rows& rows) {
  store::InboxEntry entry;
  entry.id = rows.integer(0);
  entry.app = app_of(rows, 1);
  entry.command = text_of(rows, 2);
  entry.group = GroupId{rows.text(3)};
  entry.received_ms = rows.integer(4);
  entry.event_time_ms = rows.integer(5);
  entry.sequence = rows.integer(6);
  entry.request_id = text_of(rows, 7);
  entry.client_ip = text_of(rows, 8);
  entry.opt_platform = text_of(rows, 9);
  entry.key = key_of(rows.text(10));
  entry.body = text_of(rows, 11);
  entry.target = text_of(rows, 12);
  entry.via = static_cast<store::InboxVia>(std::clamp<std::int64_t>(rows.integer(13), 0, 2));
  return entry;
}

}  // namespace tidings::sqlite
