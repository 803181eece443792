/// Makes durable what delivery found out: an endpoint that answered 410 is disabled until an
/// operator enables it again; its events are held (design.md, "Delivery").
///
/// Errors: are logged; the endpoint is then found gone again with the next event.
/// Threads: disable() and stop() on its lane. Lifetime: the service outlives it; stop() first.
#pragma once

#include "backend/service.h"
#include "cli/log.h"
#include "runtime/task_group.h"

namespace tidings::cli {

class EndpointDisabler {
 public:
  EndpointDisabler(runtime::Lane& lane, backend::Service& service, Log& log);

  void disable(SdkAppId app);
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);

 private:
  runtime::awaitable<void> run(SdkAppId app);

  backend::Service& service_;
  Log& log_;
  runtime::TaskGroup group_;  // last: stopped before anything it uses goes
};

}  // namespace tidings::cli
