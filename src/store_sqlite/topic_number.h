/// What a topic's id says by itself: its group, and the number of a default id (protocol 2.4).
///
/// Numbers of default ids grow from topic to topic, whoever makes them, so an index by number grows
/// at its end where an index by text grows everywhere. The trailing character of an id is its maker's
/// affair: up to 32 topics of one group may have the same number.
/// Threads: pure functions; register_topic_functions() on the thread of its connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

/// None: not `<group>@TOPIC#_@TOPIC#c<number><trailer>`, or a number with needless leading zeros.
[[nodiscard]] std::optional<std::int64_t> topic_number(std::string_view topic);

/// SQL functions for migrations: topic_parent(id) and topic_number(id), NULL where there is none.
Result<void> register_topic_functions(Database& database);

}  // namespace tidings::sqlite
