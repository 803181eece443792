/// A UUID that begins with its time (RFC 9562, version 7): 48 bits of milliseconds since 1970, then
/// random ones. Ids made one after another stand side by side in an index, where random ones each touch
/// a page of their own.
///
/// Threads: any, as `random`.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"

namespace tidings {

/// 36 characters, lower-case. A time before 1970 counts as 1970.
[[nodiscard]] std::string time_uuid(std::int64_t time_ms, Random& random);

}  // namespace tidings
