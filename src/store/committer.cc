#include "store/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

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
         std::holds_alternative<community::PurgeEvents>(command);
}

Error not_stored(const Error& cause) {
  return fail(cause.kind, "nothing was stored, try again: " + cause.what, kRetryCode);
}

}  // namespace

Committer::Committer(UnitOfWork& engine, const Clock& clock, Random& random,
                     CommitListener& listener, CommitterOptions options)
    : engine_(engine), clock_(clock), random_(random), listener_(listener), options_(options) {}

Committer::~Committer() { stop(); }

void Committer::start() {
  thread_ = std::thread{[this] { run(); }};
}

void Committer::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Committer::submit(community::Command command, Completion done) {
  bool wake = false;
  std::optional<Error> refusal;
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) {
      refusal = fail(Errc::cancelled, "the server is stopping: try again later", kRetryCode);
    } else if (queue_.size() + waiting_ >= options_.max_queued) {
      refusal = fail(Errc::unavailable,
                     "the store is overloaded: " + std::to_string(options_.max_queued) +
                         " commands are waiting already; try again later",
                     kRetryCode);
    } else {
      queue_.push_back({std::move(command), std::move(done)});
      wake = queue_.size() == 1;
    }
  }
  if (refusal) return done(std::move(*refusal));
  if (wake) wake_.notify_one();
}

void Committer::submit_outcomes(std::vector<Outcome> outcomes) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    const std::size_t before = outcomes_.size();
    std::ranges::move(outcomes, std::back_inserter(outcomes_));
    wake = before == 0 ||
           (before < options_.outcomes_at_once && outcomes_.size() >= options_.outcomes_at_once);
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
      std::ranges::move(outcomes, std::back_inserter(outcomes_));
      std::ranges::move(jobs, std::back_inserter(jobs_));
      decided_.push_back(std::move(done));
    }
  }
  if (stopped) return done(fail(Errc::cancelled, "the server is stopping: try again later"));
  wake_.notify_one();
}

CommitterStats Committer::stats() const {
  const std::lock_guard lock{mutex_};
  CommitterStats stats = stats_;
  stats.queued = queue_.size() + waiting_;
  return stats;
}

void Committer::run() {
  for (;;) {
    bool last = false;
    {
      std::unique_lock lock{mutex_};
      if (next_ == taken_.size()) take_all(lock);
      collect_carried();
      last = stopping_ && queue_.empty();
    }
    const std::span<Submission> batch = next_batch();
    if (!batch.empty() || !carried_decided_.empty() || !carried_.empty()) run_batch(batch);
    // Outcomes that no commit took before the end stay pending in the store: they are tried again
    // after the next start, which costs a duplicate, never a loss.
    if (last && next_ == taken_.size()) {
      return answer_decisions(fail(Errc::cancelled, "the server stopped before it was stored"));
    }
  }
}

void Committer::collect_carried() {
  std::ranges::move(outcomes_, std::back_inserter(carried_));
  outcomes_.clear();
  std::ranges::move(jobs_, std::back_inserter(carried_jobs_));
  jobs_.clear();
  std::ranges::move(decided_, std::back_inserter(carried_decided_));
  decided_.clear();
}

void Committer::answer_decisions(const Result<void>& result) {
  for (Decided& done : carried_decided_) done(result);
  carried_decided_.clear();
}

void Committer::take_all(std::unique_lock<std::mutex>& lock) {
  if (carried_.empty() && carried_decided_.empty()) {
    wake_.wait(lock, [this] {
      return stopping_ || !queue_.empty() || !outcomes_.empty() || !decided_.empty();
    });
  } else {
    // The disk failed. New commands try it at once, else it is tried again after a while.
    wake_.wait_for(lock, options_.retry_outcomes, [this] { return stopping_ || !queue_.empty(); });
  }
  if (queue_.empty() && decided_.empty() && outcomes_.size() < options_.outcomes_at_once) {
    wake_.wait_for(lock, options_.outcomes_wait, [this] {
      return stopping_ || !queue_.empty() || !decided_.empty() ||
             outcomes_.size() >= options_.outcomes_at_once;
    });
  }
  taken_.clear();
  next_ = 0;
  taken_.swap(queue_);
  waiting_ = taken_.size();
}

std::span<Committer::Submission> Committer::next_batch() {
  const std::size_t begin = next_;
  const std::size_t limit = std::min(taken_.size(), begin + options_.max_batch);
  while (next_ < limit && !needs_own_batch(taken_[next_].command)) ++next_;
  if (next_ == begin && begin < limit) ++next_;
  waiting_ = taken_.size() - next_;
  return std::span{taken_}.subspan(begin, next_ - begin);
}

void Committer::run_batch(std::span<Submission> batch) {
  View view{clock_.now_ms(), random_};
  std::vector<Result<Reply>> replies;
  replies.reserve(batch.size());
  const bool stored = commit(batch, replies, view);
  if (stored) answer_decisions({});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(std::move(replies[i]));
    batch[i] = {};  // whatever the completion holds on to is let go now
  }
  if (stored && !(view.events.empty() && view.notices.empty())) {
    listener_.committed(std::move(view.events), std::move(view.notices));
  }
  if (!batch.empty()) listener_.batch_done();
}

bool Committer::commit(std::span<Submission> batch, std::vector<Result<Reply>>& replies,
                       View& view) {
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t refused = 0;
  Result<void> stored;
  if (!batch.empty()) {
    community::Needs needs;
    for (const Submission& each : batch) community::collect(each.command, needs);
    stored = engine_.load(needs, view);
  }
  if (stored) {
    for (const Submission& each : batch) {
      replies.push_back(community::decide(each.command, view));
      if (!replies.back()) ++refused;
    }
    if (!carried_.empty() || !carried_jobs_.empty() || changes_anything(view)) {
      stored = engine_.commit(view, carried_, carried_jobs_);
    }
  }
  if (!stored) {
    // A refusal may rest on what another command of this batch did, so it is void as well.
    replies.assign(batch.size(), not_stored(stored.error()));
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  if (options_.observe) options_.observe(took, batch.size());
  const std::lock_guard lock{mutex_};
  ++stats_.batches;
  stats_.commands += batch.size();
  stats_.commit_microseconds += static_cast<std::uint64_t>(took.count());
  if (!stored) {
    ++stats_.failed_batches;
    return false;
  }
  stats_.refused += refused;
  stats_.outcomes += carried_.size();
  carried_.clear();
  carried_jobs_.clear();
  return true;
}

}  // namespace tidings::store
