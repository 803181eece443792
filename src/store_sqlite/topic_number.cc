#include "store_sqlite/topic_number.h"

#include <limits>

#include "tidings/identifier.h"

namespace tidings::sqlite {
namespace {

std::string_view argument(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void parent_function(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const auto parent = parent_group(argument(values[0]));
  if (!parent) return sqlite3_result_null(context);
  sqlite3_result_text64(context, parent->view().data(), parent->view().size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

void number_function(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const auto number = topic_number(argument(values[0]));
  number ? sqlite3_result_int64(context, *number) : sqlite3_result_null(context);
}

}  // namespace

std::optional<std::int64_t> topic_number(std::string_view topic) {
  const std::size_t mark = topic.find(kTopicIdMark);
  if (mark == std::string_view::npos || !is_topic_id(topic)) return std::nullopt;
  if (!topic.substr(mark).starts_with(kDefaultTopicIdMark)) return std::nullopt;
  const std::string_view token = topic.substr(mark + kDefaultTopicIdMark.size());
  const auto number = decode_id_token(token);
  if (!number || *number > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  // All but the trailer is as this number is written, so the number does tell topics apart.
  const std::string written = id_token(kTopicTypeChar, *number);
  if (token.size() != written.size() ||
      token.substr(0, token.size() - 1) != std::string_view(written).substr(0, written.size() - 1)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

Result<void> register_topic_functions(Database& database) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  for (const auto& [name, function] : {std::pair{"topic_parent", &parent_function},
                                       std::pair{"topic_number", &number_function}}) {
    const int code = sqlite3_create_function_v2(database.handle(), name, 1, kFlags, nullptr,
                                                function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(database.handle(), code, name);
  }
  return {};
}

}  // namespace tidings::sqlite
