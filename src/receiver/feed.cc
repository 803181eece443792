// The feed: accepted callbacks as Server-Sent Events, read from the inbox, so that a client that
// comes back with Last-Event-ID misses nothing that is still held. What it missed is a `gap` event.
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "receiver/mirror_json.h"
#include "receiver/query_door.h"

namespace tidings::receiver {
namespace {

constexpr std::size_t kEventsAtOnce = 100;
/// A client that went away is noticed, and a proxy kept awake, this often.
constexpr std::chrono::seconds kHeartbeat{15};

std::string page_of_events(const store::InboxPage& page) {
  std::string bytes;
  for (const store::InboxEntry& entry : page.entries) append_feed_event(bytes, entry);
  return bytes;
}

/// `first`: what follows begins there; 0: nothing is held yet.
std::string gap_event(std::int64_t first) {
  return "event: gap\ndata: {\"first_held\":" + std::to_string(std::max<std::int64_t>(first, 1)) +
         "}\n\n";
}

}  // namespace

runtime::awaitable<Result<void>> QueryDoor::run_feed(store::InboxFilter filter,
                                                     net::EventStream& out) {
  FeedHub::Subscription subscription(receiver_.feed());
  auto read_range = [&reader = receiver_.reader()] { return reader.inbox_range(); };
  const auto range = co_await receiver_.readers().run(std::move(read_range));
  if (!range) co_return range.error();
  const auto [first, last] = *range;
  filter.limit = kEventsAtOnce;
  if (filter.after < 0) filter.after = last;
  std::string opening = ": the inbox of tidings receive\n\n";
  // Ahead of the inbox: this is another one, new or from a backup, and has all to be read.
  const bool ahead = filter.after > last;
  if (ahead || (first > filter.after + 1 && filter.after > 0)) opening += gap_event(first);
  if (ahead) filter.after = 0;
  // A client that has gone is the usual end.
  const auto opened = co_await out.write(std::move(opening));
  if (!opened) co_return Result<void>{};

  while (!out.gone()) {
    const std::uint64_t generation = subscription.generation();
    auto read = [&reader = receiver_.reader(), filter] { return reader.inbox(filter); };
    const auto page = co_await receiver_.readers().run(std::move(read));
    if (!page) co_return page.error();
    if (!page->entries.empty()) {
      const auto written = co_await out.write(page_of_events(*page));
      if (!written) break;
    }
    if (page->last != 0) filter.after = page->last;
    if (page->next != 0 || subscription.generation() != generation) continue;
    const auto woken = co_await subscription.wait(runtime::Deadline::after(kHeartbeat));
    if (woken) continue;
    if (woken.error().kind != Errc::timeout) break;
    const auto beat = co_await out.write(": \n\n");
    if (!beat) break;
  }
  co_return Result<void>{};
}

}  // namespace tidings::receiver
