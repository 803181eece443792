/// Takes out of the store what deleted apps and dissolved groups left there: rows that nobody sees any more,
/// which the commit that deleted them did not wait for (community::ForgetDeleted).
///
/// A round goes on until nothing is left, in commits of so many rows and with a pause at least as long as
/// each of them took: commits of others stay flat. What is left is known to the store, so a crash or
/// restart in the middle costs nothing.
/// Errors: are logged; the next round tries again.
/// Threads: start() and stop() on its lane. Lifetime: the service outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "backend/service.h"
#include "runtime/task_group.h"

namespace tidings::backend {

/// In one commit: some milliseconds.
inline constexpr std::int64_t kRowsPurgedAtOnce = 1024;

/// A read for Service::read(): CommunityReader::unpurged().
struct FindUnpurged {
  store::CommunityReader& community;
  SdkAppId app;
  Result<bool> operator()() const { return community.unpurged(app); }
};

struct DeletedPurgeOptions {
  std::chrono::milliseconds between_rounds{1'000};
  std::chrono::milliseconds least_pause{5};  ///< between two commits
};

class DeletedPurge {
 public:
  DeletedPurge(runtime::Lane& lane, Service& service, DeletedPurgeOptions options = {},
               std::function<void(std::string_view)> log = {});

  void start();
  runtime::awaitable<void> stop(std::chrono::milliseconds grace);

 private:
  runtime::awaitable<void> run();
  runtime::awaitable<Result<void>> round();

  Service& service_;
  const DeletedPurgeOptions options_;
  std::function<void(std::string_view)> log_;
  runtime::TaskGroup group_;  // last: stopped before anything it uses goes
};

}  // namespace tidings::backend
