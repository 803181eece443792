/// What was missed is found (P8): watches the numbers of callbacks (`tidings-sequence`) for gaps,
/// tells of them, and fills them from the source's pull feed where one is configured.
///
/// A gap is a number that is still missing when it has been known for the settle time (gap_clock.h).
/// With a source, the feed is asked
///   - at start for everything after the last contiguous number, without a settle time: so a
///     receiver that was down, or whose events went dead meanwhile, heals;
///   - for every gap that shows itself;
///   - every now and then for its newest number, since a callback that was the last one leaves no
///     hole when it is lost.
/// What comes from it goes through the same inbox and mirror as a callback, marked `via: feed`; it
/// is applied once, whichever road is faster. What the source has purged is counted as gone and
/// not asked for again, millions of numbers in one go; so is, under another name, an event that is
/// no callback. While the source cannot be reached it is asked ever more rarely.
/// Without a source, gaps are counted and named, with the way out.
///
/// Durability: numbers that arrived are part of the mirror's commits, so a restart goes on where it
/// was. Errors: none come out; they stand in the log, in status() and in the metrics.
/// Threads: start() and stop() on the lane; everything else from any thread.
/// Lifetime: everything in Parts outlives it; the inbox stops after it has stopped.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "receiver/source_feed.h"
#include "receiver/watcher_parts.h"
#include "runtime/task_group.h"

namespace tidings::receiver {

struct GapOptions {
  std::chrono::milliseconds settle{5'000};
  std::chrono::milliseconds check_every{60'000};  ///< the source's newest number; only with one
  std::chrono::milliseconds first_backoff{1'000};
  std::chrono::milliseconds longest_backoff{60'000};
};

/// One app, as it stands now.
struct GapStatus {
  SdkAppId app;
  std::int64_t floor = 0;        ///< numbers up to it are not missed
  std::int64_t open = 0;         ///< numbers missed and not filled
  std::int64_t seen = 0;         ///< numbers that counted as missed since the start
  std::int64_t unreadable = 0;   ///< given up since the start, because they are no callbacks
  std::string source;            ///< its URL; empty: none
  bool source_answers = false;   ///< the last question was answered
  std::int64_t source_last = 0;  ///< its newest number, when it was asked last
  std::int64_t asked_ms = 0;     ///< when that was; 0: never
  std::string trouble;           ///< why the last look failed, or why nothing can be filled
};

class GapKeeper {
 public:
  using Parts = WatcherParts;
  struct WatchedApp {
    SdkAppId id;
    std::int64_t first_sequence = 1;     ///< lower numbers are not missed
    std::unique_ptr<SourceFeed> source;  ///< nullptr: none
  };
  GapKeeper(Parts parts, GapOptions options, std::vector<WatchedApp> apps);
  ~GapKeeper();
  GapKeeper(const GapKeeper&) = delete;
  GapKeeper& operator=(const GapKeeper&) = delete;

  void start();
  runtime::awaitable<void> stop(std::chrono::milliseconds grace) { return group_.stop(grace); }

  /// New credentials for an app's source, from its next question on. From any thread.
  void set_credentials(SdkAppId app, SourceCredentials credentials);
  /// After each batch: wakes the watchers of apps with holes.
  void committed(const BatchReport& report);
  [[nodiscard]] std::vector<GapStatus> status() const;
  /// Numbers of that app are missed, and its source is being asked for them.
  [[nodiscard]] bool is_filling(SdkAppId app) const;

 private:
  struct Watched;
  struct Filled {
    std::int64_t filled = 0;
    std::int64_t gone = 0;        ///< purged at the source
    std::int64_t unreadable = 0;  ///< handed out by the source, and no callback
  };
  runtime::awaitable<void> watch(Watched& app);
  runtime::awaitable<Result<void>> look(Watched& app);
  runtime::awaitable<Result<void>> ask_for_newest(Watched& app, std::int64_t after);
  runtime::awaitable<Result<store::MirrorSequences>> arrived(Watched& app);
  runtime::awaitable<Result<Filled>> fill(Watched& app, std::int64_t last);
  runtime::awaitable<Result<Filled>> take(Watched& app, const SourcePage& page,
                                          const store::SequenceSet& have,
                                          store::SequenceRange wanted);
  runtime::awaitable<Result<void>> give_up(Watched& app, std::vector<store::SequenceRange> numbers,
                                           std::int64_t missing, std::string why);
  runtime::awaitable<Result<SourcePage>> read(Watched& app, std::int64_t after,
                                              std::int64_t limit);
  runtime::awaitable<void> rest(Watched& app);
  void tell_of_gaps(Watched& app, const store::SequenceSet& have, std::int64_t last);
  void answered(Watched& app, const SourcePage& page);
  void failed(Watched& app, const Error& error);
  void healed(Watched& app);
  void log(std::string_view level, std::string_view event, LogFields fields) const;

  const Parts parts_;
  const GapOptions options_;
  std::map<SdkAppId, std::shared_ptr<Watched>> apps_;  // constant after construction
  runtime::TaskGroup group_;  // last: its children use the others
};

}  // namespace tidings::receiver
