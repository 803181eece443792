/// The writes of a community as values: what a door asks for, free of HTTP, JSON and SQL.
///
/// A door checks form (JSON types, 60003, 60015) and rights to call at all (UserSig, admin); it
/// copies the fields into a command as they came. Everything of protocol 4.3 #19 is decided by
/// community::decide. Optional members: absent means "not given" (default or unchanged), "" clears.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "community/app.h"
#include "community/event.h"
#include "community/rows.h"
#include "tidings/ids.h"

namespace tidings::community {

/// Who asks. An app admin on REST acts with owner rights on every group; a client acts as itself.
struct Caller {
  SdkAppId app;
  UserId user;             ///< the identifier (REST) or the logged-in user (client)
  bool app_admin = false;  ///< REST and admin door
  Origin origin;
};

struct NewMember {
  UserId user;
  std::optional<std::string> role;  ///< as given; only "Admin" is allowed
  std::optional<std::int64_t> join_time_s;
  std::optional<std::int64_t> unread_msg_num;
  FieldValues fields;
};

struct CreateTopic {  ///< 4.7.1, and 4.7.5 when `import`
  Caller caller;
  std::string group_id;
  std::optional<std::string> topic_id;
  std::optional<std::string> topic_name;
  std::optional<UserId> from_account;
  std::optional<std::string> custom_string, face_url, notification, introduction;
  FieldValues fields;  ///< R-07
  bool import = false;
  std::optional<std::string> type;              ///< import: only "Community"
  std::optional<std::int64_t> create_time_s;    ///< import
};
struct ModifyTopic {  ///< 4.7.3
  Caller caller;
  std::string group_id;
  std::string topic_id;
  std::optional<UserId> from_account;
  std::optional<std::string> topic_name, custom_string, face_url, notification, introduction;
  std::optional<std::string> mute_all_member;  ///< "On" / "Off" as given
};
struct DestroyTopics {  ///< 4.7.4; `all` is the client's "undefined or empty list"
  Caller caller;
  std::string group_id;
  std::vector<std::string> topic_ids;
  bool all = false;
};
struct CreateGroup {  ///< 4.7.6, and 4.7.19 when `import`
  Caller caller;
  std::string type;
  std::string name;
  std::optional<UserId> owner;
  std::optional<std::string> group_id;
  std::optional<std::string> introduction, notification, face_url;
  std::optional<std::int64_t> max_member_num;
  std::optional<std::string> apply_join_option;
  FieldValues fields;
  std::vector<NewMember> members;
  bool support_topic = false;
  bool import = false;
  std::optional<std::int64_t> create_time_s;  ///< import
};
struct ModifyGroup {  ///< 4.7.8
  Caller caller;
  std::string group_id;
  std::optional<std::string> name, introduction, notification, face_url;
  std::optional<std::int64_t> max_member_num;
  std::optional<std::string> apply_join_option;
  std::optional<std::string> mute_all_member;
  FieldValues fields;
};
struct DestroyGroup {  ///< 4.7.9
  Caller caller;
  std::string group_id;
};
struct AddMembers {  ///< 4.7.12, and 4.7.20 when `import`
  Caller caller;
  std::string group_id;
  std::vector<NewMember> members;
  std::vector<UserId> refused;  ///< from BeforeInviteJoinGroup: Result 0
  bool import = false;
};
struct JoinGroup {  ///< client joinGroup
  Caller caller;
  std::string group_id;
};
struct QuitGroup {  ///< client quitGroup
  Caller caller;
  std::string group_id;
};
struct DeleteMembers {  ///< 4.7.13
  Caller caller;
  std::string group_id;
  std::vector<UserId> users;
};
struct ModifyMember {  ///< 4.7.15, client setGroupMemberRole
  Caller caller;
  std::string group_id;
  UserId user;
  std::optional<std::string> role, msg_flag, name_card;
  FieldValues fields;
  std::optional<std::int64_t> mute_time_s;
};
struct ChangeOwner {  ///< 4.7.17
  Caller caller;
  std::string group_id;
  UserId new_owner;
};
struct MuteMembers {  ///< 4.7.18 forbid_send_msg
  Caller caller;
  std::string group_id;
  std::optional<std::string> topic_id;
  std::vector<UserId> users;
  std::int64_t mute_time_s = 0;
};
struct ImportAccounts {  ///< 4.7.21, 4.7.22 and a client's login
  Caller caller;
  std::vector<std::string> users;  ///< malformed ones are reported, not imported
  std::optional<std::string> nick, face_url;  ///< single import only
};
struct DeleteAccounts {  ///< 4.7.23
  Caller caller;
  std::vector<std::string> users;
};
/// Admin door: the app as it shall be. `expected_version` guards against lost updates:
/// 0 creates, else the version that was read (Errc::conflict when it moved on).
struct PutApp {
  App app;
  std::int64_t expected_version = 0;
};
struct DeleteApp {  ///< only when disabled (8.1)
  SdkAppId app;
};
/// Retention: these events, where they have ended, and their attempts. Pending ones stay.
struct PurgeEvents {
  std::vector<std::int64_t> seqs;
};

/// A part of the rows that deleted apps and dissolved groups have left in the store.
struct PurgeDeleted {
  SdkAppId app;  ///< of this app only; 0: of any, and of groups
  std::int64_t rows = 0;
};

using Command = std::variant<CreateTopic, ModifyTopic, DestroyTopics, CreateGroup, ModifyGroup,
                             DestroyGroup, AddMembers, JoinGroup, QuitGroup, DeleteMembers,
                             ModifyMember, ChangeOwner, MuteMembers, ImportAccounts, DeleteAccounts,
                             PutApp, DeleteApp, PurgeEvents, PurgeDeleted>;

}  // namespace tidings::community
