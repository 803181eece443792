#include "backend/service.h"

#include <optional>
#include <string>
#include <variant>

#include "backend/before_callback.h"
#include "backend/deleted_purge.h"
#include "runtime/deadline.h"

namespace tidings::backend {
namespace {

/// Reads what a command names and runs the checks that come before the callback. Owns its command:
/// the coroutine that waits may be cancelled while this runs on the pool.
struct AdmitOnSnapshot {
  store::CommunityReader& reader;
  std::int64_t now_ms;
  Random& random;
  community::Command command;

  Result<std::optional<community::Question>> operator()() const {
    community::Needs needs;
    community::collect(command, needs);
    community::View view(now_ms, random);
    TRY_VOID(reader.read(needs, view));
    return community::admit(command, view);
  }
};

}  // namespace

Service::Service(Parts parts) : parts_(std::move(parts)) {}

/// Refusals have a code, or a kind that no store's failure has.
Error Service::for_caller(Error error) const {
  const bool of_store = error.kind == Errc::unavailable || error.kind == Errc::corrupt ||
                        error.kind == Errc::internal;
  if (error.code != 0 || !of_store) return error;
  if (parts_.read_failed) parts_.read_failed(error.what);
  return fail(error.kind, "the store cannot be read now; try again");
}

runtime::awaitable<Result<community::Reply>> Service::execute(community::Command&& command,
                                                              runtime::Deadline deadline) {
  if (const auto which = before_switch(command)) {
    const community::AppPtr app = parts_.apps.find(asking_caller(command)->app);
    if (app && app->callback.on(*which) && !app->callback.url.empty()) {
      return ask_and_commit(std::move(command), deadline);
    }
  }
  auto* const put = std::get_if<community::PutApp>(&command);
  if (put != nullptr && put->expected_version == 0) {
    return make_way_and_commit(std::move(*put), deadline);
  }
  return commit(std::move(command), deadline);
}

runtime::awaitable<Result<community::Reply>> Service::make_way_and_commit(
    community::PutApp command, runtime::Deadline deadline) {
  for (;;) {
    FindUnpurged find{parts_.community, command.app.id};
    auto left = co_await parts_.readers.run(std::move(find), deadline);
    if (!left) co_return std::move(left).error();
    if (!*left) break;
    community::Command purge = community::PurgeDeleted{command.app.id, kRowsPurgedAtOnce};
    auto purged = co_await commit(std::move(purge), deadline);
    if (!purged) co_return purged;
  }
  auto reply = co_await commit(std::move(command), deadline);
  co_return reply;
}

// No coroutine: what nearly all writes take is one wait, that of the OneShot.
runtime::awaitable<Result<community::Reply>> Service::commit(community::Command&& command,
                                                             runtime::Deadline deadline) {
  runtime::OneShot<Result<community::Reply>> shot;
  auto done = completion_for(command, shot.sender());
  store::Committer& committer = parts_.committer;
  if (committer.submit_quietly(std::move(command), std::move(done), deadline.time())) {
    runtime::Lane::current()->after_round([&committer] { committer.wake(); });
  }
  return shot.wait_until(deadline);
}

runtime::awaitable<Result<community::Reply>> Service::ask_and_commit(community::Command command,
                                                                     runtime::Deadline deadline) {
  auto admitted = co_await ask_before(command, deadline);
  if (!admitted) co_return std::move(admitted).error();
  auto reply = co_await commit(std::move(command), deadline);
  co_return reply;
}

runtime::awaitable<Result<void>> Service::ask_before(community::Command& command,
                                                     runtime::Deadline deadline) {
  AdmitOnSnapshot admit{parts_.community, parts_.clock.now_ms(), parts_.random, command};
  auto admitted = co_await read(std::move(admit), deadline);
  if (!admitted) co_return std::move(admitted).error();
  if (!*admitted) co_return Result<void>{};
  const community::Question question = std::move(**admitted);

  auto answer = co_await runtime::with_deadline(
      deadline, parts_.before.ask(question, *asking_caller(command)));
  if (!answer) {
    const Error& why = answer.error();
    const bool ours = why.kind == Errc::timeout && deadline.passed();
    // That nobody was asked is no silence: the app's policy is for its backend.
    const bool unasked = why.kind == Errc::cancelled || why.kind == Errc::rate_limited;
    if (ours || unasked) co_return std::move(answer).error();
    co_return judge_silence(question.command, question.app->callback.before_failure,
                            answer.error().what);
  }
  auto judged = judge_answer(question.command, *answer);
  if (!judged) co_return std::move(judged).error();
  if (auto* add = std::get_if<community::AddMembers>(&command)) {
    add->refused = std::move(answer->refused_members);
  }
  co_return Result<void>{};
}

store::Completion Service::completion_for(const community::Command& command,
                                          CommitBridge::ReplySender sender) {
  store::Completion done = parts_.bridge.completion(std::move(sender));
  // The registry follows on the committer's thread: in commit order, and before anyone hears of it.
  AppRegistry& apps = parts_.apps;
  if (std::holds_alternative<community::PutApp>(command)) {
    return [&apps, done](Result<community::Reply>&& reply) {
      const auto* put = reply ? std::get_if<community::AppReply>(&*reply) : nullptr;
      if (put != nullptr && put->app) apps.put(put->app);
      done(std::move(reply));
    };
  }
  if (const auto* gone = std::get_if<community::DeleteApp>(&command)) {
    return [&apps, done, id = gone->app](Result<community::Reply>&& reply) {
      if (reply) apps.remove(id);
      done(std::move(reply));
    };
  }
  return done;
}

}  // namespace tidings::backend
