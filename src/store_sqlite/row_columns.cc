#include "store_sqlite/row_columns.h"

#include <string>

#include "store_sqlite/compact_id.h"
#include "store_sqlite/field_blob.h"

namespace tidings::sqlite {
namespace {

/// Reads the columns from `at` on, one after the other.
class Reader {
 public:
  Reader(const Rows& rows, int at) : rows_(rows), at_(at) {}
  std::string text() { return std::string{rows_.text(at_++)}; }
  std::int64_t integer() { return rows_.integer(at_++); }
  bool boolean() { return integer() != 0; }
  template <class E>
  E enumerator() {
    return static_cast<E>(integer());
  }
  Result<community::FieldValues> fields() { return read_fields(rows_.text(at_++)); }

 private:
  const Rows& rows_;
  int at_;
};

}  // namespace

Result<community::Group> read_group(const Rows& rows, int at, SdkAppId app) {
  Reader reader{rows, at};
  community::Group group;
  group.key = {app, GroupId{reader.text()}};
  group.row = reader.integer();
  group.type = reader.enumerator<GroupType>();
  group.name = reader.text();
  group.introduction = reader.text();
  group.notification = reader.text();
  group.face_url = reader.text();
  group.owner = UserId{reader.text()};
  group.create_time_s = reader.integer();
  group.info_seq = reader.integer();
  group.last_info_time_s = reader.integer();
  group.last_msg_time_s = reader.integer();
  group.next_msg_seq = reader.integer();
  group.max_member_num = reader.integer();
  group.apply_join = reader.enumerator<community::JoinOption>();
  group.mute_all = reader.boolean();
  group.support_topic = reader.boolean();
  TRY(group.fields, reader.fields());
  group.member_num = reader.integer();
  group.topic_num = reader.integer();
  return group;
}

Result<community::Member> read_member(const Rows& rows, int at, const community::GroupKey& group) {
  Reader reader{rows, at};
  community::Member member;
  member.key = {group, UserId{reader.text()}};
  member.role = reader.enumerator<community::Role>();
  member.join_time_s = reader.integer();
  member.msg_seq = reader.integer();
  member.msg_flag = reader.text();
  member.last_send_msg_time_s = reader.integer();
  member.name_card = reader.text();
  member.unread_msg_num = reader.integer();
  TRY(member.fields, reader.fields());
  return member;
}

Result<community::Topic> read_topic(const Rows& rows, const community::GroupKey& group) {
  const CompactTopicId id = rows.is_integer(0) ? CompactTopicId{rows.integer(0)}
                                               : CompactTopicId{std::string{rows.text(0)}};
  Reader reader{rows, 1};
  community::Topic topic;
  topic.key = {group, expand(group.group, id)};
  topic.name = reader.text();
  topic.introduction = reader.text();
  topic.notification = reader.text();
  topic.face_url = reader.text();
  topic.custom_string = reader.text();
  topic.mute_all = reader.boolean();
  topic.create_time_s = reader.integer();
  topic.last_msg_time_s = reader.integer();
  topic.next_msg_seq = reader.integer();
  topic.creator = UserId{reader.text()};
  TRY(topic.fields, reader.fields());
  return topic;
}

}  // namespace tidings::sqlite
