/// The answers of EventReader on one reading connection. REQUIRES of all: a snapshot is open.
///
/// Errors: as Database. Threads: those of its connection. Lifetime: ends before its Database.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/event_job.h"
#include "store/event_log.h"
#include "store_sqlite/database.h"
#include "store_sqlite/words.h"

namespace tidings::sqlite {

/// What read_event() reads, of event e.
inline constexpr std::string_view kEventColumns =
    "e.seq, e.sdkappid, e.app_sequence, e.command, e.group_id, e.request_id, e.time_ms, "
    "e.client_ip, e.opt_platform";

class EventQueries {
 public:
  static Result<EventQueries> prepare(Database& database);

  Result<std::vector<SdkAppId>> apps_with_pending();
  Result<std::vector<store::PendingEvent>> pending(SdkAppId app, std::int64_t after,
                                                   std::size_t limit);
  Result<std::vector<community::Event>> events(std::span<const std::int64_t> seqs);
  Result<std::vector<store::EventRecord>> list(const store::EventFilter& filter);
  Result<store::EventSummary> summarize(const store::EventFilter& filter);
  Result<std::vector<store::EventJob>> jobs(SdkAppId app);
  Result<std::vector<store::Attempt>> attempts(std::int64_t seq);
  Result<store::Ledger> ledger(SdkAppId app);
  Result<store::Ledger> recount(SdkAppId app);
  // event_audit.cc
  Result<std::vector<store::LedgerAudit>> audit();
  Result<std::vector<SdkAppId>> apps_with_ended(std::int64_t keep);
  Result<store::PurgePage> purgeable(const store::PurgeQuery& query);

 private:
  Result<store::PurgePage> purgeable_of_app(const store::PurgeQuery& query);
  /// And there may be events in `pending` that were cancelled with it.
  Result<bool> is_deleted(SdkAppId app);
  Result<void> list_branch(const store::EventFilter& filter, const std::string& sql,
                           std::vector<store::EventRecord>& found);
  Result<void> add_oldest(SdkAppId app, store::Ledger& ledger);
  Result<community::Event> read_event(const Rows& rows, bool with_body);

  Database* database_ = nullptr;
  Words words_;
  Statement with_pending_, pending_, oldest_, event_, attempts_, ledger_of_, ledger_of_all_, count_events_,
      count_states_, count_purged_, oldest_ended_, ended_stored_,
      with_ended_, oldest_of_app_, deleted_;
};

}  // namespace tidings::sqlite
