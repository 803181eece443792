/// What was missed is found (P8), where no number tells of it: reads the groups and topics of an app's
/// source by its REST commands, and heals the mirror where callbacks did not tell what they say.
///
/// A pass walks the source's list of groups, and then those that only the mirror has. What differs is looked
/// at again after the settle time, since callbacks may be on their way: only what differs as before was
/// missed. It goes into inbox and mirror like a callback, marked `via: reconciliation` (missed.h), so that
/// whoever follows the feed learns of it. A pass keeps to a number of calls a second, and one that fails
/// begins anew, ever more rarely.
///
/// Groups and topics that the source has no longer are destroyed in the mirror, but no more than
/// `max_destroyed` in one pass: so many at once are rather a wrong source, or one that was restored from a
/// backup. The others stay, and so do all that go later, until none has to be held.
///
/// Durability: each heal is a commit of the inbox. Errors: none come out; they stand in the log, in status()
/// and in the metrics.
/// Threads: start() and stop() on the lane; everything else from any thread.
/// Lifetime: everything in Parts outlives it; the inbox stops after it has stopped.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "receiver/missed.h"
#include "receiver/source_state.h"
#include "receiver/watcher_parts.h"
#include "runtime/task_group.h"

namespace tidings::receiver {

struct ReconcileOptions {
  std::chrono::milliseconds settle{5'000};
  std::chrono::milliseconds between_lists{1'100};  ///< the cloud service answers one a second (4.4)
  std::chrono::milliseconds first_backoff{1'000};
  std::chrono::milliseconds longest_backoff{60'000};
  /// So many groups are looked at before those that differ are looked at again.
  std::size_t groups_at_once = 1'000;
  /// And so many differences are held in memory, besides those of one group.
  std::size_t missed_at_once = 10'000;
};

/// One app, as it stands now.
struct ReconcileStatus {
  SdkAppId app;
  std::string source;             ///< its URL
  bool running = false;           ///< a pass is under way
  std::int64_t started_ms = 0;    ///< the one under way, or the last one; 0: there was none
  std::int64_t completed_ms = 0;  ///< the last one that came to its end; 0: none has
  std::int64_t groups = 0;        ///< looked at in the pass of started_ms
  std::int64_t topics = 0;
  std::array<std::int64_t, kMissedKinds.size()> healed{};  ///< since the start, by MissedKind
  std::int64_t held = 0;  ///< groups and topics that pass left alone, being over max_destroyed
  std::string trouble;    ///< why the last pass failed, or what it left alone
};

class Reconciler {
 public:
  using Parts = WatcherParts;
  /// Whether callbacks of the app that are known to be missed are being fetched (GapKeeper::is_filling);
  /// they are waited for. On the lane; empty: nobody fetches any.
  using Filling = std::function<bool(SdkAppId)>;
  struct App {
    SdkAppId id;
    std::unique_ptr<SourceState> source;
    std::chrono::milliseconds every{3'600'000};  ///< from the end of one pass to the next
    std::int64_t calls_per_second = 20;
    std::int64_t max_destroyed = 1000;  ///< groups and topics in one pass
  };
  Reconciler(Parts parts, ReconcileOptions options, std::vector<App> apps, Filling filling = {});
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  void start();
  runtime::awaitable<void> stop(std::chrono::milliseconds grace) { return group_.stop(grace); }

  /// New credentials for an app's source, from its next question on. From any thread.
  void set_credentials(SdkAppId app, SourceCredentials credentials);
  [[nodiscard]] std::vector<ReconcileStatus> status() const;

 private:
  struct Reconciled;
  struct Pass;
  struct Looked;
  struct Looks;
  template <class T>
  using Task = runtime::awaitable<Result<T>>;

  runtime::awaitable<void> watch(Reconciled& app);
  Task<void> run_pass(Reconciled& app);
  Task<SourceGroupIds> list(Reconciled& app, Pass& pass, std::int64_t next);
  Task<void> paced(Reconciled& app);
  Task<void> look_at(Reconciled& app, Pass& pass, std::vector<GroupId> ids);
  Task<void> look_at_unlisted(Reconciled& app, Pass& pass);
  Task<Looks> look(Reconciled& app, std::vector<GroupId> ids);
  Task<void> look_at_topics(Reconciled& app, const SourceGroup& there,
                            const store::MirrorGroup* here, Looked& looked);
  Task<void> settle(const Reconciled& app);
  Task<void> heal(Reconciled& app, Pass& pass);
  Task<void> commit(Reconciled& app, const std::vector<Missed>& missed);
  void tell_of(Reconciled& app, const Missed& missed);
  void completed(Reconciled& app, const Pass& pass);
  void failed(Reconciled& app, const Error& error);
  void log(std::string_view level, std::string_view event, LogFields fields) const;

  // Constant after construction.
  const Parts parts_;
  const ReconcileOptions options_;
  const Filling filling_;
  std::map<SdkAppId, std::shared_ptr<Reconciled>> apps_;
  runtime::TaskGroup group_;  // last: its children use the others
};

}  // namespace tidings::receiver
