/// What a receiver keeps: every accepted callback as it came (the inbox), and what the callbacks
/// say about groups and topics (the mirror).
///
/// Callbacks may arrive late, twice or in any order. So each value of the mirror carries the stamp
/// of the callback it came from, and only a newer one replaces it; what is destroyed leaves a
/// tombstone. Then any order of the same callbacks ends in the same mirror
/// (receiver/mirror_merge.h).
///
/// Units: milliseconds since 1970; 0 = unknown. Threads: plain values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "store/sequence_set.h"
#include "tidings/ids.h"

namespace tidings::store {

/// When a callback's event happened, in the three ways a receiver can tell.
struct MirrorStamp {
  std::int64_t sequence = 0;  ///< `tidings-sequence`: the app's own count; 0 = not sent
  std::int64_t time_ms = 0;   ///< EventTime; 0 = not sent
  std::int64_t arrival = 0;   ///< the inbox number; 0 = there was no such callback

  explicit operator bool() const { return arrival != 0; }
  friend bool operator==(const MirrorStamp&, const MirrorStamp&) = default;
};

/// By sequence where both have one, else by EventTime where both have one, else by arrival. No
/// callback at all is older than any. Two callbacks of the same EventTime are equivalent.
[[nodiscard]] inline std::weak_ordering compare(const MirrorStamp& a, const MirrorStamp& b) {
  if (!a || !b) return static_cast<bool>(a) <=> static_cast<bool>(b);
  if (a.sequence != 0 && b.sequence != 0) return a.sequence <=> b.sequence;
  if (a.time_ms != 0 && b.time_ms != 0) return a.time_ms <=> b.time_ms;
  return a.arrival <=> b.arrival;
}

/// A text of which is known when it was set. No stamp: not known.
struct MirrorText {
  std::string value;
  MirrorStamp stamp;

  friend bool operator==(const MirrorText&, const MirrorText&) = default;
};

struct MirrorTopicKey {
  SdkAppId app;
  TopicId topic;
  friend bool operator==(const MirrorTopicKey&, const MirrorTopicKey&) = default;
};

struct MirrorGroupKey {
  SdkAppId app;
  GroupId group;
  friend bool operator==(const MirrorGroupKey&, const MirrorGroupKey&) = default;
};

/// One topic as the callbacks tell it. Destroyed and nothing newer: a tombstone, which has its ids,
/// its type and the stamps `seen` and `destroyed`, and nothing else.
struct MirrorTopic {
  std::int64_t row = 0;  ///< integer key in the store; 0 = not stored yet
  SdkAppId app;
  TopicId topic;
  GroupId group;                ///< as the newest callback gave it (R-02)
  bool group_mismatch = false;  ///< `group` is not the community that the TopicId names
  std::string type;
  UserId owner;                   ///< of the community, when the topic was created
  UserId operator_account;        ///< who created it
  std::string user_defined_data;  ///< the UserDefinedDataList array, byte for byte; empty: none
  MirrorText name, introduction, notification, face_url;
  MirrorStamp seen;       ///< newest callback about it
  MirrorStamp created;    ///< none: known only from later callbacks (imported, or one was missed)
  MirrorStamp destroyed;  ///< newest destruction, of itself or its group
  std::int64_t updated_ms = 0;  ///< when this row last changed, by the receiver's clock

  [[nodiscard]] MirrorTopicKey key() const { return {app, topic}; }
  [[nodiscard]] bool alive() const {
    return created || name.stamp || introduction.stamp || notification.stamp || face_url.stamp ||
           !destroyed;
  }
  friend bool operator==(const MirrorTopic&, const MirrorTopic&) = default;
};

/// One group as the callbacks tell it. Tombstones as for topics.
struct MirrorGroup {
  std::int64_t row = 0;  ///< integer key in the store; 0 = not stored yet
  SdkAppId app;
  GroupId group;
  std::string type;
  UserId operator_account;        ///< who created it
  std::string user_defined_data;  ///< the UserDefinedDataList array, byte for byte; empty: none
  MirrorText owner;
  MirrorText name, introduction, notification, face_url;
  std::optional<std::int64_t> initial_members;  ///< at its creation; none: not known
  std::int64_t member_change = 0;               ///< joined minus left since then, as told
  MirrorStamp created;
  MirrorStamp destroyed;
  MirrorStamp members;  ///< newest join or exit
  MirrorStamp full;     ///< newest AfterGroupFull
  /// Newest callback that said "some topic here changed" without saying which: the topics of
  /// this group must be read from the source again.
  MirrorStamp reread;
  std::int64_t updated_ms = 0;  ///< when this row last changed, by the receiver's clock

  [[nodiscard]] MirrorGroupKey key() const { return {app, group}; }
  [[nodiscard]] bool alive() const {
    return created || owner.stamp || name.stamp || introduction.stamp || notification.stamp ||
           face_url.stamp || members || full || reread || !destroyed;
  }
  /// None: never told how many there were at first.
  [[nodiscard]] std::optional<std::int64_t> member_num() const {
    if (!initial_members) return std::nullopt;
    return *initial_members + member_change;
  }
  friend bool operator==(const MirrorGroup&, const MirrorGroup&) = default;
};

/// What makes two requests the same callback: the app, and 16 bytes drawn from RequestID or from a
/// hash of command and body (protocol 6.11).
using InboxKey = std::array<unsigned char, 20>;

/// How a callback reached the inbox: sent by the source, asked for after it was missed, or made of what the
/// source has and no callback told.
enum class InboxVia { callback = 0, feed = 1, reconciliation = 2 };

/// One accepted callback, as it came.
struct InboxEntry {
  std::int64_t id = 0;  ///< 1, 2, 3, ... in order of commit; also the feed's event id
  InboxKey key{};
  SdkAppId app;
  std::string command;
  GroupId group;  ///< of group callbacks; else empty
  std::int64_t received_ms = 0;  ///< never less than that of an earlier entry
  std::int64_t event_time_ms = 0;
  std::int64_t sequence = 0;
  std::string request_id;
  std::string client_ip;
  std::string opt_platform;
  /// Path and query of the request (receiver/request_target.h). It holds the Sign: for the query
  /// door, not for logs. Empty: there was no request.
  std::string target;
  InboxVia via = InboxVia::callback;
  std::string body;

  friend bool operator==(const InboxEntry&, const InboxEntry&) = default;
};

/// The counts of one app, kept inside the commits.
struct MirrorTally {
  std::int64_t accepted = 0;      ///< callbacks committed, ever
  std::int64_t duplicates = 0;    ///< answered OK and not applied again
  std::int64_t max_sequence = 0;  ///< highest `tidings-sequence` accepted
  std::int64_t topics = 0;        ///< alive
  std::int64_t topic_tombstones = 0;
  std::int64_t groups = 0;  ///< alive
  std::int64_t group_tombstones = 0;

  friend bool operator==(const MirrorTally&, const MirrorTally&) = default;
};

/// What became of an app's numbers (`tidings-sequence`), kept inside the commits.
struct MirrorSequences {
  SequenceSet have;         ///< arrived, or known to be gone
  std::int64_t filled = 0;  ///< fetched from the feed after they were missed
  std::int64_t gone = 0;    ///< missed, and no longer to be had at the source
  /// Of `have`, those that may not have arrived: they were given up, or that is not known any more.
  SequenceSet given_up;
  /// A source uses no number twice. Where one came again for another event, the source was replaced, by a
  /// backup or a new one, and numbers anew:
  std::int64_t renumbered = 0;  ///< such events
  std::int64_t renumbered_to = 0;  ///< the highest of their numbers
  /// Numbers up to it were used by an earlier source, too. They say nothing about which event is newer.
  std::int64_t used_twice = 0;

  [[nodiscard]] bool arrived(std::int64_t number) const {
    return have.contains(number) && !given_up.contains(number);
  }
  friend bool operator==(const MirrorSequences&, const MirrorSequences&) = default;
};

struct InboxKeyHash {
  std::size_t operator()(const InboxKey& key) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, key.data() + 4, sizeof hash);  // 16 bytes that are random or a digest
    return hash;
  }
};

}  // namespace tidings::store

template <>
struct std::hash<tidings::store::MirrorTopicKey> {
  std::size_t operator()(const tidings::store::MirrorTopicKey& key) const noexcept {
    return std::hash<tidings::TopicId>{}(key.topic) ^ key.app.number();
  }
};
template <>
struct std::hash<tidings::store::MirrorGroupKey> {
  std::size_t operator()(const tidings::store::MirrorGroupKey& key) const noexcept {
    return std::hash<tidings::GroupId>{}(key.group) ^ key.app.number();
  }
};
