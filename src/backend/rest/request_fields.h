/// Typed access to the members of a request body (protocol 4.5, 4.7). Every error names the field,
/// what was expected and what was found.
///
/// Errors: the service's code for bad parameters (10004; 70402 for accounts), 60015 for an account
/// that is not a JSON string. null counts as a value of a wrong type, not as absent.
/// Lifetime: a Fields points into the parsed body. Threads: plain values.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "community/custom_field.h"
#include "tidings/ids.h"

namespace tidings::backend::rest {

inline constexpr int kBadParameter = 10004;
inline constexpr int kBadAccountParameter = 70402;
inline constexpr int kAccountNotText = 60015;
inline constexpr std::int64_t kAnyInteger = INT64_MAX;  ///< no upper bound of the field's own

/// A documented name and the legacy spellings of appendix D; the documented one wins.
struct FieldName {
  constexpr FieldName(const char* documented) : name(documented) {}  // NOLINT: reads as a name
  constexpr FieldName(std::string_view documented, std::string_view legacy,
                      std::string_view second_legacy = {})
      : name(documented), alias(legacy), second_alias(second_legacy) {}
  std::string_view name;
  std::string_view alias;
  std::string_view second_alias;
};
inline constexpr FieldName kGroupId{"GroupId", "groupID", "GroupID"};
inline constexpr FieldName kMuteAllMember{"MuteAllMember", "ShutUpAllMember"};
inline constexpr FieldName kMuteTime{"MuteTime", "ShutUpTime"};
inline constexpr FieldName kMaxMembers{"MaxMemberCount", "MaxMemberNum"};
inline constexpr FieldName kGroupType{"GroupType", "Type"};
inline constexpr FieldName kUserId{"UserID", "Identifier"};

class Fields {
 public:
  /// `where` stands before each name in error texts: "MemberList[2]."
  Fields(const boost::json::object& object, int bad_parameter, std::string where = {})
      : object_(&object), bad_parameter_(bad_parameter), where_(std::move(where)) {}

  [[nodiscard]] bool has(FieldName field) const { return find(field) != nullptr; }

  Result<std::string> text(FieldName field) const;
  Result<std::optional<std::string>> maybe_text(FieldName field) const;
  /// In [least, most].
  Result<std::int64_t> integer(FieldName field, std::int64_t least, std::int64_t most) const;
  Result<std::optional<std::int64_t>> maybe_integer(FieldName field, std::int64_t least,
                                                    std::int64_t most) const;
  /// An integer that is 0 or 1; absent is 0.
  Result<bool> flag(FieldName field) const;

  Result<UserId> account(FieldName field) const;
  Result<std::optional<UserId>> maybe_account(FieldName field) const;
  /// From_Account of the topic calls: a JSON string, or a JSON integer as its decimal text.
  Result<std::optional<UserId>> maybe_acting_account(FieldName field) const;

  Result<std::vector<std::string>> texts(FieldName field) const;
  Result<std::optional<std::vector<std::string>>> maybe_texts(FieldName field) const;
  Result<std::vector<UserId>> accounts(FieldName field) const;
  /// An array of objects; each knows its place for error texts.
  Result<std::vector<Fields>> objects(FieldName field) const;
  Result<std::optional<std::vector<Fields>>> maybe_objects(FieldName field) const;
  Result<std::optional<Fields>> maybe_object(FieldName field) const;
  /// An array of {Key, Value}; absent is none.
  Result<community::FieldValues> custom_fields(FieldName field) const;

  /// A complaint about this field: "<where><name> <problem>".
  [[nodiscard]] Error bad(FieldName field, std::string_view problem) const;
  [[nodiscard]] int bad_parameter() const { return bad_parameter_; }

 private:
  [[nodiscard]] const boost::json::value* find(FieldName field) const;
  [[nodiscard]] Error wrong_type(FieldName field, std::string_view expected,
                                 const boost::json::value& found) const;
  [[nodiscard]] Error missing(FieldName field, std::string_view type) const;

  const boost::json::object* object_;
  int bad_parameter_;
  std::string where_;
};

/// Check 17 of 4.3: every member called ..._Account, UserID, Identifier or Accounts, at any depth,
/// is a JSON string or an array of them; a From_Account may be a JSON integer. Code 60015.
Result<void> check_account_types(const boost::json::object& body);

/// "the integer 5", "the string \"x\"", "null", "an array": for error texts. Bounded in length.
[[nodiscard]] std::string describe(const boost::json::value& value);

}  // namespace tidings::backend::rest
