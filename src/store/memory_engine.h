/// The engine of tests: everything in maps, nothing on disk. It passes the same contract suite as
/// the embedded engine, and is the one to read first: what it does is what every engine does.
///
/// Threads: as the three interfaces say (one lock around everything). Durability: none.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "store/store.h"

namespace tidings::store {

class MemoryEngine final : public UnitOfWork, public CommunityReader, public EventReader {
 public:
  Result<void> load(const community::Needs& needs, community::View& view) override;
  Result<void> commit(community::View& view, std::span<const Outcome> outcomes,
                      std::span<const EventJob> jobs = {}) override;

  Result<void> read(const community::Needs& needs, community::View& view) override;
  Result<std::vector<community::App>> apps() override;
  Result<GroupPage> groups(SdkAppId app, std::optional<GroupType> type, std::int64_t after,
                           std::size_t limit) override;
  Result<JoinedPage> joined(const JoinedQuery& query) override;
  Result<MemberPage> members(const MemberQuery& query) override;
  Result<std::vector<community::Mute>> mutes(const community::GroupKey& group,
                                             const TopicId& topic, std::int64_t now_s,
                                             std::size_t limit) override;
  /// Nothing is left for later.
  Result<bool> unpurged(SdkAppId) override { return false; }

  Result<std::vector<SdkAppId>> apps_with_pending() override;
  Result<std::vector<PendingEvent>> pending(SdkAppId app, std::int64_t after,
                                            std::size_t limit) override;
  Result<std::vector<community::Event>> events(std::span<const std::int64_t> seqs) override;
  Result<std::vector<EventRecord>> list(const EventFilter& filter) override;
  Result<EventSummary> summarize(const EventFilter& filter) override;
  Result<std::vector<EventJob>> jobs(SdkAppId app) override;
  Result<std::vector<Attempt>> attempts(std::int64_t seq) override;
  Result<Ledger> ledger(SdkAppId app) override;
  Result<Ledger> recount(SdkAppId app) override;
  Result<std::vector<LedgerAudit>> audit() override;
  Result<std::vector<SdkAppId>> apps_with_ended(std::int64_t keep) override;
  Result<PurgePage> purgeable(const PurgeQuery& query) override;

 private:
  /// A member with its place in the order of joining, which pages go by.
  struct StoredMember {
    community::Member member;
    std::int64_t joined = 0;
  };

  // Loading. REQUIRES: mutex_ is held.
  void load_user_tally(const community::AccountKey& key, community::View& view) const;
  void load_all_of(const community::Needs& needs, community::View& view) const;
  [[nodiscard]] std::optional<community::Member> find_member(const community::MemberKey& key) const;
  [[nodiscard]] std::vector<StoredMember> members_in_order(const community::GroupKey& group) const;
  [[nodiscard]] std::vector<StoredMember> memberships(const community::AccountKey& key) const;

  // Writing. REQUIRES: mutex_ is held.
  void apply_change(const community::DissolveGroup& change);
  void apply_change(const community::ForgetAccount& change);
  void apply_change(const community::DropApp& change, std::int64_t now_ms);
  void apply_change(const community::ForgetEvents& change);
  void write_rows(community::View& view);
  void write_events(community::View& view);
  void write_outcome(const Outcome& outcome, std::int64_t now_ms);
  void write_job(const EventJob& job);
  void move(EventRecord& record, EventState state, std::int64_t now_ms);
  [[nodiscard]] Ledger add_oldest(Ledger ledger, SdkAppId app) const;
  [[nodiscard]] std::int64_t ended(SdkAppId app) const;

  mutable std::mutex mutex_;
  // Protected by mutex_.
  std::map<SdkAppId, community::AppPtr> apps_;
  std::map<SdkAppId, community::Tally> tallies_;
  std::map<community::AccountKey, community::Account> accounts_;
  std::map<community::GroupKey, community::Group> groups_;
  std::map<community::MemberKey, StoredMember> members_;
  std::map<community::TopicKey, community::Topic> topics_;
  std::map<community::MuteKey, community::Mute> mutes_;
  community::IdCounters counters_;
  std::int64_t last_row_ = 0;
  std::int64_t last_joined_ = 0;
  std::int64_t last_seq_ = 0;
  std::map<std::int64_t, EventRecord> events_;  // by seq
  std::set<std::int64_t> pending_;
  std::map<std::int64_t, std::vector<Attempt>> attempts_;
  std::map<std::int64_t, EventJob> jobs_;
  std::map<SdkAppId, Ledger> ledgers_;
  std::map<SdkAppId, Ledger> purged_;  // counted in ledgers_, their rows are gone
  std::set<SdkAppId> dropped_;  // by the commit that runs now
};

}  // namespace tidings::store
