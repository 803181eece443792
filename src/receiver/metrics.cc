#include "receiver/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "net/http_server_figures.h"
#include "tidings/callback_command.h"

namespace tidings::receiver {
namespace {

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

class GaugePage {
 public:
  explicit GaugePage(prometheus::Registry& registry) : registry_(registry) {}
  void set(const char* name, const char* help, double value,
           const std::map<std::string, std::string>& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(value);
  }

 private:
  prometheus::Registry& registry_;
};

void add_listener(prometheus::Registry& registry, const ReceiverGauges::Listener& listener) {
  const std::map<std::string, std::string> labels{{"listener", listener.name}};
  net::each_figure(
      listener.figures,
      [&](const char* name, const char* help, std::uint64_t value) {
        counters(registry, name, help).Add(labels).Increment(static_cast<double>(value));
      },
      [&](const char* name, const char* help, std::uint64_t value) {
        GaugePage(registry).set(name, help, static_cast<double>(value), labels);
      });
}

double number(std::int64_t value) { return static_cast<double>(value); }

}  // namespace

ReceiverMetrics::ReceiverMetrics()
    : registry_(std::make_unique<prometheus::Registry>(
          prometheus::Registry::InsertBehavior::Merge)) {
  prometheus::Registry& registry = *registry_;
  auto& refusals = counters(registry, "tidings_receiver_refused_total",
                            "Requests that were not accepted, by the check they failed.");
  for (const Refusal reason : kRefusals) {
    refusals_[static_cast<std::size_t>(reason)] =
        &refusals.Add({{"reason", std::string(to_string(reason))}});
  }
  auto& callbacks = counters(registry, "tidings_receiver_callbacks_total",
                             "After-callbacks answered OK: accepted ones were committed before.");
  auto& befores = counters(registry, "tidings_receiver_before_total",
                           "Before-callbacks answered, by what the rules said.");
  const auto make = [&](std::string_view command) {
    const std::string label(command);
    OfCommand made;
    made.accepted = &callbacks.Add({{"command", label}, {"result", "accepted"}});
    made.duplicate = &callbacks.Add({{"command", label}, {"result", "duplicate"}});
    if (is_before_command(command)) {
      made.allowed = &befores.Add({{"command", label}, {"answer", "allowed"}});
      made.refused = &befores.Add({{"command", label}, {"answer", "refused"}});
    }
    return made;
  };
  for (const std::string_view command : kCallbackCommands) {
    by_command_.emplace(command, make(command));
  }
  other_ = make("other");
  tests_ = &counters(registry, "tidings_receiver_tests_total",
                     "Test deliveries that verified; nothing of them is kept.")
                .Add({});
  feeds_refused_ = &counters(registry, "tidings_receiver_feeds_refused_total",
                             "Feeds refused because their reader had its share of them.")
                        .Add({});
  auto& gaps = counters(registry, "tidings_receiver_missed_total",
                        "Callbacks missed by their numbers: seen to be missing, filled from the "
                        "source's feed, gone because the source had purged them, unreadable "
                        "though the source has them.");
  gaps_seen_ = &gaps.Add({{"result", "seen"}});
  gaps_filled_ = &gaps.Add({{"result", "filled"}});
  gaps_gone_ = &gaps.Add({{"result", "gone"}});
  gaps_unreadable_ = &gaps.Add({{"result", "unreadable"}});
  auto& reconciled = counters(registry, "tidings_receiver_reconciled_total",
                              "What the source has and no callback told, healed by reconciliation.");
  for (const MissedKind kind : kMissedKinds) {
    reconciled_[static_cast<std::size_t>(kind)] =
        &reconciled.Add({{"what", std::string(to_string(kind))}});
  }
  auto& batches = counters(registry, "tidings_receiver_batches_total", "Commits, by result.");
  batches_ = &batches.Add({{"result", "committed"}});
  failed_batches_ = &batches.Add({{"result", "failed"}});
  batch_size_ = &prometheus::BuildHistogram()
                     .Name("tidings_receiver_batch_callbacks")
                     .Help("Callbacks that shared one commit.")
                     .Register(registry)
                     .Add({}, prometheus::Histogram::BucketBoundaries{1, 4, 16, 64, 256, 1024});
  batch_seconds_ = &prometheus::BuildHistogram()
                        .Name("tidings_receiver_batch_seconds")
                        .Help("Loading, applying and committing one batch.")
                        .Register(registry)
                        .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.002, 0.005,
                                                                         0.01, 0.05, 0.2, 1});
}

ReceiverMetrics::~ReceiverMetrics() = default;

const ReceiverMetrics::OfCommand& ReceiverMetrics::of(std::string_view command) const {
  const auto found = by_command_.find(command);
  return found == by_command_.end() ? other_ : found->second;
}

void ReceiverMetrics::refused(Refusal reason) {
  refusals_[static_cast<std::size_t>(reason)]->Increment();
}

double ReceiverMetrics::refusals(Refusal reason) const {
  return refusals_[static_cast<std::size_t>(reason)]->Value();
}

void ReceiverMetrics::answered(const OfCommand& of, Applied applied) {
  (applied == Applied::accepted ? of.accepted : of.duplicate)->Increment();
}

void ReceiverMetrics::before(std::string_view command, bool allowed) {
  const OfCommand& counter = of(command);
  if (counter.allowed != nullptr) (allowed ? counter.allowed : counter.refused)->Increment();
}

void ReceiverMetrics::tested() { tests_->Increment(); }

void ReceiverMetrics::feed_refused() { feeds_refused_->Increment(); }

void ReceiverMetrics::batch(const BatchReport& report) {
  (report.failure.empty() ? batches_ : failed_batches_)->Increment();
  batch_size_->Observe(static_cast<double>(report.callbacks + report.failed));
  batch_seconds_->Observe(static_cast<double>(report.took.count()) / 1e6);
}

void ReceiverMetrics::gaps_seen(std::int64_t callbacks) { gaps_seen_->Increment(number(callbacks)); }
void ReceiverMetrics::gaps_filled(std::int64_t callbacks) {
  gaps_filled_->Increment(number(callbacks));
}
void ReceiverMetrics::gaps_gone(std::int64_t callbacks) { gaps_gone_->Increment(number(callbacks)); }
void ReceiverMetrics::reconciled(MissedKind kind) {
  reconciled_[static_cast<std::size_t>(kind)]->Increment();
}
void ReceiverMetrics::gaps_unreadable(std::int64_t callbacks) {
  gaps_unreadable_->Increment(number(callbacks));
}

std::string ReceiverMetrics::text(const ReceiverGauges& gauges) const {
  prometheus::Registry momentary(prometheus::Registry::InsertBehavior::Merge);
  GaugePage page(momentary);
  page.set("tidings_receiver_queued", "Callbacks that wait for their commit.",
           static_cast<double>(gauges.queued));
  page.set("tidings_receiver_feed_clients", "Open feeds.",
           static_cast<double>(gauges.feed_clients));
  page.set("tidings_receiver_healthy", "1: the last commit succeeded.", gauges.healthy ? 1 : 0);
  for (const auto& [app, tally] : gauges.tallies) {
    const auto of_app = [&](const char* label, const char* value) {
      return std::map<std::string, std::string>{{"sdkappid", app.str()}, {label, value}};
    };
    const char* accepted = "Callbacks in the inbox, those out of retention included, by app.";
    page.set("tidings_receiver_inbox", accepted, number(tally.accepted),
             of_app("result", "accepted"));
    page.set("tidings_receiver_inbox", accepted, number(tally.duplicates),
             of_app("result", "duplicate"));
    const char* topics = "Topics in the mirror, by app and state.";
    page.set("tidings_receiver_mirror_topics", topics, number(tally.topics),
             of_app("state", "alive"));
    page.set("tidings_receiver_mirror_topics", topics, number(tally.topic_tombstones),
             of_app("state", "destroyed"));
    const char* groups = "Groups in the mirror, by app and state.";
    page.set("tidings_receiver_mirror_groups", groups, number(tally.groups),
             of_app("state", "alive"));
    page.set("tidings_receiver_mirror_groups", groups, number(tally.group_tombstones),
             of_app("state", "destroyed"));
  }
  for (const ReceiverGauges::Gaps& gaps : gauges.gaps) {
    page.set("tidings_receiver_missed_open", "Callbacks missed and not filled, by app.",
             number(gaps.open), {{"sdkappid", gaps.app.str()}});
    if (!gaps.source_answers) continue;
    page.set("tidings_receiver_source_answers",
             "1: the source's feed answered when it was asked last, by app.",
             *gaps.source_answers ? 1 : 0, {{"sdkappid", gaps.app.str()}});
  }
  for (const ReceiverGauges::Reconciled& of : gauges.reconciled) {
    page.set("tidings_receiver_reconciled_timestamp_seconds",
             "When the last pass of reconciliation came to its end, 0 if none has, by app.",
             number(of.completed_ms) / 1000, {{"sdkappid", of.app.str()}});
    page.set("tidings_receiver_reconcile_trouble",
             "1: the last pass failed or left something alone; /reconciliation says what, by app.",
             of.trouble ? 1 : 0, {{"sdkappid", of.app.str()}});
  }
  for (const auto& [app, callbacks] : gauges.renumbered) {
    page.set("tidings_receiver_renumbered",
             "Callbacks whose number had arrived before for another one: the source was replaced.",
             number(callbacks), {{"sdkappid", app.str()}});
  }
  for (const ReceiverGauges::Listener& listener : gauges.listeners) add_listener(momentary, listener);
  const prometheus::TextSerializer serializer;
  return serializer.Serialize(registry_->Collect()) + serializer.Serialize(momentary.Collect());
}

}  // namespace tidings::receiver
