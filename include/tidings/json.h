/// The strict JSON door: everything that enters Tidings as JSON comes through here. It refuses what
/// makes two readers disagree: duplicate keys at any depth, comments, trailing bytes, invalid UTF-8
/// and UTF-16 escapes, deep nesting.
///
/// Errors: kind invalid_argument, with the byte offset and the reason. The caller bounds the size.
/// Threads: pure functions. Source: RFC 8259, R-43.
#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tidings/result.h"

namespace tidings {

inline constexpr std::size_t kMaxJsonDepth = 32;

/// One JSON value with nothing but white space around it. Objects keep the order of their members.
/// `storage`: where the value's memory comes from.
[[nodiscard]] Result<boost::json::value> parse_json_strict(std::string_view text,
                                                           std::size_t max_depth = kMaxJsonDepth,
                                                           boost::json::storage_ptr storage = {});

/// Appends `text` as a JSON string with its quotes. Control characters, the quote and the backslash
/// are escaped, everything else passes through; text that should be UTF-8 must be.
void append_json_string(std::string& out, std::string_view text);

/// One member of an object, as it stands in the text.
struct RawMember {
  std::string name;       ///< unescaped
  std::string_view json;  ///< the value's bytes, without white space around them
};

/// Walks the members of an object in their order, without copying values. Only for text that
/// parse_json_strict() accepted as an object.
class RawMembers {
 public:
  explicit RawMembers(std::string_view json_object);
  /// The next member, or none at the end.
  [[nodiscard]] std::optional<RawMember> next();

  /// The value's bytes of the member whose name ends before `text`: at its closing quote.
  [[nodiscard]] static std::string_view after_name(std::string_view text);

 private:
  std::string_view rest_;
};

/// The same for the elements of an array.
class RawElements {
 public:
  explicit RawElements(std::string_view json_array);
  /// The next element's bytes, or none at the end.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

/// The bytes of a top-level member's value, or none. Same condition as RawMembers.
[[nodiscard]] std::optional<std::string_view> raw_member(std::string_view json_object,
                                                         std::string_view key);

}  // namespace tidings
