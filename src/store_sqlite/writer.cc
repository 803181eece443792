#include "store_sqlite/writer.h"

#include <utility>

#include "store_sqlite/event_job_rows.h"

namespace tidings::sqlite {

Result<void> Writer::ensure_open() {
  if (connection_) return {};
  auto fresh = std::make_unique<Connection>();
  TRY(fresh->database, Database::open(options_.path, options_.open));
  TRY(fresh->reader, RowReader::prepare(fresh->database, apps_, &cache_));
  TRY(fresh->rows, RowWriter::prepare(fresh->database));
  TRY(fresh->events, EventWriter::prepare(fresh->database));
  connection_ = std::move(fresh);
  return {};
}

Result<void> Writer::load(const community::Needs& needs, community::View& view) {
  TRY_VOID(ensure_open());
  auto loaded = connection_->reader.load(needs, view);
  if (!loaded) recover();
  return loaded;
}

Result<void> Writer::apply(community::View& view, std::span<const store::Outcome> outcomes,
                           std::span<const store::EventJob> jobs) {
  TRY_VOID(ensure_open());
  Counters counters;
  if (auto written = write(view, outcomes, jobs, counters); !written) {
    recover();
    return written;
  }
  RowWriter::remember(view, cache_);
  cache_.counters = counters;
  log_.committed(connection_->database);
  return {};
}

Result<void> Writer::write(community::View& view, std::span<const store::Outcome> outcomes,
                           std::span<const store::EventJob> jobs, Counters& counters) {
  TRY(Transaction transaction, Transaction::begin(connection_->database));
  TRY(counters, connection_->reader.counters());
  TRY_VOID(connection_->rows.write(view, connection_->reader, cache_, counters,
                                       options_.counts_logged));
  TRY_VOID(connection_->events.write(view, outcomes, connection_->reader, cache_, counters));
  for (const store::EventJob& job : jobs) {
    TRY_VOID(put_job(connection_->database, job));
  }
  TRY_VOID(connection_->rows.write_counters(counters));
  durability_.announce();
  const CommitWithoutSync without_sync{connection_->database};
  auto committed = transaction.commit();
  committed ? durability_.committed() : durability_.withdraw();
  return committed;
}

void Writer::close() {
  if (connection_) connection_->database.leave_log();
  connection_.reset();
  cache_.clear();
}

void Writer::recover() {
  // What was learned or drawn in the failed transaction is not true any more.
  cache_.clear();
  const bool usable = static_cast<bool>(connection_->database.recover());
  auto events = EventWriter::prepare(connection_->database);
  if (usable && events) {
    connection_->events = std::move(*events);
  } else {
    connection_.reset();
    return;
  }
  log_.failed(connection_->database);
}

}  // namespace tidings::sqlite
