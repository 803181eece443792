#include "cli/endpoint_disabler.h"

#include <utility>

namespace tidings::cli {

EndpointDisabler::EndpointDisabler(runtime::Lane& lane, backend::Service& service, Log& log)
    : service_(service), log_(log), group_(lane) {}

void EndpointDisabler::disable(SdkAppId app) {
  const auto spawned = group_.spawn("disable endpoint of " + app.str(), run(app));
  if (!spawned) log_.warning("endpoint not disabled", {{"sdkappid", app.number()},
                                                       {"why", spawned.error().what}});
}

runtime::awaitable<void> EndpointDisabler::stop(std::chrono::milliseconds grace) {
  co_await group_.stop(grace);
}

runtime::awaitable<void> EndpointDisabler::run(SdkAppId app) {
  constexpr int kTries = 5;  // an operator may be changing the same app
  for (int tries = 1;; ++tries) {
    const community::AppPtr current = service_.apps().find(app);
    if (!current || current->callback.endpoint_disabled) co_return;
    community::PutApp command;
    command.app = *current;
    command.app.callback.endpoint_disabled = true;
    command.expected_version = current->version;
    auto done = co_await service_.execute(std::move(command));
    if (done) {
      log_.warning("endpoint disabled: it answered 410", {{"sdkappid", app.number()},
                                                          {"url", current->callback.url}});
      co_return;
    }
    if (done.error().kind != Errc::conflict || tries == kTries) {
      log_.error("endpoint not disabled",
                 {{"sdkappid", app.number()}, {"why", done.error().what}});
      co_return;
    }
  }
}

}  // namespace tidings::cli
