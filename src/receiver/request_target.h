/// The request target of a callback, as the inbox keeps it and as the query door shows it.
///
/// A person who looks at a callback wants to see what the sender really sent, the Sign included: it
/// signs one minute, and whoever may read the inbox may read the bodies too. It is for the query
/// door only; log lines never carry it.
///
/// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidings::receiver {

/// The documented parameters take about 350 bytes.
inline constexpr std::size_t kMaxKeptTarget = 2048;

/// The target as received, bytes that are not printable ASCII percent-encoded. A longer one loses
/// whole parameters at its end.
[[nodiscard]] std::string kept_target(std::string_view target);

/// The query of a kept target as a JSON object: every parameter in its order, decoded. Of a name
/// that comes twice the first; a text that does not decode to ASCII stands as it was sent. Empty
/// text for an empty target.
[[nodiscard]] std::string query_object(std::string_view target);

}  // namespace tidings::receiver
