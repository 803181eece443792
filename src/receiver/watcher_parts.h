/// What those need who watch for missed callbacks beside the doors: the gap keeper and the reconciler.
///
/// Lifetime: everything named here outlives who is given it; the inbox stops after they have stopped.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "receiver/inbox_committer.h"
#include "receiver/metrics.h"
#include "receiver/refusal_log.h"
#include "runtime/blocking_pool.h"
#include "store/mirror_store.h"

namespace tidings::receiver {

struct WatcherParts {
  runtime::Lane& lane;
  InboxCommitter& inbox;
  store::MirrorReader& reader;
  runtime::BlockingPool& readers;
  const Clock& clock;
  Random& random;
  ReceiverMetrics& metrics;
  Log log;
};

/// What callers are told of a failure of our own store: files and SQL are for the log.
inline constexpr const char* kOwnStore =
    "the receiver's own store cannot be read or written now; its log says why";

}  // namespace tidings::receiver
