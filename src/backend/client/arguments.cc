#include "backend/client/arguments.h"

#include <utility>

namespace tidings::backend {
namespace {

namespace json = boost::json;

constexpr int kBadParameter = 10004;
constexpr int kTooMany = 10005;

}  // namespace

void Arguments::complain(std::string_view name, std::string_view what) {
  if (error_) return;
  error_ =
      fail(Errc::invalid_argument, std::string(name) + ": " + std::string(what), kBadParameter);
}

Result<void> Arguments::check() const {
  if (error_) return Error(*error_);
  return {};
}

const json::value* Arguments::find(std::string_view name) const {
  const auto* value = args_.if_contains(name);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

std::string Arguments::required(std::string_view name) {
  auto value = text(name);
  if (!value) complain(name, "required");
  return std::move(value).value_or(std::string());
}

std::optional<std::string> Arguments::text(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    complain(name, "give a string");
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::optional<std::int64_t> Arguments::integer(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64()) {
    complain(name, "the number is too large");
  } else {
    complain(name, "give an integer");
  }
  return std::nullopt;
}

std::optional<bool> Arguments::boolean(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    complain(name, "give true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<std::string> Arguments::on_off(std::string_view name) {
  const auto value = boolean(name);
  if (!value) return std::nullopt;
  return *value ? "On" : "Off";
}

const json::array* Arguments::list(std::string_view name, std::size_t max) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) {
    complain(name, "give an array");
    return nullptr;
  }
  const auto size = value->get_array().size();
  if (size > max) {
    if (!error_) {
      error_ = fail(Errc::too_large,
                    std::string(name) + ": " + std::to_string(size) + " items, at most " +
                        std::to_string(max) + " in one call",
                    kTooMany);
    }
    return nullptr;
  }
  return &value->get_array();
}

std::vector<std::string> Arguments::texts(std::string_view name, std::size_t max) {
  std::vector<std::string> out;
  const auto* items = list(name, max);
  if (items == nullptr) return out;
  for (const auto& item : *items) {
    if (!item.is_string()) {
      complain(name, "every item is a string");
      return {};
    }
    out.emplace_back(item.get_string());
  }
  return out;
}

std::vector<UserId> Arguments::required_users(std::string_view name, std::size_t max) {
  std::vector<UserId> out;
  for (auto& text : texts(name, max)) out.emplace_back(std::move(text));
  if (out.empty()) complain(name, "required, with at least one item");
  return out;
}

community::FieldValues Arguments::fields(std::string_view name) {
  community::FieldValues out;
  const auto* items = list(name, 100);
  if (items == nullptr) return out;
  for (const auto& item : *items) {
    const auto* field = item.if_object();
    const auto* key = field != nullptr ? field->if_contains("key") : nullptr;
    const auto* value = field != nullptr ? field->if_contains("value") : nullptr;
    if (key == nullptr || value == nullptr || !key->is_string() || !value->is_string()) {
      complain(name, "every item is {key, value} with two strings");
      return {};
    }
    out.push_back({std::string(key->get_string()), std::string(value->get_string())});
  }
  return out;
}

std::vector<community::NewMember> Arguments::members(std::string_view name, std::size_t max) {
  std::vector<community::NewMember> out;
  const auto* items = list(name, max);
  if (items == nullptr) return out;
  for (const auto& item : *items) {
    if (!item.is_object()) {
      complain(name, "every item is an object with userID");
      return {};
    }
    Arguments member(item.get_object());
    community::NewMember made;
    made.user = UserId(member.required("userID"));
    made.role = member.text("role");
    made.fields = member.fields("memberCustomField");
    if (member.error_) {
      if (!error_) {
        error_ = std::move(member.error_);
        error_->what.insert(0, std::string(name) + ".");
      }
      return {};
    }
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace tidings::backend
