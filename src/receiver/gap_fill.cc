// The part of GapKeeper that fetches: page after page over the holes, and never a page where there
// is none.
#include <algorithm>
#include <utility>

#include "receiver/gap_watched.h"

namespace tidings::receiver {
namespace {

using store::SequenceRange;
using store::SequenceSet;

/// Events asked for at once; the source bounds the bytes.
constexpr std::int64_t kPageEvents = 500;

/// The next numbers to ask for: from the first hole on, so many that the last one is missing too.
std::optional<SequenceRange> next_page(const SequenceSet& have, std::int64_t after,
                                       std::int64_t last) {
  const auto first = have.holes(after, last, 1);
  if (first.empty()) return std::nullopt;
  const std::int64_t begin = first.front().first;
  const auto holes = have.holes(after, std::min(last, begin + kPageEvents - 1), kPageEvents);
  return SequenceRange{begin, holes.back().last};
}

Result<Callback> callback_of(SdkAppId app, const SourceEvent& event) {
  Callback callback;
  callback.app = app;
  TRY(callback.parsed, parse_callback(event.body, event.command));
  callback.key = inbox_key(app, event.request_id, callback.parsed.command, event.body);
  callback.body = event.body;
  callback.request_id = event.request_id;
  callback.client_ip = event.client_ip;
  callback.opt_platform = event.opt_platform;
  callback.sequence = event.sequence;
  callback.via = store::InboxVia::feed;
  return callback;
}

}  // namespace

runtime::awaitable<Result<GapKeeper::Filled>> GapKeeper::fill(Watched& app, std::int64_t last) {
  Filled total;
  std::int64_t after = app.floor;
  while (!group_.stopping()) {
    // Read anew for each page: callbacks go on arriving meanwhile.
    CO_TRY(const store::MirrorSequences row, co_await arrived(app));
    const auto wanted = next_page(row.have, after, last);
    if (!wanted) break;
    CO_TRY(const SourcePage page, co_await read(app, wanted->first - 1, wanted->count()));
    // A page tells of every number up to its Next, also of those it was not asked for: what lies
    // before all that the source keeps is gone in one go, however much it is.
    const SequenceRange covered{wanted->first, std::min(page.next, last)};
    if (covered.last < covered.first) {
      co_return fail(Errc::conflict, "the source answers with nothing for number " +
                                         std::to_string(wanted->first) +
                                         ", which it has drawn; is it a Tidings source?");
    }
    CO_TRY(const Filled done, co_await take(app, page, row.have, covered));
    total.filled += done.filled;
    total.gone += done.gone;
    total.unreadable += done.unreadable;
    after = covered.last;
  }
  co_return total;
}

runtime::awaitable<Result<GapKeeper::Filled>> GapKeeper::take(Watched& app, const SourcePage& page,
                                                              const SequenceSet& have,
                                                              SequenceRange wanted) {
  std::vector<Callback> callbacks;
  std::vector<SequenceRange> unreadable;
  std::string what;
  SequenceSet known = have;
  for (const SourceEvent& event : page.events) {
    if (event.sequence > wanted.last || known.contains(event.sequence)) continue;
    auto callback = callback_of(app.id, event);
    known.add(event.sequence);
    if (!callback) {  // not of a Tidings source, or of a newer one; it would fail again and again
      unreadable.push_back({event.sequence, event.sequence});
      what = callback.error().what;
      continue;
    }
    callbacks.push_back(std::move(*callback));
  }
  Filled done;
  if (!callbacks.empty()) {
    CO_TRY(const auto applied, co_await parts_.inbox.commit_all(std::move(callbacks)));
    done.filled = std::count(applied.begin(), applied.end(), Applied::accepted);
    parts_.metrics.gaps_filled(done.filled);
  }
  if (!unreadable.empty()) {
    done.unreadable = static_cast<std::int64_t>(unreadable.size());
    CO_TRY_VOID(co_await give_up(app, std::move(unreadable), done.unreadable,
                                 "the source has them, and they cannot be read: " + what +
                                     ". Is this tidings older than the source?"));
    parts_.metrics.gaps_unreadable(done.unreadable);
    const std::lock_guard lock(app.mutex);
    app.status.unreadable += done.unreadable;
  }
  auto gone = known.holes(wanted.first - 1, wanted.last, SIZE_MAX);
  if (gone.empty()) co_return done;
  for (const SequenceRange& range : gone) done.gone += range.count();
  CO_TRY_VOID(co_await give_up(app, std::move(gone), done.gone,
                               "the source has purged them; it keeps events from number " +
                                   std::to_string(page.first) + " on"));
  parts_.metrics.gaps_gone(done.gone);
  co_return done;
}

runtime::awaitable<Result<void>> GapKeeper::give_up(Watched& app,
                                                    std::vector<SequenceRange> numbers,
                                                    std::int64_t missing, std::string why) {
  const std::string named =
      std::to_string(numbers.front().first) + "-" + std::to_string(numbers.back().last);
  CO_TRY_VOID(co_await parts_.inbox.give_up(app.id, std::move(numbers)));
  log("error", "callbacks are lost",
      {{"sdkappid", app.id.str()},
       {"missing", std::to_string(missing)},
       {"numbers", named},
       {"what", why + ". Read the groups they concern anew"}});
  co_return Result<void>{};
}

}  // namespace tidings::receiver
