#include "receiver/inbox_committer.h"

#include <deque>
#include <utility>

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
      stage_([this] {
        finish(*under_way_);
        under_way_.reset();
      }),
      thread_(
          options.queue, [this](std::vector<Item>& items) { run(items); }, [this] { purge(); }) {}

void InboxCommitter::start() {
  stage_.start();
  thread_.start();
}

void InboxCommitter::stop() {
  thread_.stop();
  stage_.stop();
  take_back_if_lost();
}

runtime::awaitable<Result<Applied>> InboxCommitter::commit(Callback callback) {
  runtime::OneShot<Result<Applied>> shot;
  const auto refused = thread_.submit(Item{std::move(callback), shot.sender()});
  if (refused) co_return queue_full();
  auto applied = co_await shot.wait();
  co_return applied;
}

runtime::awaitable<Result<std::vector<Applied>>> InboxCommitter::commit_all(
    std::vector<Callback> callbacks) {
  std::deque<runtime::OneShot<Result<Applied>>> shots;
  bool full = false;
  for (Callback& callback : callbacks) {
    auto& shot = shots.emplace_back();
    full = thread_.submit(Item{std::move(callback), shot.sender()}).has_value();
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
  const auto refused = thread_.submit(Item{GivenUp{app, std::move(numbers)}, shot.sender()});
  if (refused) co_return queue_full();
  const auto applied = co_await shot.wait();
  if (!applied) co_return applied.error();
  co_return Result<void>{};
}

store::MirrorView InboxCommitter::fresh_view() const {
  const std::int64_t now_ms = clock_.now_ms();
  store::MirrorView view(now_ms);
  view.purge_before_ms = now_ms - retention_ms_;
  return view;
}

Result<void> InboxCommitter::apply_batch(std::vector<Item>& items, Batch& batch) {
  store::MirrorView view = fresh_view();
  store::MirrorNeeds needs;
  for (const Item& item : items) {
    if (const auto* callback = std::get_if<Callback>(&item.work)) {
      add_needs(*callback, needs);
    } else {
      needs.apps.push_back(std::get<GivenUp>(item.work).app);
    }
  }
  TRY_VOID(engine_.load(needs, view));
  for (Item& item : items) batch.applied.push_back(apply_item(item, view, batch.report));
  TRY_VOID(engine_.apply(view));
  for (const auto& [app, entry] : view.sequence_rows) {
    if (entry.dirty && !entry.row.have.beyond().empty()) batch.report.with_holes.push_back(app);
  }
  batch.report.last_id = view.next_id() - 1;
  return {};
}

Applied InboxCommitter::apply_item(Item& item, store::MirrorView& view, BatchReport& report) {
  if (const auto* gone = std::get_if<GivenUp>(&item.work)) {
    for (const store::SequenceRange& numbers : gone->numbers) view.give_up(gone->app, numbers);
    return Applied::accepted;
  }
  auto& callback = std::get<Callback>(item.work);
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

void InboxCommitter::run(std::vector<Item>& items) {
  auto batch = std::make_unique<Batch>();
  batch->began = clock_.monotonic();
  batch->applied.reserve(items.size());
  batch->senders.reserve(items.size());
  batch->result = apply_batch(items, *batch);
  for (Item& item : items) batch->senders.push_back(std::move(item.sender));
  stage_.settle();
  if (lost_) {  // it stands on what is taken back now
    batch->result = fail(Errc::unavailable, "the disk did not store what came before");
    take_back_if_lost();
  }
  if (thread_.queued() == 0 || !batch->result) {
    // Nobody to prepare for: waking another thread would only take time.
    finish(*batch);
    take_back_if_lost();
  } else {
    under_way_ = std::move(batch);
    stage_.run();
  }
}

/// On the stage's thread, or on the committer's while the stage is settled.
void InboxCommitter::finish(Batch& batch) {
  Result<void> stored = batch.result;
  if (stored) {
    stored = engine_.sync();
    lost_ = !stored;
  }
  if (lost_) thread_.call_idle();  // readers wait for what they saw to be durable, or gone
  answer(batch, stored);
}

void InboxCommitter::answer(Batch& batch, const Result<void>& stored) {
  healthy_ = stored.has_value();
  BatchReport& report = batch.report;
  if (!stored) report.callbacks = batch.senders.size();
  runtime::CompletionBatch completions;
  for (std::size_t i = 0; i < batch.senders.size(); ++i) {
    if (stored) {
      completions.add(std::move(batch.senders[i]), batch.applied[i]);
    } else {
      completions.add(std::move(batch.senders[i]), stored.error());
    }
  }
  completions.flush();
  report.took =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - batch.began);
  if (!stored) report.failure = stored.error().what;
  listener_(report);
}

/// REQUIRES: the stage is settled, or has ended.
void InboxCommitter::take_back_if_lost() {
  if (!std::exchange(lost_, false)) return;
  engine_.take_back();
}

/// What is out of retention goes also while nothing arrives. A failure shows with the next batch.
void InboxCommitter::purge() {
  stage_.settle();
  take_back_if_lost();
  store::MirrorView view = fresh_view();
  if (!engine_.load({}, view) || !engine_.apply(view)) return;
  lost_ = !engine_.sync();
  take_back_if_lost();
}

}  // namespace tidings::receiver
