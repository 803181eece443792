/// Callback bodies as values: one struct per command of protocol section 7 that is not about
/// messages, a writer for the sender and a tolerant parser for the receiver.
///
/// Text members are bytes and may hold '\0'. Units: event_time_ms is milliseconds since 1970.
/// Errors: parse gives kind invalid_argument, naming member and byte offset; writing cannot fail.
/// Threads: plain values and pure functions.
///
/// Members are written in the order of the documented sample, additive ones last; those that are
/// not documented depend on AdditiveMembers. A documented text member is written also when empty;
/// optional ones and EventTime only when they have a value. Where `needed` or `all` is noted below,
/// an empty value is left out.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidings/callback_answer.h"
#include "tidings/callback_command.h"
#include "tidings/ids.h"
#include "tidings/result.h"

namespace tidings {

/// Which members the documentation does not know are sent.
enum class AdditiveMembers {
  documented,  ///< none
  needed,  ///< those a receiver cannot act without: TopicId in AfterTopicInfoChanged, GroupId in
           ///< BeforeCreateTopic
  all,     ///< also EventTime, Operator_Account in AfterTopicDestroyed, a custom TopicId
};
[[nodiscard]] std::string_view to_string(AdditiveMembers setting);
[[nodiscard]] std::optional<AdditiveMembers> parse_additive_members(std::string_view name);

struct KeyValue {
  std::string key;
  std::string value;

  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};
using KeyValues = std::vector<KeyValue>;

/// 7.1. A refusal reaches the caller as 10016 or with the answer's own code.
struct BeforeCreateTopic {
  static constexpr std::string_view kCommand = "Group.CallbackBeforeCreateTopic";
  UserId operator_account;
  std::string type = "Community";
  std::string name;
  GroupId group_id;                           ///< needed; empty when not received (R-05)
  std::optional<TopicId> topic_id;            ///< all; only when the caller chose the id
  std::optional<std::int64_t> event_time_ms;  ///< all

  friend bool operator==(const BeforeCreateTopic&, const BeforeCreateTopic&) = default;
};

/// 7.2, the page Tidings began with: its eight members are the documented ones.
struct AfterCreateTopic {
  static constexpr std::string_view kCommand = "Group.CallbackAfterCreateTopic";
  GroupId group_id;
  TopicId topic_id;
  UserId operator_account;
  UserId owner_account;  ///< the community's owner; empty if it has none (R-45)
  std::string type = "Community";
  std::string name;
  std::optional<KeyValues> user_defined_data_list;
  std::optional<std::int64_t> event_time_ms;  ///< all

  friend bool operator==(const AfterCreateTopic&, const AfterCreateTopic&) = default;
};

/// 7.3. Of the four texts only the changed ones.
struct AfterTopicInfoChanged {
  static constexpr std::string_view kCommand = "Group.CallbackAfterTopicInfoChanged";
  GroupId group_id;
  std::string type = "Community";
  UserId operator_account;
  std::optional<std::string> name;
  std::optional<std::string> introduction;
  std::optional<std::string> notification;
  std::optional<std::string> face_url;
  TopicId topic_id;                           ///< needed; empty when not received (R-04)
  std::optional<std::int64_t> event_time_ms;  ///< all

  friend bool operator==(const AfterTopicInfoChanged&, const AfterTopicInfoChanged&) = default;
};

/// 7.4.
struct AfterTopicDestroyed {
  static constexpr std::string_view kCommand = "Group.CallbackAfterTopicDestroyed";
  GroupId group_id;
  std::string type = "Community";
  std::vector<TopicId> topic_id_list;
  UserId operator_account;                    ///< all
  std::optional<std::int64_t> event_time_ms;  ///< all

  friend bool operator==(const AfterTopicDestroyed&, const AfterTopicDestroyed&) = default;
};

/// 7.5.
struct BeforeCreateGroup {
  static constexpr std::string_view kCommand = "Group.CallbackBeforeCreateGroup";
  UserId operator_account;
  UserId owner_account;
  std::string type;
  std::string name;
  std::int64_t create_group_num = 0;
  std::vector<UserId> member_list;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const BeforeCreateGroup&, const BeforeCreateGroup&) = default;
};

/// 7.6.
struct AfterCreateGroup {
  static constexpr std::string_view kCommand = "Group.CallbackAfterCreateGroup";
  GroupId group_id;
  UserId operator_account;
  UserId owner_account;
  std::string type;
  std::string name;
  std::vector<UserId> member_list;
  std::optional<KeyValues> user_defined_data_list;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterCreateGroup&, const AfterCreateGroup&) = default;
};

/// 7.7.
struct BeforeApplyJoinGroup {
  static constexpr std::string_view kCommand = "Group.CallbackBeforeApplyJoinGroup";
  GroupId group_id;
  std::string type;
  UserId requestor_account;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const BeforeApplyJoinGroup&, const BeforeApplyJoinGroup&) = default;
};

/// 7.8. The answer may name RefusedMembers_Account.
struct BeforeInviteJoinGroup {
  static constexpr std::string_view kCommand = "Group.CallbackBeforeInviteJoinGroup";
  GroupId group_id;
  std::string type;
  UserId operator_account;
  std::vector<UserId> destination_members;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const BeforeInviteJoinGroup&, const BeforeInviteJoinGroup&) = default;
};

/// 7.9.
struct AfterNewMemberJoin {
  static constexpr std::string_view kCommand = "Group.CallbackAfterNewMemberJoin";
  static constexpr std::string_view kApply = "Apply";
  static constexpr std::string_view kInvited = "Invited";
  GroupId group_id;
  std::string type;
  std::string join_type;  ///< kApply or kInvited
  UserId operator_account;
  std::vector<UserId> new_member_list;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterNewMemberJoin&, const AfterNewMemberJoin&) = default;
};

/// 7.10.
struct AfterMemberExit {
  static constexpr std::string_view kCommand = "Group.CallbackAfterMemberExit";
  static constexpr std::string_view kKicked = "Kicked";
  static constexpr std::string_view kQuit = "Quit";
  GroupId group_id;
  std::string type;
  std::string exit_type;    ///< kKicked or kQuit
  UserId operator_account;  ///< who left, or who kicked
  std::vector<UserId> exit_member_list;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterMemberExit&, const AfterMemberExit&) = default;
};

/// 7.11.
struct AfterGroupFull {
  static constexpr std::string_view kCommand = "Group.CallbackAfterGroupFull";
  GroupId group_id;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterGroupFull&, const AfterGroupFull&) = default;
};

/// 7.12.
struct AfterGroupDestroyed {
  static constexpr std::string_view kCommand = "Group.CallbackAfterGroupDestroyed";
  GroupId group_id;
  std::string type;
  UserId owner_account;
  std::string name;
  std::optional<std::vector<UserId>> member_list;  ///< never for a Community
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterGroupDestroyed&, const AfterGroupDestroyed&) = default;
};

/// 7.13. Of the four texts only the changed ones.
struct AfterGroupInfoChanged {
  static constexpr std::string_view kCommand = "Group.CallbackAfterGroupInfoChanged";
  GroupId group_id;
  std::string type;
  UserId operator_account;
  std::optional<std::string> name;
  std::optional<std::string> introduction;
  std::optional<std::string> notification;
  std::optional<std::string> face_url;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterGroupInfoChanged&, const AfterGroupInfoChanged&) = default;
};

/// 7.18. AVChatRoom only.
struct OnMemberStateChange {
  static constexpr std::string_view kCommand = "Group.CallbackOnMemberStateChange";
  static constexpr std::string_view kOffline = "Offline";
  static constexpr std::string_view kOnline = "Online";
  GroupId group_id;
  std::string event_type;  ///< kOffline or kOnline
  std::vector<UserId> member_list;
  std::optional<std::int64_t> event_time_ms;  ///< all

  friend bool operator==(const OnMemberStateChange&, const OnMemberStateChange&) = default;
};

/// 7.19.
struct AfterMemberFieldChanged {
  static constexpr std::string_view kCommand = "Group.CallbackAfterMemberFieldChanged";
  GroupId group_id;
  std::string type;
  UserId operator_account;
  UserId member_account;
  std::optional<std::string> role;
  std::optional<std::string> name_card;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterMemberFieldChanged&, const AfterMemberFieldChanged&) = default;
};

/// 7.19.
struct AfterChangeGroupOwner {
  static constexpr std::string_view kCommand = "Group.CallbackAfterChangeGroupOwner";
  GroupId group_id;
  std::string type;
  UserId operator_account;
  UserId old_owner_account;
  UserId new_owner_account;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterChangeGroupOwner&, const AfterChangeGroupOwner&) = default;
};

/// 7.19. Keys and values of GroupAttr are spelled "key" and "value".
struct AfterGroupAttrChanged {
  static constexpr std::string_view kCommand = "Group.CallbackAfterGroupAttrChanged";
  GroupId group_id;
  std::string type;
  UserId operator_account;
  std::string option_type;  ///< set, modify, clear or delete
  KeyValues group_attr;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const AfterGroupAttrChanged&, const AfterGroupAttrChanged&) = default;
};

/// 7.19. Of the app, not of a group.
struct OnDailyGroupQuotaAlarm {
  static constexpr std::string_view kCommand = "Group.CallbackOnDailyGroupQuotaAlarm";
  std::int64_t quota_used = 0;
  std::int64_t quota = 0;
  std::optional<std::int64_t> event_time_ms;

  friend bool operator==(const OnDailyGroupQuotaAlarm&, const OnDailyGroupQuotaAlarm&) = default;
};

/// monostate: a command that is none of these.
using CallbackValue =
    std::variant<std::monostate, BeforeCreateTopic, AfterCreateTopic, AfterTopicInfoChanged,
                 AfterTopicDestroyed, BeforeCreateGroup, AfterCreateGroup, BeforeApplyJoinGroup,
                 BeforeInviteJoinGroup, AfterNewMemberJoin, AfterMemberExit, AfterGroupFull,
                 AfterGroupDestroyed, AfterGroupInfoChanged, OnMemberStateChange,
                 AfterMemberFieldChanged, AfterChangeGroupOwner, AfterGroupAttrChanged,
                 OnDailyGroupQuotaAlarm>;

template <class C>
concept CallbackBody = requires(const C& body) {
  { C::kCommand } -> std::convertible_to<std::string_view>;
  { body.event_time_ms } -> std::convertible_to<std::optional<std::int64_t>>;
  CallbackValue{body};
};

/// Appends the body as compact JSON. Instantiated for every struct above.
template <CallbackBody C>
void append_callback(std::string& out, const C& body, AdditiveMembers additive);

template <CallbackBody C>
[[nodiscard]] std::string write_callback(const C& body, AdditiveMembers additive) {
  std::string out;
  append_callback(out, body, additive);
  return out;
}

/// A member the struct has no place for. `raw_json` is the value byte for byte.
struct UnknownMember {
  std::string name;
  std::string raw_json;

  friend bool operator==(const UnknownMember&, const UnknownMember&) = default;
};

struct ParsedCallback {
  std::string command;
  CallbackValue value;
  std::vector<UnknownMember> unknown;  ///< in their order; all but the command for a monostate
  /// A TopicId whose community is not GroupId. Key by TopicId, keep GroupId as given.
  bool group_mismatch = false;
  /// The UserDefinedDataList array as received, empty if it was absent.
  std::string user_defined_data_raw;
};

/// Strict about JSON (tidings/json.h), tolerant about content: groupID and GroupID for GroupId
/// EventTime a number, a numeric string or missing; an account as integer;
/// TopicIdList an array or one string; unknown members; documented texts missing (then empty).
/// Refused: a known member of another type; GroupId or TopicId missing where the documentation has
/// them; two spellings of GroupId that differ. `query_command` stands in for a body without
/// CallbackCommand; comparing the two is the caller's check (6.11).
[[nodiscard]] Result<ParsedCallback> parse_callback(std::string_view body,
                                                    std::string_view query_command = {});

/// Known members as above, then the unknown ones as they came.
[[nodiscard]] std::string write_callback(const ParsedCallback& parsed, AdditiveMembers additive);

}  // namespace tidings
