/// Joins the service's seam for before-callbacks to delivery's way of asking them: the one may not
/// know the other (design.md, "Layers").
///
/// Threads: ask() on any lane. Lifetime: the caller outlives it.
#pragma once

#include "backend/service.h"
#include "delivery/before_caller.h"

namespace tidings::cli {

class BeforeBridge final : public backend::BeforeAsker {
 public:
  explicit BeforeBridge(delivery::BeforeCaller& caller) : caller_(caller) {}

  runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question& question,
                                                 const community::Caller& caller) override {
    return caller_.ask(question, caller);
  }

 private:
  delivery::BeforeCaller& caller_;
};

}  // namespace tidings::cli
