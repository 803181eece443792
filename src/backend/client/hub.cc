#include "backend/client/hub.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "backend/client/frame.h"
#include "backend/client/names.h"
#include "base/check.h"

namespace tidings::backend {
namespace {

using community::AccountKey;
using community::GroupDissolved;
using community::GroupKey;
using community::GroupUpdated;
using community::MembersAdded;
using community::MembersRemoved;
using community::Notice;
using community::TopicCreated;
using community::TopicsDeleted;
using community::TopicUpdated;

// A login that takes longer than this many commits is told to come back.
constexpr std::size_t kMaxKeptBatches = 20'000;

struct KeyHash {
  static std::size_t mix(std::size_t a, std::size_t b) { return a ^ (b + 0x9e3779b9U + (a << 6U)); }
  std::size_t operator()(const GroupKey& key) const {
    return mix(std::hash<SdkAppId>{}(key.app), std::hash<GroupId>{}(key.group));
  }
  std::size_t operator()(const AccountKey& key) const {
    return mix(std::hash<SdkAppId>{}(key.app), std::hash<UserId>{}(key.user));
  }
};

std::string list_changed(const GroupId& group, std::string_view change) {
  boost::json::object data;
  data["groupID"] = group.view();
  data["change"] = change;
  return event_frame("onGroupListUpdated", std::move(data));
}

struct MakeFrame {
  std::string operator()(const TopicCreated& notice) const {
    boost::json::object data;
    data["groupID"] = notice.group.group.view();
    data["topicID"] = notice.topic.view();
    return event_frame("onTopicCreated", std::move(data));
  }
  std::string operator()(const TopicsDeleted& notice) const {
    boost::json::object data;
    data["groupID"] = notice.group.group.view();
    auto& list = data["topicIDList"].emplace_array();
    for (const auto& topic : notice.topics) list.emplace_back(topic.view());
    return event_frame("onTopicDeleted", std::move(data));
  }
  std::string operator()(const TopicUpdated& notice) const {
    boost::json::object data;
    data["groupID"] = notice.topic.key.group.group.view();
    data["topic"] = topic_object(notice.topic);
    return event_frame("onTopicUpdated", std::move(data));
  }
  std::string operator()(const MembersAdded& notice) const {
    return list_changed(notice.group.group, "joined");
  }
  std::string operator()(const MembersRemoved& notice) const {
    return list_changed(notice.group.group, "left");
  }
  std::string operator()(const GroupDissolved& notice) const {
    return list_changed(notice.group.group, "dismissed");
  }
  std::string operator()(const GroupUpdated& notice) const {
    return list_changed(notice.group.group, "updated");
  }
};

const GroupKey& group_of(const Notice& notice) {
  return std::visit(
      [](const auto& which) -> const GroupKey& {
        if constexpr (requires { which.topic.key.group; }) {
          return which.topic.key.group;
        } else {
          return which.group;
        }
      },
      notice);
}

}  // namespace

/// The notices of one commit on their way to every lane, each with the frame it becomes.
struct HubBatch {
  explicit HubBatch(std::vector<Notice> list) : notices(std::move(list)), frames(notices.size()) {}

  SharedFrame frame(std::size_t index) {
    Slot& slot = frames[index];
    std::call_once(slot.made, [&] {
      slot.frame = std::make_shared<const std::string>(std::visit(MakeFrame{}, notices[index]));
    });
    return slot.frame;
  }

  struct Slot {
    std::once_flag made;
    SharedFrame frame;
  };
  const std::vector<Notice> notices;
  std::vector<Slot> frames;
};

/// The sessions of one lane.
class HubShard {
 public:
  HubShard(runtime::Lane& home, Metrics& metrics)
      : lane(home),
        pushes_(metrics.counter("tidings_client_pushes_total", "Frames pushed to online clients.")),
        online_(metrics.gauge("tidings_client_sessions", "Clients that are logged in.")) {}

  void attach(HubSeat& seat) {
    // Before the caller reads memberships: a commit that sees no seat yet is in what is read.
    seats.fetch_add(1, std::memory_order_seq_cst);
    online_.add(1);
    users_[seat.account_].insert(&seat);
    loading_.insert(&seat);
  }

  void detach(HubSeat& seat) {
    for (const auto& group : seat.groups_) forget({seat.account_.app, group}, seat);
    const auto user = users_.find(seat.account_);
    user->second.erase(&seat);
    if (user->second.empty()) users_.erase(user);
    loading_.erase(&seat);
    online_.add(-1);
    seats.fetch_sub(1, std::memory_order_seq_cst);
  }

  void settle(HubSeat& seat, std::span<const GroupId> joined) {
    CHECK(!seat.seated_);
    seat.seated_ = true;
    loading_.erase(&seat);
    for (const auto& group : joined) join(seat, group);
    const auto kept = std::exchange(seat.kept_, {});
    for (const auto& batch : kept) {
      for (std::size_t i = 0; i < batch->notices.size(); ++i) apply(*batch, i, &seat);
    }
  }

  void dispatch(const std::shared_ptr<HubBatch>& batch) {
    for (HubSeat* seat : loading_) {
      if (seat->kept_.size() == kMaxKeptBatches) {
        seat->outbox_.close(close_code::kTryLater, "the server is too busy to log in; try later");
      } else {
        seat->kept_.push_back(batch);
      }
    }
    for (std::size_t i = 0; i < batch->notices.size(); ++i) apply(*batch, i, nullptr);
  }

  void close_users(SdkAppId app, const std::vector<UserId>& users, const std::string& reason) {
    for (const UserId& user : users) {
      const auto seats_of_user = users_.find(AccountKey{app, user});
      if (seats_of_user == users_.end()) continue;
      for (HubSeat* seat : seats_of_user->second) seat->outbox_.close(close_code::kPolicy, reason);
    }
  }

  void close_app(SdkAppId app, const std::string& reason) {
    for (const auto& [account, seats_of_user] : users_) {
      if (account.app != app) continue;
      for (HubSeat* seat : seats_of_user) seat->outbox_.close(close_code::kPolicy, reason);
    }
  }

  runtime::Lane& lane;
  std::atomic<std::size_t> seats = 0;  // changed on the lane, read anywhere

 private:
  using Seats = std::unordered_set<HubSeat*>;

  void join(HubSeat& seat, const GroupId& group) {
    if (seat.groups_.insert(group).second) groups_[{seat.account_.app, group}].insert(&seat);
  }
  void leave(HubSeat& seat, const GroupKey& group) {
    if (seat.groups_.erase(group.group) != 0) forget(group, seat);
  }
  void forget(const GroupKey& group, HubSeat& seat) {
    const auto place = groups_.find(group);
    place->second.erase(&seat);
    if (place->second.empty()) groups_.erase(place);
  }

  void push(HubBatch& batch, std::size_t index, HubSeat& seat) {
    seat.outbox_.send(batch.frame(index));
    pushes_.add();
  }

  /// One notice, for everyone it concerns or (replay) for `only`.
  void apply(HubBatch& batch, std::size_t index, HubSeat* only) {
    const Notice& notice = batch.notices[index];
    const GroupKey& group = group_of(notice);
    if (const auto* added = std::get_if<MembersAdded>(&notice)) {
      for (const auto& user : added->users) {
        for (HubSeat* seat : seats_of({group.app, user}, only)) {
          join(*seat, group.group);
          if (!added->silent) push(batch, index, *seat);
        }
      }
    } else if (const auto* removed = std::get_if<MembersRemoved>(&notice)) {
      for (const auto& user : removed->users) {
        for (HubSeat* seat : seats_of({group.app, user}, only)) {
          if (!seat->groups_.contains(group.group)) continue;
          push(batch, index, *seat);
          leave(*seat, group);
        }
      }
    } else {
      const bool dissolved = std::holds_alternative<GroupDissolved>(notice);
      for (HubSeat* seat : seats_in(group, only)) {
        push(batch, index, *seat);
        if (dissolved) leave(*seat, group);
      }
    }
  }

  std::vector<HubSeat*> seats_of(const AccountKey& account, HubSeat* only) const {
    std::vector<HubSeat*> out;
    if (only != nullptr) {
      if (only->account_ == account) out.push_back(only);
      return out;
    }
    const auto place = users_.find(account);
    if (place == users_.end()) return out;
    for (HubSeat* seat : place->second) {
      if (seat->seated_) out.push_back(seat);
    }
    return out;
  }

  std::vector<HubSeat*> seats_in(const GroupKey& group, HubSeat* only) const {
    std::vector<HubSeat*> out;
    if (only != nullptr) {
      if (only->account_.app == group.app && only->groups_.contains(group.group)) {
        out.push_back(only);
      }
      return out;
    }
    const auto place = groups_.find(group);
    if (place != groups_.end()) out.assign(place->second.begin(), place->second.end());
    return out;
  }

  // Lane only.
  std::unordered_map<AccountKey, Seats, KeyHash> users_;
  std::unordered_map<GroupKey, Seats, KeyHash> groups_;  // seated ones
  Seats loading_;
  Counter& pushes_;
  Gauge& online_;
};

ClientHub::ClientHub(runtime::Lanes& lanes, Metrics& metrics) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    shards_.push_back(std::make_shared<HubShard>(lanes[i], metrics));
  }
}

ClientHub::~ClientHub() = default;

void ClientHub::committed(std::vector<Notice> notices) {
  if (notices.empty()) return;
  std::shared_ptr<HubBatch> batch;
  for (const auto& shard : shards_) {
    if (shard->seats.load(std::memory_order_seq_cst) == 0) continue;
    if (!batch) batch = std::make_shared<HubBatch>(std::move(notices));
    shard->lane.post([shard, batch] { shard->dispatch(batch); });
  }
}

void ClientHub::close_app(SdkAppId app, std::string reason) {
  for (const auto& shard : shards_) {
    shard->lane.post([shard, app, reason] { shard->close_app(app, reason); });
  }
}

void ClientHub::close_users(SdkAppId app, const std::vector<UserId>& users, std::string reason) {
  for (const auto& shard : shards_) {
    shard->lane.post([shard, app, users, reason] { shard->close_users(app, users, reason); });
  }
}

std::size_t ClientHub::online() const {
  std::size_t total = 0;
  for (const auto& shard : shards_) total += shard->seats.load(std::memory_order_relaxed);
  return total;
}

HubSeat::HubSeat(ClientHub& hub, AccountKey account, ClientOutbox& outbox)
    : account_(std::move(account)), outbox_(outbox) {
  for (const auto& shard : hub.shards_) {
    if (&shard->lane == runtime::Lane::current()) shard_ = shard;
  }
  CHECK(shard_ != nullptr);
  shard_->attach(*this);
}

HubSeat::~HubSeat() { shard_->detach(*this); }

void HubSeat::seated(std::span<const GroupId> joined) { shard_->settle(*this, joined); }

}  // namespace tidings::backend
