/// How long a topic takes from being asked for to standing, committed, in the receiver.
///
/// An open loop creates topics at an even rate over REST, of one app or of many; the receiver's live
/// feed, which shows a callback only after its commit, says when each arrived. A topic's clock
/// starts when its request was due, so the figure holds the whole of it: the wait for a connection,
/// the REST call with its commit, the callback, the receiver's commit and the feed. Both ends are
/// read by this process: one clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/http_load.h"

namespace tidings::bench {

/// An app whose admin is `administrator`; its events are expected at the feed only if watched.
struct LatencyApp {
  std::string sdkappid, usersig;
  bool watched = true;
};

struct LatencyOptions {
  LoadOptions load;  ///< rate > 0; count, warm_up and on_sent are set from it
  std::vector<LatencyApp> apps;
  std::uint16_t feed_port = 0;       ///< the receiver's admin listener
  double last_arrival_seconds = 10;  ///< after the last answer
};

struct LatencyResult {
  LoadResult create;                    ///< the REST calls by themselves
  std::int64_t missing = 0;             ///< watched topics that were accepted and did not arrive
  std::int64_t twice = 0;               ///< arrived more than once
  std::vector<std::uint32_t> asked_us;  ///< due to arrived; watched, after the warm-up; sorted
  std::vector<std::uint32_t> answered_us;  ///< answered to arrived, 0 if it arrived before; sorted
};

/// False with `problem` when the feed or the communities could not be had.
bool run_latency(const LatencyOptions& options, LatencyResult& result, std::string& problem);

/// "<sdkappid> <usersig> [unwatched]" a line.
std::vector<LatencyApp> read_apps(const std::string& path);

}  // namespace tidings::bench
