/// The rules by which one callback changes one mirrored row, whatever arrived before it.
///
/// Each text is a register in which the newer stamp wins. Creation and destruction are borders: what
/// is older than the newest of them belongs to an earlier life of the id and is dropped. On one
/// EventTime the order is create, change, destroy. As borders only move forward and registers only
/// take newer values, the order of arrival does not matter (except between callbacks that cannot
/// be told apart: the later arrival wins). A count of members is a sum, not a register: it is exact
/// as long as the id is not used for a second group.
///
/// Each function returns true when the row changed. Pure. Threads: those of the row.
#pragma once

#include <optional>
#include <string>

#include "store/mirror_rows.h"
#include "tidings/callback.h"

namespace tidings::receiver {

/// The four texts that both kinds of InfoChanged name; none: not changed.
struct ProfileChange {
  const std::optional<std::string>& name;
  const std::optional<std::string>& introduction;
  const std::optional<std::string>& notification;
  const std::optional<std::string>& face_url;
};

/// The newest callback about a topic says which group it belongs to and which type it has.
bool mark_seen(store::MirrorTopic& topic, const GroupId& given, const std::string& type,
               const store::MirrorStamp& stamp);
bool merge_created(store::MirrorTopic& topic, const AfterCreateTopic& body,
                   const std::string& user_defined_data, const store::MirrorStamp& stamp);
bool merge_changed(store::MirrorTopic& topic, const ProfileChange& change,
                   const store::MirrorStamp& stamp);
bool merge_destroyed(store::MirrorTopic& topic, const store::MirrorStamp& stamp);

bool merge_type(store::MirrorGroup& group, const std::string& type);
bool merge_created(store::MirrorGroup& group, const AfterCreateGroup& body,
                   const std::string& user_defined_data, const store::MirrorStamp& stamp);
bool merge_changed(store::MirrorGroup& group, const ProfileChange& change,
                   const store::MirrorStamp& stamp);
bool merge_owner(store::MirrorGroup& group, const UserId& owner, const store::MirrorStamp& stamp);
/// `by`: how many joined (positive) or left (negative).
bool merge_members(store::MirrorGroup& group, std::int64_t by, const store::MirrorStamp& stamp);
bool merge_full(store::MirrorGroup& group, const store::MirrorStamp& stamp);
bool merge_reread(store::MirrorGroup& group, const store::MirrorStamp& stamp);
/// Its topics were read after `mark`: what marked it by then is done with.
bool merge_read(store::MirrorGroup& group, const store::MirrorStamp& mark);
bool merge_destroyed(store::MirrorGroup& group, const store::MirrorStamp& stamp);

}  // namespace tidings::receiver
