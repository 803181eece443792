/// One app as its gap keeper sees it. Private to the keeper.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "receiver/gap_clock.h"
#include "receiver/gap_keeper.h"
#include "runtime/notifier.h"
#include "runtime/sleep.h"

namespace tidings::receiver {

struct GapKeeper::Watched {
  Watched(runtime::Lane& lane, WatchedApp app, const GapOptions& options)
      : id(app.id),
        floor(app.first_sequence - 1),
        source(std::move(app.source)),
        clock(options.settle),
        backoff(options.first_backoff),
        poke(lane) {
    status.app = id;
    status.floor = floor;
    if (source) status.source = source->url();
  }

  [[nodiscard]] std::int64_t missing(const store::SequenceSet& have, std::int64_t last) const {
    return have.missing(std::max(last, floor)) - have.missing(floor);
  }

  const SdkAppId id;
  const std::int64_t floor;  // numbers up to it are not missed
  const std::unique_ptr<SourceFeed> source;
  std::atomic<bool> told = false;  // a wake-up is on its way

  // Lane only.
  GapClock clock;
  runtime::Deadline::TimePoint next_check{};  // when the source is asked for its newest number
  std::int64_t source_last = 0;
  std::int64_t told_of = 0;  // gaps up to this number stand in the log
  std::int64_t open = 0;
  bool holes = false;  // numbers beyond the contiguous ones have arrived
  bool asked = false;  // the source has answered once
  bool ahead = false;  // it was told that the source counts less than we have
  bool failing = false;      // the last look failed
  bool source_down = false;  // the last question was not answered
  std::string last_trouble;   // of the failed look, for the log
  std::string shown_trouble;  // the same, for whoever asks
  std::chrono::duration<double, std::milli> backoff;
  bool poked = false;    // a batch has left holes
  bool renewed = false;  // new credentials are worth a question at once
  runtime::Notifier poke;

  std::mutex mutex;  // protects status
  GapStatus status;
};

}  // namespace tidings::receiver
