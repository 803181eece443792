#include "store_sqlite/event_queries.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "store_sqlite/compact_id.h"
#include "store_sqlite/row_columns.h"

namespace tidings::sqlite {

using community::Event;
using store::EventState;
using store::Ledger;

namespace {

SdkAppId app_at(const Rows& rows, int column) {
  return SdkAppId{static_cast<std::uint32_t>(rows.integer(column))};
}

}  // namespace

Result<EventQueries> EventQueries::prepare(Database& database) {
  EventQueries queries;
  queries.database_ = &database;
  TRY(queries.words_, Words::prepare(database));
  TRY(queries.with_pending_,
      database.prepare("SELECT sdkappid FROM ledger WHERE pending > 0 ORDER BY sdkappid"));
  // Ordered by app, so one app's million does not stand in another's way.
  TRY(queries.pending_,
      database.prepare("SELECT p.seq, p.attempts, p.next_attempt_ms, e.group_id, p.changed_ms FROM "
                       "pending p CROSS JOIN event e ON e.seq = p.seq "
                       "WHERE p.sdkappid = ? AND p.seq > ? AND " TIDINGS_NOT_DELETED
                       " ORDER BY p.seq LIMIT ?"));
  TRY(queries.oldest_,
      database.prepare("SELECT e.seq, e.time_ms FROM pending p CROSS JOIN event e ON e.seq = p.seq "
                       "WHERE p.sdkappid = ? AND " TIDINGS_NOT_DELETED " ORDER BY p.seq LIMIT 1"));
  TRY(queries.deleted_, database.prepare("SELECT 1 FROM deleted_app WHERE sdkappid = ?"));
  TRY(queries.event_, database.prepare("SELECT " + std::string{kEventColumns} +
                                       ", e.body FROM event e WHERE e.seq = ?"));
  TRY(queries.attempts_,
      database.prepare("SELECT at_ms, duration_us, outcome, http_status, detail, address, "
                       "response_bytes, number FROM attempt WHERE seq = ?1 UNION ALL "
                       "SELECT at_ms, duration_us, last_outcome, http_status, detail, address, "
                       "response_bytes, 1 << 62 FROM ended WHERE seq = ?1 AND duration_us NOT NULL "
                       "ORDER BY 8"));
  TRY(queries.ledger_of_, database.prepare("SELECT accepted, delivered, pending, dead, cancelled "
                                           "FROM ledger WHERE sdkappid = ?"));
  TRY(queries.ledger_of_all_,
      database.prepare("SELECT sum(accepted), sum(delivered), sum(pending), sum(dead), "
                       "sum(cancelled) FROM ledger"));
  TRY(queries.count_events_, database.prepare("SELECT count(*) FROM event "
                                              "WHERE ?1 = 0 OR sdkappid = ?1"));
  TRY(queries.count_states_,
      database.prepare("SELECT state, count(*) FROM delivery WHERE ?1 = 0 OR sdkappid = ?1 "
                       "GROUP BY state"));
  TRY(queries.count_purged_,
      database.prepare("SELECT coalesce(sum(delivered), 0), coalesce(sum(dead), 0), "
                       "coalesce(sum(cancelled), 0) FROM purged WHERE ?1 = 0 OR sdkappid = ?1"));
  TRY(queries.oldest_ended_, database.prepare("SELECT seq, changed_ms FROM ended "
                                              "WHERE seq > ? ORDER BY seq LIMIT ?"));
  TRY(queries.oldest_of_app_,
      database.prepare("SELECT e.seq, e.app_sequence, d.seq NOT NULL FROM event e "
                       "INDEXED BY event_of_app LEFT JOIN ended d ON d.seq = e.seq "
                       "WHERE e.sdkappid = ? AND e.app_sequence > ? ORDER BY e.app_sequence LIMIT ?"));
  const std::string ended =
      "l.delivered + l.dead + l.cancelled - coalesce(p.delivered + p.dead + p.cancelled, 0)";
  const std::string ledgers = " FROM ledger l LEFT JOIN purged p USING(sdkappid) WHERE ";
  TRY(queries.ended_stored_, database.prepare("SELECT " + ended + ledgers + "l.sdkappid = ?"));
  // Of an app that was deleted some of them may not have come there yet (deleted_rows.h).
  TRY(queries.with_ended_,
      database.prepare("SELECT l.sdkappid" + ledgers + ended + " > ? AND l.sdkappid NOT IN "
                       "(SELECT sdkappid FROM deleted_app) ORDER BY l.sdkappid"));
  return queries;
}

Result<std::vector<SdkAppId>> EventQueries::apps_with_pending() {
  std::vector<SdkAppId> apps;
  auto rows = with_pending_.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return apps;
    apps.push_back(app_at(rows, 0));
  }
}

Result<std::vector<store::PendingEvent>> EventQueries::pending(SdkAppId app, std::int64_t after,
                                                               std::size_t limit) {
  std::vector<store::PendingEvent> found;
  auto rows = pending_.query(app, after, static_cast<std::int64_t>(limit));
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    found.push_back({rows.integer(0), app, GroupId{rows.text(3)}, rows.integer(4),
                     static_cast<std::int32_t>(rows.integer(1)), rows.integer(2)});
  }
}

Result<Event> EventQueries::read_event(const Rows& rows, bool with_body) {
  Event event;
  event.seq = rows.integer(0);
  event.app = app_at(rows, 1);
  event.app_sequence = rows.integer(2);
  TRY(event.command, words_.text_at(rows, 3));
  event.group = GroupId{rows.text(4)};
  event.request_id = rows.is_blob(5) ? expand_uuid(rows.text(5)) : std::string{rows.text(5)};
  event.time_ms = rows.integer(6);
  event.origin.client_ip = rows.text(7);
  TRY(event.origin.opt_platform, words_.text_at(rows, 8));
  if (with_body) event.body = rows.text(9);
  return event;
}

Result<std::vector<Event>> EventQueries::events(std::span<const std::int64_t> seqs) {
  std::vector<std::int64_t> wanted{seqs.begin(), seqs.end()};
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  std::vector<Event> found;
  found.reserve(wanted.size());
  for (const std::int64_t seq : wanted) {
    auto rows = event_.query(seq);
    TRY(const bool exists, rows.next());
    if (!exists) continue;
    TRY(Event event, read_event(rows, true));
    found.push_back(std::move(event));
  }
  return found;
}

Result<std::vector<store::Attempt>> EventQueries::attempts(std::int64_t seq) {
  std::vector<store::Attempt> found;
  auto rows = attempts_.query(seq);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) break;
    store::Attempt attempt;
    attempt.at_ms = rows.integer(0);
    attempt.duration_us = rows.integer(1);
    TRY(attempt.outcome, words_.text_at(rows, 2));
    attempt.http_status = static_cast<int>(rows.integer(3));
    attempt.detail = rows.text(4);
    TRY(attempt.address, words_.text_at(rows, 5));
    attempt.response_bytes = rows.integer(6);
    found.push_back(std::move(attempt));
  }
  // The table may be full already where the event's own row holds the last one.
  if (found.size() > store::kAttemptsKept) found.erase(found.begin());
  return found;
}

Result<void> EventQueries::add_oldest(SdkAppId app, Ledger& ledger) {
  std::vector<SdkAppId> apps{app};
  if (app.number() == 0) {
    TRY(apps, apps_with_pending());
  }
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const SdkAppId each : apps) {
    auto rows = oldest_.query(each);
    TRY(const bool any, rows.next());
    if (!any || rows.integer(0) > first) continue;
    first = rows.integer(0);
    ledger.oldest_pending_ms = rows.integer(1);
  }
  return {};
}

Result<Ledger> EventQueries::ledger(SdkAppId app) {
  Ledger ledger;
  auto rows = app.number() == 0 ? ledger_of_all_.query() : ledger_of_.query(app);
  TRY(const bool exists, rows.next());
  if (!exists) return ledger;
  ledger = {rows.integer(0), rows.integer(1), rows.integer(2),
            rows.integer(3), rows.integer(4), 0};
  if (ledger.pending > 0) {
    TRY_VOID(add_oldest(app, ledger));
  }
  return ledger;
}

Result<Ledger> EventQueries::recount(SdkAppId app) {
  Ledger ledger;
  auto events = count_events_.query(app);
  TRY_VOID(events.next());
  ledger.accepted = events.integer(0);
  auto rows = count_states_.query(app);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) break;
    ledger.of(static_cast<EventState>(rows.integer(0))) = rows.integer(1);
  }
  auto purged = count_purged_.query(app);
  TRY_VOID(purged.next());
  ledger.delivered += purged.integer(0);
  ledger.dead += purged.integer(1);
  ledger.cancelled += purged.integer(2);
  ledger.accepted += purged.integer(0) + purged.integer(1) + purged.integer(2);
  TRY_VOID(add_oldest(app, ledger));
  return ledger;
}

}  // namespace tidings::sqlite
