// What an operator does to events that were committed: replay and cancel.
//
// A cancelled event leaves its lane at once and its end is committed then; a crash in between
// leaves it pending, and the operator unanswered. A replayed event is committed as pending first and
// enters its lane then; a crash in between is as any other restart.
#include "delivery/dispatcher.h"

namespace tidings::delivery {

using store::EventRecord;
using store::EventState;
using store::Outcome;
using Standing = Scheduler::Standing;

namespace {

Scheduler::Place place_of(const EventRecord& record) {
  return {record.event.app, record.event.group, record.event.seq};
}

Outcome outcome_of(const EventRecord& record, EventState state) {
  Outcome outcome;
  outcome.seq = record.event.seq;
  outcome.app = record.event.app;
  outcome.state = state;
  return outcome;
}

}  // namespace

void Dispatcher::decide_replay(const std::vector<EventRecord>& events, Decision& decision) {
  const std::int64_t now_ms = parts_.clock.now_ms();
  for (const EventRecord& record : events) {
    const std::int64_t seq = record.event.seq;
    const Scheduler::Place place = place_of(record);
    const Standing standing = scheduler_.standing(place);
    // What ended, or is parked and waits on disk; anything else is on its way already.
    const bool on_disk = backlog_.behind(place.app) && backlog_.on_disk(place.app, seq);
    const bool movable = standing == Standing::unknown && !coming_.contains(seq) &&
                         (record.state != EventState::pending || (record.parked() && on_disk));
    if (standing != Standing::parked && !movable) {
      ++decision.skipped;
      continue;
    }
    Outcome outcome = outcome_of(record, EventState::pending);
    outcome.kind = store::OutcomeKind::replay;
    decision.outcomes.push_back(std::move(outcome));
    ++decision.moved;
    if (standing == Standing::parked) {
      decision.retried.push_back(place);
      continue;
    }
    coming_.insert(seq);
    if (on_disk) backlog_.claim(place.app, seq);
    store::PendingEvent pending;
    pending.seq = seq;
    pending.app = place.app;
    pending.group = place.group;
    pending.since_ms = now_ms;
    decision.replayed.push_back({std::move(pending), record.event.app_sequence});
  }
}

void Dispatcher::decide_cancel(const std::vector<EventRecord>& events, EventState as,
                               Decision& decision) {
  for (const EventRecord& record : events) {
    const std::int64_t seq = record.event.seq;
    const Standing stood = scheduler_.cancel(place_of(record), as);
    if (stood == Standing::in_flight) {
      // The wish outlives a crash: whatever the attempt comes to is committed behind it.
      Outcome wish = outcome_of(record, EventState::pending);
      wish.attempts = record.attempts;
      wish.next_attempt_ms = store::wish_to_end(as);
      decision.outcomes.push_back(std::move(wish));
      ++decision.in_flight;
      continue;
    }
    if (stood == Standing::unknown) {
      const bool on_disk =
          record.state == EventState::pending && backlog_.on_disk(record.event.app, seq);
      if (on_disk) backlog_.claim(record.event.app, seq);
      if (coming_.erase(seq) == 0 && !on_disk) {
        ++decision.skipped;
        continue;
      }
    }
    (void)fresh_.take(seq);
    read_on(record.event.app);
    Outcome outcome = outcome_of(record, as);
    outcome.attempts = record.attempts;
    decision.outcomes.push_back(std::move(outcome));
    ++decision.moved;
  }
}

runtime::awaitable<Result<void>> Dispatcher::commit(Decision decision) {
  runtime::OneShot<Result<void>> stored(parts_.lane);
  // std::function wants copies; a sender is unique, so it travels in a shared box.
  auto sender = std::make_shared<runtime::OneShotSender<Result<void>>>(stored.sender());
  // What ended before is told before: an outcome must not overtake the replay of its event.
  if (!outcomes_.empty()) parts_.committer.submit_outcomes(std::exchange(outcomes_, {}));
  parts_.committer.submit_decisions(
      std::move(decision.outcomes), std::move(decision.jobs),
      [sender](Result<void> result) { sender->complete(std::move(result)); });
  auto result = co_await stored.wait(/*interruptible=*/false);
  if (result) {
    take_in(decision);
  } else {
    for (const auto& [event, app_sequence] : decision.replayed) coming_.erase(event.seq);
  }
  co_return result;
}

void Dispatcher::take_in(const Decision& decision) {
  for (const auto& [event, app_sequence] : decision.replayed) {
    if (coming_.erase(event.seq) == 0) continue;  // cancelled meanwhile
    // What an app had that was deleted meanwhile the store has left as it was.
    const community::AppPtr app = parts_.app(event.app);
    if (app && app_sequence > app->events_before) add(event);
  }
  const Now at = now();
  for (const Scheduler::Place& place : decision.retried) (void)scheduler_.retry_parked(place, at);
  schedule_turn();
}

Scheduler::Hold Dispatcher::hold(const Scheduler::Place& place) const {
  const Scheduler::Hold known = scheduler_.hold(place, now());
  if (known.why != Scheduler::Hold::Why::unknown) return known;
  return backlog_.on_disk(place.app, place.seq) ? scheduler_.hold_unknown(place, now()) : known;
}

}  // namespace tidings::delivery
