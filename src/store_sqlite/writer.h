/// The writing connection: loads what commands name, commits Views, and recovers from failures.
///
/// Errors, durability: store/store.h. Threads: one at a time. Lifetime: `apps` and `checkpointer`
/// outlive it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "store/store.h"
#include "store_sqlite/checkpointer.h"
#include "store_sqlite/database.h"
#include "store_sqlite/event_writer.h"
#include "store_sqlite/row_cache.h"
#include "store_sqlite/row_reader.h"
#include "store_sqlite/row_writer.h"

namespace tidings::sqlite {

struct WriterOptions {
  std::string path;
  OpenOptions open;
  std::size_t groups_kept = 0;
  int checkpoint_pages = 0;
  int log_limit_pages = 0;
};

class Writer {
 public:
  Writer(WriterOptions options, AppCache& apps, Checkpointer& checkpointer)
      : options_(std::move(options)),
        apps_(apps),
        checkpointer_(checkpointer),
        cache_(options_.groups_kept) {}

  Result<void> load(const community::Needs& needs, community::View& view);
  Result<void> commit(community::View& view, std::span<const store::Outcome> outcomes,
                      std::span<const store::EventJob> jobs);

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
  void keep_log_short();

  const WriterOptions options_;
  AppCache& apps_;
  Checkpointer& checkpointer_;
  RowCache cache_;
  std::unique_ptr<Connection> connection_;
  int woken_at_pages_ = 0;  // length of the log when the checkpointer was last woken
};

}  // namespace tidings::sqlite
