/// The client SDK's objects: rows of the community under the names of the web SDK (protocol 9.1,
/// name mapping and "Topic object", "Group object").
///
/// What is about one user (selfInfo, unreadCount) is written only where that user is known: pushes
/// are shared by all receivers and go without. Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "community/app.h"
#include "community/rows.h"

namespace tidings::backend {

/// A user's own state in a topic.
struct TopicSelf {
  std::int64_t mute_until_s = 0;
  std::string_view remind_type = "AcceptAndNotify";
};

boost::json::object topic_object(const community::Topic& topic);
boost::json::object topic_object(const community::Topic& topic, const TopicSelf& self);

/// Custom fields only as far as the reader may read them; `self` null: not a member.
boost::json::object group_object(const community::App& app, const community::Group& group,
                                 const community::Member* self);
boost::json::object member_object(const community::App& app, const community::Group& group,
                                  const community::Member& member, const community::Member& reader,
                                  const community::Account* account, std::int64_t mute_until_s);

/// Where `member` (null: an outsider) stands towards the group's custom fields.
community::FieldAccess field_access(const community::Member* member);

/// OptPlatform of a client (protocol 6.3): canonical, at most 32 printable characters, "Unknown"
/// when not given. RESTAPI is no client's: 10004.
Result<std::string> client_platform(const std::optional<std::string>& given);

}  // namespace tidings::backend
