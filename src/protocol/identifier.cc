#include "tidings/identifier.h"

#include <algorithm>
#include <array>

namespace tidings {
namespace {

constexpr int kBadUserId = 70402;
constexpr int kBadGroupId = 10015;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kTypeChars = "123ac";
// 12 digits of 5 bits are below 2^60; the vendor's longest today has 10.
constexpr std::size_t kMaxTokenDigits = 12;

struct TypeName {
  GroupType type;
  std::string_view name;
  char token;
};
constexpr std::array<TypeName, 5> kTypes = {{
    {GroupType::private_group, "Private", '1'},
    {GroupType::public_group, "Public", '2'},
    {GroupType::chat_room, "ChatRoom", '3'},
    {GroupType::av_chat_room, "AVChatRoom", 'a'},
    {GroupType::community, "Community", 'c'},
}};

const TypeName& entry(GroupType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

bool printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Error bad_group(std::string_view why) {
  return fail(Errc::invalid_argument, "GroupId " + std::string(why), kBadGroupId);
}

Error bad_topic(std::string_view why) {
  return fail(Errc::invalid_argument, "TopicId " + std::string(why), kBadGroupId);
}

}  // namespace

std::optional<GroupType> parse_group_type(std::string_view text) {
  if (text == "Work") return GroupType::private_group;
  if (text == "Meeting") return GroupType::chat_room;
  for (const TypeName& type : kTypes) {
    if (text == type.name) return type.type;
  }
  return std::nullopt;
}

std::string_view to_string(GroupType type) {
  return entry(type).name;
}

char type_char(GroupType type) {
  return entry(type).token;
}

Result<UserId> check_user_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxUserIdBytes) {
    return fail(Errc::invalid_argument,
                "UserID has " + std::to_string(text.size()) + " bytes: 1 to 32 are allowed",
                kBadUserId);
  }
  if (!std::ranges::all_of(text, word_char)) {
    return fail(Errc::invalid_argument, "UserID may hold only letters, digits, '_' and '-'",
                kBadUserId);
  }
  return UserId{text};
}

bool well_formed_user_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxUserIdBytes && std::ranges::all_of(text, [](char c) {
    return word_char(c) || c == '@' || c == '.' || c == '#' || c == ':';
  });
}

Result<GroupId> check_custom_group_id(GroupType type, std::string_view text) {
  if (text.empty()) return bad_group("is empty: give 1 to 48 bytes or leave it out");
  if (text.size() > kMaxGroupIdBytes) {
    return bad_group("has " + std::to_string(text.size()) + " bytes: 48 are allowed");
  }
  if (!printable_ascii(text)) return bad_group("may hold only printable ASCII (0x20 to 0x7E)");
  if (type != GroupType::community) {
    if (text.starts_with(kGroupIdPrefix)) {
      return bad_group("must not begin with \"@TGS#\", which is for ids the service makes");
    }
    return GroupId{text};
  }
  if (!text.starts_with(kCommunityIdPrefix)) {
    return bad_group("of a Community must begin with \"@TGS#_\"");
  }
  if (text.starts_with(kDefaultCommunityIdPrefix)) {
    return bad_group("must not begin with \"@TGS#_@TGS#\", which is for ids the service makes");
  }
  if (contains(text, kTopicIdMark)) {
    return bad_group("must not contain \"@TOPIC#_\", which marks topics");
  }
  if (text.size() == kCommunityIdPrefix.size()) {
    return bad_group("needs at least 1 byte after \"@TGS#_\"");
  }
  return GroupId{text};
}

Result<TopicId> check_custom_topic_id(const GroupId& community, std::string_view text) {
  const std::string prefix = community.str() + std::string(kTopicIdMark);
  if (!text.starts_with(prefix)) {
    return bad_topic("must begin with its community's id and \"@TOPIC#_\", here \"" + prefix +
                     "\"");
  }
  if (text.size() > kMaxTopicIdBytes) {
    return bad_topic("has " + std::to_string(text.size()) + " bytes: 96 are allowed");
  }
  const std::string_view suffix = text.substr(prefix.size());
  if (suffix.empty()) return bad_topic("needs at least 1 byte after \"@TOPIC#_\"");
  if (!printable_ascii(suffix)) return bad_topic("may hold only printable ASCII (0x20 to 0x7E)");
  if (contains(suffix, kCommunityIdPrefix)) {
    return bad_topic("must not contain \"@TGS#_\" after \"@TOPIC#_\"");
  }
  // Looked for from the mark on, so that a suffix cannot complete the reserved form either.
  if (contains(text.substr(community.view().size()), kDefaultTopicIdMark)) {
    return bad_topic("must not contain \"@TOPIC#_@TOPIC#\", which is for ids the service makes");
  }
  return TopicId{text};
}

bool is_community_id(std::string_view text) {
  return text.starts_with(kCommunityIdPrefix) && !contains(text, kTopicIdMark);
}

bool is_topic_id(std::string_view text) {
  return text.starts_with(kCommunityIdPrefix) && contains(text, kTopicIdMark);
}

std::optional<GroupId> parent_group(std::string_view topic_id) {
  if (!is_topic_id(topic_id)) return std::nullopt;
  return GroupId{topic_id.substr(0, topic_id.find(kTopicIdMark))};
}

bool well_formed_group_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxGroupIdBytes || !printable_ascii(text)) return false;
  if (text.starts_with(kCommunityIdPrefix)) {
    return text.size() > kCommunityIdPrefix.size() && !contains(text, kTopicIdMark);
  }
  return text != kGroupIdPrefix;
}

bool well_formed_topic_id(std::string_view text) {
  if (text.size() > kMaxTopicIdBytes || !printable_ascii(text)) return false;
  const std::optional<GroupId> group = parent_group(text);
  return group && well_formed_group_id(group->view()) &&
         text.size() > group->view().size() + kTopicIdMark.size();
}

std::string id_token(char type_char, std::uint64_t number) {
  std::string token(1, type_char);
  std::uint64_t sum = 0;
  std::uint64_t weight = 1;
  do {
    const std::uint64_t digit = number % 32;
    token.push_back(kBase32[digit]);
    sum += weight++ * digit;
    number /= 32;
  } while (number != 0);
  token.push_back(kBase32[sum % 32]);
  return token;
}

GroupId make_group_id(GroupType type, std::uint64_t number) {
  const std::string_view prefix =
      type == GroupType::community ? kDefaultCommunityIdPrefix : kGroupIdPrefix;
  return GroupId{std::string(prefix) + id_token(type_char(type), number)};
}

TopicId make_topic_id(const GroupId& community, std::uint64_t number) {
  return TopicId{community.str() + std::string(kDefaultTopicIdMark) +
                 id_token(kTopicTypeChar, number)};
}

std::optional<std::uint64_t> decode_id_token(std::string_view token_or_id) {
  std::string_view token = token_or_id;
  if (const std::size_t mark = token.find(kDefaultTopicIdMark); mark != std::string_view::npos) {
    token.remove_prefix(mark + kDefaultTopicIdMark.size());
  } else if (token.starts_with(kDefaultCommunityIdPrefix)) {
    token.remove_prefix(kDefaultCommunityIdPrefix.size());
  } else if (token.starts_with(kGroupIdPrefix)) {
    token.remove_prefix(kGroupIdPrefix.size());
  }
  if (token.size() < 3 || token.size() > kMaxTokenDigits + 2) return std::nullopt;
  if (!contains(kTypeChars, token.substr(0, 1)) ||
      !contains(kBase32, token.substr(token.size() - 1))) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const std::string_view body = token.substr(1, token.size() - 2);
  for (auto digit = body.rbegin(); digit != body.rend(); ++digit) {
    const std::size_t value = kBase32.find(*digit);
    if (value == std::string_view::npos) return std::nullopt;
    number = number * 32 + value;
  }
  return number;
}

}  // namespace tidings
