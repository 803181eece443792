/// The seam between a receiver and its engine: writing inbox and mirror in one commit, and reading
/// them. Engine: store_sqlite/mirror_writer.h and mirror_reader.h.
///
/// Failures: Errc::unavailable for a disk that is full or failing (nothing was changed, try again),
/// Errc::corrupt for bytes that make no sense, Errc::internal otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/mirror_rows.h"
#include "store/mirror_view.h"

namespace tidings::store {

/// Writing. Called by one thread at a time (the inbox committer's).
class MirrorUnitOfWork {
 public:
  virtual ~MirrorUnitOfWork() = default;
  /// Loads into `view` what `needs` names and the view does not know yet, the inbox's end, and
  /// since when its keys are there.
  virtual Result<void> load(const MirrorNeeds& needs, MirrorView& view) = 0;
  /// Writes new inbox entries and dirty rows in one transaction and lets a bounded number of
  /// entries from before view.purge_before_ms go. Durability point: everything is on disk (fsync)
  /// when this returns success; on an error nothing was written.
  virtual Result<void> commit(MirrorView& view) = 0;
};

enum class MirrorState { alive, destroyed, any };

/// So much, and one row more, is what a reader holds at once: a text may be as long as a callback's body.
inline constexpr std::size_t kMaxPageBytes = 4 * 1024 * 1024;

/// Rows changed in [since_ms, until_ms), oldest change first; within a group those whose TopicId
/// names it, the newest first, then those that belong to it only by their GroupId, in order of
/// appearance.
struct MirrorFilter {
  SdkAppId app;
  std::optional<GroupId> group;  ///< topics only: named by TopicId, or given as GroupId (R-02)
  std::optional<std::int64_t> since_ms, until_ms;
  MirrorState state = MirrorState::any;
  std::string after;  ///< cursor: `next` of the page before; empty = from the start
  std::size_t limit = 100;
  /// A page ends with the row whose texts reach this many bytes together (kMaxPageBytes).
  std::size_t max_bytes = kMaxPageBytes;
};

/// `next`: cursor of what follows; empty = that was all. A page may hold fewer rows than asked for
/// and still have a next: the work of one call is bounded.
template <class Row>
struct MirrorPage {
  std::vector<Row> rows;
  std::string next;
  std::size_t bytes = 0;  ///< of the rows' texts
};

struct InboxFilter {
  std::optional<SdkAppId> app;
  std::optional<std::string> command;
  std::optional<std::int64_t> since_ms, until_ms;
  std::int64_t after = 0;  ///< entries with a higher id, ascending
  std::size_t limit = 100;
  /// A page ends with the entry that reaches this many bytes of bodies (kMaxPageBytes).
  std::size_t max_bytes = kMaxPageBytes;
};
struct InboxPage {
  std::vector<InboxEntry> entries;
  std::int64_t next = 0;  ///< cursor of what follows; 0 = that was all
  std::int64_t last = 0;  ///< highest id looked at, whether it fitted or not; 0 = none was
};

/// Reading. Any thread, concurrently with a commit; sees only committed data.
class MirrorReader {
 public:
  virtual ~MirrorReader() = default;
  /// None: never heard of. A tombstone is a row.
  virtual Result<std::optional<MirrorTopic>> topic(const MirrorTopicKey& key) = 0;
  virtual Result<std::optional<MirrorGroup>> group(const MirrorGroupKey& key) = 0;
  /// Errc::invalid_argument: `after` is no cursor of this list.
  virtual Result<MirrorPage<MirrorTopic>> topics(const MirrorFilter& filter) = 0;
  virtual Result<MirrorPage<MirrorGroup>> groups(const MirrorFilter& filter) = 0;
  virtual Result<InboxPage> inbox(const InboxFilter& filter) = 0;
  /// First and last id held; {0, 0} when empty.
  virtual Result<std::pair<std::int64_t, std::int64_t>> inbox_range() = 0;
  /// As counted inside the commits, by app.
  virtual Result<std::vector<std::pair<SdkAppId, MirrorTally>>> tallies() = 0;
  /// What became of the numbers, by app.
  virtual Result<std::vector<std::pair<SdkAppId, MirrorSequences>>> sequences() = 0;
  /// The row counts afresh from the rows; accepted, duplicates and max_sequence are left 0.
  virtual Result<std::vector<std::pair<SdkAppId, MirrorTally>>> recount() = 0;
};

}  // namespace tidings::store
