#include "delivery/fresh_events.h"

#include <iterator>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tidings::delivery {
namespace {

constexpr std::size_t kCacheLine = 64;

std::size_t weight(const community::Event& event) { return event.body.size() + 512; }

void prefetch(const void* begin, std::size_t bytes) {
  const auto* const at = static_cast<const char*>(begin);
  for (std::size_t line = 0; line < bytes; line += kCacheLine) __builtin_prefetch(at + line);
}

}  // namespace

void FreshEvents::keep(community::Event&& event, bool held) {
  const std::size_t bytes = weight(event);
  if (bytes > limit_ || (held && bytes_ + bytes > limit_)) return;
  // The oldest are held, most of the time, while this one is about to be sent.
  while (!places_.empty() && (event.seq - first_ >= kReach || bytes_ + bytes > limit_)) {
    let_go(places_.front());
    pass_over_gone();
  }
  if (places_.empty()) first_ = event.seq;
  const auto at = static_cast<std::size_t>(event.seq - first_);
  CHECK(at >= places_.size());
  places_.resize(at);
  places_.push_back(std::make_unique<const community::Event>(std::move(event)));
  bytes_ += bytes;
}

EventPtr FreshEvents::take(std::int64_t seq) {
  if (seq < first_ || seq - first_ >= std::ssize(places_)) return nullptr;
  EventPtr event = let_go(places_[static_cast<std::size_t>(seq - first_)]);
  pass_over_gone();
  return event;
}

void FreshEvents::forget(SdkAppId app) {
  for (EventPtr& place : places_) {
    if (place && place->app == app) let_go(place);
  }
  pass_over_gone();
}

EventPtr FreshEvents::let_go(EventPtr& place) {
  if (place) bytes_ -= weight(*place);
  return std::exchange(place, nullptr);
}

void FreshEvents::pass_over_gone() {
  while (!places_.empty() && !places_.front()) {
    places_.pop_front();
    ++first_;
  }
}

void prefetch(std::span<const EventPtr> events) {
  for (const EventPtr& event : events) prefetch(event.get(), event ? sizeof *event : 0);
  for (const EventPtr& event : events) {
    if (!event) continue;
    for (const std::string_view text : {std::string_view{event->body},
                                        std::string_view{event->request_id}}) {
      prefetch(text.data(), text.size());
    }
  }
}

}  // namespace tidings::delivery
