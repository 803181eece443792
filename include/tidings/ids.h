/// Strong types for the protocol's identifiers, so that a topic id cannot be passed where a group
/// id is meant. They hold text as it came; well-formedness is checked by the functions of
/// tidings/identifier.h (protocol 2.1-2.3).
///
/// Threads: plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace tidings {

template <class Tag>
class TextId {
 public:
  TextId() = default;
  explicit TextId(std::string text) : text_(std::move(text)) {}
  explicit TextId(std::string_view text) : text_(text) {}
  explicit TextId(const char* text) : text_(text) {}

  [[nodiscard]] const std::string& str() const& { return text_; }
  [[nodiscard]] std::string str() && { return std::move(text_); }
  [[nodiscard]] std::string_view view() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  friend bool operator==(const TextId&, const TextId&) = default;
  friend auto operator<=>(const TextId&, const TextId&) = default;
  friend std::ostream& operator<<(std::ostream& out, const TextId& id) { return out << id.text_; }

 private:
  std::string text_;
};

using UserId = TextId<struct UserIdTag>;
using GroupId = TextId<struct GroupIdTag>;
using TopicId = TextId<struct TopicIdTag>;

/// Tenant number (protocol 3.1), 1 .. 2^32-1; 0 means "none".
class SdkAppId {
 public:
  SdkAppId() = default;
  explicit SdkAppId(std::uint32_t number) : number_(number) {}
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::string str() const { return std::to_string(number_); }

  friend bool operator==(const SdkAppId&, const SdkAppId&) = default;
  friend auto operator<=>(const SdkAppId&, const SdkAppId&) = default;
  friend std::ostream& operator<<(std::ostream& out, SdkAppId id) { return out << id.number_; }

 private:
  std::uint32_t number_ = 0;
};

}  // namespace tidings

template <class Tag>
struct std::hash<tidings::TextId<Tag>> {
  std::size_t operator()(const tidings::TextId<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};

template <>
struct std::hash<tidings::SdkAppId> {
  std::size_t operator()(tidings::SdkAppId id) const noexcept {
    return std::hash<std::uint32_t>{}(id.number());
  }
};
