#include "receiver/inbox_committer.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "receiver/mirror_merge.h"
#include "runtime/lane.h"

namespace tidings::receiver {
namespace {

Error queue_full() {
  return fail(Errc::rate_limited,
              "the queue of callbacks to be committed is full, or the receiver is stopping; try "
              "again later");
}

}  // namespace

InboxCommitter::InboxCommitter(store::MirrorUnitOfWork& engine, const Clock& clock,
                               Listener listener, InboxCommitterOptions options)
    : engine_(engine),
      clock_(clock),
      listener_(std::move(listener)),
      retention_ms_(options.retention_ms),
      careful_ms_(clock.now_ms()),
      careful_at_(clock.monotonic()),
      thread_(
          options.queue, [this](std::vector<Item>& batch) { run(batch); }, [this] { idle(); }) {}

bool InboxCommitter::submit(Item item) {
  using Submitted = store::GroupCommit<Item>::Submitted;
  const Submitted submitted = thread_.submit(item);
  if (submitted == Submitted::first) {
    runtime::Lane::current()->after_round([this] { thread_.wake(); });
  }
  return submitted != Submitted::refused;
}

runtime::awaitable<Result<Applied>> InboxCommitter::commit(
    std::unique_ptr<Callback> callback) {
  runtime::OneShot<Result<Applied>> shot;
  if (!submit(Item{std::move(callback), shot.sender()})) co_return queue_full();
  auto applied = co_await shot.wait();
  co_return applied;
}

runtime::awaitable<Result<std::vector<Applied>>> InboxCommitter::commit_all(
    std::vector<Callback> callbacks) {
  std::deque<runtime::OneShot<Result<Applied>>> shots;
  bool full = false;
  for (Callback& callback : callbacks) {
    auto& shot = shots.emplace_back();
    full = !submit(Item{std::make_unique<Callback>(std::move(callback)), shot.sender()});
    if (!full) continue;
    shots.pop_back();
    break;
  }
  // Those that were taken are waited for, whatever became of the others.
  std::vector<Applied> all;
  std::optional<Error> failed;
  for (auto& shot : shots) {
    auto applied = co_await shot.wait();
    if (applied) {
      all.push_back(*applied);
    } else if (!failed) {
      failed = applied.error();
    }
  }
  if (failed) co_return *failed;
  if (full) co_return queue_full();
  co_return all;
}

runtime::awaitable<Result<void>> InboxCommitter::give_up(
    SdkAppId app, std::vector<store::SequenceRange> numbers) {
  runtime::OneShot<Result<Applied>> shot;
  if (!submit(Item{GivenUp{app, std::move(numbers)}, shot.sender()})) co_return queue_full();
  const auto applied = co_await shot.wait();
  if (!applied) co_return applied.error();
  co_return Result<void>{};
}

runtime::awaitable<Result<void>> InboxCommitter::reread(store::MirrorGroupKey group,
                                                        store::MirrorStamp mark) {
  runtime::OneShot<Result<Applied>> shot;
  if (!submit(Item{Reread{std::move(group), mark}, shot.sender()})) co_return queue_full();
  const auto applied = co_await shot.wait();
  if (!applied) co_return applied.error();
  co_return Result<void>{};
}

store::MirrorView InboxCommitter::fresh_view() {
  store::MirrorView view(clock_.now_ms());
  view.purge_before_ms = careful_now_ms() - retention_ms_;
  return view;
}

/// Wall time, which must not take the whole inbox and its keys with it when the clock jumps ahead: it
/// is followed at most twice as fast as time passes. So a wrong one does little until it is put right,
/// and a right one, of a machine that began with a wrong one, is reached in the end.
std::int64_t InboxCommitter::careful_now_ms() {
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - careful_at_);
  careful_at_ += passed;
  careful_ms_ = std::min(clock_.now_ms(), careful_ms_ + 2 * passed.count());
  return careful_ms_;
}

void InboxCommitter::commit_or_halve(std::span<Item> items,
                                     std::vector<Result<Applied>>& outcomes,
                                     BatchReport& report) {
  const auto together = commit_together(items, report);
  if (together) {
    outcomes.insert(outcomes.end(), together->begin(), together->end());
    return;
  }
  if (items.size() > 1 && together.error().kind != Errc::unavailable) {
    const std::size_t half = items.size() / 2;
    commit_or_halve(items.first(half), outcomes, report);
    commit_or_halve(items.subspan(half), outcomes, report);
    return;
  }
  if (report.failure.empty()) report.failure = together.error().what;
  report.failed += items.size();
  outcomes.insert(outcomes.end(), items.size(), together.error());
}

Result<std::vector<Applied>> InboxCommitter::commit_together(std::span<Item> items,
                                                             BatchReport& report) {
  store::MirrorView view = fresh_view();
  store::MirrorNeeds needs;
  for (const Item& item : items) {
    if (const auto* callback = std::get_if<std::unique_ptr<Callback>>(&item.work)) {
      add_needs(**callback, needs);
    } else if (const auto* read = std::get_if<Reread>(&item.work)) {
      needs.apps.push_back(read->group.app);
      needs.groups.push_back(read->group);
    } else {
      needs.apps.push_back(std::get<GivenUp>(item.work).app);
    }
  }
  TRY_VOID(engine_.load(needs, view));
  go_on_ending(view);
  BatchReport with = report;
  std::vector<Applied> applied;
  applied.reserve(items.size());
  for (Item& item : items) applied.push_back(apply_item(item, view, with));
  if (auto committed = engine_.commit(view); !committed) {
    take_back(items, applied, view);
    return committed.error();
  }
  topics_left_ = view.leaves_topics();
  for (const auto& [app, entry] : view.sequence_rows) {
    if (entry.dirty && !entry.row.have.beyond().empty()) with.with_holes.push_back(app);
  }
  with.closed.insert(with.closed.end(), view.closed.begin(), view.closed.end());
  with.replaced.insert(with.replaced.end(), view.replaced.begin(), view.replaced.end());
  with.last_id = view.next_id() - 1;
  report = std::move(with);
  return applied;
}

void InboxCommitter::take_back(std::span<Item> items, const std::vector<Applied>& applied,
                               store::MirrorView& view) {
  auto entry = view.inbox.begin();
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto* callback = std::get_if<std::unique_ptr<Callback>>(&items[i].work);
    if (callback != nullptr && applied[i] == Applied::accepted) give_back(*entry++, **callback);
  }
}

Applied InboxCommitter::apply_item(Item& item, store::MirrorView& view, BatchReport& report) {
  if (const auto* gone = std::get_if<GivenUp>(&item.work)) {
    for (const store::SequenceRange& numbers : gone->numbers) view.give_up(gone->app, numbers);
    return Applied::accepted;
  }
  if (const auto* read = std::get_if<Reread>(&item.work)) {
    const store::MirrorGroup* const row = view.group(read->group);
    if (row == nullptr) return Applied::accepted;
    store::MirrorGroup group = *row;
    if (merge_read(group, read->mark)) view.put(std::move(group));
    return Applied::accepted;
  }
  Callback& callback = *std::get<std::unique_ptr<Callback>>(item.work);
  const bool from_feed = callback.via == store::InboxVia::feed;
  const Applied applied = apply(std::move(callback), view);
  ++report.callbacks;
  if (applied == Applied::duplicate) {
    ++report.duplicates;
  } else if (from_feed) {
    ++report.filled;
  }
  return applied;
}

void InboxCommitter::run(std::vector<Item>& batch) {
  const Clock::Monotonic begin = clock_.monotonic();
  std::vector<Result<Applied>> outcomes;
  outcomes.reserve(batch.size());
  BatchReport report;
  commit_or_halve(batch, outcomes, report);
  healthy_ = report.failed < batch.size();
  runtime::CompletionBatch completions;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    completions.add(std::move(batch[i].sender), std::move(outcomes[i]));
  }
  completions.flush();
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - begin);
  listener_(report);
  go_on();
}

/// A commit without callbacks. A failure shows with the next batch.
void InboxCommitter::purge() {
  topics_left_ = false;  // until the next batch, where this fails
  store::MirrorView view = fresh_view();
  if (!engine_.load({}, view)) return;
  go_on_ending(view);
  if (engine_.commit(view)) topics_left_ = view.leaves_topics();
}

/// What is out of retention goes also while nothing arrives.
void InboxCommitter::idle() {
  purge();
  go_on();
}

/// The rest of a large destruction, a commit's worth at a time: callbacks come first.
void InboxCommitter::go_on() {
  while (topics_left_ && !stopping_ && thread_.queued() == 0) purge();
}

}  // namespace tidings::receiver
