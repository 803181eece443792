/// What the receiver's admin listener answers: the mirror, the inbox, the feed, counts, metrics and
/// health. Read only.
///
///   GET /mirror/topics/{id}             one topic, a tombstone included; 404 if never heard of
///   GET /mirror/topics                  group, since, until, state, after, limit
///   GET /mirror/groups/{id}             one group
///   GET /mirror/groups                  since, until, state, after, limit
///   GET /mirror/groups/{id}/topics      state, after, limit
///   GET /inbox                          command, since, until, after, limit
///   GET /inbox/{id}                     one entry
///   GET /feed                           Server-Sent Events; after or Last-Event-ID, command. An event
///                                       `gap` with {"first_held":N} where what follows does not go
///                                       on from there: purged, or another inbox
///   GET /ledger                         counts by app; recount=1 compares with the rows
///   GET /gaps                           numbers that are missing, by app, and the way out
///   GET /reconciliation                 what reading the source found that no callback told, by app
///   GET /metrics /healthz /readyz       without a token
///
/// Ids in paths are percent-encoded ('#' is %23). Every one of /mirror, /inbox and /feed takes
/// sdkappid; where several apps are configured, /mirror needs it. Pages carry `next`, to be given
/// back as `after`; a page may be short and still have one: it ends after some 4 MiB of texts.
/// Errors: {"error":{"kind":…,"parameter":…,"message":…}} with 400, 401, 404, 405 or 503.
///
/// Threads: any lane. Lifetime: receiver, gap keeper and reconciler outlive it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/shares.h"
#include "net/event_stream.h"
#include "net/http_message.h"
#include "receiver/gap_keeper.h"
#include "receiver/reconciler.h"
#include "receiver/receiver.h"

namespace tidings::receiver {

class QueryParams;

class QueryDoor {
 public:
  /// `gaps`: who watches the numbers; `reconciler`: who reads the sources; nullptr: nobody.
  explicit QueryDoor(Receiver& receiver, const GapKeeper* gaps = nullptr,
                     const Reconciler* reconciler = nullptr)
      : receiver_(receiver), gaps_(gaps), reconciler_(reconciler), feeds_(receiver.options().max_feeds) {}

  /// For /metrics. REQUIRES: before the first request; what it reads outlives the last.
  using ListenerFigures = std::function<std::vector<ReceiverGauges::Listener>()>;
  void show_listeners(ListenerFigures figures) { listeners_ = std::move(figures); }

  runtime::awaitable<net::HttpResponse> handle(const net::HttpRequest& request);
  /// The feed; a returned response is a refusal.
  runtime::awaitable<net::HttpResponse> stream(const net::HttpRequest& request,
                                               net::EventStream& out);
  [[nodiscard]] static bool is_stream(std::string_view path) { return path == "/feed"; }

 private:
  using Response = runtime::awaitable<Result<net::HttpResponse>>;
  Response route(const net::HttpRequest& request);
  Response topic(std::string id, std::string_view query);
  Response group(std::string id, std::string_view query);
  Response topics(std::string_view query);
  Response topics_of(std::string id, std::string_view query);
  Response groups(std::string_view query);
  Response inbox(std::string_view query);
  Response inbox_entry(std::string id, std::string_view query);
  Response ledger(std::string_view query);
  Response gaps(std::string_view query);
  Response reconciliation(std::string_view query);
  Response metrics();
  Response ready();
  Response page_of_topics(store::MirrorFilter filter);
  /// The answer; what is wrong with the store goes into the log instead.
  net::HttpResponse refuse(const Error& error);
  [[nodiscard]] Result<void> authorize(const net::HttpRequest& request) const;
  [[nodiscard]] Result<SdkAppId> app_of(const QueryParams& params) const;
  [[nodiscard]] Result<store::MirrorFilter> filter_of(const QueryParams& params) const;
  [[nodiscard]] Result<store::InboxFilter> inbox_filter(const QueryParams& params) const;
  runtime::awaitable<Result<void>> run_feed(store::InboxFilter filter, net::EventStream& out);

  Receiver& receiver_;
  const GapKeeper* gaps_;
  const Reconciler* reconciler_;
  ListenerFigures listeners_;
  Shares<std::string> feeds_;  // by the address of the reader
};

}  // namespace tidings::receiver
