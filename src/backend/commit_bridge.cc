#include "backend/commit_bridge.h"

#include <iterator>
#include <memory>
#include <utility>

#include "runtime/lane.h"

namespace tidings::backend {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
}

}  // namespace

void CommitBridge::connect(EventSink events, NoticeSink notices) {
  event_sink_ = std::move(events);
  notice_sink_ = std::move(notices);
}

store::Completion CommitBridge::completion(ReplySender sender) {
  // std::function wants copies; a sender is unique, so it travels in a shared box. A completion
  // that is destroyed uncalled takes the sender along, and the coroutine wakes with `cancelled`.
  auto box = std::make_shared<ReplySender>(std::move(sender));
  return [this, box](Result<community::Reply>&& reply) {
    complete(std::move(*box), std::move(reply));
  };
}

void CommitBridge::complete(ReplySender sender, Result<community::Reply>&& reply) {
  if (runtime::Lane::current() != nullptr) {
    sender.complete(std::move(reply));  // refused at once by submit(): no batch will follow
  } else {
    replies_.add(std::move(sender), std::move(reply));
  }
}

void CommitBridge::committed(std::vector<community::Event> events,
                             std::vector<community::Notice> notices) {
  append(events_, std::move(events));
  append(notices_, std::move(notices));
}

void CommitBridge::batch_done() {
  replies_.flush();
  std::vector<community::Event> events;
  events.swap(events_);
  std::vector<community::Notice> notices;
  notices.swap(notices_);
  if (!events.empty() && event_sink_) event_sink_(std::move(events));
  if (!notices.empty() && notice_sink_) notice_sink_(std::move(notices));
}

}  // namespace tidings::backend
