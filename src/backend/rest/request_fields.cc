#include "backend/rest/request_fields.h"

#include <utility>

#include "backend/before_callback.h"
#include "tidings/json.h"

namespace tidings::backend::rest {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownBytes = 40;
constexpr std::string_view kFromAccount = "From_Account";

/// An integer within int64; 5.0 is not one: the sender's type is a fraction's.
std::optional<std::int64_t> as_integer(const json::value& value) {
  if (const std::int64_t* number = value.if_int64()) return *number;
  if (const std::uint64_t* number = value.if_uint64()) {
    if (std::in_range<std::int64_t>(*number)) return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

bool names_account(std::string_view name) {
  return name.ends_with("_Account") || name == "UserID" || name == "Identifier" ||
         name == "Accounts";
}

Error account_not_text(std::string_view name, const json::value& found) {
  return fail(Errc::invalid_argument,
              std::string(name) + " is " + describe(found) + "; an account must be a JSON string",
              kAccountNotText);
}

Result<void> check_account(std::string_view name, const json::value& value, bool in_array) {
  if (value.is_string()) return {};
  if (value.is_array() && !in_array) {
    for (const json::value& item : value.get_array()) {
      TRY_VOID(check_account(name, item, true));
    }
    return {};
  }
  if (name == kFromAccount && (value.is_uint64() || (value.is_int64() && value.get_int64() >= 0))) {
    return {};
  }
  return account_not_text(name, value);
}

/// The depth is bounded by the parser.
Result<void> check_accounts_below(const json::value& value) {
  if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) {
      TRY_VOID(check_accounts_below(item));
    }
  } else if (const json::object* object = value.if_object()) {
    return check_account_types(*object);
  }
  return {};
}

const json::string* text_member(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_string();
}

/// False where anything is not as it should be: the slow road knows what to say about it.
bool append_key_values(const json::value& items, community::FieldValues& values) {
  const json::array* array = items.if_array();
  if (array == nullptr) return false;
  values.reserve(array->size());
  for (const json::value& item : *array) {
    const json::object* object = item.if_object();
    if (object == nullptr) return false;
    const json::string* key = text_member(*object, "Key");
    const json::string* value = text_member(*object, "Value");
    if (key == nullptr || value == nullptr) return false;
    values.push_back({{key->data(), key->size()}, {value->data(), value->size()}});
  }
  return true;
}

}  // namespace

Result<void> check_account_types(const json::object& body) {
  for (const json::key_value_pair& member : body) {
    const std::string_view name = member.key();
    if (names_account(name) && !(name == "Accounts" && !member.value().is_array())) {
      TRY_VOID(check_account(name, member.value(), false));
    } else if (member.value().is_structured()) {
      TRY_VOID(check_accounts_below(member.value()));
    }
  }
  return {};
}

std::string describe(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::int64: return "the integer " + std::to_string(value.get_int64());
    case json::kind::uint64: return "the integer " + std::to_string(value.get_uint64());
    case json::kind::double_: return "the number " + std::to_string(value.get_double());
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
    case json::kind::string: break;
  }
  const std::string_view text = value.get_string();
  std::string shown = "the string ";
  append_json_string(shown, cut_utf8(text, kShownBytes));
  if (text.size() > kShownBytes) shown.append(" and more");
  return shown;
}

const json::value* Fields::find(FieldName field) const {
  if (const json::value* found = object_->if_contains(field.name)) return found;
  if (field.alias.empty()) return nullptr;
  if (const json::value* found = object_->if_contains(field.alias)) return found;
  return field.second_alias.empty() ? nullptr : object_->if_contains(field.second_alias);
}

Error Fields::bad(FieldName field, std::string_view problem) const {
  std::string what = where_;
  what.append(field.name).append(" ").append(problem);
  return fail(Errc::invalid_argument, std::move(what), bad_parameter_);
}

Error Fields::wrong_type(FieldName field, std::string_view expected,
                         const json::value& found) const {
  return bad(field, "is " + describe(found) + "; it must be " + std::string(expected));
}

Error Fields::missing(FieldName field, std::string_view type) const {
  return bad(field, "is missing; it is required, " + std::string(type));
}

Result<std::string> Fields::text(FieldName field) const {
  TRY(auto found, maybe_text(field));
  if (!found) return missing(field, "a JSON string");
  return std::move(*found);
}

Result<std::optional<std::string>> Fields::maybe_text(FieldName field) const {
  const json::value* found = find(field);
  if (found == nullptr) return std::optional<std::string>{};
  const json::string* text = found->if_string();
  if (text == nullptr) return wrong_type(field, "a JSON string", *found);
  return std::optional<std::string>(std::in_place, text->data(), text->size());
}

Result<std::int64_t> Fields::integer(FieldName field, std::int64_t least,
                                     std::int64_t most) const {
  TRY(auto found, maybe_integer(field, least, most));
  if (!found) return missing(field, "an integer");
  return *found;
}

Result<std::optional<std::int64_t>> Fields::maybe_integer(FieldName field, std::int64_t least,
                                                          std::int64_t most) const {
  const json::value* found = find(field);
  if (found == nullptr) return std::optional<std::int64_t>{};
  if (!found->is_int64() && !found->is_uint64()) return wrong_type(field, "an integer", *found);
  const std::optional<std::int64_t> number = as_integer(*found);
  if (!number || *number < least || *number > most) {
    return wrong_type(field,
                      "between " + std::to_string(least) + " and " + std::to_string(most), *found);
  }
  return number;
}

Result<bool> Fields::flag(FieldName field) const {
  const json::value* found = find(field);
  if (found == nullptr) return false;
  const std::optional<std::int64_t> number = as_integer(*found);
  if (!number || *number < 0 || *number > 1) return wrong_type(field, "the integer 0 or 1", *found);
  return *number == 1;
}

Result<UserId> Fields::account(FieldName field) const {
  TRY(auto found, maybe_account(field));
  if (!found) return missing(field, "a JSON string");
  return std::move(*found);
}

Result<std::optional<UserId>> Fields::maybe_account(FieldName field) const {
  const json::value* found = find(field);
  if (found == nullptr) return std::optional<UserId>{};
  const json::string* text = found->if_string();
  if (text == nullptr) return account_not_text(field.name, *found);
  return std::optional<UserId>(std::in_place, std::string(text->data(), text->size()));
}

Result<std::optional<UserId>> Fields::maybe_acting_account(FieldName field) const {
  const json::value* found = find(field);
  if (found != nullptr && found->is_uint64()) {
    return std::optional<UserId>(std::in_place, std::to_string(found->get_uint64()));
  }
  if (found != nullptr && found->is_int64() && found->get_int64() >= 0) {
    return std::optional<UserId>(std::in_place, std::to_string(found->get_int64()));
  }
  return maybe_account(field);
}

Result<std::vector<std::string>> Fields::texts(FieldName field) const {
  TRY(auto found, maybe_texts(field));
  if (!found) return missing(field, "an array of JSON strings");
  return std::move(*found);
}

Result<std::optional<std::vector<std::string>>> Fields::maybe_texts(FieldName field) const {
  using Texts = std::optional<std::vector<std::string>>;
  const json::value* found = find(field);
  if (found == nullptr) return Texts{};
  const json::array* array = found->if_array();
  if (array == nullptr) return wrong_type(field, "an array of JSON strings", *found);
  std::vector<std::string> texts;
  texts.reserve(array->size());
  for (const json::value& item : *array) {
    const json::string* text = item.if_string();
    if (text == nullptr) {
      return bad(field, "holds " + describe(item) + " at place " + std::to_string(texts.size()) +
                            "; every item must be a JSON string");
    }
    texts.emplace_back(text->data(), text->size());
  }
  return Texts(std::move(texts));
}

Result<std::vector<UserId>> Fields::accounts(FieldName field) const {
  const json::value* found = find(field);
  if (found == nullptr) return missing(field, "an array of JSON strings");
  const json::array* array = found->if_array();
  if (array == nullptr) return wrong_type(field, "an array of JSON strings", *found);
  std::vector<UserId> users;
  users.reserve(array->size());
  for (const json::value& item : *array) {
    const json::string* text = item.if_string();
    if (text == nullptr) return account_not_text(field.name, item);
    users.emplace_back(std::string(text->data(), text->size()));
  }
  return users;
}

Result<std::vector<Fields>> Fields::objects(FieldName field) const {
  TRY(auto found, maybe_objects(field));
  if (!found) return missing(field, "an array of objects");
  return std::move(*found);
}

Result<std::optional<std::vector<Fields>>> Fields::maybe_objects(FieldName field) const {
  using Objects = std::optional<std::vector<Fields>>;
  const json::value* found = find(field);
  if (found == nullptr) return Objects{};
  const json::array* array = found->if_array();
  if (array == nullptr) return wrong_type(field, "an array of objects", *found);
  std::vector<Fields> objects;
  objects.reserve(array->size());
  for (const json::value& item : *array) {
    std::string place = where_ + std::string(field.name) + "[" + std::to_string(objects.size()) +
                        "]";
    const json::object* object = item.if_object();
    if (object == nullptr) {
      return fail(Errc::invalid_argument,
                  place + " is " + describe(item) + "; it must be an object", bad_parameter_);
    }
    objects.emplace_back(*object, bad_parameter_, place + ".");
  }
  return Objects(std::move(objects));
}

Result<std::optional<Fields>> Fields::maybe_object(FieldName field) const {
  const json::value* found = find(field);
  if (found == nullptr) return std::optional<Fields>{};
  const json::object* object = found->if_object();
  if (object == nullptr) return wrong_type(field, "an object", *found);
  return std::optional<Fields>(std::in_place, *object, bad_parameter_,
                               where_ + std::string(field.name) + ".");
}

Result<community::FieldValues> Fields::custom_fields(FieldName field) const {
  const json::value* found = find(field);
  community::FieldValues values;
  if (found == nullptr) return values;
  if (append_key_values(*found, values)) return values;
  values.clear();
  TRY(const auto items, objects(field));
  for (const Fields& item : items) {
    TRY(auto key, item.text("Key"));
    TRY(auto value, item.text("Value"));
    values.push_back({std::move(key), std::move(value)});
  }
  return values;
}

}  // namespace tidings::backend::rest
