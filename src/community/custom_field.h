/// Custom fields: declared per app in the console, valued per group or member (protocol 3.6, 8.4).
///
/// A declaration is a key and, per group type, who may read and write it. Keys are never deleted
/// nor renamed; scopes are added or their permissions changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tidings/callback.h"
#include "tidings/identifier.h"

namespace tidings::community {

/// From strict to open; a level grants everyone stricter.
enum class FieldLevel { app_admin = 1, owner = 2, admin = 3, member = 4, anyone = 5 };

struct FieldScope {
  GroupType type = GroupType::community;
  FieldLevel read = FieldLevel::anyone;
  FieldLevel write = FieldLevel::admin;
  bool self_read = true;   ///< member fields only: the member's own value
  bool self_write = true;  ///< member fields only

  friend bool operator==(const FieldScope&, const FieldScope&) = default;
};

struct FieldDeclaration {
  std::string key;
  std::vector<FieldScope> scopes;

  friend bool operator==(const FieldDeclaration&, const FieldDeclaration&) = default;
};

/// Values of one group, member or topic, in the order in which they were first written.
using FieldValues = std::vector<KeyValue>;

/// Who reads or writes: the level of the caller towards the group.
struct FieldAccess {
  FieldLevel level = FieldLevel::anyone;
  bool own_value = false;  ///< a member at its own member-level value
};

/// Which of the two lists of an app.
enum class FieldLists { group, member };

/// Adds or extends a declaration list; checks count, key form, clash with the other level's list,
/// duplicate types, AVChatRoom at member level, and that nothing is removed. kind
/// invalid_argument, conflict or too_large.
Result<std::vector<FieldDeclaration>> change_declarations(
    FieldLists list, const std::vector<FieldDeclaration>& now,
    const std::vector<FieldDeclaration>& other_list, const FieldDeclaration& change);

/// A whole list as it shall be: the same checks for each declaration, and nothing of `before` may
/// be missing.
Result<void> check_declarations(FieldLists list, const std::vector<FieldDeclaration>& before,
                                const std::vector<FieldDeclaration>& after,
                                const std::vector<FieldDeclaration>& other_list);

/// The part of write_fields that needs no caller: undeclared, not enabled, too long (10004).
Result<void> check_fields(const std::vector<FieldDeclaration>& declared, GroupType type,
                          std::size_t max_bytes, const FieldValues& writes);

/// Applies `writes` to `values`: "" deletes a key. Undeclared key, key not enabled for the type or
/// value over `max_bytes`: 10004. Caller below the write level: 10007. Nothing is changed then.
Result<FieldValues> write_fields(const std::vector<FieldDeclaration>& declared, GroupType type,
                                 std::size_t max_bytes, FieldAccess access,
                                 const FieldValues& values, const FieldValues& writes);

/// The values the caller may read; unreadable ones are silently left out.
FieldValues readable_fields(const std::vector<FieldDeclaration>& declared, GroupType type,
                            FieldAccess access, const FieldValues& values);

}  // namespace tidings::community
