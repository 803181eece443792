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

#define TIDINGS_ENDED_COLUMNS "seq, sdkappid, state, attempts, at_ms, changed_ms, last_outcome"

}  // namespace

Result<EventWriter> EventWriter::prepare(Database& database) {
  EventWriter writer;
  TRY(writer.words_, Words::prepare(database));
  TRY(writer.ledger_, database.prepare("SELECT accepted, delivered, pending, dead, cancelled "
                                       "FROM ledger WHERE sdkappid = ?"));
  TRY(writer.put_ledger_,
      database.prepare("INSERT OR REPLACE INTO ledger VALUES(?, ?, ?, ?, ?, ?)"));
  TRY(writer.draw_sequence_,
      database.prepare("UPDATE tally SET event_sequence = ? WHERE sdkappid = ?"));
  TRY(writer.insert_events_, MultiInsert::prepare(database, "INSERT INTO event",
                                                  "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.insert_pending_,
      database.prepare("INSERT INTO pending SELECT sdkappid, seq, 0, 0, ?, 0 FROM event "
                       "WHERE seq BETWEEN ? AND ?"));
  TRY(writer.insert_cancelled_,
      database.prepare("INSERT INTO ended(" TIDINGS_ENDED_COLUMNS ") SELECT seq, sdkappid, 3, 0, 0, "
                       "?, 0 FROM event WHERE seq BETWEEN ? AND ?"));
  // A retry stays pending: since when it is, is not changed.
  TRY(writer.stay_pending_,
      database.prepare("UPDATE pending SET attempts = ?, next_attempt_ms = ?, "
                       "last_outcome = coalesce(?, last_outcome) WHERE sdkappid = ? AND seq = ?"));
  TRY(writer.end_, database.prepare("INSERT INTO ended(" TIDINGS_ENDED_COLUMNS ") SELECT seq, "
                                    "sdkappid, ?, ?, 0, ?, coalesce(?, last_outcome) "
                                    "FROM pending WHERE sdkappid = ? AND seq = ?"));
  TRY(writer.count_pending_, database.prepare("SELECT count(*) FROM pending WHERE sdkappid = ? AND "
                                              "seq BETWEEN ? AND ?"));
  TRY(writer.erase_pending_,
      database.prepare("DELETE FROM pending WHERE sdkappid = ? AND seq BETWEEN ? AND ?"));
  TRY(writer.insert_delivered_,
      MultiInsert::prepare(database,
                           "INSERT INTO ended(" TIDINGS_ENDED_COLUMNS
                           ", duration_us, http_status, detail, address, response_bytes)",
                           "(?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.replay_pending_,
      database.prepare("UPDATE pending SET attempts = ?, next_attempt_ms = ?, changed_ms = ? "
                       "WHERE seq = ? AND sdkappid = ?"));
  TRY(writer.replay_ended_,
      database.prepare("INSERT INTO pending SELECT sdkappid, seq, ?1, ?2, ?3, last_outcome "
                       "FROM ended WHERE seq = ?4 AND sdkappid = ?5 AND "
                       "EXISTS(SELECT 1 FROM event WHERE seq = ?4 AND app_sequence > ?6)"));
  TRY(writer.erase_ended_, database.prepare("DELETE FROM ended WHERE seq = ?"));
  TRY(writer.state_, database.prepare("SELECT state FROM ended WHERE seq = ?1 AND sdkappid = ?2 "
                                      "UNION ALL SELECT 0 FROM pending WHERE sdkappid = ?2 AND "
                                      "seq = ?1"));
  TRY(writer.insert_attempt_,
      database.prepare("INSERT INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.move_attempt_,
      database.prepare("INSERT INTO attempt SELECT seq, ?2, at_ms, duration_us, last_outcome, "
                       "http_status, detail, address, response_bytes FROM ended "
                       "WHERE seq = ?1 AND duration_us NOT NULL"));
  TRY(writer.forget_attempt_,
      database.prepare("UPDATE ended SET duration_us = NULL WHERE seq = ?"));
  // Two statements: one that reads the table it writes goes by way of a temporary one.
  TRY(writer.last_attempt_, database.prepare("SELECT max(number) FROM attempt WHERE seq = ?"));
  TRY(writer.trim_attempts_, database.prepare("DELETE FROM attempt WHERE seq = ? AND number <= ?"));
  TRY(writer.purge_ended_, database.prepare("DELETE FROM ended WHERE seq = ? "
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
                                RowReader& reader, RowCache& cache, Counters& counters) {
  Ledgers ledgers;
  std::set<SdkAppId> dropped;
  at_once_.clear();
  for (const community::SetChange& change : view.set_changes) {
    if (const auto* forget = std::get_if<community::ForgetEvents>(&change)) {
      TRY_VOID(purge(*forget));
    }
    const auto* drop = std::get_if<community::DropApp>(&change);
    if (drop == nullptr) continue;
    TRY(Ledger* ledger, ledger_of(drop->app, ledgers, cache));
    ledger->cancelled += std::exchange(ledger->pending, 0);  // and so their rows say (schema.cc)
    dropped.insert(drop->app);
  }
  TRY_VOID(append_all(view, dropped, ledgers, cache, counters));
  for (const Outcome& outcome : outcomes) {
    // What waited is cancelled, even where its row has not been moved yet.
    if (outcome.kind != store::OutcomeKind::note && cache.deleted_apps &&
        cache.deleted_apps->contains(outcome.app)) {
      continue;
    }
    if (delivered_at_once(outcome)) {
      at_once_.push_back(&outcome);
      continue;
    }
    TRY_VOID(apply_at_once(view.now_ms(), ledgers, cache));  // may be about the same event
    TRY(Ledger* ledger, ledger_of(outcome.app, ledgers, cache));
    if (outcome.kind == store::OutcomeKind::replay) {
      TRY(const community::AppPtr app, app_of(outcome, view, reader));
      // Without its app it has nobody to be sent to.
      if (!app) continue;
      TRY_VOID(replay(outcome, app->events_before, view.now_ms(), *ledger));
      continue;
    }
    TRY_VOID(apply(outcome, view.now_ms(), *ledger));
  }
  TRY_VOID(apply_at_once(view.now_ms(), ledgers, cache));
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
    Statement& insert = state == EventState::pending ? insert_pending_ : insert_cancelled_;
    TRY_VOID(insert.run(view.now_ms(), first, counters.event_seq));
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
      auto rows = purge_ended_.query(seq);
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
  {
    auto rows = count_pending_.query(first.app, first.seq, run.back()->seq);
    TRY_VOID(rows.next());
    all_pending = rows.integer(0) == count;
  }
  if (!all_pending) {  // one of them comes too late
    for (const Outcome* each : run) {
      TRY_VOID(apply(*each, now_ms, ledger));
    }
    return {};
  }
  TRY_VOID(erase_pending_.run(first.app, first.seq, run.back()->seq));
  ledger.pending -= count;
  ledger.of(EventState::delivered) += count;
  TRY(const Word last, words_.number_of(first.attempt->outcome));
  return insert_delivered(run, last, now_ms);
}

Result<void> EventWriter::insert_delivered(std::span<const Outcome* const> run, const Word& last,
                                           std::int64_t now_ms) {
  struct Row {
    const Outcome* outcome;
    Word address;
  };
  std::vector<Row> rows;
  rows.reserve(run.size());
  for (const Outcome* each : run) {
    TRY(const Word address, words_.number_of(each->attempt->address));
    rows.push_back({each, address});
  }
  return insert_delivered_.run(std::span{rows}, [&](Statement& to, int at, const Row& row) {
    const store::Attempt& attempt = *row.outcome->attempt;
    return to.bind_from(at, row.outcome->seq, row.outcome->app, attempt.at_ms, now_ms, last,
                        attempt.duration_us, attempt.http_status, attempt.detail, row.address,
                        attempt.response_bytes);
  });
}

Result<void> EventWriter::apply(const Outcome& outcome, std::int64_t now_ms, Ledger& ledger) {
  std::optional<Word> last;
  if (outcome.attempt) {
    TRY(last, words_.number_of(outcome.attempt->outcome));
  }
  bool known = false;
  if (outcome.kind == store::OutcomeKind::note) {
    TRY(const auto now, state_of(outcome));
    known = now.has_value();
    if (known) {
      TRY_VOID(move_attempt(outcome.seq));
    }
  } else if (outcome.state == EventState::pending) {
    TRY_VOID(stay_pending_.run(outcome.attempts, outcome.next_attempt_ms, last, outcome.app,
                               outcome.seq));
    known = stay_pending_.changes() == 1;
  } else {
    TRY_VOID(end_.run(outcome.state, outcome.attempts, now_ms, last, outcome.app, outcome.seq));
    known = end_.changes() == 1;
    if (known) {
      TRY_VOID(erase_pending_.run(outcome.app, outcome.seq, outcome.seq));
      --ledger.pending;
      ++ledger.of(outcome.state);
    }
  }
  if (!known || !outcome.attempt) return {};
  return keep_attempt(outcome.seq, *outcome.attempt, *last);
}

Result<community::AppPtr> EventWriter::app_of(const Outcome& outcome, const community::View& view,
                                              RowReader& reader) {
  // One that this commit writes must not be read back: should it fail, the cache would keep it.
  if (view.apps.known(outcome.app)) return view.app(outcome.app);
  return reader.app(outcome.app);
}

Result<void> EventWriter::replay(const Outcome& outcome, std::int64_t events_before,
                                 std::int64_t now_ms, Ledger& ledger) {
  TRY(const auto from, state_of(outcome));
  if (!from || !store::may_follow(*from, outcome)) return {};
  const bool waits = *from == EventState::pending;
  if (waits) {
    TRY_VOID(replay_pending_.run(outcome.attempts, outcome.next_attempt_ms, now_ms, outcome.seq,
                                 outcome.app));
  } else {
    TRY_VOID(replay_ended_.run(outcome.attempts, outcome.next_attempt_ms, now_ms, outcome.seq,
                               outcome.app, events_before));
    if (replay_ended_.changes() != 1) return {};  // it is of a deleted app that had the same number
    TRY_VOID(move_attempt(outcome.seq));
    TRY_VOID(erase_ended_.run(outcome.seq));
  }
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
  TRY(const std::int64_t last, last_number(seq));
  TRY_VOID(insert_attempt_.run(seq, last + 1, attempt.at_ms, attempt.duration_us, outcome,
                               attempt.http_status, attempt.detail, address,
                               attempt.response_bytes));
  return trim_attempts(seq, last + 1);
}

Result<void> EventWriter::move_attempt(std::int64_t seq) {
  TRY(const std::int64_t last, last_number(seq));
  TRY_VOID(move_attempt_.run(seq, last + 1));
  if (move_attempt_.changes() == 0) return {};
  TRY_VOID(forget_attempt_.run(seq));
  return trim_attempts(seq, last + 1);
}

Result<std::int64_t> EventWriter::last_number(std::int64_t seq) {
  auto rows = last_attempt_.query(seq);
  TRY_VOID(rows.next());
  return rows.integer(0);  // NULL reads as 0
}

Result<void> EventWriter::trim_attempts(std::int64_t seq, std::int64_t last) {
  constexpr auto kKept = static_cast<std::int64_t>(store::kAttemptsKept);
  return last <= kKept ? Result<void>{} : trim_attempts_.run(seq, last - kKept);
}

#undef TIDINGS_ENDED_COLUMNS

}  // namespace tidings::sqlite
