/// The use cases that the doors share: run a write with its before-callback and its commit, and
/// read committed rows. A door turns bytes into a Command and a Reply into bytes; nothing else.
///
/// execute(): settings -> admit() on a snapshot and the before-callback, only where its switch is
/// on (protocol 6.10, outside of any transaction) -> committer, where decide() checks everything
/// again -> Reply. Durability point: a Reply is returned after the fsync that holds it (P1).
/// Where no before-callback can be asked, a write goes to the committer without any read.
///
/// An app that is made anew after it was deleted waits here for what is left of it, which goes in many
/// small commits (PurgeDeleted): only its own caller does.
///
/// A committed PutApp or DeleteApp has reached the registry before its Reply is returned, in the
/// order of the commits.
///
/// What a store says when it cannot be read, files and SQL, is for the operator (Parts::read_failed): callers
/// get the kind and a general text.
///
/// Errors: `code` is the protocol's number; 0 where it has none (a full reader pool, a cancelled
/// wait), which a door reports as its own "internal, retry" (10002, 70500). Errc::timeout without a
/// code: the caller's deadline passed first; a write that had begun may still be committed, one that
/// waited for its batch is not begun any more.
///
/// Threads: from any lane; resumes on the caller's lane. Lifetime: everything given to the
/// constructor outlives the service; callers' coroutines end before it does.
#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "backend/app_registry.h"
#include "backend/commit_bridge.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "community/decide.h"
#include "runtime/blocking_pool.h"
#include "runtime/lane.h"
#include "store/committer.h"
#include "store/store.h"
#include "tidings/callback.h"

namespace tidings::backend {

/// Asks the app backend before an event (6.7, 6.8, 6.10). Implemented by delivery's callback
/// request and transport; a fake in tests.
class BeforeAsker {
 public:
  virtual ~BeforeAsker() = default;
  /// An error means "no valid answer" in 2 s; the app's policy then decides. Errc::rate_limited: nobody
  /// was asked, the write is refused. Errors are never retried here. `question` and `caller` live until
  /// the call returns.
  virtual runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question& question,
                                                         const community::Caller& caller) = 0;
};

class Service {
 public:
  struct Parts {
    store::Committer& committer;
    CommitBridge& bridge;  ///< the committer's listener
    store::CommunityReader& community;
    store::EventReader& events;
    runtime::BlockingPool& readers;
    AppRegistry& apps;
    BeforeAsker& before;
    const Clock& clock;
    Random& random;
    std::function<void(std::string_view what)> read_failed = {};  ///< any thread; may be empty
  };
  explicit Service(Parts parts);

  /// One write, of any door. It may be under way before the result is awaited. On a lane.
  runtime::awaitable<Result<community::Reply>> execute(
      community::Command&& command, runtime::Deadline deadline = runtime::Deadline::never());

  /// Runs `read`, a call on community() or events() that gives a Result and owns what it uses, on
  /// the reader pool.
  template <class F>
  runtime::awaitable<std::invoke_result_t<F>> read(
      F read, runtime::Deadline deadline = runtime::Deadline::never()) {
    return parts_.readers.run(Discreet<F>{std::move(read), *this}, deadline);
  }

  [[nodiscard]] store::CommunityReader& community() { return parts_.community; }
  [[nodiscard]] store::EventReader& events() { return parts_.events; }
  [[nodiscard]] AppRegistry& apps() { return parts_.apps; }
  [[nodiscard]] const Clock& clock() const { return parts_.clock; }
  [[nodiscard]] Random& random() { return parts_.random; }

 private:
  /// A read that keeps the store's own words from its caller.
  template <class F>
  struct Discreet {
    F read;
    const Service& service;
    std::invoke_result_t<F> operator()() {
      auto result = read();
      if (!result) return service.for_caller(std::move(result).error());
      return result;
    }
  };
  [[nodiscard]] Error for_caller(Error error) const;
  runtime::awaitable<Result<community::Reply>> commit(community::Command&& command,
                                                      runtime::Deadline deadline);
  runtime::awaitable<Result<community::Reply>> make_way_and_commit(community::PutApp command,
                                                                   runtime::Deadline deadline);
  runtime::awaitable<Result<community::Reply>> ask_and_commit(community::Command command,
                                                              runtime::Deadline deadline);
  runtime::awaitable<Result<void>> ask_before(community::Command& command,
                                              runtime::Deadline deadline);
  [[nodiscard]] store::Completion completion_for(const community::Command& command,
                                                 CommitBridge::ReplySender sender);

  Parts parts_;
};

}  // namespace tidings::backend
