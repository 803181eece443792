/// A strict JSON text (tidings/json.h) as a flat list of its values, in their order: for the readers
/// that run once for each event. One pass over the text, and nothing is copied but strings that hold
/// escapes.
///
/// Lifetime: a tape's values are views into the text and into the tape; both must outlive them.
/// Threads: one tape, one thread. Errors: those of parse_json_strict(), word for word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tidings/json.h"
#include "tidings/result.h"

namespace tidings {

/// 32 bytes, since a text may be little but numbers.
class JsonNode {
 public:
  enum class Kind : std::uint8_t { null, boolean, int64, uint64, real, string, array, object };

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::object; }
  /// Nodes of this value and all that it holds.
  [[nodiscard]] std::size_t span() const { return span_; }
  /// Of a member of an object, unescaped.
  [[nodiscard]] std::string_view name() const { return {name_, name_size_}; }
  /// Of a string, unescaped; else empty.
  [[nodiscard]] std::string_view text() const {
    return is_string() ? std::string_view{text_, text_size_} : std::string_view{};
  }
  /// Of int64; of uint64 its bits; of a boolean 0 or 1. REQUIRES: one of these.
  [[nodiscard]] std::int64_t integer() const { return integer_; }

 private:
  friend class JsonTape;
  const char* name_ = nullptr;
  union {
    const char* text_;
    std::int64_t integer_ = 0;
  };
  std::uint32_t name_size_ = 0;
  std::uint32_t text_size_ = 0;
  std::uint32_t span_ = 1;
  Kind kind_ = Kind::null;
};
static_assert(sizeof(JsonNode) == 32);

/// The members of an object, the elements of an array, nothing of anything else.
class JsonChildren {
 public:
  /// REQUIRES: the node stands in a tape.
  explicit JsonChildren(const JsonNode& parent) : begin_(&parent + 1), end_(&parent + parent.span()) {}

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = JsonNode;
    using difference_type = std::ptrdiff_t;
    using pointer = const JsonNode*;
    using reference = const JsonNode&;

    Iterator() = default;
    explicit Iterator(const JsonNode* at) : at_(at) {}
    reference operator*() const { return *at_; }
    pointer operator->() const { return at_; }
    Iterator& operator++() {
      at_ += at_->span();
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const JsonNode* at_ = nullptr;
  };

  [[nodiscard]] Iterator begin() const { return Iterator(begin_); }
  [[nodiscard]] Iterator end() const { return Iterator(end_); }
  /// Counts them.
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(std::distance(begin(), end()));
  }

 private:
  const JsonNode* begin_;
  const JsonNode* end_;
};

class JsonTape {
 public:
  JsonTape() = default;
  JsonTape(const JsonTape&) = delete;
  JsonTape& operator=(const JsonTape&) = delete;

  /// Once for each tape. REQUIRES: less than 4 GiB.
  Result<void> read(std::string_view text, std::size_t max_depth = kMaxJsonDepth);

  /// REQUIRES: read() succeeded.
  [[nodiscard]] const JsonNode& root() const { return nodes_.front(); }

 private:
  struct Builder;
  std::vector<JsonNode> nodes_;
  std::forward_list<std::string> unescaped_;
};

/// The object's member of this name, or null; also if the node is no object.
[[nodiscard]] const JsonNode* find_member(const JsonNode& object, std::string_view name);

/// The bytes of a member of the text's outermost object, as raw_member() gives them, but without
/// walking over those before it.
[[nodiscard]] std::string_view raw_value(std::string_view text, const JsonNode& member);

}  // namespace tidings
