/// Writes a batch's events and delivery outcomes, and keeps the ledger in the same transaction.
///
/// Errors: as Database; the caller rolls back. Threads: the writer's. Lifetime: ends before its
/// Database.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "community/view.h"
#include "store/event_log.h"
#include "store_sqlite/database.h"
#include "store_sqlite/multi_insert.h"
#include "store_sqlite/row_cache.h"
#include "store_sqlite/row_reader.h"
#include "store_sqlite/words.h"

namespace tidings::sqlite {

class EventWriter {
 public:
  static Result<EventWriter> prepare(Database& database);

  EventWriter() = default;

  /// Purges, cancels what is pending of dropped apps, appends the events (their seq is drawn from
  /// `counters` and set), applies the outcomes, stores the ledgers that changed.
  Result<void> write(community::View& view, std::span<const store::Outcome> outcomes,
                     RowReader& reader, RowCache& cache, Counters& counters);

 private:
  using Ledgers = std::map<SdkAppId, store::Ledger>;  // of the apps this commit touches

  Result<store::Ledger*> ledger_of(SdkAppId app, Ledgers& ledgers, const RowCache& cache);
  /// Of those that have ended. The ledger does not change: `purged` counts them from now on.
  Result<void> purge(const community::ForgetEvents& change);
  Result<void> append_all(community::View& view, const std::set<SdkAppId>& dropped,
                          Ledgers& ledgers, const RowCache& cache, Counters& counters);
  Result<void> append(std::span<const community::Event> events);
  Result<void> apply_at_once(std::int64_t now_ms, Ledgers& ledgers, const RowCache& cache);
  /// REQUIRES: events that follow each other, each delivered with its first attempt.
  Result<void> apply_run(std::span<const store::Outcome* const> run, std::int64_t now_ms,
                         store::Ledger& ledger);
  Result<void> insert_delivered(std::span<const store::Outcome* const> run, const Word& last,
                                std::int64_t now_ms);
  Result<void> apply(const store::Outcome& outcome, std::int64_t now_ms, store::Ledger& ledger);
  /// As it is with this commit; nullptr: there is none.
  static Result<community::AppPtr> app_of(const store::Outcome& outcome,
                                          const community::View& view, RowReader& reader);
  Result<void> replay(const store::Outcome& outcome, std::int64_t events_before,
                      std::int64_t now_ms, store::Ledger& ledger);
  Result<std::optional<store::EventState>> state_of(const store::Outcome& outcome);
  Result<void> keep_attempt(std::int64_t seq, const store::Attempt& attempt, const Word& outcome);
  /// The attempt that an ended event's row holds, into the table of attempts.
  Result<void> move_attempt(std::int64_t seq);
  /// Of its attempts in their table; 0: none.
  Result<std::int64_t> last_number(std::int64_t seq);
  /// Keeps the newest, of which `last` is the last.
  Result<void> trim_attempts(std::int64_t seq, std::int64_t last);

  Words words_;
  std::vector<const store::Outcome*> at_once_;  // of this write(), not applied yet
  Statement ledger_, put_ledger_, draw_sequence_;
  MultiInsert insert_events_, insert_delivered_;
  Statement insert_pending_, insert_cancelled_;
  Statement purge_ended_, purge_attempts_, purge_event_, count_purged_;
  Statement count_pending_, erase_pending_, stay_pending_, end_;
  Statement replay_pending_, replay_ended_, erase_ended_, state_;
  Statement insert_attempt_, move_attempt_, forget_attempt_, last_attempt_, trim_attempts_;
};

}  // namespace tidings::sqlite
