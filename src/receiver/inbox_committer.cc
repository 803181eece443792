#include "receiver/inbox_committer.h"

#include <utility>

namespace tidings::receiver {

InboxCommitter::InboxCommitter(store::MirrorUnitOfWork& engine, const Clock& clock,
                               Listener listener, InboxCommitterOptions options)
    : engine_(engine),
      clock_(clock),
      listener_(std::move(listener)),
      retention_ms_(options.retention_ms),
      thread_(
          options.queue, [this](std::vector<Item>& batch) { run(batch); }, [this] { purge(); }) {}

runtime::awaitable<Result<Applied>> InboxCommitter::commit(Callback callback) {
  runtime::OneShot<Result<Applied>> shot;
  const auto refused = thread_.submit(Item{std::move(callback), shot.sender()});
  if (refused) {
    co_return fail(Errc::rate_limited,
                   "the queue of callbacks to be committed is full, or the receiver is stopping; "
                   "try again later");
  }
  auto applied = co_await shot.wait();
  co_return applied;
}

store::MirrorView InboxCommitter::fresh_view() const {
  const std::int64_t now_ms = clock_.now_ms();
  store::MirrorView view(now_ms);
  view.purge_before_ms = now_ms - retention_ms_;
  return view;
}

Result<void> InboxCommitter::apply_batch(std::vector<Item>& batch, std::vector<Applied>& applied,
                                         store::MirrorView& view) {
  store::MirrorNeeds needs;
  for (const Item& item : batch) add_needs(item.callback, needs);
  TRY_VOID(engine_.load(needs, view));
  for (Item& item : batch) applied.push_back(apply(std::move(item.callback), view));
  return engine_.commit(view);
}

void InboxCommitter::run(std::vector<Item>& batch) {
  const Clock::Monotonic begin = clock_.monotonic();
  store::MirrorView view = fresh_view();
  std::vector<Applied> applied;
  applied.reserve(batch.size());
  const auto committed = apply_batch(batch, applied, view);
  healthy_ = committed.has_value();

  BatchReport report;
  report.callbacks = batch.size();
  report.last_id = view.next_id() - 1;
  runtime::CompletionBatch completions;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!committed) {
      completions.add(std::move(batch[i].sender), committed.error());
      continue;
    }
    if (applied[i] == Applied::duplicate) ++report.duplicates;
    completions.add(std::move(batch[i].sender), applied[i]);
  }
  completions.flush();
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - begin);
  if (!committed) report.failure = committed.error().what;
  listener_(report);
}

/// What is out of retention goes also while nothing arrives. A failure shows with the next batch.
void InboxCommitter::purge() {
  store::MirrorView view = fresh_view();
  if (engine_.load({}, view)) (void)engine_.commit(view);
}

}  // namespace tidings::receiver
