#include "receiver/mirror_merge.h"

#include <initializer_list>
#include <set>

#include "store/mirror_view.h"

namespace tidings::receiver {
namespace {

using store::compare;
using store::MirrorGroup;
using store::MirrorStamp;
using store::MirrorText;
using store::MirrorTopic;

bool newer(const MirrorStamp& a, const MirrorStamp& b) { return compare(a, b) > 0; }

/// Of this life of the id: not before it began, not before or at the moment it last ended.
bool current(const MirrorStamp& stamp, const MirrorStamp& created, const MirrorStamp& destroyed) {
  return compare(stamp, created) >= 0 && newer(stamp, destroyed);
}

template <class Row>
bool obsolete(const Row& row, const MirrorStamp& stamp) {
  return !current(stamp, row.created, row.destroyed);
}

/// A create gives way to a change of the same moment.
bool set_if_newer(MirrorText& text, const std::string& value, const MirrorStamp& stamp) {
  if (!newer(stamp, text.stamp)) return false;
  text = {value, stamp};
  return true;
}

bool change_text(MirrorText& text, const std::optional<std::string>& value,
                 const MirrorStamp& stamp) {
  if (!value || compare(stamp, text.stamp) < 0) return false;
  text = {*value, stamp};
  return true;
}

template <class Row>
bool change_profile(Row& row, const ProfileChange& change, const MirrorStamp& stamp) {
  if (obsolete(row, stamp)) return false;
  bool changed = change_text(row.name, change.name, stamp);
  changed |= change_text(row.introduction, change.introduction, stamp);
  changed |= change_text(row.notification, change.notification, stamp);
  changed |= change_text(row.face_url, change.face_url, stamp);
  return changed;
}

template <class Row>
void drop_earlier_texts(Row& row, std::initializer_list<MirrorText Row::*> texts) {
  for (const auto text : texts) {
    if ((row.*text).stamp && obsolete(row, (row.*text).stamp)) row.*text = {};
  }
}

/// After a border moved: what stands before it goes.
void drop_earlier_life(MirrorTopic& topic) {
  drop_earlier_texts(topic, {&MirrorTopic::name, &MirrorTopic::introduction,
                             &MirrorTopic::notification, &MirrorTopic::face_url});
  if (topic.created && !newer(topic.created, topic.destroyed)) {
    topic.created = {};
    topic.owner = {};
    topic.operator_account = {};
    topic.user_defined_data.clear();
  }
}

void drop_earlier_life(MirrorGroup& group) {
  drop_earlier_texts(group, {&MirrorGroup::owner, &MirrorGroup::name, &MirrorGroup::introduction,
                             &MirrorGroup::notification, &MirrorGroup::face_url});
  if (group.members && obsolete(group, group.members)) {
    group.members = {};
    group.member_change = 0;
  }
  if (group.full && obsolete(group, group.full)) group.full = {};
  if (group.reread && obsolete(group, group.reread)) group.reread = {};
  if (group.created && !newer(group.created, group.destroyed)) {
    group.created = {};
    group.operator_account = {};
    group.user_defined_data.clear();
    group.initial_members.reset();
  }
}

template <class Row>
bool destroy(Row& row, const MirrorStamp& stamp) {
  if (!newer(stamp, row.destroyed)) return false;
  row.destroyed = stamp;
  drop_earlier_life(row);
  return true;
}

template <class Row>
bool begins_newer_life(const Row& row, const MirrorStamp& stamp) {
  return newer(stamp, row.created) && newer(stamp, row.destroyed);
}

}  // namespace

bool mark_seen(MirrorTopic& topic, const GroupId& given, const std::string& type,
               const MirrorStamp& stamp) {
  bool changed = false;
  if (topic.type.empty() && !type.empty()) {
    topic.type = type;
    changed = true;
  }
  if (compare(stamp, topic.seen) < 0) return changed;
  topic.seen = stamp;
  topic.group = given;
  topic.group_mismatch = store::parent_of(topic.topic, GroupId{}) != given;
  return true;
}

bool merge_created(MirrorTopic& topic, const AfterCreateTopic& body,
                   const std::string& user_defined_data, const MirrorStamp& stamp) {
  if (!begins_newer_life(topic, stamp)) return false;
  topic.created = stamp;
  topic.owner = body.owner_account;
  topic.operator_account = body.operator_account;
  topic.user_defined_data = user_defined_data;
  drop_earlier_life(topic);
  set_if_newer(topic.name, body.name, stamp);
  return true;
}

bool merge_changed(MirrorTopic& topic, const ProfileChange& change, const MirrorStamp& stamp) {
  return change_profile(topic, change, stamp);
}

bool merge_destroyed(MirrorTopic& topic, const MirrorStamp& stamp) {
  return destroy(topic, stamp);
}

bool merge_type(MirrorGroup& group, const std::string& type) {
  if (!group.type.empty() || type.empty()) return false;
  group.type = type;
  return true;
}

bool merge_created(MirrorGroup& group, const AfterCreateGroup& body,
                   const std::string& user_defined_data, const MirrorStamp& stamp) {
  if (!begins_newer_life(group, stamp)) return false;
  group.created = stamp;
  group.operator_account = body.operator_account;
  group.user_defined_data = user_defined_data;
  // Senders differ in whether the list holds the owner, who is a member in any case (7.6).
  std::set<UserId> members(body.member_list.begin(), body.member_list.end());
  if (!body.owner_account.empty()) members.insert(body.owner_account);
  group.initial_members = static_cast<std::int64_t>(members.size());
  drop_earlier_life(group);
  set_if_newer(group.name, body.name, stamp);
  set_if_newer(group.owner, body.owner_account.str(), stamp);
  return true;
}

bool merge_changed(MirrorGroup& group, const ProfileChange& change, const MirrorStamp& stamp) {
  return change_profile(group, change, stamp);
}

bool merge_owner(MirrorGroup& group, const UserId& owner, const MirrorStamp& stamp) {
  if (obsolete(group, stamp)) return false;
  return change_text(group.owner, owner.str(), stamp);
}

bool merge_members(MirrorGroup& group, std::int64_t by, const MirrorStamp& stamp) {
  if (by == 0 || obsolete(group, stamp)) return false;
  group.member_change += by;
  if (newer(stamp, group.members)) group.members = stamp;
  return true;
}

bool merge_full(MirrorGroup& group, const MirrorStamp& stamp) {
  if (obsolete(group, stamp) || !newer(stamp, group.full)) return false;
  group.full = stamp;
  return true;
}

bool merge_reread(MirrorGroup& group, const MirrorStamp& stamp) {
  if (obsolete(group, stamp) || !newer(stamp, group.reread)) return false;
  group.reread = stamp;
  return true;
}

bool merge_read(MirrorGroup& group, const MirrorStamp& mark) {
  if (!group.reread || newer(group.reread, mark)) return false;
  group.reread = {};
  return true;
}

bool merge_destroyed(MirrorGroup& group, const MirrorStamp& stamp) {
  return destroy(group, stamp);
}

}  // namespace tidings::receiver
