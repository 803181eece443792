#include "backend/admin/document.h"

#include <algorithm>
#include <utility>

namespace tidings::backend {

namespace json = boost::json;

Error field_error(Errc kind, std::string_view field, std::string_view what) {
  return fail(kind, std::string(field) + ": " + std::string(what));
}

Document::Document(const json::object& object, std::string path)
    : object_(object), path_(std::move(path)) {}

const json::value* Document::find(std::string_view name) {
  asked_.push_back(name);
  return object_.if_contains(name);
}

void Document::complain(std::string_view name, std::string_view what) {
  if (!error_) error_ = field_error(Errc::invalid_argument, path(name), what);
}

Result<void> Document::finish() {
  if (error_) return Error(*error_);
  for (const auto& member : object_) {
    const std::string_view name = member.key();
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    std::string known;
    for (const auto& asked : asked_) {
      if (known.find(std::string(asked)) == std::string::npos) {
        known += (known.empty() ? "" : ", ") + std::string(asked);
      }
    }
    return field_error(Errc::invalid_argument, path(name.substr(0, 64)),
                       "no such member here; known: " + known);
  }
  return {};
}

bool Document::has(std::string_view name) { return find(name) != nullptr; }

bool Document::is_null(std::string_view name) {
  const auto* value = find(name);
  return value != nullptr && value->is_null();
}

std::optional<std::string> Document::text(std::string_view name, std::size_t min_bytes,
                                          std::size_t max_bytes) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    complain(name, "give a string");
    return std::nullopt;
  }
  const auto& text = value->get_string();
  if (text.size() < min_bytes || text.size() > max_bytes) {
    complain(name, std::to_string(text.size()) + " bytes given, " + std::to_string(min_bytes) +
                       " to " + std::to_string(max_bytes) + " are allowed");
    return std::nullopt;
  }
  return std::string(text);
}

std::string Document::required_text(std::string_view name, std::size_t min_bytes,
                                    std::size_t max_bytes) {
  auto value = text(name, min_bytes, max_bytes);
  if (!value) complain(name, "required");
  return std::move(value).value_or(std::string());
}

std::optional<bool> Document::boolean(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    complain(name, "give true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<std::int64_t> Document::integer(std::string_view name, std::int64_t min,
                                              std::int64_t max) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64() || value->get_int64() < min || value->get_int64() > max) {
    complain(name, "give an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  return value->get_int64();
}

std::optional<std::vector<std::string>> Document::texts(std::string_view name, std::size_t max) {
  const auto* items = array(name);
  if (items == nullptr) return std::nullopt;
  if (items->size() > max) {
    complain(name, std::to_string(items->size()) + " items given, at most " + std::to_string(max) +
                       " are allowed");
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const auto& item : *items) {
    if (!item.is_string()) {
      complain(name, "every item is a string");
      return std::nullopt;
    }
    out.emplace_back(item.get_string());
  }
  return out;
}

const json::object* Document::object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) complain(name, "give an object");
  return value->if_object();
}

const json::array* Document::array(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) complain(name, "give an array");
  return value->if_array();
}

}  // namespace tidings::backend
