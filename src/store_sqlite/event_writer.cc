#include "store_sqlite/event_writer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "store_sqlite/compact_id.h"

namespace tidings::sqlite {

using store::EventState;
using store::Ledger;
using store::Outcome;

namespace {

/// What nearly every outcome says.
bool delivered_at_once(const Outcome& outcome) {
  return outcome.kind == store::OutcomeKind::delivery && outcome.state == EventState::delivered &&
         outcome.attempts == 1 && outcome.attempt && outcome.next_attempt_ms == 0;
}

/// `next` can share a statement with `outcome`: its event is the next one, and ended the same way.
bool neighbours(const Outcome& outcome, const Outcome& next) {
  return next.seq == outcome.seq + 1 && next.app == outcome.app &&
         next.attempt->outcome == outcome.attempt->outcome;
}

constexpr std::size_t kMany = 32;
constexpr std::size_t kFew = 8;

std::string insert_first_attempts(std::size_t rows) {
  constexpr std::string_view kRow = "(?, 1, ?, ?, ?, ?, ?, ?, ?)";
  std::string sql = "INSERT INTO attempt VALUES";
  for (std::size_t i = 0; i < rows; ++i) sql.append(i == 0 ? "" : ",").append(kRow);
  return sql;
}

}  // namespace

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
  TRY(writer.insert_events_, MultiInsert::prepare(database, "INSERT INTO event",
                                                  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  // changed_ms has a value from the start, so that the row keeps its size when the event ends.
  TRY(writer.insert_deliveries_,
      database.prepare("INSERT INTO delivery SELECT seq, sdkappid, ?, 0, 0, ?, 0 FROM event "
                       "WHERE seq BETWEEN ? AND ?"));
  // A retry stays pending: since when it is, is not changed.
  TRY(writer.from_pending_,
      database.prepare("UPDATE delivery SET state = ?1, attempts = ?2, next_attempt_ms = ?3, "
                       "changed_ms = iif(?1 = 0, changed_ms, ?4), "
                       "last_outcome = coalesce(?5, last_outcome) "
                       "WHERE seq = ?6 AND sdkappid = ?7 AND state = 0"));
  TRY(writer.pending_between_,
      database.prepare("SELECT count(*) FROM delivery WHERE seq BETWEEN ? AND ? AND "
                       "sdkappid = ? AND state = 0"));
  TRY(writer.delivered_between_,
      database.prepare("UPDATE delivery SET state = 1, attempts = 1, next_attempt_ms = 0, "
                       "changed_ms = ?, last_outcome = ? WHERE seq BETWEEN ? AND ?"));
  TRY(writer.replay_,
      database.prepare("UPDATE delivery SET state = 0, attempts = ?1, next_attempt_ms = ?2, "
                       "changed_ms = ?3 WHERE seq = ?4 AND sdkappid = ?5 AND "
                       "EXISTS(SELECT 1 FROM app WHERE sdkappid = ?5)"));
  TRY(writer.state_, database.prepare("SELECT state FROM delivery WHERE seq = ? AND sdkappid = ?"));
  TRY(writer.insert_attempt_,
      database.prepare("INSERT INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.insert_first_many_, database.prepare(insert_first_attempts(kMany)));
  TRY(writer.insert_first_few_, database.prepare(insert_first_attempts(kFew)));
  // Two statements: one that reads the table it writes goes by way of a temporary one.
  TRY(writer.last_attempt_, database.prepare("SELECT max(number) FROM attempt WHERE seq = ?"));
  TRY(writer.trim_attempts_, database.prepare("DELETE FROM attempt WHERE seq = ? AND number <= ?"));
  TRY(writer.purge_delivery_, database.prepare("DELETE FROM delivery WHERE seq = ? AND state <> 0 "
                                               "RETURNING sdkappid, state"));
  TRY(writer.purge_attempts_, database.prepare("DELETE FROM attempt WHERE seq = ?"));
  TRY(writer.purge_event_, database.prepare("DELETE FROM event WHERE seq = ?"));
  TRY(writer.count_purged_,
      database.prepare("INSERT INTO purged VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                       "delivered = delivered + excluded.delivered, dead = dead + excluded.dead, "
                       "cancelled = cancelled + excluded.cancelled"));
  return writer;
}

Result<void> EventWriter::write(community::View& view, std::span<const Outcome> outcomes,
                                RowCache& cache, Counters& counters) {
  Ledgers ledgers;
  std::set<SdkAppId> dropped;
  first_.clear();
  at_once_.clear();
  for (const community::SetChange& change : view.set_changes) {
    if (const auto* forget = std::get_if<community::ForgetEvents>(&change)) {
      TRY_VOID(purge(*forget));
    }
    const auto* drop = std::get_if<community::DropApp>(&change);
    if (drop == nullptr) continue;
    TRY(Ledger* ledger, ledger_of(drop->app, ledgers, cache));
    TRY_VOID(cancel_pending(drop->app, view.now_ms(), *ledger));
    dropped.insert(drop->app);
  }
  TRY_VOID(append_all(view, dropped, ledgers, cache, counters));
  for (const Outcome& outcome : outcomes) {
    if (delivered_at_once(outcome)) {
      at_once_.push_back(&outcome);
      continue;
    }
    TRY_VOID(apply_at_once(view.now_ms(), ledgers, cache));  // may be about the same event
    TRY(Ledger* ledger, ledger_of(outcome.app, ledgers, cache));
    TRY_VOID(apply(outcome, view.now_ms(), *ledger));
  }
  TRY_VOID(apply_at_once(view.now_ms(), ledgers, cache));
  TRY_VOID(keep_first_attempts());
  for (const auto& [app, ledger] : ledgers) {
    TRY_VOID(put_ledger_.run(app, ledger.accepted, ledger.delivered, ledger.pending, ledger.dead,
                             ledger.cancelled));
    // Should the commit fail, the whole cache is dropped.
    cache.ledgers.insert_or_assign(app, ledger);
  }
  return {};
}

Result<void> EventWriter::append_all(community::View& view, const std::set<SdkAppId>& dropped,
                                     Ledgers& ledgers, const RowCache& cache,
                                     Counters& counters) {
  const auto state_of_new = [&dropped](const community::Event& event) {
    return dropped.contains(event.app) ? EventState::cancelled : EventState::pending;
  };
  std::vector<community::Event>& events = view.events;
  for (auto run = events.begin(); run != events.end();) {  // one after the other, in one state
    const EventState state = state_of_new(*run);
    const std::int64_t first = counters.event_seq + 1;
    const auto begin = run;
    for (; run != events.end() && state_of_new(*run) == state; ++run) {
      run->seq = ++counters.event_seq;
      if (state == EventState::cancelled) {  // its app's tally went before it was written
        TRY_VOID(draw_sequence_.run(run->app_sequence, run->app));
      }
      TRY(Ledger* ledger, ledger_of(run->app, ledgers, cache));
      ++ledger->accepted;
      ++ledger->of(state);
    }
    TRY_VOID(append({begin, run}));
    TRY_VOID(insert_deliveries_.run(state, view.now_ms(), first, counters.event_seq));
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

Result<void> EventWriter::purge(const community::ForgetEvents& change) {
  Ledgers gone;
  for (const std::int64_t seq : change.seqs) {
    {
      auto rows = purge_delivery_.query(seq);
      TRY(const bool ended, rows.next());
      if (!ended) continue;
      const SdkAppId app{static_cast<std::uint32_t>(rows.integer(0))};
      ++gone[app].of(static_cast<EventState>(rows.integer(1)));
      TRY_VOID(rows.next());
    }
    TRY_VOID(purge_attempts_.run(seq));
    TRY_VOID(purge_event_.run(seq));
  }
  for (const auto& [app, counts] : gone) {
    TRY_VOID(count_purged_.run(app, counts.delivered, counts.dead, counts.cancelled));
  }
  return {};
}

Result<void> EventWriter::cancel_pending(SdkAppId app, std::int64_t now_ms, Ledger& ledger) {
  TRY_VOID(cancel_.run(now_ms, app));
  const std::int64_t count = cancel_.changes();
  ledger.pending -= count;
  ledger.cancelled += count;
  return {};
}

Result<void> EventWriter::append(std::span<const community::Event> events) {
  struct Row {
    const community::Event* event;
    Word command, platform;
    std::optional<std::string> uuid;
  };
  std::vector<Row> rows;
  rows.reserve(events.size());
  for (const community::Event& event : events) {
    TRY(const Word command, words_.number_of(event.command));
    TRY(const Word platform, words_.number_of(event.origin.opt_platform));
    rows.push_back({&event, command, platform, compact_uuid(event.request_id)});
  }
  return insert_events_.run(std::span{rows}, [](Statement& to, int at, const Row& row) {
    const community::Event& e = *row.event;
    const auto request = row.uuid ? std::variant<Blob, std::string_view>{Blob{*row.uuid}}
                                  : std::variant<Blob, std::string_view>{e.request_id};
    return to.bind_from(at, e.seq, e.app, e.app_sequence, row.command, e.group, request, e.time_ms,
                        e.origin.client_ip, row.platform, Blob{e.body});
  });
}

Result<void> EventWriter::apply_at_once(std::int64_t now_ms, Ledgers& ledgers,
                                        const RowCache& cache) {
  std::ranges::stable_sort(at_once_, {}, &Outcome::seq);
  for (std::span<const Outcome* const> left{at_once_}; !left.empty();) {
    std::size_t count = 1;
    while (count < left.size() && neighbours(*left[count - 1], *left[count])) ++count;
    TRY(Ledger* const ledger, ledger_of(left.front()->app, ledgers, cache));
    TRY_VOID(apply_run(left.first(count), now_ms, *ledger));
    left = left.subspan(count);
  }
  at_once_.clear();
  return {};
}

Result<void> EventWriter::apply_run(std::span<const Outcome* const> run, std::int64_t now_ms,
                                    Ledger& ledger) {
  const Outcome& first = *run.front();
  const auto count = static_cast<std::int64_t>(run.size());
  bool all_pending = false;
  if (count > 1) {
    auto rows = pending_between_.query(first.seq, run.back()->seq, first.app);
    TRY_VOID(rows.next());
    all_pending = rows.integer(0) == count;
  }
  if (!all_pending) {  // alone, or one of them comes too late
    for (const Outcome* each : run) {
      TRY_VOID(apply(*each, now_ms, ledger));
    }
    return {};
  }
  TRY(const Word last, words_.number_of(first.attempt->outcome));
  TRY_VOID(delivered_between_.run(now_ms, last, first.seq, run.back()->seq));
  ledger.pending -= count;
  ledger.of(EventState::delivered) += count;
  for (const Outcome* each : run) first_.push_back({each->seq, &*each->attempt, last});
  return {};
}

Result<void> EventWriter::apply(const Outcome& outcome, std::int64_t now_ms, Ledger& ledger) {
  if (outcome.kind == store::OutcomeKind::replay) return replay(outcome, now_ms, ledger);
  std::optional<Word> last;
  if (outcome.attempt) {
    TRY(last, words_.number_of(outcome.attempt->outcome));
  }
  bool known = false;
  if (outcome.kind == store::OutcomeKind::note) {
    TRY(const auto now, state_of(outcome));
    known = now.has_value();
  } else {
    TRY_VOID(from_pending_.run(outcome.state, outcome.attempts, outcome.next_attempt_ms, now_ms,
                               last, outcome.seq, outcome.app));
    known = from_pending_.changes() == 1;
    if (known) {
      --ledger.pending;
      ++ledger.of(outcome.state);
    }
  }
  if (!known || !outcome.attempt) return {};
  if (outcome.attempts == 1) {  // nearly every one; most often it is the only one
    first_.push_back({outcome.seq, &*outcome.attempt, *last});
    return {};
  }
  TRY_VOID(keep_first_attempts());  // they may be earlier ones of this event
  return keep_attempt(outcome.seq, *outcome.attempt, *last);
}

Result<void> EventWriter::replay(const Outcome& outcome, std::int64_t now_ms, Ledger& ledger) {
  TRY(const auto from, state_of(outcome));
  if (!from || !store::may_follow(*from, outcome)) return {};
  TRY_VOID(replay_.run(outcome.attempts, outcome.next_attempt_ms, now_ms, outcome.seq,
                       outcome.app));
  if (replay_.changes() != 1) return {};  // its app is gone, and so is whom to send it to
  --ledger.of(*from);
  ++ledger.pending;
  return {};
}

Result<std::optional<EventState>> EventWriter::state_of(const Outcome& outcome) {
  std::optional<EventState> state;
  auto rows = state_.query(outcome.seq, outcome.app);
  TRY(const bool exists, rows.next());
  if (exists) state = static_cast<EventState>(rows.integer(0));
  return state;
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

Result<void> EventWriter::keep_first_attempts() {
  // By the key of their table: neighbours are found without another way down the tree.
  std::ranges::stable_sort(first_, {}, &FirstAttempt::seq);
  std::span<const FirstAttempt> left{first_};
  while (!left.empty()) {
    const std::size_t count = left.size() >= kMany ? kMany : left.size() >= kFew ? kFew : 1;
    const auto rows = left.first(count);
    left = left.subspan(count);
    if (count > 1) {
      Statement& insert = count == kMany ? insert_first_many_ : insert_first_few_;
      int next = 1;
      for (const auto& [seq, attempt, outcome] : rows) {
        TRY(const Word address, words_.number_of(attempt->address));
        next = insert.bind_from(next, seq, attempt->at_ms, attempt->duration_us, outcome,
                                attempt->http_status, attempt->detail, address,
                                attempt->response_bytes);
      }
      const auto kept = insert.run_bound();
      if (kept) continue;
      // Internal is a key that exists: one of them was tried before, and replayed. SQLite takes
      // such a statement back as a whole; after any other error the transaction may be gone.
      if (kept.error().kind != Errc::internal) return kept;
    }
    for (const auto& [seq, attempt, outcome] : rows) {
      TRY_VOID(keep_attempt(seq, *attempt, outcome));
    }
  }
  first_.clear();
  return {};
}

}  // namespace tidings::sqlite
