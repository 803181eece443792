#include "backend/retention.h"

#include <algorithm>
#include <utility>

#include "runtime/sleep.h"

namespace tidings::backend {
namespace {

using runtime::awaitable;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The log is in the order of commits, so behind so many young ones there are only young ones; a
/// clock that was wrong for a while puts a few of them in between.
constexpr std::size_t kYoungToEnd = 20'000;

struct FindAppsOver {
  store::EventReader& events;
  std::int64_t count;
  Result<std::vector<SdkAppId>> operator()() const { return events.apps_with_ended(count); }
};

struct FindPurgeable {
  store::EventReader& events;
  store::PurgeQuery query;
  Result<store::PurgePage> operator()() const { return events.purgeable(query); }
};

}  // namespace

Retention::Retention(runtime::Lane& lane, Service& service, RetentionOptions options,
                     std::function<void(std::string_view)> log)
    : service_(service), options_(options), log_(std::move(log)), group_(lane) {}

void Retention::start() {
  if (options_.age.count() == 0 && options_.count == 0) return;
  (void)group_.spawn("retention", run());
}

awaitable<void> Retention::stop(milliseconds grace) { co_await group_.stop(grace); }

awaitable<void> Retention::run() {
  for (;;) {
    auto done = co_await round();
    if (!done && done.error().kind == Errc::cancelled) co_return;
    if (!done && log_) log_("retention stopped short, trying again later: " + done.error().what);
    auto slept = co_await runtime::sleep_for(options_.between_rounds);
    if (!slept) co_return;
  }
}

awaitable<Result<void>> Retention::round() {
  if (options_.age.count() > 0) {
    store::PurgeQuery query;
    query.ended_before_ms = service_.clock().now_ms() - options_.age.count();
    CO_TRY_VOID(co_await take(query));
  }
  if (options_.count == 0) co_return Result<void>{};
  FindAppsOver find{service_.events(), options_.count};
  CO_TRY(const auto apps, co_await service_.read(std::move(find)));
  for (const SdkAppId app : apps) {
    store::PurgeQuery query;
    query.app = app;
    query.keep = options_.count;
    CO_TRY_VOID(co_await take(query));
  }
  co_return Result<void>{};
}

awaitable<Result<void>> Retention::take(store::PurgeQuery query) {
  query.limit = options_.batch;
  std::size_t young = 0;
  for (;;) {
    const auto began = steady_clock::now();
    FindPurgeable find{service_.events(), query};
    CO_TRY(auto page, co_await service_.read(std::move(find)));
    query.after = page.through;
    young = page.seqs.empty() ? young + page.too_young : 0;
    const std::size_t count = page.seqs.size();
    if (count > 0) {
      community::PurgeEvents command{std::move(page.seqs)};
      CO_TRY_VOID(co_await service_.execute(std::move(command)));
      purged_ += count;
    }
    if (page.end || young >= kYoungToEnd) co_return Result<void>{};
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
    CO_TRY_VOID(co_await runtime::sleep_for(std::max(options_.least_pause, took)));
  }
}

}  // namespace tidings::backend
