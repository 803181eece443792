/// Inbox and mirror in SQLite, the writing side: one connection, prepared statements, one
/// transaction a batch.
///
/// Errors, threads, durability: as MirrorUnitOfWork says. Lifetime: one per file.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/mirror_store.h"
#include "store_sqlite/checkpointer.h"
#include "store_sqlite/database.h"
#include "store_sqlite/inbox_keys.h"
#include "store_sqlite/log_keeper.h"
#include "store_sqlite/mirror_topic_writer.h"
#include "store_sqlite/multi_insert.h"

namespace tidings::sqlite {

class MirrorWriter final : public store::MirrorUnitOfWork {
 public:
  /// Opens or creates the file and brings it to this program's schema.
  static Result<MirrorWriter> open(const std::string& path, const OpenOptions& options);

  MirrorWriter() = default;
  MirrorWriter(MirrorWriter&&) = default;
  MirrorWriter& operator=(MirrorWriter&&) = default;

  Result<void> load(const store::MirrorNeeds& needs, store::MirrorView& view) override;
  Result<void> commit(store::MirrorView& view) override;

 private:
  struct Statements {
    Statement inbox_end, inbox_start, inbox_until, tally, sequences, group;
    Statement add_group, change_group, put_tally, put_sequences, purge;
    Statement endings, put_ending, remove_ending;
  };
  Result<void> prepare();
  Result<void> begin();
  Result<void> load_rows(const store::MirrorNeeds& needs, store::MirrorView& view);
  Result<void> load_keys(std::span<const store::InboxKey> keys, store::MirrorView& view);
  Result<void> load_group(const store::MirrorGroupKey& key, store::MirrorView& view);
  Result<void> load_topics(const store::MirrorNeeds& needs, store::MirrorView& view);
  Result<void> look_for_endings();
  Result<void> write_endings(const store::MirrorView& view);
  Result<void> load_app(SdkAppId app, store::MirrorView& view);
  Result<void> write(const store::MirrorView& view);
  Result<void> write_apps(const store::MirrorView& view);
  Result<void> rolled_back();
  Result<void> write_group(const store::MirrorGroup& group);
  Result<void> purge(const store::MirrorView& view);

  Database database_;
  Statements statements_;
  MultiInsert add_inbox_;
  MirrorTopicWriter topics_;
  InboxKeys keys_;
  bool any_ending_ = false;  // mirror_ending has rows
  Transaction transaction_;  // from load() to commit()
  std::unique_ptr<Checkpointer> checkpointer_;
  std::optional<LogKeeper> log_;  // after open()
};

}  // namespace tidings::sqlite
