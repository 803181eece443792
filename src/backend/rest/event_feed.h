/// The pull feed: an app backend reads its own events back, in order, by their sequence numbers. It
/// closes every gap that callbacks leave, whatever caused it (P8).
///
///   GET /v4/tidings/events?sdkappid=..&identifier=..&usersig=..&after=41&limit=100&wait=30
///
///   {"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,
///    "EventList":[{"Sequence":42,"CallbackCommand":"Group.CallbackAfterCreateTopic",
///      "RequestID":"..","ClientIP":"..","OptPlatform":"RESTAPI","EventTime":1735689600456,
///      "State":"delivered","Body":{..}}],
///    "FirstSequence":1,"LastSequence":42,"Next":42}
///
/// Sequence is the number of the `tidings-sequence` header; an app's numbers have no gaps. Body is
/// what was or will be delivered, byte for byte, and the other texts are those of the query. State
/// is pending, delivered, dead or cancelled.
///
/// EventList holds every event with after < Sequence <= Next that is still kept. A number in between
/// that is missing has been purged and will not come back; what is kept begins at FirstSequence.
/// LastSequence is the newest at that moment. So a reader asks with after = Next, until Next is
/// LastSequence.
///
/// `wait`: where there is nothing after `after`, the answer waits so many seconds for the next
/// commit. It is woken by it, not by looking; a client that goes away gives its place back within a
/// second, and so does a poll whose app is deleted.
///
/// An app that was made anew with the number of a deleted one is handed nothing of that one's: as if
/// purged.
///
/// Errors: the checks of 4.3 in their order, as every call under /v4 (Access::check_feed), 10004 for
/// a parameter, 70020 for an app that is deleted meanwhile, 60007 for too many polls that wait. HTTP
/// 200 always.
/// Threads: from any lane. Lifetime: what the parts name outlives it.
#pragma once

#include <string_view>

#include "backend/event_waiters.h"
#include "backend/metrics.h"
#include "backend/rest/access.h"
#include "backend/service.h"
#include "net/event_stream.h"
#include "net/http_message.h"

namespace tidings::backend::rest {

inline constexpr std::string_view kFeedPath = "/v4/tidings/events";
inline constexpr std::int64_t kMaxFeedLimit = 500;
inline constexpr std::int64_t kMaxFeedWaitSeconds = 30;

class EventFeed {
 public:
  struct Parts {
    Service& service;
    Access& access;
    EventWaiters& waiters;
    Metrics& metrics;
  };
  explicit EventFeed(Parts parts);

  [[nodiscard]] static bool takes(std::string_view path) { return path == kFeedPath; }
  /// A stream handler for the sake of EventStream::gone(); it always returns its answer.
  runtime::awaitable<net::HttpResponse> handle(const net::HttpRequest& request,
                                               const net::EventStream& client);

 private:
  struct Question;
  struct Page;
  static Result<Page> read(store::CommunityReader& community, store::EventReader& events,
                           std::int64_t now_ms, Random& random, const Question& question);
  runtime::awaitable<Result<Page>> read(const Question& question);
  /// An app made since with the same number is another one: its events are not for this caller.
  [[nodiscard]] Result<void> check_still_there(const Question& question) const;
  runtime::awaitable<Result<Page>> wait(const Question& question, const net::EventStream& client);
  runtime::awaitable<Result<std::string>> answer(const net::HttpRequest& request,
                                                 const net::EventStream& client);
  [[nodiscard]] std::string text_of(const Page& page, const Question& question);

  const Parts parts_;
  Counter& handed_out_;
  Metrics::Collecting figures_;
};

}  // namespace tidings::backend::rest
