/// For tests: does a JSON value fit a schema of docs/openapi.json? Knows what that document uses:
/// $ref, type, enum, properties, required, additionalProperties: false, items, and limits of size.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "backend/admin/admin_door.h"

namespace tidings::backend {

class OpenApiChecker {
 public:
  OpenApiChecker() : document_(boost::json::parse(openapi_document())) {}

  [[nodiscard]] const boost::json::object& paths() const {
    return document_.at("paths").get_object();
  }
  /// The response of an operation for a status, $ref resolved; null: not documented.
  [[nodiscard]] const boost::json::object* response(std::string_view pattern,
                                                    std::string_view method,
                                                    unsigned status) const {
    const auto* path = paths().if_contains(pattern);
    const auto* operation = path != nullptr ? path->get_object().if_contains(method) : nullptr;
    if (operation == nullptr) return nullptr;
    const auto& responses = operation->at("responses").get_object();
    const auto* found = responses.if_contains(std::to_string(status));
    return found != nullptr ? &resolved(found->get_object()) : nullptr;
  }
  [[nodiscard]] const boost::json::object& schema(std::string_view name) const {
    return document_.at("components").at("schemas").at(name).get_object();
  }

  /// "" when it fits; else where and why not.
  [[nodiscard]] std::string misfit(const boost::json::value& value,
                                   const boost::json::object& given,
                                   const std::string& where = "$") const {
    const auto& schema = resolved(given);
    if (const auto* type = schema.if_contains("type"); type && !type_fits(value, *type)) {
      return where + " is not " + boost::json::serialize(*type);
    }
    if (const auto* allowed = schema.if_contains("enum")) {
      bool found = false;
      for (const auto& one : allowed->get_array()) found = found || one == value;
      if (!found) return where + " is none of " + boost::json::serialize(*allowed);
    }
    if (value.is_object()) return object_misfit(value.get_object(), schema, where);
    if (value.is_array()) return array_misfit(value.get_array(), schema, where);
    if (value.is_string()) {
      return size_misfit(value.get_string().size(), schema, "minLength", "maxLength", where);
    }
    if (value.is_int64() && value.get_int64() >= 0) {
      return size_misfit(static_cast<std::size_t>(value.get_int64()), schema, "minimum", "maximum",
                         where);
    }
    return {};
  }

  [[nodiscard]] const boost::json::object& resolved(const boost::json::object& schema) const {
    const auto* ref = schema.if_contains("$ref");
    if (ref == nullptr) return schema;
    const std::string pointer(std::string_view(ref->get_string()).substr(1));
    return document_.at_pointer(pointer).get_object();
  }

 private:
  static bool type_fits(const boost::json::value& value, const boost::json::value& type) {
    if (type.is_array()) {
      for (const auto& one : type.get_array()) {
        if (type_fits(value, one)) return true;
      }
      return false;
    }
    const std::string_view name = type.get_string();
    if (name == "object") return value.is_object();
    if (name == "array") return value.is_array();
    if (name == "string") return value.is_string();
    if (name == "boolean") return value.is_bool();
    if (name == "integer") return value.is_int64() || value.is_uint64();
    return name == "null" && value.is_null();
  }
  [[nodiscard]] std::string object_misfit(const boost::json::object& value,
                                          const boost::json::object& schema,
                                          const std::string& where) const {
    if (const auto* required = schema.if_contains("required")) {
      for (const auto& name : required->get_array()) {
        if (!value.contains(name.get_string())) {
          return where + " lacks " + std::string(name.get_string());
        }
      }
    }
    const auto* properties = schema.if_contains("properties");
    if (properties == nullptr) return {};
    for (const auto& member : value) {
      const std::string path = where + "." + std::string(member.key());
      const auto* property = properties->get_object().if_contains(member.key());
      if (property == nullptr) return path + " is not documented";
      auto wrong = misfit(member.value(), property->get_object(), path);
      if (!wrong.empty()) return wrong;
    }
    return {};
  }
  [[nodiscard]] std::string array_misfit(const boost::json::array& value,
                                         const boost::json::object& schema,
                                         const std::string& where) const {
    if (const auto* items = schema.if_contains("items")) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        auto wrong =
            misfit(value[i], items->get_object(), where + "[" + std::to_string(i) + "]");
        if (!wrong.empty()) return wrong;
      }
    }
    return size_misfit(value.size(), schema, "minItems", "maxItems", where);
  }
  [[nodiscard]] static std::string size_misfit(std::size_t size, const boost::json::object& schema,
                                               std::string_view min, std::string_view max,
                                               const std::string& where) {
    const auto* low = schema.if_contains(min);
    const auto* high = schema.if_contains(max);
    if (low != nullptr && size < low->to_number<std::size_t>()) return where + " is too small";
    if (high != nullptr && size > high->to_number<std::size_t>()) return where + " is too large";
    return {};
  }

  const boost::json::value document_;
};

}  // namespace tidings::backend
