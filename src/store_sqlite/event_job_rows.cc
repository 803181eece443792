#include "store_sqlite/event_job_rows.h"

#include <utility>

namespace tidings::sqlite {

using store::EventJob;

namespace {

std::optional<std::string> text_or_null(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return std::string{rows.text(column)};
}

std::optional<std::int64_t> number_or_null(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return rows.integer(column);
}

EventJob job_at(const Rows& rows) {
  EventJob job;
  job.id = rows.integer(0);
  job.filter.app = SdkAppId{static_cast<std::uint32_t>(rows.integer(1))};
  job.kind = static_cast<EventJob::Kind>(rows.integer(2));
  job.state = static_cast<EventJob::State>(rows.integer(3));
  job.filter.group = text_or_null(rows, 4);
  job.filter.topic = text_or_null(rows, 5);
  job.filter.command = text_or_null(rows, 6);
  job.filter.states = store::StateSet::from_bits(static_cast<std::uint32_t>(rows.integer(7)));
  job.filter.from_ms = number_or_null(rows, 8);
  job.filter.until_ms = number_or_null(rows, 9);
  job.filter.after_app_sequence = rows.integer(10);
  job.filter.through_app_sequence = rows.integer(11);
  job.url = rows.text(12);
  job.rate = rows.integer(13);
  job.end_as = static_cast<store::EventState>(rows.integer(14));
  job.planned = {rows.integer(15), rows.integer(16), rows.integer(17), rows.integer(18),
                 rows.integer(19)};
  job.cursor = rows.integer(20);
  job.done = rows.integer(21);
  job.failed = rows.integer(22);
  job.skipped = rows.integer(23);
  job.created_ms = rows.integer(24);
  job.changed_ms = rows.integer(25);
  job.note = rows.text(26);
  return job;
}

}  // namespace

Result<void> put_job(Database& database, const EventJob& job) {
  TRY(Statement put,
      database.prepare("INSERT OR REPLACE INTO event_job VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                       "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const store::EventFilter& filter = job.filter;
  const store::EventSummary& planned = job.planned;
  TRY_VOID(put.run(job.id, filter.app, job.kind, job.state, filter.group, filter.topic,
                   filter.command, filter.states.bits(), filter.from_ms, filter.until_ms,
                   filter.after_app_sequence, filter.through_app_sequence, job.url, job.rate,
                   job.end_as, planned.count, planned.groups, planned.oldest_ms,
                   planned.newest_ms, planned.last_app_sequence, job.cursor, job.done, job.failed,
                   job.skipped, job.created_ms, job.changed_ms, job.note));
  TRY(Statement trim, database.prepare("DELETE FROM event_job WHERE state <> 0 AND id <= ?"));
  return trim.run(job.id - store::kJobsKept);
}

Result<std::vector<EventJob>> read_jobs(Database& database, SdkAppId app) {
  TRY(Statement statement, database.prepare("SELECT * FROM event_job WHERE ?1 = 0 OR "
                                            "sdkappid = ?1 ORDER BY id DESC"));
  std::vector<EventJob> found;
  auto rows = statement.query(app);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    found.push_back(job_at(rows));
  }
}

}  // namespace tidings::sqlite
