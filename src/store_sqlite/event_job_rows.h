/// The rows of event_job: operators' replays and cancellations.
///
/// Statements are prepared for each call; there are at most a few a second.
/// Errors: as Database. Threads: those of the connection.
#pragma once

#include <vector>

#include "store/event_job.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

/// REQUIRES: a transaction is open. Replaces the row of the same id; the oldest ended ones go.
Result<void> put_job(Database& database, const store::EventJob& job);

/// Newest first; `app` 0: of all.
Result<std::vector<store::EventJob>> read_jobs(Database& database, SdkAppId app);

}  // namespace tidings::sqlite
