/// The kinds of what callbacks did not tell (missed.h).
#pragma once

#include <array>
#include <string_view>

namespace tidings::receiver {

enum class MissedKind {
  group_created,
  group_changed,
  group_owner_changed,
  group_destroyed,
  topic_created,
  topic_changed,
  topic_destroyed,
};
inline constexpr std::array kMissedKinds{
    MissedKind::group_created,   MissedKind::group_changed, MissedKind::group_owner_changed,
    MissedKind::group_destroyed, MissedKind::topic_created, MissedKind::topic_changed,
    MissedKind::topic_destroyed};
/// "group_created", ...: for metrics, the log and the query door.
[[nodiscard]] std::string_view to_string(MissedKind kind);

}  // namespace tidings::receiver
