/// Long textual ids in the short form in which rows hold them, and back, exactly.
///
/// A topic id begins with its group's id (protocol 2.3), which the group's row has already. Of the
/// rest, a default id is its number: 8 bytes instead of 50, and topics of a group that were created
/// after each other stand after each other. A UUID is 16 bytes.
/// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store_sqlite/statement.h"
#include "tidings/ids.h"

namespace tidings::sqlite {

using CompactTopicId = std::variant<std::int64_t, std::string>;

[[nodiscard]] CompactTopicId compact(const GroupId& group, const TopicId& topic);
[[nodiscard]] TopicId expand(const GroupId& group, const CompactTopicId& compacted);

/// The 16 bytes of a UUID in lower case; none for any other text, which is kept as it is.
[[nodiscard]] std::optional<std::string> compact_uuid(std::string_view text);
/// REQUIRES: what compact_uuid gave.
[[nodiscard]] std::string expand_uuid(std::string_view bytes);

}  // namespace tidings::sqlite
