/// The app backend's end of a callback: verify, commit, answer.
///
/// handle() is the callback door's HTTP handler. It answers
/// {"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0} after the fsync that holds the callback, a
/// before-callback from the rules at once, and everything else with a 4xx or 503 and its reason. What
/// never becomes a request is told by refused_by_server(), with error_body() for its answer.
/// The query door (query_door.h) reads what it committed.
///
/// Threads: handle() on any lane; start() and stop() by the owner, not on a lane.
/// Lifetime: everything in Parts outlives it; handlers in flight end before it does (stop the
/// listener first, then the receiver, then the lanes).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/http_message.h"
#include "receiver/feed_hub.h"
#include "receiver/inbox_committer.h"
#include "receiver/metrics.h"
#include "receiver/refusal_log.h"
#include "receiver/verifier.h"
#include "runtime/awaitable.h"
#include "runtime/blocking_pool.h"
#include "store/mirror_store.h"

namespace tidings::receiver {

class CallbackTrace;

struct ReceiverParts {
  store::MirrorUnitOfWork& mirror;
  store::MirrorReader& reader;
  runtime::BlockingPool& readers;  ///< where queries run
  const Clock& clock;
  Log log;                       ///< any thread; empty: nothing is logged
  CertificateCheck certificate;  ///< empty: options decide alone
  bool trace = false;            ///< a line of level "debug" for each callback (callback_trace.h)
};

class Receiver {
 public:
  /// Errc::invalid_argument: one line for each thing that is wrong with the options.
  static Result<std::unique_ptr<Receiver>> create(ReceiverOptions options, ReceiverParts parts);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  /// Called after each batch on the committer's thread, e.g. by a GapKeeper. REQUIRES: before
  /// start(); the listener outlives the last stop().
  void watch(InboxCommitter::Listener listener) { watcher_ = std::move(listener); }
  void start();
  /// Commits what is queued; handle() answers 503 from now on. Idempotent.
  void stop();

  runtime::awaitable<net::HttpResponse> handle(const net::HttpRequest& request);
  /// What the HTTP server refused by itself leaves the same traces as what handle() refuses (P7).
  /// Any thread.
  void refused_by_server(unsigned status, std::string_view reason, std::string_view peer);
  /// The query door could not read the store; what it says is for the log alone. Any thread.
  void query_failed(const Error& error);
  /// The apps of `options`, with their tokens and secrets, count from the next callback on; nothing
  /// else of it does. Any thread. Errors as create(): then everything stays as it was.
  Result<void> replace_apps(const ReceiverOptions& options);
  /// An upper bound of what the HTTP server has to read.
  [[nodiscard]] std::size_t max_body_bytes() const { return options_.max_body_bytes; }

  // For the query door and the gap keeper.
  [[nodiscard]] InboxCommitter& inbox() { return committer_; }
  [[nodiscard]] ReceiverMetrics& metrics() { return metrics_; }
  [[nodiscard]] const ReceiverOptions& options() const { return options_; }
  [[nodiscard]] std::shared_ptr<const CheckedApps> apps() const { return verifier_.apps(); }
  [[nodiscard]] store::MirrorReader& reader() { return parts_.reader; }
  [[nodiscard]] runtime::BlockingPool& readers() { return parts_.readers; }
  [[nodiscard]] FeedHub& feed() { return feed_; }
  [[nodiscard]] const ReceiverMetrics& metrics() const { return metrics_; }
  [[nodiscard]] std::size_t queued() const { return committer_.queued(); }
  [[nodiscard]] bool healthy() const { return committer_.healthy(); }

 private:
  Receiver(ReceiverOptions options, CheckedApps apps, ReceiverParts parts);
  net::HttpResponse refuse(const Refused& refused, const net::HttpRequest& request);
  net::HttpResponse answer_before_callback(const Accepted& accepted, const CallbackTrace& trace);
  net::HttpResponse answer_test();
  void batch_done(const BatchReport& report);
  void tell_of_failure(const BatchReport& report);
  void tell_of_closed(const store::MirrorView::ClosedHole& hole);
  void tell_of_replaced(SdkAppId app);

  const ReceiverOptions options_;
  const ReceiverParts parts_;
  Verifier verifier_;
  RefusalLog refusals_;
  LineLimit failures_{1};      // a full disk fails every batch
  LineLimit query_failures_{1};
  LineLimit traced_refusals_{100};  // strangers do not fill the disk at level "debug" either
  LineLimit closed_holes_{1};  // one for each callback, once there are so many
  ReceiverMetrics metrics_;
  FeedHub feed_;
  InboxCommitter::Listener watcher_;  // constant once the committer runs
  InboxCommitter committer_;  // last: its thread uses the others
};

}  // namespace tidings::receiver
