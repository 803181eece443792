/// Brings what the committer's thread finished back to those who wait: replies to coroutines on
/// their lanes, events to delivery, notices to the client hub.
///
/// A batch of a thousand commands wakes each lane once: completion() collects, batch_done() hands
/// over. Order within a batch: replies first, then events, then notices, so that a callback never
/// delays the answer to the caller (protocol 4.7.1).
///
/// Threads: committed() and batch_done() on the committer's thread; completion() from any lane; a
/// completion may also be called on the lane that submits (a refusal at once), which then answers
/// directly. The sinks run on the committer's thread and must only hand over.
/// Lifetime: outlives the committer; what the sinks name outlives the committer too.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "community/event.h"
#include "community/reply.h"
#include "runtime/one_shot.h"
#include "store/committer.h"

namespace tidings::backend {

class CommitBridge final : public store::CommitListener {
 public:
  using EventSink = std::function<void(std::vector<community::Event>)>;
  using NoticeSink = std::function<void(std::vector<community::Notice>)>;
  using ReplySender = runtime::OneShotSender<Result<community::Reply>>;

  CommitBridge() = default;
  CommitBridge(const CommitBridge&) = delete;
  CommitBridge& operator=(const CommitBridge&) = delete;

  /// REQUIRES: before the committer starts. An empty sink drops: events are in the log anyway,
  /// notices are best effort.
  void connect(EventSink events, NoticeSink notices);

  /// A completion for Committer::submit() that answers `sender`'s coroutine with its batch.
  [[nodiscard]] store::Completion completion(ReplySender sender);

  void committed(std::vector<community::Event> events,
                 std::vector<community::Notice> notices) override;
  void batch_done() override;

 private:
  void complete(ReplySender sender, Result<community::Reply>&& reply);

  // Constant once the committer runs.
  EventSink event_sink_;
  NoticeSink notice_sink_;

  // Committer's thread only.
  runtime::CompletionBatch replies_;
  std::vector<community::Event> events_;
  std::vector<community::Notice> notices_;
};

}  // namespace tidings::backend
