#include "store_sqlite/compact_id.h"

#include <limits>
#include <optional>

#include "tidings/identifier.h"

namespace tidings::sqlite {
namespace {

// Stands before an id that is kept whole, because it does not begin with its group's id.
constexpr char kWhole = '\x01';
constexpr std::size_t kUuidBytes = 16;
constexpr std::string_view kHex = "0123456789abcdef";

bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

CompactTopicId compact(const GroupId& group, const TopicId& topic) {
  std::string_view rest = topic.view();
  if (!rest.starts_with(group.view())) return kWhole + topic.str();
  rest.remove_prefix(group.view().size());
  if (!rest.starts_with(kTopicIdMark)) return kWhole + topic.str();
  rest.remove_prefix(kTopicIdMark.size());
  if (rest.starts_with(kWhole)) return kWhole + topic.str();
  const std::optional<std::uint64_t> number = decode_id_token(topic.view());
  if (number && *number <= std::numeric_limits<std::int64_t>::max() &&
      make_topic_id(group, *number) == topic) {
    return static_cast<std::int64_t>(*number);
  }
  return std::string{rest};
}

TopicId expand(const GroupId& group, const CompactTopicId& compacted) {
  if (const auto* number = std::get_if<std::int64_t>(&compacted)) {
    return make_topic_id(group, static_cast<std::uint64_t>(*number));
  }
  const auto& text = std::get<std::string>(compacted);
  if (text.starts_with(kWhole)) return TopicId{text.substr(1)};
  return TopicId{group.str() + std::string{kTopicIdMark} + text};
}

std::optional<std::string> compact_uuid(std::string_view text) {
  std::string bytes;
  std::size_t at = 0;
  while (bytes.size() < kUuidBytes) {
    if (dash_before(bytes.size()) && (at >= text.size() || text[at++] != '-')) return std::nullopt;
    if (at + 2 > text.size()) return std::nullopt;
    const std::size_t high = kHex.find(text[at]);
    const std::size_t low = kHex.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return at == text.size() ? std::optional{bytes} : std::nullopt;
}

std::string expand_uuid(std::string_view bytes) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) text += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace tidings::sqlite
