/// The rows of a community: what the store keeps and a View holds (protocol 3.2-3.5).
///
/// Times are Unix seconds. `row` is the engine's integer key, 0 while the row is new: textual ids
/// stand in the index once, everything else refers to integers.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "community/custom_field.h"
#include "tidings/identifier.h"
#include "tidings/ids.h"

namespace tidings::community {

enum class Role { member, admin, owner };
enum class JoinOption { free_access, need_permission, disable_apply };

std::string_view to_string(Role);        ///< Member, Admin, Owner
std::string_view to_string(JoinOption);  ///< FreeAccess, NeedPermission, DisableApply
std::optional<Role> parse_role(std::string_view);
std::optional<JoinOption> parse_join_option(std::string_view);

struct AccountKey {
  SdkAppId app;
  UserId user;
  friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
};
struct GroupKey {
  SdkAppId app;
  GroupId group;
  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};
struct MemberKey {
  GroupKey group;
  UserId user;
  friend auto operator<=>(const MemberKey&, const MemberKey&) = default;
};
struct TopicKey {
  GroupKey group;
  TopicId topic;
  friend auto operator<=>(const TopicKey&, const TopicKey&) = default;
};
/// A mute of one user in a group (`topic` empty) or in one topic. It outlives membership.
struct MuteKey {
  GroupKey group;
  TopicId topic;
  UserId user;
  friend auto operator<=>(const MuteKey&, const MuteKey&) = default;
};

struct Account {
  AccountKey key;
  std::string nick;
  std::string face_url;
  std::int64_t created_s = 0;
  std::int64_t row = 0;
};

struct Group {
  GroupKey key;
  GroupType type = GroupType::community;
  std::string name;
  std::string introduction;
  std::string notification;
  std::string face_url;
  UserId owner;  ///< empty: ownerless
  std::int64_t create_time_s = 0;
  std::int64_t info_seq = 0;
  std::int64_t last_info_time_s = 0;
  std::int64_t last_msg_time_s = 0;
  std::int64_t next_msg_seq = 1;
  std::int64_t member_num = 0;
  std::int64_t max_member_num = 0;
  std::int64_t topic_num = 0;
  JoinOption apply_join = JoinOption::need_permission;
  bool mute_all = false;
  bool support_topic = false;
  FieldValues fields;
  std::int64_t row = 0;
};

struct Member {
  MemberKey key;
  Role role = Role::member;
  std::int64_t join_time_s = 0;
  std::int64_t msg_seq = 0;
  std::string msg_flag = "AcceptAndNotify";
  std::int64_t last_send_msg_time_s = 0;
  std::string name_card;
  std::int64_t unread_msg_num = 0;  ///< as imported (import_group_member)
  FieldValues fields;
};

struct Topic {
  TopicKey key;
  std::string name;
  std::string introduction;
  std::string notification;
  std::string face_url;
  std::string custom_string;
  bool mute_all = false;
  std::int64_t create_time_s = 0;
  std::int64_t last_msg_time_s = 0;
  std::int64_t next_msg_seq = 1;
  UserId creator;
  FieldValues fields;
  std::int64_t row = 0;
};

struct Mute {
  MuteKey key;
  std::int64_t until_s = 0;  ///< Unix time of the end; INT64_MAX = for ever
};

/// Counters of one app, changed inside the commits that they count.
struct Tally {
  SdkAppId app;
  std::int64_t accounts = 0;
  std::int64_t groups = 0;       ///< existing, all types
  std::int64_t communities = 0;  ///< existing, Community only
  std::int64_t day = 0;          ///< Unix day of net_new_today
  std::int64_t net_new_today = 0;
  std::int64_t event_sequence = 0;  ///< last number drawn; events of an app count 1, 2, 3, ...
  std::int64_t av_chat_rooms = 0;   ///< existing, AVChatRoom only
};

/// What one user holds: read by counting, for the quotas 10037 and CreateGroupNum.
struct UserTally {
  AccountKey key;
  std::int64_t joined = 0;
  std::int64_t owned[5] = {};  ///< by GroupType
};

/// The two persistent number sources of protocol 2.4. A number drawn is never drawn again.
struct IdCounters {
  std::uint64_t community_and_topic = 100'000'000'000'000;
  std::uint64_t ordinary_group = 4'300'000'000;
};

}  // namespace tidings::community
