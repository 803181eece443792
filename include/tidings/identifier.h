/// The identifiers of protocol section 2: what a user, group or topic id may look like, how a topic
/// id names its community, and how default ids are made from a counter (2.4).
///
/// Errors: kind invalid_argument; code 70402 for user ids, 10015 for group and topic ids.
/// Threads: pure functions. Source: protocol 2.1-2.4, R-13 to R-15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidings/ids.h"
#include "tidings/result.h"

namespace tidings {

inline constexpr std::size_t kMaxUserIdBytes = 32;
inline constexpr std::size_t kMaxGroupIdBytes = 48;
inline constexpr std::size_t kMaxTopicIdBytes = 96;
inline constexpr std::string_view kGroupIdPrefix = "@TGS#";
inline constexpr std::string_view kCommunityIdPrefix = "@TGS#_";
inline constexpr std::string_view kDefaultCommunityIdPrefix = "@TGS#_@TGS#";
inline constexpr std::string_view kTopicIdMark = "@TOPIC#_";
inline constexpr std::string_view kDefaultTopicIdMark = "@TOPIC#_@TOPIC#";

/// Where the two counters of 2.4 start: communities and topics share one, the other types another.
/// A number is never used twice, also not after what it named is gone.
inline constexpr std::uint64_t kFirstCommunityNumber = 100'000'000'000'000;
inline constexpr std::uint64_t kFirstGroupNumber = 4'300'000'000;

/// The type-character of topics in id_token(); a group type's is type_char(type).
inline constexpr char kTopicTypeChar = 'c';

enum class GroupType { private_group, public_group, chat_room, av_chat_room, community };

/// Wire names Private, Public, ChatRoom, AVChatRoom, Community, and the aliases Work and Meeting.
/// Case matters.
[[nodiscard]] std::optional<GroupType> parse_group_type(std::string_view text);
/// The wire name; never an alias.
[[nodiscard]] std::string_view to_string(GroupType type);
/// '1', '2', '3', 'a' or 'c'.
[[nodiscard]] char type_char(GroupType type);

/// An id for a user that is imported now: [A-Za-z0-9_-]{1,32}.
[[nodiscard]] Result<UserId> check_user_id(std::string_view text);
/// A user id made elsewhere, which may also hold '@', '.', '#' and ':' (2.1).
[[nodiscard]] bool well_formed_user_id(std::string_view text);

/// The id a REST caller chose for a new group of this type (2.2).
[[nodiscard]] Result<GroupId> check_custom_group_id(GroupType type, std::string_view text);
/// The id a caller chose for a new topic of `community`: the whole TopicId, not the suffix (2.3).
[[nodiscard]] Result<TopicId> check_custom_topic_id(const GroupId& community,
                                                    std::string_view text);

/// Starts with "@TGS#_" and has no "@TOPIC#_".
[[nodiscard]] bool is_community_id(std::string_view text);
/// Starts with "@TGS#_" and has a "@TOPIC#_".
[[nodiscard]] bool is_topic_id(std::string_view text);
/// Everything before the first "@TOPIC#_"; none when the text is no topic id.
[[nodiscard]] std::optional<GroupId> parent_group(std::string_view topic_id);

/// False means 10015; true says nothing about existence (R-15). Default and custom ids alike.
[[nodiscard]] bool well_formed_group_id(std::string_view text);
[[nodiscard]] bool well_formed_topic_id(std::string_view text);

/// Type character, base32 digits of the number with the least significant first, and a trailer.
[[nodiscard]] std::string id_token(char type_char, std::uint64_t number);
[[nodiscard]] GroupId make_group_id(GroupType type, std::uint64_t number);
[[nodiscard]] TopicId make_topic_id(const GroupId& community, std::uint64_t number);

/// The number in a bare token or in a default group or topic id (of a topic id: the topic's own).
/// The trailer is not checked: nobody but the maker knows it.
[[nodiscard]] std::optional<std::uint64_t> decode_id_token(std::string_view token_or_id);

}  // namespace tidings
