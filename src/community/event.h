/// What a commit says to the outside: events (callbacks to deliver, durable) and notices (pushes
/// to clients that are online, best effort).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "community/rows.h"
#include "tidings/callback.h"
#include "tidings/ids.h"

namespace tidings::community {

/// Where a request came from; goes into the callback's query (protocol 6.2, 6.3).
struct Origin {
  std::string client_ip;
  std::string opt_platform = "Unknown";
};

/// One callback to deliver. Immutable once committed. `body` is the exact bytes to be sent.
struct Event {
  std::int64_t seq = 0;           ///< set by the engine at commit: orders everything in a store
  std::int64_t app_sequence = 0;  ///< set by record_event: 1, 2, 3, ... within the app, no gaps
  SdkAppId app;
  std::string command;
  GroupId group;
  std::string request_id;  ///< UUID that begins with its time, constant across retries (R-54)
  std::int64_t time_ms = 0;
  Origin origin;
  std::string body;
};

struct TopicCreated {
  GroupKey group;
  TopicId topic;
};
struct TopicsDeleted {
  GroupKey group;
  std::vector<TopicId> topics;
};
struct TopicUpdated {
  Topic topic;  ///< as it is after the change
};
/// Membership as the pushes need it: who hears of a group from now on, and whose list changed.
struct MembersAdded {
  GroupKey group;
  std::vector<UserId> users;
  bool silent = false;  ///< by an import: they hear of the group from now on, but are told nothing
};
struct MembersRemoved {
  GroupKey group;
  std::vector<UserId> users;
};
struct GroupDissolved {
  GroupKey group;
};
struct GroupUpdated {
  GroupKey group;
};
using Notice = std::variant<TopicCreated, TopicsDeleted, TopicUpdated, MembersAdded, MembersRemoved,
                            GroupDissolved, GroupUpdated>;

}  // namespace tidings::community
