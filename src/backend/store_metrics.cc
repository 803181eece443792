#include "backend/store_metrics.h"

namespace tidings::backend {
namespace {

void collect_committer(MetricSink& sink, const store::CommitterStats& stats) {
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    sink.counter(name, help, {}, static_cast<double>(value));
  };
  count("tidings_commands_total", "Writes decided.", stats.commands);
  count("tidings_commands_refused_total", "Writes refused by a rule.", stats.refused);
  count("tidings_commit_batches_total", "Commits, one fsync each.", stats.batches);
  count("tidings_commit_batches_failed_total", "Commits that the disk refused.",
        stats.failed_batches);
  count("tidings_outcomes_total", "Delivery outcomes committed.", stats.outcomes);
  sink.counter("tidings_commit_seconds_total", "Time spent in commits.", {},
               static_cast<double>(stats.commit_microseconds) / 1e6);
  sink.gauge("tidings_commands_queued", "Writes that wait for the next commit.", {},
             static_cast<double>(stats.queued));
}

void collect_ledger(MetricSink& sink, SdkAppId app, const store::Ledger& ledger) {
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
}

}  // namespace

Metrics::Collecting collect_store_metrics(Metrics& metrics, const store::Committer& committer,
                                          store::EventReader& events, const AppRegistry& apps) {
  return metrics.collect([&committer, &events, &apps](MetricSink& sink) {
    collect_committer(sink, committer.stats());
    const auto all = apps.all();
    for (const auto& [id, app] : *all) {
      const auto ledger = events.ledger(id);
      if (ledger) collect_ledger(sink, id, *ledger);
    }
  });
}

}  // namespace tidings::backend
