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

#include "tidings/ids.h"

namespace tidings::receiver {

/// The documented parameters take about 350 bytes.
inline constexpr std::size_t kMaxKeptTarget = 2048;

/// What an inbox entry holds besides, and its target need not hold again. Views.
struct TargetWords {
  SdkAppId app;
  std::string_view command;
  std::string_view client_ip;
  std::string_view opt_platform;
  std::string_view request_id;
};

/// The target as received, bytes that are not printable ASCII percent-encoded. A longer one loses
/// whole parameters at its end.
///
/// It comes in a short form, a third of its size: a documented parameter is a control character, which
/// no target holds, and its value is left out where it is one of the words. What is written with each
/// callback is synced and moved into the database with it.
[[nodiscard]] std::string kept_target(std::string_view target, const TargetWords& words);

/// What kept_target() took, with the same words. A target that was kept whole, as once they all were,
/// stays as it is.
[[nodiscard]] std::string whole_target(std::string_view kept, const TargetWords& words);

/// The query of a whole target as a JSON object: every parameter in its order, decoded. Of a name
/// that comes twice the first; a text that does not decode to ASCII stands as it was sent. Empty
/// text for an empty target.
[[nodiscard]] std::string query_object(std::string_view target);

}  // namespace tidings::receiver
