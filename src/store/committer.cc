#include "store/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/short_turns.h"
#include "base/thread_name.h"
#include "community/command_weight.h"
#include "community/decide.h"

namespace tidings::store {
namespace {

using community::Reply;
using community::View;

// The protocol's "internal error, please retry" (appendix A.1).
constexpr int kRetryCode = 10002;

template <class Key, class Row>
bool any_dirty(const community::Table<Key, Row>& table) {
  return std::ranges::any_of(table.entries(), [](const auto& each) { return each.second.dirty; });
}

bool changes_anything(const View& view) {
  return !view.events.empty() || !view.set_changes.empty() || any_dirty(view.apps) ||
         any_dirty(view.tallies) || any_dirty(view.accounts) || any_dirty(view.groups) ||
         any_dirty(view.members) || any_dirty(view.topics) || any_dirty(view.mutes);
}

/// Takes everything of an app, which no View holds; or many rows, for which nobody shall wait that
/// need not: it shares its batch with nobody.
bool needs_own_batch(const community::Command& command) {
  return std::holds_alternative<community::DeleteApp>(command) ||
         std::holds_alternative<community::PurgeEvents>(command) ||
         std::holds_alternative<community::PurgeDeleted>(command);
}

/// Files, SQL and the system's words are for the operator (CommitterOptions::trouble), not for callers.
Error not_stored(const Error& cause) {
  return fail(cause.kind, "nothing was stored: the store cannot write now; try again", kRetryCode);
}

Result<Reply> not_begun() {
  return fail(Errc::timeout, "the time to answer passed before this began; nothing was changed");
}

}  // namespace

Committer::Committer(UnitOfWork& engine, const Clock& clock, Random& random,
                     CommitListener& listener, CommitterOptions options)
    : engine_(engine),
      clock_(clock),
      random_(random),
      listener_(listener),
      options_(options),
      turns_({.max_queued = options.max_queued, .turn = options.turn}),
      stage_([this] { finish(*under_way_); }) {}

Committer::~Committer() { stop(); }

void Committer::start() {
  stage_.start();
  thread_ = std::thread{[this] { run(); }};
}

void Committer::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  stage_.stop();
}

void Committer::Carried::append(Carried&& later) {
  std::ranges::move(later.outcomes, std::back_inserter(outcomes));
  std::ranges::move(later.jobs, std::back_inserter(jobs));
  std::ranges::move(later.decided, std::back_inserter(decided));
  later = {};
}

bool Committer::submit_quietly(community::Command command, Completion done, TimePoint until) {
  const SdkAppId app = community::asking_app(command);
  const Turns::Load load{community::weight_of(command), needs_own_batch(command)};
  Submission submission{std::move(command), std::move(done), until};
  bool wake = false;
  std::optional<Error> refusal;
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) {
      refusal = fail(Errc::cancelled, "the server is stopping: try again later", kRetryCode);
    } else if (!turns_.push(app, load, submission)) {
      refusal = no_room(app);
    } else {
      // Behind another one: the thread has been told, or is busy and will look.
      wake = turns_.size() == 1;
    }
  }
  if (refusal) submission.done(std::move(*refusal));
  return wake;
}

Error Committer::no_room(SdkAppId app) const {
  const std::string who = app == SdkAppId{} ? "the operator" : "app " + app.str();
  return fail(Errc::unavailable,
              "the store is overloaded: " + who + " has " + std::to_string(turns_.queued(app)) +
                  " commands waiting for a commit, half of what others leave of " +
                  std::to_string(options_.max_queued) +
                  " (serve.max_queued); have fewer under way at a time, and try again later",
              kRetryCode);
}

void Committer::submit_outcomes(std::vector<Outcome> outcomes) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    std::vector<Outcome>& waiting = coming_.outcomes;
    const std::size_t before = waiting.size();
    std::ranges::move(outcomes, std::back_inserter(waiting));
    wake = before == 0 ||
           (before < options_.outcomes_at_once && waiting.size() >= options_.outcomes_at_once);
  }
  if (wake) wake_.notify_one();
}

void Committer::submit_decisions(std::vector<Outcome> outcomes, std::vector<EventJob> jobs,
                                 Decided done) {
  bool stopped = false;
  {
    const std::lock_guard lock{mutex_};
    stopped = stopping_;
    if (!stopped) {
      std::ranges::move(outcomes, std::back_inserter(coming_.outcomes));
      std::ranges::move(jobs, std::back_inserter(coming_.jobs));
      coming_.decided.push_back(std::move(done));
    }
  }
  if (stopped) return done(fail(Errc::cancelled, "the server is stopping: try again later"));
  wake_.notify_one();
}

CommitterStats Committer::stats() const {
  const std::lock_guard lock{mutex_};
  CommitterStats stats = stats_;
  stats.queued = turns_.size();
  return stats;
}

void Committer::run() {
  name_this_thread("committer");
  ask_for_short_turns();
  for (;;) {
    bool last = false;
    take_back_if_lost();
    {
      std::unique_lock lock{mutex_};
      turns_.release(taken_);
      if (turns_.empty()) wait_for_work(lock);
      turns_.take({options_.max_batch, options_.max_weight}, taken_);
      carried_.append(std::move(returned_));
      carried_.append(std::move(coming_));
      last = stopping_ && turns_.empty();
    }
    take_back_if_lost();
    if (!taken_.empty() || !carried_.empty()) run_batch();
    if (!last) continue;
    // Outcomes that no commit took before the end stay pending in the store: they are tried again
    // after the next start, which costs a duplicate, never a loss.
    stage_.settle();
    take_back_if_lost();
    {
      const std::lock_guard lock{mutex_};
      carried_.append(std::move(returned_));
    }
    for (Decided& done : carried_.decided) {
      done(fail(Errc::cancelled, "the server stopped before it was stored"));
    }
    carried_ = {};
    return;
  }
}

void Committer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  if (carried_.empty() && returned_.empty() && !lost_) {
    wake_.wait(lock, [this] {
      return stopping_ || lost_ || !turns_.empty() || !coming_.empty() || !returned_.empty();
    });
  } else {
    // The disk failed. New commands try it at once, else it is tried again after a while.
    wake_.wait_for(lock, options_.retry_outcomes,
                   [this] { return stopping_ || !turns_.empty(); });
  }
  const auto hurry = [this] {
    return stopping_ || lost_ || !turns_.empty() || !coming_.decided.empty() ||
           coming_.outcomes.size() >= options_.outcomes_at_once;
  };
  if (!hurry()) wake_.wait_for(lock, options_.outcomes_wait, hurry);
}

/// Also while nothing else is to be done: readers wait for what they saw to be durable, or gone.
void Committer::take_back_if_lost() {
  {
    const std::lock_guard lock{mutex_};
    if (!lost_) return;
  }
  stage_.settle();
  const bool done = engine_.take_back().has_value();
  const std::lock_guard lock{mutex_};
  lost_ = !done;
}

void Committer::run_batch() {
  auto batch = std::make_unique<Batch>(clock_.now_ms(), random_);
  apply(*batch);
  stage_.settle();
  // Here, where it was built: memory that goes back and forth between cores is slow.
  under_way_.reset();
  bool alone = false;
  {
    const std::lock_guard lock{mutex_};
    if (lost_) {  // it stands on what is to be taken back
      batch->applied = false;
      batch->result = fail(Errc::unavailable, "the disk did not store what was decided before");
    }
    alone = turns_.empty();
  }
  take_back_if_lost();
  if (alone) {
    // Nobody to prepare for: waking another thread would only take time.
    finish(*batch);
    take_back_if_lost();
  } else {
    under_way_ = std::move(batch);
    stage_.run();
  }
}

void Committer::apply(Batch& batch) {
  batch.began = std::chrono::steady_clock::now();
  batch.carried = std::exchange(carried_, {});
  batch.done.reserve(taken_.size());
  batch.replies.reserve(taken_.size());
  batch.view.events.reserve(taken_.size());
  batch.view.notices.reserve(taken_.size());
  // Its caller has been told that it was too late, or is about to be, and may ask again.
  const auto expired = [&batch](const Submission& each) { return each.until <= batch.began; };
  community::Needs needs;
  for (const auto& [slot, each] : taken_) {
    if (expired(*each)) {
      ++batch.expired;
    } else {
      community::collect(each->command, needs);
    }
  }
  if (batch.expired < taken_.size()) batch.result = engine_.load(needs, batch.view);
  for (const auto& [slot, each] : taken_) {
    if (batch.result) {
      batch.replies.push_back(expired(*each) ? not_begun()
                                             : community::decide(each->command, batch.view));
    }
    batch.done.push_back(std::move(each->done));
    *each = {};
  }
  if (!batch.result) return;
  const Carried& carried = batch.carried;
  if (!carried.outcomes.empty() || !carried.jobs.empty() || changes_anything(batch.view)) {
    batch.result = engine_.apply(batch.view, carried.outcomes, carried.jobs);
    batch.applied = batch.result.has_value();
  }
}

/// On the stage's thread, or on the committer's while the stage is settled.
void Committer::finish(Batch& batch) {
  Result<void> stored = batch.result;
  if (batch.applied) stored = engine_.sync();
  if (batch.applied && !stored) {
    {
      const std::lock_guard lock{mutex_};
      lost_ = true;
    }
    wake_.notify_one();
  }
  answer(batch, stored);
}

void Committer::answer(Batch& batch, const Result<void>& stored) {
  count(batch, stored);
  tell_trouble(batch, stored);
  if (!stored) {
    // A refusal may rest on what another command of this batch did, so it is void as well.
    batch.replies.assign(batch.done.size(), not_stored(stored.error()));
    give_back(std::move(batch.carried));
  }
  for (Decided& done : batch.carried.decided) done({});
  for (std::size_t i = 0; i < batch.done.size(); ++i) {
    batch.done[i](std::move(batch.replies[i]));
    batch.done[i] = {};  // whatever the completion holds on to is let go now
  }
  View& view = batch.view;
  if (stored && !(view.events.empty() && view.notices.empty())) {
    listener_.committed(std::move(view.events), std::move(view.notices));
  }
  if (!batch.done.empty()) listener_.batch_done();
}

/// What callers were answered, the operator is told. A disk that is nearly full fails now and then: not more
/// than one beginning is told a minute, and no end without it.
void Committer::tell_trouble(const Batch& batch, const Result<void>& stored) {
  const auto now = std::chrono::steady_clock::now();
  CommitTrouble trouble;
  {
    const std::lock_guard lock{mutex_};
    if (stored && (stats_.failed_in_row == 0 || !batch.applied)) return;
    if (!stored) {
      ++stats_.failed_in_row;
      stats_.last_failure = now;
    }
    trouble.failed = stored ? std::exchange(stats_.failed_in_row, 0) : stats_.failed_in_row;
  }
  if (!stored) {
    if (told_ && now - *told_ < CommitTrouble::kTellEvery) return;
    told_ = now;
    trouble.what = stored.error().what;
  }
  const bool to_be_told = std::exchange(trouble_told_, !stored) || !stored;
  if (to_be_told && options_.trouble) options_.trouble(trouble);
}

void Committer::give_back(Carried carried) {
  if (carried.empty()) return;
  {
    const std::lock_guard lock{mutex_};
    returned_.append(std::move(carried));
  }
  wake_.notify_one();
}

void Committer::count(const Batch& batch, const Result<void>& stored) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - batch.began);
  const std::size_t commands = batch.done.size() - batch.expired;
  if (options_.observe) options_.observe(took, commands);
  const std::lock_guard lock{mutex_};
  ++stats_.batches;
  stats_.commands += commands;
  stats_.expired += batch.expired;
  stats_.commit_microseconds += static_cast<std::uint64_t>(took.count());
  if (!stored) {
    ++stats_.failed_batches;
    return;
  }
  const auto not_done = static_cast<std::size_t>(
      std::ranges::count_if(batch.replies, [](const auto& reply) { return !reply; }));
  stats_.refused += not_done - batch.expired;
  stats_.outcomes += batch.carried.outcomes.size();
}

}  // namespace tidings::store
