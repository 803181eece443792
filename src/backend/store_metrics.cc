#include "backend/store_metrics.h"

#include <algorithm>

namespace tidings::backend {
namespace {

void collect_committer(MetricSink& sink, const store::CommitterStats& stats) {
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    sink.counter(name, help, {}, static_cast<double>(value));
  };
  count("tidings_commands_total", "Writes decided.", stats.commands);
  count("tidings_commands_refused_total", "Writes refused by a rule.", stats.refused);
  count("tidings_commands_expired_total", "Writes not begun in the time that their callers waited.",
        stats.expired);
  count("tidings_commit_batches_total", "Commits, one fsync each.", stats.batches);
  count("tidings_commit_batches_failed_total", "Commits that the disk refused.",
        stats.failed_batches);
  count("tidings_outcomes_total", "Delivery outcomes committed.", stats.outcomes);
  sink.gauge("tidings_commands_queued", "Writes that wait for the next commit.", {},
             static_cast<double>(stats.queued));
}

double age_seconds(const store::Ledger& ledger, std::int64_t now_ms) {
  if (ledger.oldest_pending_ms == 0) return 0;
  return static_cast<double>(std::max<std::int64_t>(0, now_ms - ledger.oldest_pending_ms)) / 1e3;
}

/// Deleted apps count on, so only this adds up over the life of a store.
void collect_total(MetricSink& sink, const store::Ledger& ledger, std::int64_t now_ms) {
  const auto count = [&](std::string_view state, std::int64_t value) {
    sink.gauge("tidings_ledger_events",
               "Callback events of all apps that ever were; accepted is the sum of the others.",
               {{"state", std::string(state)}}, static_cast<double>(value));
  };
  count("accepted", ledger.accepted);
  count("delivered", ledger.delivered);
  count("pending", ledger.pending);
  count("dead", ledger.dead);
  count("cancelled", ledger.cancelled);
  sink.gauge("tidings_ledger_oldest_pending_age_seconds",
             "Age of the oldest pending event of all apps, 0 if there is none.", {},
             age_seconds(ledger, now_ms));
}

void collect_ledger(MetricSink& sink, SdkAppId app, const store::Ledger& ledger,
                    std::int64_t now_ms) {
  const MetricLabels labels = {{"sdkappid", app.str()}};
  const auto count = [&](std::string_view name, std::string_view help, std::int64_t value) {
    sink.counter(name, help, labels, static_cast<double>(value));
  };
  count("tidings_events_accepted_total", "Callback events recorded.", ledger.accepted);
  count("tidings_events_delivered_total", "Callback events delivered.", ledger.delivered);
  // These can fall again: a replayed event is pending once more.
  sink.gauge("tidings_events_pending", "Callback events not delivered yet.", labels,
             static_cast<double>(ledger.pending));
  sink.gauge("tidings_events_dead", "Callback events given up.", labels,
             static_cast<double>(ledger.dead));
  sink.gauge("tidings_events_cancelled", "Callback events cancelled.", labels,
             static_cast<double>(ledger.cancelled));
  sink.gauge("tidings_events_oldest_pending_timestamp_seconds",
             "EventTime of the oldest pending event, 0 if there is none.", labels,
             static_cast<double>(ledger.oldest_pending_ms) / 1e3);
  sink.gauge("tidings_events_oldest_pending_age_seconds",
             "Age of the oldest pending event, 0 if there is none.", labels,
             age_seconds(ledger, now_ms));
}

}  // namespace

Metrics::Collecting collect_store_metrics(Metrics& metrics, const store::Committer& committer,
                                          store::EventReader& events, const AppRegistry& apps,
                                          const Clock& clock) {
  return metrics.collect([&committer, &events, &apps, &clock](MetricSink& sink) {
    collect_committer(sink, committer.stats());
    const std::int64_t now_ms = clock.now_ms();
    if (const auto total = events.ledger(SdkAppId{})) collect_total(sink, *total, now_ms);
    const auto all = apps.all();
    for (const auto& [id, app] : *all) {
      const auto ledger = events.ledger(id);
      if (ledger) collect_ledger(sink, id, *ledger, now_ms);
    }
  });
}

}  // namespace tidings::backend
