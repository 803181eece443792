#include "backend/deleted_purge.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/sleep.h"

namespace tidings::backend {

using runtime::awaitable;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

DeletedPurge::DeletedPurge(runtime::Lane& lane, Service& service, DeletedPurgeOptions options,
                           std::function<void(std::string_view)> log)
    : service_(service), options_(options), log_(std::move(log)), group_(lane) {}

void DeletedPurge::start() { (void)group_.spawn("deleted purge", run()); }

awaitable<void> DeletedPurge::stop(milliseconds grace) { co_await group_.stop(grace); }

awaitable<void> DeletedPurge::run() {
  for (;;) {
    auto done = co_await round();
    if (!done && done.error().kind == Errc::cancelled) co_return;
    if (!done && log_) {
      log_("rows of what was deleted stay for now, trying again later: " + done.error().what);
    }
    auto slept = co_await runtime::sleep_for(options_.between_rounds);
    if (!slept) co_return;
  }
}

awaitable<Result<void>> DeletedPurge::round() {
  for (;;) {
    const auto began = steady_clock::now();
    FindUnpurged find{service_.community(), SdkAppId{}};
    CO_TRY(const bool left, co_await service_.read(std::move(find)));
    if (!left) co_return Result<void>{};
    community::PurgeDeleted command{SdkAppId{}, kRowsPurgedAtOnce};
    CO_TRY_VOID(co_await service_.execute(std::move(command)));
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
    CO_TRY_VOID(co_await runtime::sleep_for(std::max(options_.least_pause, took)));
  }
}

}  // namespace tidings::backend
