/// Group commit: one fsync for everything that queued up during the previous one.
///
/// Doors submit commands from any thread; one thread takes all that is queued (bounded by commands and
/// by the rows that they name), loads what they name, decides them, commits once, and only then
/// completes them and hands the events on. A lone command pays one fsync and waits for nothing, a crowd
/// shares it (design.md, "Unit of work"). Where more is queued than a batch takes, apps take turns
/// (store/app_turns.h): an app's commands are decided in the order in which they were submitted, the
/// operator's beside them as those of one more app. While a crowd waits, a second thread sees to the
/// fsync and the completions of one batch and the first decides the next. Outcomes of delivery, which
/// nobody waits for, give commands a moment to share the fsync with.
///
/// Durability point: a completion with a value is called after the fsync that holds it. Errors:
/// what decide() refused (with the protocol's code); 10002 / Errc::unavailable when the disk
/// failed, with nothing stored (a batch that was decided on one whose fsync fails goes with it), or
/// when the app has as many commands queued as it may; Errc::timeout where `until` had passed before
/// the command's batch began, with nothing decided; Errc::cancelled after stop(). Outcomes of delivery
/// are never given up: they stay queued until a commit takes them.
///
/// Threads: submit* from any thread. Completions and the listener run on the committer's threads, on
/// one at a time, in commit order, and must only hand over; what is refused at once (stopped,
/// overloaded) completes inside submit(). Lifetime: the engine, clock, random and listener outlive the
/// committer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "community/command.h"
#include "community/reply.h"
#include "store/app_turns.h"
#include "store/store.h"
#include "store/sync_stage.h"

namespace tidings::store {

using Completion = std::function<void(Result<community::Reply>&&)>;
using Decided = std::function<void(Result<void>)>;

/// Hears of what was committed, after the commit, in commit order.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void committed(std::vector<community::Event> events,
                         std::vector<community::Notice> notices) = 0;
  /// After the last completion of a batch: the moment to wake the lanes, once each.
  virtual void batch_done() = 0;
};

/// The store cannot write, or can again.
struct CommitTrouble {
  static constexpr std::chrono::seconds kTellEvery{60};

  std::string what;          ///< "": it is over
  std::uint64_t failed = 0;  ///< batches in a row
};

struct CommitterOptions {
  std::size_t max_batch = 1024;    ///< commands in one commit
  std::size_t max_weight = 2048;   ///< rows that they name; the command that reaches it is the last
  std::size_t max_queued = 65536;  ///< of all apps; an app may have half of what the others leave
  std::size_t turn = 64;           ///< rows that an app's commands name before it is another's turn
  std::chrono::milliseconds retry_outcomes{200};  ///< after a failed commit
  std::chrono::milliseconds outcomes_wait{10};    ///< for a command, or each other, to share the fsync
  std::size_t outcomes_at_once = 512;             ///< so many wait no longer
  /// Hears how long each batch took, from load to fsync, and how many commands it held; on the
  /// committer's thread. May be empty.
  std::function<void(std::chrono::microseconds, std::size_t)> observe = nullptr;
  /// Hears when commits begin to fail, once a minute at most, and when they succeed again. On the
  /// committer's thread or its stage's. May be empty.
  std::function<void(const CommitTrouble&)> trouble = nullptr;
};

struct CommitterStats {
  std::uint64_t batches = 0;
  std::uint64_t commands = 0;
  std::uint64_t refused = 0;
  std::uint64_t expired = 0;  ///< not begun: the caller's time had passed
  std::uint64_t outcomes = 0;
  std::uint64_t failed_batches = 0;
  std::uint64_t queued = 0;          ///< now
  std::uint64_t failed_in_row = 0;   ///< 0: the last batch was stored
  std::chrono::steady_clock::time_point last_failure;  ///< where failed_in_row is not 0
  std::uint64_t commit_microseconds = 0;  ///< summed over batches
};

class Committer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Committer(UnitOfWork& engine, const Clock& clock, Random& random, CommitListener& listener,
            CommitterOptions options = {});
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  void start();
  /// Takes no more, commits what is queued, joins the thread. Idempotent.
  void stop();

  /// A command whose batch has not begun by `until` is not decided any more.
  void submit(community::Command command, Completion done, TimePoint until = TimePoint::max()) {
    if (submit_quietly(std::move(command), std::move(done), until)) wake();
  }
  /// The same for one of many who submit at about the same time: true asks the caller to wake() the
  /// committer once they have, so that it finds all of them.
  [[nodiscard]] bool submit_quietly(community::Command command, Completion done,
                                    TimePoint until = TimePoint::max());
  void wake() { wake_.notify_one(); }
  void submit_outcomes(std::vector<Outcome> outcomes);
  /// What an operator decided: its outcomes and its job's row, in one transaction. `done` is called
  /// after the fsync. As outcomes they are not given up while the disk fails; Errc::cancelled after
  /// stop(), and what they said is then not stored.
  void submit_decisions(std::vector<Outcome> outcomes, std::vector<EventJob> jobs, Decided done);

  [[nodiscard]] CommitterStats stats() const;

 private:
  struct Submission {
    community::Command command;
    Completion done;
    TimePoint until;
  };
  using Turns = AppTurns<Submission>;
  /// What nobody waits for with a reply: outcomes, and operators' decisions.
  struct Carried {
    std::vector<Outcome> outcomes;
    std::vector<EventJob> jobs;
    std::vector<Decided> decided;
    [[nodiscard]] bool empty() const { return outcomes.empty() && decided.empty(); }
    void append(Carried&& later);
  };
  /// One commit from decision to answer.
  struct Batch {
    Batch(std::int64_t now_ms, Random& random) : view(now_ms, random) {}
    std::vector<Completion> done;
    std::vector<Result<community::Reply>> replies;  // one each
    community::View view;
    Carried carried;
    Result<void> result;      // of applying it
    bool applied = false;     // something was written that a sync must follow
    std::size_t expired = 0;  // of the commands, not decided
    TimePoint began;
  };
  void run();
  [[nodiscard]] Error no_room(SdkAppId app) const;
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void run_batch();
  void apply(Batch& batch);
  void finish(Batch& batch);
  void answer(Batch& batch, const Result<void>& stored);
  void count(const Batch& batch, const Result<void>& stored);
  void tell_trouble(const Batch& batch, const Result<void>& stored);
  void give_back(Carried carried);
  void take_back_if_lost();

  // Constant after construction.
  UnitOfWork& engine_;
  const Clock& clock_;
  Random& random_;
  CommitListener& listener_;
  const CommitterOptions options_;

  // Protected by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Turns turns_;
  Carried coming_;
  Carried returned_;   // of batches that were not stored: goes with the next one
  bool lost_ = false;  // a sync failed: what was applied has to be taken back
  bool stopping_ = false;
  CommitterStats stats_;

  // Committer's thread only.
  std::vector<Turns::Taken> taken_;  // the commands of the batch that is decided
  Carried carried_;                  // not committed yet

  // The committer's while the stage is settled, else the stage's.
  std::optional<std::chrono::steady_clock::time_point> told_;  // of trouble, the last time
  bool trouble_told_ = false;                                  // and its end not yet
  std::unique_ptr<Batch> under_way_;
  SyncStage stage_;
  std::thread thread_;
};

}  // namespace tidings::store
