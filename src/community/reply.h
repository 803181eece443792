/// What a decided command answers, once it is committed.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "community/app.h"
#include "community/rows.h"

namespace tidings::community {

struct Done {};  ///< nothing to tell but success

struct TopicCreatedReply {
  TopicId topic;
};
struct TopicChangedReply {
  Topic topic;
};
struct ItemResult {
  std::string id;
  int code = 0;  ///< 0, or the protocol's per-item code
  std::string info;
};
struct ItemsReply {  ///< destroy_topic, account_delete, multiaccount_import
  std::vector<ItemResult> items;
};
struct GroupCreatedReply {
  Group group;
};
struct MemberResult {
  UserId user;
  int result = 0;  ///< 0 failed, 1 added, 2 already a member, 3 waiting for approval
};
struct MembersReply {
  std::vector<MemberResult> members;
};
struct JoinReply {
  enum class Status { joined, already_member, waiting_for_approval } status = Status::joined;
  Group group;
};
struct AppReply {
  AppPtr app;
};

using Reply = std::variant<Done, TopicCreatedReply, TopicChangedReply, ItemsReply,
                           GroupCreatedReply, MembersReply, JoinReply, AppReply>;

}  // namespace tidings::community
