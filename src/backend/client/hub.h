/// ClientHub: carries committed changes to the clients that are online (protocol 9.1, events).
///
/// It is cut into shards, one per lane, each knowing the sessions of its lane and which groups they
/// are in; a batch of notices is handed to every lane that has sessions. Nothing is locked, and a
/// frame is made once, by the first shard that needs it, and shared by all its receivers.
///
/// No push is missed around a login: a Seat is taken before memberships are read, and keeps what is
/// committed from then on; seated() takes the memberships read and then applies what was kept. A
/// change that was both read and kept has no effect the second time, except that its push may tell
/// what the client knows already.
///
/// Pushes are best effort by nature: a client that was away reads again (getJoinedCommunityList).
/// onGroupListUpdated carries {groupID, change: "joined" | "left" | "dismissed" | "updated"}.
/// Threads: committed() and close_*() from any thread (the committer's); Seats on their lane.
/// Lifetime: the hub outlives its seats; the lanes outlive the hub.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "backend/client/outbox.h"
#include "backend/metrics.h"
#include "community/event.h"
#include "community/rows.h"
#include "runtime/lane.h"

namespace tidings::backend {

class HubShard;
struct HubBatch;

inline constexpr const char* kBlockedReason = "the user is on the app's block list";

class ClientHub {
 public:
  ClientHub(runtime::Lanes& lanes, Metrics& metrics);
  ~ClientHub();
  ClientHub(const ClientHub&) = delete;
  ClientHub& operator=(const ClientHub&) = delete;

  /// After a commit, in commit order. Only hands over; never blocks.
  void committed(std::vector<community::Notice> notices);
  /// Closes every session of an app that was disabled or deleted (1008).
  void close_app(SdkAppId app, std::string reason);
  /// Closes the sessions of users that were put on the block list (1008).
  void close_users(SdkAppId app, const std::vector<UserId>& users, std::string reason);

  /// Sessions that are logged in or about to be, on all lanes.
  [[nodiscard]] std::size_t online() const;

 private:
  friend class HubSeat;
  std::vector<std::shared_ptr<HubShard>> shards_;  // constant after construction
};

/// One online session's place in the hub. Not movable: the shard knows its address.
class HubSeat {
 public:
  /// From here on nothing is missed. REQUIRES: on one of the hub's lanes; `outbox` outlives this.
  HubSeat(ClientHub& hub, community::AccountKey account, ClientOutbox& outbox);
  ~HubSeat();
  HubSeat(const HubSeat&) = delete;
  HubSeat& operator=(const HubSeat&) = delete;

  /// The groups as read after construction; what was committed meanwhile is pushed now.
  void seated(std::span<const GroupId> joined);

  [[nodiscard]] const community::AccountKey& account() const { return account_; }
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }

 private:
  friend class HubShard;
  std::shared_ptr<HubShard> shard_;
  community::AccountKey account_;
  ClientOutbox& outbox_;
  bool seated_ = false;
  std::vector<std::shared_ptr<HubBatch>> kept_;  // until seated
  std::unordered_set<GroupId> groups_;
};

}  // namespace tidings::backend
