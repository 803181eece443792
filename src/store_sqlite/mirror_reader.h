/// Inbox and mirror in SQLite, the reading side: a few read-only connections, handed out to one
/// call each, so that queries neither wait for the committer nor hold it up.
///
/// Errors, threads: as MirrorReader says. Lifetime: opened after the MirrorWriter made the file.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/mirror_store.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

class MirrorSqliteReader final : public store::MirrorReader {
 public:
  explicit MirrorSqliteReader(std::string path);
  ~MirrorSqliteReader() override;

  Result<std::optional<store::MirrorTopic>> topic(const store::MirrorTopicKey& key) override;
  Result<std::optional<store::MirrorGroup>> group(const store::MirrorGroupKey& key) override;
  Result<store::MirrorPage<store::MirrorTopic>> topics(const store::MirrorFilter& filter) override;
  Result<store::MirrorPage<store::MirrorGroup>> groups(const store::MirrorFilter& filter) override;
  Result<store::InboxPage> inbox(const store::InboxFilter& filter) override;
  Result<std::pair<std::int64_t, std::int64_t>> inbox_range() override;
  Result<std::vector<std::pair<SdkAppId, store::MirrorTally>>> tallies() override;
  Result<std::vector<std::pair<SdkAppId, store::MirrorSequences>>> sequences() override;
  Result<std::vector<std::pair<SdkAppId, store::MirrorTally>>> recount() override;

 private:
  struct Connection;
  class Lease;
  Result<Lease> lease();

  const std::string path_;
  std::mutex mutex_;                               // protects idle_
  std::vector<std::unique_ptr<Connection>> idle_;  // as many as were ever busy at once
};

}  // namespace tidings::sqlite
