/// The writing connection: loads what commands name, commits Views, and recovers from failures.
///
/// Errors: store/store.h. Threads: one at a time. Lifetime: `apps`, `checkpointer` and `durability`
/// outlive it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "store/store.h"
#include "store_sqlite/database.h"
#include "store_sqlite/durability.h"
#include "store_sqlite/event_writer.h"
#include "store_sqlite/log_keeper.h"
#include "store_sqlite/row_cache.h"
#include "store_sqlite/row_reader.h"
#include "store_sqlite/row_writer.h"

namespace tidings::sqlite {

struct WriterOptions {
  std::string path;
  OpenOptions open;
  std::size_t groups_kept = 0;
  std::size_t counts_logged = 0;
  LogLimits log{};
};

class Writer {
 public:
  Writer(WriterOptions options, AppCache& apps, Checkpointer& checkpointer,
         Durability& durability)
      : options_(std::move(options)),
        apps_(apps),
        durability_(durability),
        log_(options_.path, options_.log, checkpointer),
        cache_(options_.groups_kept) {}

  Result<void> load(const community::Needs& needs, community::View& view);
  /// Committed, and left to Durability::sync().
  Result<void> apply(community::View& view, std::span<const store::Outcome> outcomes,
                     std::span<const store::EventJob> jobs);
  /// Closes the connection, leaves the log as it is, forgets what was cached.
  void close();

 private:
  /// The connection with its statements; opened anew when a rollback failed.
  struct Connection {
    Database database;
    RowReader reader;
    RowWriter rows;
    EventWriter events;
  };
  Result<void> ensure_open();
  Result<void> write(community::View& view, std::span<const store::Outcome> outcomes,
                     std::span<const store::EventJob> jobs, Counters& counters);
  void recover();

  const WriterOptions options_;
  AppCache& apps_;
  Durability& durability_;
  LogKeeper log_;
  RowCache cache_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace tidings::sqlite
