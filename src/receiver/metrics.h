/// The receiver's counters and their Prometheus text.
///
/// Everything that a callback counts was looked up once, at construction; counting is one atomic
/// addition. Threads: any. Lifetime: outlives who counts.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/http_server.h"
#include "receiver/inbox_committer.h"
#include "receiver/missed_kind.h"
#include "receiver/refusal.h"
#include "store/mirror_rows.h"

namespace prometheus {
class Counter;
class Histogram;
class Registry;
}  // namespace prometheus

namespace tidings::receiver {

/// What is read at the moment of the scrape.
struct ReceiverGauges {
  std::size_t queued = 0;
  std::size_t feed_clients = 0;
  bool healthy = true;
  std::vector<std::pair<SdkAppId, store::MirrorTally>> tallies;
  struct Gaps {
    SdkAppId app;
    std::int64_t open = 0;
    std::optional<bool> source_answers;  ///< none: there is no source
  };
  std::vector<std::pair<SdkAppId, std::int64_t>> renumbered;  ///< MirrorSequences::renumbered
  std::vector<Gaps> gaps;
  struct Reconciled {
    SdkAppId app;
    std::int64_t completed_ms = 0;  ///< 0: no pass has come to its end
    bool trouble = false;
  };
  std::vector<Reconciled> reconciled;
  struct Listener {
    std::string name;
    net::HttpServerStatistics figures;
  };
  std::vector<Listener> listeners;
};

class ReceiverMetrics {
 public:
  struct OfCommand {
    prometheus::Counter* accepted = nullptr;
    prometheus::Counter* duplicate = nullptr;
    prometheus::Counter* allowed = nullptr;
    prometheus::Counter* refused = nullptr;
  };

  ReceiverMetrics();
  ~ReceiverMetrics();
  ReceiverMetrics(const ReceiverMetrics&) = delete;
  ReceiverMetrics& operator=(const ReceiverMetrics&) = delete;

  void refused(Refusal reason);
  /// What is counted of a command; unknown ones are "other".
  [[nodiscard]] const OfCommand& of(std::string_view command) const;
  /// Committed, or found to be committed already.
  static void answered(const OfCommand& of, Applied applied);
  void before(std::string_view command, bool allowed);
  void tested();
  void feed_refused();
  void batch(const BatchReport& report);

  void gaps_seen(std::int64_t callbacks);
  void gaps_filled(std::int64_t callbacks);
  void gaps_gone(std::int64_t callbacks);
  void gaps_unreadable(std::int64_t callbacks);
  void reconciled(MissedKind kind);

  /// Exposition format 0.0.4.
  [[nodiscard]] std::string text(const ReceiverGauges& gauges) const;

  [[nodiscard]] double refusals(Refusal reason) const;  ///< for tests and the ledger

 private:
  std::unique_ptr<prometheus::Registry> registry_;
  std::array<prometheus::Counter*, kRefusals.size()> refusals_{};
  std::unordered_map<std::string_view, OfCommand> by_command_;  // keys are constants
  OfCommand other_;
  prometheus::Counter* tests_ = nullptr;
  prometheus::Counter* feeds_refused_ = nullptr;
  prometheus::Counter* gaps_seen_ = nullptr;
  prometheus::Counter* gaps_filled_ = nullptr;
  prometheus::Counter* gaps_gone_ = nullptr;
  prometheus::Counter* gaps_unreadable_ = nullptr;
  std::array<prometheus::Counter*, kMissedKinds.size()> reconciled_{};
  prometheus::Counter* batches_ = nullptr;
  prometheus::Counter* failed_batches_ = nullptr;
  prometheus::Histogram* batch_size_ = nullptr;
  prometheus::Histogram* batch_seconds_ = nullptr;
};

}  // namespace tidings::receiver
