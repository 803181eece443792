// The ledger against the rows, and what retention may take.
#include <map>

#include "store_sqlite/event_queries.h"

namespace tidings::sqlite {

using store::EventState;
using store::LedgerAudit;

namespace {

using Audits = std::map<SdkAppId, LedgerAudit>;

/// Runs `sql`, whose first column is the app, and lets `take` read each row.
template <class Take>
Result<void> for_each_app(Database& database, const char* sql, Audits& audits, Take take) {
  TRY(Statement statement, database.prepare(sql));
  auto rows = statement.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return {};
    const SdkAppId app{static_cast<std::uint32_t>(rows.integer(0))};
    LedgerAudit& audit = audits[app];
    audit.app = app;
    take(rows, audit);
  }
}

}  // namespace

Result<std::vector<LedgerAudit>> EventQueries::audit() {
  Audits audits;
  TRY_VOID(for_each_app(*database_,
                        "SELECT sdkappid, accepted, delivered, pending, dead, cancelled FROM ledger",
                        audits, [](const Rows& rows, LedgerAudit& audit) {
                          audit.kept = {rows.integer(1), rows.integer(2), rows.integer(3),
                                        rows.integer(4), rows.integer(5), 0};
                        }));
  TRY_VOID(for_each_app(*database_, "SELECT sdkappid, count(*) FROM event GROUP BY sdkappid",
                        audits, [](const Rows& rows, LedgerAudit& audit) {
                          audit.counted.accepted += rows.integer(1);
                        }));
  TRY_VOID(for_each_app(*database_,
                        "SELECT sdkappid, state, count(*) FROM delivery GROUP BY sdkappid, state",
                        audits, [](const Rows& rows, LedgerAudit& audit) {
                          audit.counted.of(static_cast<EventState>(rows.integer(1))) +=
                              rows.integer(2);
                        }));
  TRY_VOID(for_each_app(*database_, "SELECT sdkappid, delivered, dead, cancelled FROM purged",
                        audits, [](const Rows& rows, LedgerAudit& audit) {
                          audit.purged = rows.integer(1) + rows.integer(2) + rows.integer(3);
                          audit.counted.accepted += audit.purged;
                          audit.counted.delivered += rows.integer(1);
                          audit.counted.dead += rows.integer(2);
                          audit.counted.cancelled += rows.integer(3);
                        }));
  TRY_VOID(for_each_app(
      *database_, "SELECT sdkappid, event_sequence FROM tally WHERE event_sequence > 0", audits,
      [](const Rows& rows, LedgerAudit& audit) { audit.last_sequence = rows.integer(1); }));
  std::vector<LedgerAudit> found;
  for (auto& [app, audit] : audits) {
    if (audit.counted.pending > 0) {
      TRY_VOID(add_oldest(app, audit.kept));
      audit.counted.oldest_pending_ms = audit.kept.oldest_pending_ms;
    }
    found.push_back(audit);
  }
  return found;
}

Result<std::vector<SdkAppId>> EventQueries::apps_with_ended(std::int64_t keep) {
  std::vector<SdkAppId> apps;
  auto rows = with_ended_.query(keep);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return apps;
    apps.emplace_back(static_cast<std::uint32_t>(rows.integer(0)));
  }
}

Result<store::PurgePage> EventQueries::purgeable(const store::PurgeQuery& query) {
  if (query.app.number() != 0) return purgeable_of_app(query);
  store::PurgePage page;
  page.through = query.after;
  std::size_t examined = 0;
  auto rows = oldest_ended_.query(query.after, static_cast<std::int64_t>(query.examine));
  while (page.seqs.size() < query.limit) {
    TRY(const bool more, rows.next());
    if (!more) {
      page.end = examined < query.examine;
      break;
    }
    ++examined;
    page.through = rows.integer(0);
    if (rows.integer(1) < query.ended_before_ms) {
      page.seqs.push_back(page.through);
    } else {
      ++page.too_young;
    }
  }
  return page;
}

/// Along the app's sequence, whose index is there: what it costs is what is taken, and the pending ones
/// that stand before it.
Result<store::PurgePage> EventQueries::purgeable_of_app(const store::PurgeQuery& query) {
  std::int64_t over = -query.keep;
  {
    auto stored = ended_stored_.query(query.app);
    TRY(const bool any, stored.next());
    if (any) over += stored.integer(0);
  }
  store::PurgePage page;
  page.through = query.after;
  std::size_t examined = 0;
  auto rows = oldest_of_app_.query(query.app, query.after, static_cast<std::int64_t>(query.examine));
  while (page.seqs.size() < query.limit && over > 0) {
    TRY(const bool more, rows.next());
    if (!more) break;
    ++examined;
    page.through = rows.integer(1);
    if (rows.integer(2) == 0) continue;  // pending
    page.seqs.push_back(rows.integer(0));
    --over;
  }
  const bool all_seen = examined < query.examine && page.seqs.size() < query.limit;
  page.end = over <= 0 || all_seen;
  return page;
}

}  // namespace tidings::sqlite
