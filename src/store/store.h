/// The seam between the rules and an engine: three narrow interfaces that one engine implements.
///
/// Every engine passes the same contract suite (tests/contract/). Failures: Errc::unavailable for
/// a disk that is full or failing (nothing was changed, try again), Errc::corrupt for bytes that
/// make no sense, Errc::internal otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "community/view.h"
#include "store/event_job.h"
#include "store/event_log.h"

namespace tidings::store {

/// Writing. Called by one thread at a time (the committer's).
class UnitOfWork {
 public:
  virtual ~UnitOfWork() = default;
  /// Loads into `view` what `needs` names and the view does not know yet, and the id counters.
  virtual Result<void> load(const community::Needs& needs, community::View& view) = 0;
  /// Writes the view's changes, its events (their `seq` is set), the outcomes and the jobs (each
  /// replaces the row of its id) in one transaction. Durability point: everything is on disk
  /// (fsync) when this returns success; on an error nothing was written. An Outcome that may not
  /// follow its event's state, or that names no event, is ignored.
  virtual Result<void> commit(community::View& view, std::span<const Outcome> outcomes,
                              std::span<const EventJob> jobs = {}) = 0;

  // commit() in two steps, so that the next batch is prepared while the disk syncs the one before
  // it. An engine for which it is one step leaves these as they are.

  /// commit() without its fsync. Later loads see it, readers do once it is durable.
  virtual Result<void> apply(community::View& view, std::span<const Outcome> outcomes,
                             std::span<const EventJob> jobs) {
    return commit(view, outcomes, jobs);
  }
  /// Durability point: everything applied before the call is on disk when it returns success. After
  /// an error take_back() must come before the next sync(). May run on another thread than load()
  /// and apply(), at the same time.
  virtual Result<void> sync() { return {}; }
  /// Undoes what was applied and not made durable, as if it had never been. Called where load() and
  /// apply() are, while no sync() runs. An error: the disk does not even allow that; to be tried again.
  virtual Result<void> take_back() { return {}; }
};

struct GroupPage {
  std::vector<GroupId> groups;
  std::int64_t total = 0;  ///< of the filter, independent of paging
  std::int64_t next = 0;   ///< cursor; 0 = finished
};
struct MemberPage {
  std::vector<community::Member> members;
  std::int64_t next = 0;  ///< cursor; 0 = finished
};
struct MemberQuery {
  community::GroupKey group;
  std::optional<std::vector<community::Role>> roles;
  std::int64_t after = 0;   ///< cursor
  std::size_t offset = 0;   ///< instead of a cursor
  std::size_t limit = 100;
};
struct JoinedQuery {
  community::AccountKey account;
  std::optional<GroupType> type;
  std::optional<bool> support_topic;
  bool with_av_chat_rooms = false;
  std::size_t offset = 0;
  std::size_t limit = SIZE_MAX;
};
struct JoinedGroup {
  community::Group group;
  community::Member member;
};
struct JoinedPage {
  std::vector<JoinedGroup> groups;
  std::int64_t total = 0;
};

/// Reading rows. Any thread, concurrently with a commit; sees only committed data.
class CommunityReader {
 public:
  virtual ~CommunityReader() = default;
  /// As UnitOfWork::load, from one consistent snapshot, for admit() and the get_* calls.
  virtual Result<void> read(const community::Needs& needs, community::View& view) = 0;
  virtual Result<std::vector<community::App>> apps() = 0;
  virtual Result<GroupPage> groups(SdkAppId app, std::optional<GroupType> type, std::int64_t after,
                                   std::size_t limit) = 0;
  virtual Result<JoinedPage> joined(const JoinedQuery& query) = 0;
  virtual Result<MemberPage> members(const MemberQuery& query) = 0;
  /// By user; only those that end after `now_s`. `topic` empty: of the group itself.
  virtual Result<std::vector<community::Mute>> mutes(const community::GroupKey& group,
                                                     const TopicId& topic, std::int64_t now_s,
                                                     std::size_t limit) = 0;
  /// Whether the store has rows that nobody sees any more, for community::ForgetDeleted: those an app had
  /// when it was deleted, or, when `app` is 0, those of any app or group.
  virtual Result<bool> unpurged(SdkAppId app) = 0;
};

/// Reading the event log. Any thread.
class EventReader {
 public:
  virtual ~EventReader() = default;
  /// Those that have undelivered events, ascending.
  virtual Result<std::vector<SdkAppId>> apps_with_pending() = 0;
  /// An app's undelivered events with seq > after, ascending.
  virtual Result<std::vector<PendingEvent>> pending(SdkAppId app, std::int64_t after,
                                                    std::size_t limit) = 0;
  /// Whole events by seq, ascending; those that do not exist (any more) are left out.
  virtual Result<std::vector<community::Event>> events(std::span<const std::int64_t> seqs) = 0;
  /// By ascending app_sequence.
  virtual Result<std::vector<EventRecord>> list(const EventFilter& filter) = 0;
  /// What list() would give without a limit.
  virtual Result<EventSummary> summarize(const EventFilter& filter) = 0;
  /// Of one app, or of all when `app` is 0; newest first.
  virtual Result<std::vector<EventJob>> jobs(SdkAppId app) = 0;
  virtual Result<std::vector<Attempt>> attempts(std::int64_t seq) = 0;
  /// As counted inside the commits; of one app, or of all when `app` is 0.
  virtual Result<Ledger> ledger(SdkAppId app) = 0;
  /// The same, counted afresh from the rows and from what was purged.
  virtual Result<Ledger> recount(SdkAppId app) = 0;
  /// Both, of every app that ever had an event, from one snapshot. Reads the whole log's index.
  virtual Result<std::vector<LedgerAudit>> audit() = 0;
  /// Those that have more than `keep` ended events, ascending.
  virtual Result<std::vector<SdkAppId>> apps_with_ended(std::int64_t keep) = 0;
  /// What retention may take next, in the order of the log.
  virtual Result<PurgePage> purgeable(const PurgeQuery& query) = 0;
};

}  // namespace tidings::store
