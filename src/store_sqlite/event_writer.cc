#include "store_sqlite/event_writer.h"

#include <set>
#include <utility>

#include "store_sqlite/compact_id.h"

namespace tidings::sqlite {

using store::EventState;
using store::Ledger;
using store::Outcome;

Result<EventWriter> EventWriter::prepare(Database& database) {
  EventWriter writer;
  TRY(writer.words_, Words::prepare(database));
  TRY(writer.ledger_, database.prepare("SELECT accepted, delivered, pending, dead, cancelled "
                                       "FROM ledger WHERE sdkappid = ?"));
  TRY(writer.put_ledger_,
      database.prepare("INSERT OR REPLACE INTO ledger VALUES(?, ?, ?, ?, ?, ?)"));
  TRY(writer.cancel_, database.prepare("UPDATE delivery SET state = 3, next_attempt_ms = 0, "
                                       "changed_ms = ? WHERE sdkappid = ? AND state = 0"));
  TRY(writer.draw_sequence_,
      database.prepare("UPDATE tally SET event_sequence = ? WHERE sdkappid = ?"));
  TRY(writer.insert_event_,
      database.prepare("INSERT INTO event VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.insert_delivery_, database.prepare("INSERT INTO delivery VALUES(?, ?, ?, 0, 0, ?, "
                                                "0)"));
  TRY(writer.from_pending_,
      database.prepare("UPDATE delivery SET state = ?, attempts = ?, next_attempt_ms = ?, "
                       "changed_ms = ?, last_outcome = coalesce(?, last_outcome) "
                       "WHERE seq = ? AND sdkappid = ? AND state = 0"));
  TRY(writer.from_ended_,
      database.prepare("UPDATE delivery SET state = ?, attempts = ?, next_attempt_ms = ?, "
                       "changed_ms = ?, last_outcome = coalesce(?, last_outcome) "
                       "WHERE seq = ? AND sdkappid = ? AND state = ?"));
  TRY(writer.state_, database.prepare("SELECT state FROM delivery WHERE seq = ?"));
  TRY(writer.insert_attempt_,
      database.prepare("INSERT INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  // Two statements: one that reads the table it writes goes by way of a temporary one.
  TRY(writer.last_attempt_, database.prepare("SELECT max(number) FROM attempt WHERE seq = ?"));
  TRY(writer.trim_attempts_, database.prepare("DELETE FROM attempt WHERE seq = ? AND number <= ?"));
  return writer;
}

Result<void> EventWriter::write(community::View& view, std::span<const Outcome> outcomes,
                                RowCache& cache, Counters& counters) {
  Ledgers ledgers;
  std::set<SdkAppId> dropped;
  for (const community::SetChange& change : view.set_changes) {
    const auto* drop = std::get_if<community::DropApp>(&change);
    if (drop == nullptr) continue;
    TRY(Ledger* ledger, ledger_of(drop->app, ledgers, cache));
    TRY_VOID(cancel_pending(drop->app, view.now_ms(), *ledger));
    dropped.insert(drop->app);
  }
  for (community::Event& event : view.events) {
    event.seq = ++counters.event_seq;
    const EventState state =
        dropped.contains(event.app) ? EventState::cancelled : EventState::pending;
    TRY_VOID(append(event, state, view.now_ms()));
    if (state == EventState::cancelled) {  // its app's tally went before it was written
      TRY_VOID(draw_sequence_.run(event.app_sequence, event.app));
    }
    TRY(Ledger* ledger, ledger_of(event.app, ledgers, cache));
    ++ledger->accepted;
    ++ledger->of(state);
  }
  for (const Outcome& outcome : outcomes) {
    TRY(Ledger* ledger, ledger_of(outcome.app, ledgers, cache));
    TRY_VOID(apply(outcome, view.now_ms(), *ledger));
  }
  for (const auto& [app, ledger] : ledgers) {
    TRY_VOID(put_ledger_.run(app, ledger.accepted, ledger.delivered, ledger.pending, ledger.dead,
                             ledger.cancelled));
    // Should the commit fail, the whole cache is dropped.
    cache.ledgers.insert_or_assign(app, ledger);
  }
  return {};
}

Result<Ledger*> EventWriter::ledger_of(SdkAppId app, Ledgers& ledgers, const RowCache& cache) {
  const auto here = ledgers.find(app);
  if (here != ledgers.end()) return &here->second;
  Ledger ledger;
  const auto cached = cache.ledgers.find(app);
  if (cached != cache.ledgers.end()) {
    ledger = cached->second;
  } else {
    auto rows = ledger_.query(app);
    TRY(const bool exists, rows.next());
    if (exists) {
      ledger = {rows.integer(0), rows.integer(1), rows.integer(2),
                rows.integer(3), rows.integer(4), 0};
    }
  }
  return &ledgers.emplace(app, ledger).first->second;
}

Result<void> EventWriter::cancel_pending(SdkAppId app, std::int64_t now_ms, Ledger& ledger) {
  TRY_VOID(cancel_.run(now_ms, app));
  const std::int64_t count = cancel_.changes();
  ledger.pending -= count;
  ledger.cancelled += count;
  return {};
}

Result<void> EventWriter::append(const community::Event& event, EventState state,
                                 std::int64_t now_ms) {
  TRY(const Word command, words_.number_of(event.command));
  TRY(const Word platform, words_.number_of(event.origin.opt_platform));
  const auto uuid = compact_uuid(event.request_id);
  const auto request = uuid ? std::variant<Blob, std::string_view>{Blob{*uuid}}
                            : std::variant<Blob, std::string_view>{event.request_id};
  TRY_VOID(insert_event_.run(event.seq, event.app, event.app_sequence, command, event.group,
                             request, event.time_ms, event.origin.client_ip, platform,
                             Blob{event.body}));
  // changed_ms has a value from the start, so that the row keeps its size when the event ends.
  return insert_delivery_.run(event.seq, event.app, state, now_ms);
}

Result<bool> EventWriter::move_from(EventState from, const Outcome& outcome,
                                    const std::optional<Word>& last, std::int64_t now_ms) {
  if (from == EventState::pending) {
    TRY_VOID(from_pending_.run(outcome.state, outcome.attempts, outcome.next_attempt_ms, now_ms,
                               last, outcome.seq, outcome.app));
    return from_pending_.changes() == 1;
  }
  TRY_VOID(from_ended_.run(outcome.state, outcome.attempts, outcome.next_attempt_ms, now_ms, last,
                           outcome.seq, outcome.app, from));
  return from_ended_.changes() == 1;
}

Result<void> EventWriter::apply(const Outcome& outcome, std::int64_t now_ms, Ledger& ledger) {
  std::optional<Word> last;
  if (outcome.attempt) {
    TRY(last, words_.number_of(outcome.attempt->outcome));
  }
  EventState from = EventState::pending;
  TRY(bool moved, move_from(from, outcome, last, now_ms));
  if (!moved && outcome.state == EventState::pending) {  // a replay?
    auto rows = state_.query(outcome.seq);
    TRY(const bool exists, rows.next());
    if (!exists) return {};
    from = static_cast<EventState>(rows.integer(0));
    if (store::may_follow(from, outcome.state)) {
      TRY(moved, move_from(from, outcome, last, now_ms));
    }
  }
  if (!moved) return {};
  --ledger.of(from);
  ++ledger.of(outcome.state);
  if (!outcome.attempt) return {};
  return keep_attempt(outcome.seq, *outcome.attempt, *last);
}

Result<void> EventWriter::keep_attempt(std::int64_t seq, const store::Attempt& attempt,
                                       const Word& outcome) {
  TRY(const Word address, words_.number_of(attempt.address));
  std::int64_t number = 0;
  {
    auto rows = last_attempt_.query(seq);
    TRY_VOID(rows.next());
    number = rows.integer(0) + 1;  // NULL reads as 0
  }
  TRY_VOID(insert_attempt_.run(seq, number, attempt.at_ms, attempt.duration_us, outcome,
                               attempt.http_status, attempt.detail, address,
                               attempt.response_bytes));
  constexpr auto kKept = static_cast<std::int64_t>(store::kAttemptsKept);
  if (number <= kKept) return {};
  return trim_attempts_.run(seq, number - kKept);
}

}  // namespace tidings::sqlite
