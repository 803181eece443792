/// Puts one value under one key: from text (environment, flags) or from a TOML node, checked
/// against the key's kind and bounds. Private to the loader.
///
/// Errors: kind invalid_argument; the sentence shows the value and the limit, but never a secret.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <type_traits>

#include "cli/config_keys.h"
#include "cli/config_value.h"

namespace tidings::cli {

/// From text, where the kind of value is known from Value.
template <class Value>
Result<Value> value_from_text(std::string_view text) {
  if constexpr (std::is_same_v<Value, bool>) {
    if (text == "true" || text == "false") return text == "true";
    return fail(Errc::invalid_argument, "'" + std::string(text) + "' is neither true nor false");
  } else if constexpr (std::is_same_v<Value, std::int64_t>) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && stop == text.data() + text.size() && !text.empty()) return number;
    return fail(Errc::invalid_argument, "'" + std::string(text) + "' is not a number");
  } else if constexpr (std::is_same_v<Value, std::string>) {
    return std::string(text);
  } else if constexpr (std::is_same_v<Value, Milliseconds>) {
    return parse_duration(text);
  } else if constexpr (std::is_same_v<Value, Bytes>) {
    return parse_size(text);
  } else if constexpr (std::is_same_v<Value, ListenAddress>) {
    return parse_listen_address(text);
  } else if constexpr (std::is_same_v<Value, TextList>) {
    return parse_list(text);
  } else {
    return parse_number_map(text);
  }
}

inline Error wrong_shape(std::string_view wanted) {
  return fail(Errc::invalid_argument, "the value must be " + std::string(wanted));
}

/// From a TOML node: numbers are numbers there and durations are texts.
template <class Value>
Result<Value> value_from_node(const toml::node& node) {
  if constexpr (std::is_same_v<Value, bool>) {
    if (const auto* value = node.as_boolean()) return value->get();
    return wrong_shape("true or false");
  } else if constexpr (std::is_same_v<Value, std::int64_t>) {
    if (const auto* value = node.as_integer()) return value->get();
    return wrong_shape("a whole number");
  } else if constexpr (std::is_same_v<Value, TextList>) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_shape("a list of texts, such as [\"one\", \"two\"]");
    TextList list;
    for (const toml::node& entry : *array) {
      const auto* text = entry.as_string();
      if (text == nullptr) return wrong_shape("a list of texts, such as [\"one\", \"two\"]");
      list.push_back(text->get());
    }
    return list;
  } else if constexpr (std::is_same_v<Value, NumberMap>) {
    const auto* table = node.as_table();
    if (table == nullptr) return wrong_shape("a table of numbers, such as {create_topic = 200}");
    NumberMap map;
    for (const auto& [name, entry] : *table) {
      const auto* number = entry.as_integer();
      if (number == nullptr) return wrong_shape("a table of whole numbers");
      map[std::string(name.str())] = number->get();
    }
    return map;
  } else {
    if (const auto* text = node.as_string()) return value_from_text<Value>(text->get());
    if constexpr (std::is_same_v<Value, Milliseconds>) return wrong_shape("a text like \"2s\"");
    if constexpr (std::is_same_v<Value, Bytes>) return wrong_shape("a text like \"64KiB\"");
    return wrong_shape("a text in quotes");
  }
}

template <class Root, class Value>
Result<void> check_value(const Key<Root>& key, const Value& value) {
  const auto within = [&key](std::int64_t number, const std::string& shown) -> Result<void> {
    if (number >= key.bounds.least && number <= key.bounds.greatest) return {};
    if (key.bounds.greatest == Bounds{}.greatest) {
      return fail(Errc::invalid_argument,
                  shown + " is too small: at least " + std::to_string(key.bounds.least));
    }
    return fail(Errc::invalid_argument, shown + " is outside of " + range_text(key));
  };
  if constexpr (std::is_same_v<Value, std::int64_t>) {
    return within(value, std::to_string(value));
  } else if constexpr (std::is_same_v<Value, Milliseconds>) {
    return within(value.count(), write_duration(value));
  } else if constexpr (std::is_same_v<Value, Bytes>) {
    return within(value.count, write_size(value));
  } else if constexpr (std::is_same_v<Value, NumberMap>) {
    for (const auto& [name, number] : value) {
      TRY_VOID(within(number, name + " = " + std::to_string(number)));
    }
  } else if constexpr (std::is_same_v<Value, TextList>) {
    if (key.kind != ValueKind::networks) return {};
    for (const std::string& network : value) {
      TRY_VOID(check_network(network));
    }
  } else if constexpr (std::is_same_v<Value, std::string>) {
    if (key.kind != ValueKind::choice) return {};
    const std::string wanted = "|" + std::string(key.choices) + "|";
    if (value.empty() || wanted.find("|" + value + "|") == std::string::npos) {
      return fail(Errc::invalid_argument, "'" + value + "' is none of " + range_text(key));
    }
  }
  return {};
}

template <class Root, class Make>
Result<void> assign(const Key<Root>& key, Root& root, Make make) {
  return std::visit(
      [&]<class Value>(Place<Root, Value> place) -> Result<void> {
        TRY(auto value, make.template operator()<Value>());
        TRY_VOID(check_value(key, value));
        place(root) = std::move(value);
        return {};
      },
      key.place);
}

template <class Root>
Result<void> assign_text(const Key<Root>& key, Root& root, std::string_view text) {
  return assign(key, root, [text]<class Value>() { return value_from_text<Value>(text); });
}

template <class Root>
Result<void> assign_node(const Key<Root>& key, Root& root, const toml::node& node) {
  return assign(key, root, [&node]<class Value>() { return value_from_node<Value>(node); });
}

}  // namespace tidings::cli
