/// The rows a batch of callbacks works on: the receiver's View (design.md, "Unit of work").
///
/// An engine loads what the callbacks of a batch name, receiver::apply reads and changes it
/// callback by callback, and the engine writes what became dirty in one transaction. Asking for a
/// row that was not loaded is a bug in MirrorNeeds and aborts.
///
/// Threads: one batch, one thread. Pointers stay valid as long as the View.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "store/mirror_rows.h"

namespace tidings::store {

/// What callbacks name. Duplicates are harmless.
struct MirrorNeeds {
  std::vector<SdkAppId> apps;  ///< tallies
  std::vector<InboxKey> keys;
  std::vector<MirrorTopicKey> topics;
  std::vector<MirrorGroupKey> groups;
  /// The topics of a group, tombstones included, by parent_of(): as many as fit into one commit.
  std::vector<MirrorGroupKey> topics_of;
};

/// Topics of a group that one View did not take, and where they begin. The numbers are the engine's own.
struct TopicsLeft {
  bool any = false;
  std::int64_t chain = 0;
  std::int64_t given = 0;
};

/// The group that a topic lives and dies with: what its TopicId names, or else, for an id that
/// names none, the GroupId as given.
[[nodiscard]] GroupId parent_of(const TopicId& topic, const GroupId& given);
[[nodiscard]] inline GroupId parent_of(const MirrorTopic& topic) {
  return parent_of(topic.topic, topic.group);
}

/// How far a source that numbers anew has come, as far as its callbacks tell: what forget_numbers() is given
/// where nobody knows better. 0: none was seen to.
[[nodiscard]] std::int64_t forget_through(const MirrorSequences& row);

/// Rows of one kind: known to exist, known to be absent, or not loaded.
template <class Key, class Row, class Hash = std::hash<Key>>
class MirrorTable {
 public:
  struct Entry {
    std::optional<Row> row;
    bool dirty = false;
  };
  using Entries = std::unordered_map<Key, Entry, Hash>;

  [[nodiscard]] bool known(const Key& key) const { return entries_.contains(key); }
  /// Engine: what the store says. Ignored where the key is known already.
  void load(const Key& key, std::optional<Row> row) {
    entries_.try_emplace(key, Entry{std::move(row), false});
  }
  [[nodiscard]] const Row* find(const Key& key) const {
    const auto entry = entries_.find(key);
    CHECK(entry != entries_.end());
    return entry->second.row ? &*entry->second.row : nullptr;
  }
  void put(const Key& key, Row row) { entries_.insert_or_assign(key, Entry{std::move(row), true}); }
  [[nodiscard]] const Entries& entries() const { return entries_; }

 private:
  Entries entries_;
};

class MirrorView {
 public:
  explicit MirrorView(std::int64_t now_ms) : now_ms_(now_ms) {}

  /// Time of arrival of this batch. Never before that of an entry which is stored already, so that
  /// inbox numbers and times order alike, also when the clock was set back.
  [[nodiscard]] std::int64_t received_ms() const { return std::max(now_ms_, last_received_ms); }
  /// The clock, wherever it stands.
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  /// What the next add() will be numbered.
  [[nodiscard]] std::int64_t next_id() const {
    return last_id + static_cast<std::int64_t>(inbox.size()) + 1;
  }

  // Reading. nullptr = does not exist. REQUIRES: the key was in MirrorNeeds.
  [[nodiscard]] bool seen(const InboxKey& key) const;
  [[nodiscard]] const MirrorTopic* topic(const MirrorTopicKey& key) const {
    return topics.find(key);
  }
  [[nodiscard]] const MirrorGroup* group(const MirrorGroupKey& key) const {
    return groups.find(key);
  }
  [[nodiscard]] MirrorTally tally(SdkAppId app) const;
  [[nodiscard]] const MirrorSequences& sequences(SdkAppId app) const;
  /// Keys of callbacks from before this time may have gone with their inbox entries: as retention is now,
  /// or as it was. A longer one brings no key back, nor does a clock that is put right.
  [[nodiscard]] std::int64_t keys_since_ms() const {
    return std::max(purge_before_ms, keys_forgotten_ms);
  }
  /// Those that are loaded, and those of this batch.
  [[nodiscard]] std::vector<MirrorTopicKey> topics_of(const MirrorGroupKey& key);

  // Changing. put() keeps the app's tally and stamps the row's updated_ms.
  void add(InboxEntry entry);  ///< sets id and received_ms, counts it as accepted
  void count_duplicate(SdkAppId app);
  void put(MirrorTopic topic);
  void put(MirrorGroup group);
  /// These numbers are accounted for. What the set's bound gives up counts as gone, and
  /// stands in `closed`.
  void mark(SdkAppId app, SequenceRange numbers);
  void count_filled(SdkAppId app);
  /// As mark(), for those of the numbers that are missing; counts them as gone.
  void give_up(SdkAppId app, SequenceRange numbers);
  /// What topics_of() gave has ended with this group; what is left of it does with commits to come.
  void ended(const MirrorGroupKey& key);
  /// This number has arrived before, and belongs to another event now.
  void renumbered(SdkAppId app, std::int64_t number);
  /// The new source's numbers are watched from here on: those up to `through` count as accounted for, of
  /// those above only what the earlier source cannot have used. See forget_through().
  void forget_numbers(SdkAppId app, std::int64_t through);

  // For engines and the committer.
  MirrorTable<SdkAppId, MirrorTally> tallies;
  struct SequencesEntry {
    MirrorSequences row;
    bool dirty = false;
  };
  std::unordered_map<SdkAppId, SequencesEntry> sequence_rows;  ///< loaded with the tallies
  struct ClosedHole {
    SdkAppId app;
    SequenceRange numbers;
  };
  std::vector<ClosedHole> closed;  ///< by mark(), to stay within the set's bound
  std::vector<SdkAppId> replaced;  ///< apps whose source is found to number anew, the first time
  MirrorTable<MirrorTopicKey, MirrorTopic> topics;
  MirrorTable<MirrorGroupKey, MirrorGroup> groups;
  std::unordered_map<InboxKey, bool, InboxKeyHash> keys;  ///< true: a callback of this key exists
  struct LoadedTopics {
    MirrorGroupKey group;
    TopicsLeft left{};
  };
  std::vector<LoadedTopics> topics_loaded;  ///< groups whose topics are in `topics`, but for those left
  /// Groups that an earlier commit did not end all topics of, and that are among the loaded.
  std::vector<MirrorGroupKey> ending;
  bool more_ending = false;  ///< there are others
  std::unordered_map<MirrorGroupKey, TopicsLeft> endings;  ///< by ended()
  std::vector<InboxEntry> inbox;              ///< new ones, ids ascending without gaps
  std::int64_t last_id = 0;           ///< of the stored inbox; loaded with every View
  std::int64_t last_received_ms = 0;  ///< of the stored inbox; loaded with every View
  /// Keys of entries received before this may have been purged, and none of others; 0: none was. Loaded
  /// with every View.
  std::int64_t keys_forgotten_ms = 0;
  /// Entries received before this may go; an engine removes a bounded number with each commit.
  std::int64_t purge_before_ms = 0;

  /// After this View's commit topics of destroyed groups are still to be ended.
  [[nodiscard]] bool leaves_topics() const;

 private:
  std::int64_t now_ms_;
  /// Of `topics`; none until it is asked for.
  std::optional<std::unordered_map<MirrorGroupKey, std::vector<MirrorTopicKey>>> by_group_;
};

}  // namespace tidings::store
