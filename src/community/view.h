/// The rows a batch of commands works on (design.md, "Unit of work").
///
/// An engine loads into a View what the commands of a batch name (Needs), community::decide reads
/// and changes it command by command, so that each sees what earlier ones changed, and the engine
/// writes what became dirty in one transaction. A View lives for one batch, on one thread.
///
/// A change over many rows is one SetChange, applied by the engine BEFORE the dirty rows. A View
/// answers as if it had been applied already: rows under a dissolved group are gone, and a group
/// created in this batch has nothing but what the batch put there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "community/app.h"
#include "community/event.h"
#include "community/rows.h"

namespace tidings::community {

/// What commands name. Duplicates are harmless.
struct Needs {
  std::vector<SdkAppId> apps;  ///< settings and Tally
  std::vector<AccountKey> accounts;
  std::vector<GroupKey> groups;
  std::vector<MemberKey> members;
  std::vector<TopicKey> topics;
  std::vector<MuteKey> mutes;
  std::vector<AccountKey> user_tallies;
  std::vector<GroupKey> all_topics;   ///< every topic of the group (at most 200)
  std::vector<GroupKey> all_members;  ///< every member, unless it is a Community
  std::vector<GroupKey> owners;       ///< the member row of the group's owner, if it has one
  std::vector<AccountKey> memberships;  ///< every member row of the account, and their groups
};

/// Rows of one kind: known to exist, known to be absent, or not loaded. Asking for a row that was
/// not loaded is a bug in Needs and aborts.
template <class Key, class Row>
class Table {
 public:
  struct Entry {
    std::optional<Row> row;
    bool stored = false;  ///< a row of this key is in the store (to be updated or deleted)
    bool dirty = false;
  };
  using Entries = std::map<Key, Entry>;

  [[nodiscard]] bool known(const Key& key) const { return entries_.contains(key); }
  /// Engine: what the store says. Ignored where the key is known already.
  void load(const Key& key, std::optional<Row> row) {
    const bool stored = row.has_value();
    entries_.try_emplace(key, Entry{std::move(row), stored, false});
  }
  [[nodiscard]] const Row* find(const Key& key) const {
    const auto entry = entries_.find(key);
    CHECK(entry != entries_.end());
    return entry->second.row ? &*entry->second.row : nullptr;
  }
  void put(Key key, Row row) {
    Entry& entry = entries_[std::move(key)];
    entry.row = std::move(row);
    entry.dirty = true;
  }
  /// The row, to be changed in place. REQUIRES: it exists.
  [[nodiscard]] Row& change(const Key& key) {
    const auto entry = entries_.find(key);
    CHECK(entry != entries_.end() && entry->second.row);
    entry->second.dirty = true;
    return *entry->second.row;
  }
  void erase(const Key& key) {
    Entry& entry = entries_[key];
    entry.row.reset();
    entry.dirty = true;
  }
  /// The row and its store copy are gone by a SetChange: nothing is left to write for it.
  template <class Predicate>
  void forget_if(Predicate&& matches) {
    for (auto& [key, entry] : entries_) {
      if (matches(key)) entry = Entry{};
    }
  }
  /// The same for a run of keys: from `first` on, as long as they match.
  template <class Predicate>
  void forget_run(const Key& first, Predicate&& matches) {
    for (auto at = entries_.lower_bound(first); at != entries_.end() && matches(at->first); ++at) {
      at->second = Entry{};
    }
  }
  [[nodiscard]] const Entries& entries() const { return entries_; }
  /// Engine, while writing: sets the integer key of a new row.
  [[nodiscard]] Entries& entries() { return entries_; }

 private:
  Entries entries_;
};

/// Delete every member, topic and mute of the group, and the group itself.
struct DissolveGroup {
  GroupKey group;
  std::int64_t row = 0;  ///< the stored group's integer key; 0 = it was never stored
};
/// The account leaves every group (member_num of each falls by one; an owned group becomes
/// ownerless), loses its mutes, and is deleted. Because Needs::memberships was loaded, the groups
/// also stand in the View as dirty rows with the same figures.
struct ForgetAccount {
  AccountKey account;
};
/// Everything of the app goes; its pending events, those of this batch included, are cancelled,
/// visibly (design.md P3).
struct DropApp {
  SdkAppId app;
};
/// Of these events, those that have ended go, and their attempts; the ledger's numbers stay, and the
/// engine keeps count of what went, so that they can still be counted afresh.
struct ForgetEvents {
  std::vector<std::int64_t> seqs;
};
/// What DissolveGroup and DropApp left in the store although no View shows it: about so many rows of it.
struct ForgetDeleted {
  SdkAppId app;  ///< of this app only; 0: of any, and of groups
  std::int64_t rows = 0;
};
using SetChange =
    std::variant<DissolveGroup, ForgetAccount, DropApp, ForgetEvents, ForgetDeleted>;

class View {
 public:
  View(std::int64_t now_ms, Random& random) : now_ms_(now_ms), random_(&random) {}

  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  [[nodiscard]] std::int64_t now_s() const { return now_ms_ / 1000; }
  [[nodiscard]] Random& random() const { return *random_; }

  // Reading. nullptr = does not exist. REQUIRES: the key was in Needs.
  [[nodiscard]] AppPtr app(SdkAppId id) const;
  [[nodiscard]] const Tally& tally(SdkAppId id) const;
  [[nodiscard]] const Account* account(const AccountKey& key) const;
  [[nodiscard]] const Group* group(const GroupKey& key) const;
  [[nodiscard]] const Member* member(const MemberKey& key) const;
  [[nodiscard]] const Topic* topic(const TopicKey& key) const;
  [[nodiscard]] const Mute* mute(const MuteKey& key) const;
  [[nodiscard]] UserTally user_tally(const AccountKey& key) const;
  [[nodiscard]] std::vector<const Topic*> topics_of(const GroupKey& group) const;    // all_topics
  [[nodiscard]] std::vector<const Member*> members_of(const GroupKey& group) const;  // all_members

  // Changing. Call only after the last check of a command has passed.
  void put(App app);
  void put(Tally tally);
  void put(Account account);
  void put(Group group);
  void put(Member member);
  void put(Topic topic);
  void put(Mute mute);
  /// In place, without copying the row. REQUIRES: it exists.
  [[nodiscard]] Group& change_group(const GroupKey& key) { return groups.change(key); }
  [[nodiscard]] Member& change_member(const MemberKey& key) { return members.change(key); }
  [[nodiscard]] Topic& change_topic(const TopicKey& key) { return topics.change(key); }
  [[nodiscard]] Tally& change_tally(SdkAppId id) { return tallies.change(id); }
  void erase(const MemberKey& key);
  void erase(const TopicKey& key);  ///< with the mutes in it: engines delete those first
  void erase(const MuteKey& key);
  void dissolve(const GroupKey& key);         ///< group gone, with all that hangs on it
  void forget(const AccountKey& key);
  void drop(SdkAppId app);
  // No effect where the tally was not loaded: it is counted, not stored.
  void count_joined(const AccountKey& key, std::int64_t by);
  void count_owned(const AccountKey& key, GroupType type, std::int64_t by);
  [[nodiscard]] std::uint64_t draw_community_number() { return ++counters.community_and_topic; }
  [[nodiscard]] std::uint64_t draw_group_number() { return ++counters.ordinary_group; }

  /// Records a callback if its switch is on now (protocol 6.9): draws the app's next sequence
  /// number and a RequestID. The body was written by libtidings.
  void record(const App& app, std::string_view command, const GroupId& group, const Origin& origin,
              std::string body);
  void notify(Notice notice) { notices.push_back(std::move(notice)); }

  // For engines and the committer.
  Table<SdkAppId, AppPtr> apps;
  Table<SdkAppId, Tally> tallies;
  Table<AccountKey, Account> accounts;
  Table<GroupKey, Group> groups;
  Table<MemberKey, Member> members;
  Table<TopicKey, Topic> topics;
  Table<MuteKey, Mute> mutes;
  Table<AccountKey, UserTally> user_tallies;
  std::set<GroupKey> all_topics_loaded;
  std::set<GroupKey> all_members_loaded;
  IdCounters counters;  ///< loaded by the engine with every View, written when changed
  std::vector<Event> events;
  std::vector<Notice> notices;
  std::vector<SetChange> set_changes;

 private:
  std::int64_t now_ms_;
  Random* random_;
  std::set<GroupKey> emptied_;  // created or dissolved in this batch: nothing below it is stored
};

}  // namespace tidings::community
