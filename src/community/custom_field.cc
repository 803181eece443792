#include "community/custom_field.h"

#include <algorithm>
#include <utility>

#include "community/code.h"
#include "community/limits.h"

namespace tidings::community {
namespace {

std::string_view list_name(FieldLists list) {
  return list == FieldLists::group ? "group_fields" : "member_fields";
}

std::size_t max_keys(FieldLists list) {
  return list == FieldLists::group ? kGroupFieldKeys : kMemberFieldKeys;
}

const FieldDeclaration* find_declaration(const std::vector<FieldDeclaration>& list,
                                         std::string_view key) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [key](const FieldDeclaration& held) { return held.key == key; });
  return found == list.end() ? nullptr : &*found;
}

const FieldScope* find_scope(const FieldDeclaration& declaration, GroupType type) {
  const auto found = std::find_if(declaration.scopes.begin(), declaration.scopes.end(),
                                  [type](const FieldScope& held) { return held.type == type; });
  return found == declaration.scopes.end() ? nullptr : &*found;
}

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

Result<void> check_key(std::string_view list, std::string_view key) {
  if (key.empty() || key.size() > kFieldKeyBytes) {
    return fail(key.empty() ? Errc::invalid_argument : Errc::too_large,
                std::string{list} + ": the key is " + std::to_string(key.size()) +
                    " bytes, 1 to " + std::to_string(kFieldKeyBytes) + " are allowed");
  }
  if (!std::all_of(key.begin(), key.end(), is_key_character) || (key[0] >= '0' && key[0] <= '9')) {
    return fail(Errc::invalid_argument,
                std::string{list} + ": key '" + std::string{key} +
                    "' must hold letters, digits and '_' only and not begin with a digit");
  }
  return {};
}

/// Form of one declaration by itself.
Result<void> check_declaration(FieldLists list, const FieldDeclaration& declaration) {
  const std::string name{list_name(list)};
  TRY_VOID(check_key(name, declaration.key));
  if (declaration.scopes.empty()) {
    return fail(Errc::invalid_argument, name + ": key '" + declaration.key +
                                            "' lists no group type, at least one is needed");
  }
  for (std::size_t i = 0; i < declaration.scopes.size(); ++i) {
    const GroupType type = declaration.scopes[i].type;
    if (list == FieldLists::member && type == GroupType::av_chat_room) {
      return fail(Errc::invalid_argument, name + ": key '" + declaration.key +
                                              "' lists AVChatRoom, which keeps no members: "
                                              "remove it");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (declaration.scopes[j].type != type) continue;
      return fail(Errc::invalid_argument, name + ": key '" + declaration.key + "' lists " +
                                              std::string{to_string(type)} +
                                              " twice, once is allowed");
    }
  }
  return {};
}

Result<void> check_count(FieldLists list, std::size_t count) {
  if (count <= max_keys(list)) return {};
  return fail(Errc::too_large, std::string{list_name(list)} + " holds " + std::to_string(count) +
                                   " keys, at most " + std::to_string(max_keys(list)) +
                                   " are allowed");
}

Result<void> check_clash(FieldLists list, const std::vector<FieldDeclaration>& other_list,
                         std::string_view key) {
  if (find_declaration(other_list, key) == nullptr) return {};
  const FieldLists other = list == FieldLists::group ? FieldLists::member : FieldLists::group;
  return fail(Errc::conflict, std::string{list_name(list)} + ": key '" + std::string{key} +
                                  "' is declared in " + std::string{list_name(other)} +
                                  " already: choose another key");
}

std::string level_name(FieldLevel level) {
  switch (level) {
    case FieldLevel::app_admin:
      return "an app admin";
    case FieldLevel::owner:
      return "the group owner";
    case FieldLevel::admin:
      return "a group admin";
    case FieldLevel::member:
      return "a member";
    case FieldLevel::anyone:
      return "anyone";
  }
  return "an app admin";
}

bool may_read(const FieldScope& scope, FieldAccess access) {
  return access.level <= scope.read || (access.own_value && scope.self_read);
}

bool may_write(const FieldScope& scope, FieldAccess access) {
  return access.level <= scope.write || (access.own_value && scope.self_write);
}

}  // namespace

Result<std::vector<FieldDeclaration>> change_declarations(
    FieldLists list, const std::vector<FieldDeclaration>& now,
    const std::vector<FieldDeclaration>& other_list, const FieldDeclaration& change) {
  TRY_VOID(check_declaration(list, change));
  TRY_VOID(check_clash(list, other_list, change.key));
  std::vector<FieldDeclaration> result = now;
  const auto held = std::find_if(result.begin(), result.end(), [&change](const auto& declaration) {
    return declaration.key == change.key;
  });
  if (held == result.end()) {
    result.push_back(change);
    TRY_VOID(check_count(list, result.size()));
    return result;
  }
  for (const FieldScope& scope : change.scopes) {
    const auto same = std::find_if(held->scopes.begin(), held->scopes.end(),
                                   [&scope](const FieldScope& other) {
                                     return other.type == scope.type;
                                   });
    if (same == held->scopes.end()) {
      held->scopes.push_back(scope);
    } else {
      *same = scope;
    }
  }
  return result;
}

Result<void> check_declarations(FieldLists list, const std::vector<FieldDeclaration>& before,
                                const std::vector<FieldDeclaration>& after,
                                const std::vector<FieldDeclaration>& other_list) {
  TRY_VOID(check_count(list, after.size()));
  const std::string name{list_name(list)};
  for (const FieldDeclaration& declaration : after) {
    TRY_VOID(check_declaration(list, declaration));
    TRY_VOID(check_clash(list, other_list, declaration.key));
    if (find_declaration(after, declaration.key) != &declaration) {
      return fail(Errc::invalid_argument,
                  name + ": key '" + declaration.key + "' stands there twice, once is allowed");
    }
  }
  for (const FieldDeclaration& declared : before) {
    const FieldDeclaration* kept = find_declaration(after, declared.key);
    if (kept == nullptr) {
      return fail(Errc::conflict, name + ": key '" + declared.key +
                                      "' is missing; a declared key cannot be removed or renamed");
    }
    for (const FieldScope& scope : declared.scopes) {
      if (find_scope(*kept, scope.type) != nullptr) continue;
      return fail(Errc::conflict, name + ": key '" + declared.key + "' lacks " +
                                      std::string{to_string(scope.type)} +
                                      "; a declared group type cannot be removed");
    }
  }
  return {};
}

Result<void> check_fields(const std::vector<FieldDeclaration>& declared, GroupType type,
                          std::size_t max_bytes, const FieldValues& writes) {
  for (const KeyValue& write : writes) {
    const FieldDeclaration* declaration = find_declaration(declared, write.key);
    if (declaration == nullptr) {
      return refuse(code::kBadParameter,
                    "custom field '" + write.key +
                        "' is not declared: declare it in the app first");
    }
    if (find_scope(*declaration, type) == nullptr) {
      return refuse(code::kBadParameter, "custom field '" + write.key +
                                             "' is not enabled for type " +
                                             std::string{to_string(type)} +
                                             ": add the type to its declaration");
    }
    if (write.value.size() > max_bytes) {
      return refuse(code::kBadParameter, "the value of custom field '" + write.key + "' is " +
                                             std::to_string(write.value.size()) +
                                             " bytes, at most " + std::to_string(max_bytes) +
                                             " are allowed: shorten it");
    }
  }
  return {};
}

Result<FieldValues> write_fields(const std::vector<FieldDeclaration>& declared, GroupType type,
                                 std::size_t max_bytes, FieldAccess access,
                                 const FieldValues& values, const FieldValues& writes) {
  TRY_VOID(check_fields(declared, type, max_bytes, writes));
  FieldValues result = values;
  for (const KeyValue& write : writes) {
    const FieldScope* scope = find_scope(*find_declaration(declared, write.key), type);
    if (!may_write(*scope, access)) {
      return refuse(code::kNotPermitted, "custom field '" + write.key + "' may be written by " +
                                             level_name(scope->write) + " or above only");
    }
    const auto held = std::find_if(result.begin(), result.end(), [&write](const KeyValue& value) {
      return value.key == write.key;
    });
    if (write.value.empty()) {
      if (held != result.end()) result.erase(held);
    } else if (held != result.end()) {
      held->value = write.value;
    } else {
      result.push_back(write);
    }
  }
  return result;
}

FieldValues readable_fields(const std::vector<FieldDeclaration>& declared, GroupType type,
                            FieldAccess access, const FieldValues& values) {
  FieldValues result;
  for (const KeyValue& value : values) {
    const FieldDeclaration* declaration = find_declaration(declared, value.key);
    const FieldScope* scope = declaration == nullptr ? nullptr : find_scope(*declaration, type);
    if (scope != nullptr && may_read(*scope, access)) result.push_back(value);
  }
  return result;
}

}  // namespace tidings::community
