/// Arguments: typed reading of an operation's `args`, in the client SDK's names.
///
/// The first wrong one is remembered as an error with code 10004 that names the field; reading goes
/// on with defaults, so an operation reads everything and then asks once. Unknown members are
/// ignored, as newer SDKs send more. null counts as absent.
/// Threads: a value. Lifetime: the object outlives it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "community/command.h"
#include "community/custom_field.h"

namespace tidings::backend {

class Arguments {
 public:
  explicit Arguments(const boost::json::object& args) : args_(args) {}

  std::string required(std::string_view name);
  std::optional<std::string> text(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  /// Absent: an empty list.
  std::vector<std::string> texts(std::string_view name, std::size_t max);
  std::vector<UserId> required_users(std::string_view name, std::size_t max);
  /// [{key, value}], as groupCustomField.
  community::FieldValues fields(std::string_view name);
  /// [{userID, role, memberCustomField}] of createGroup.
  std::vector<community::NewMember> members(std::string_view name, std::size_t max);
  /// true/false as On/Off (muteAllMembers).
  std::optional<std::string> on_off(std::string_view name);

  /// What was wrong, if anything.
  [[nodiscard]] Result<void> check() const;
  void complain(std::string_view name, std::string_view what);

 private:
  const boost::json::value* find(std::string_view name) const;
  const boost::json::array* list(std::string_view name, std::size_t max);

  const boost::json::object& args_;
  std::optional<Error> error_;
};

}  // namespace tidings::backend
