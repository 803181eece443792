/// Document: strict reading of one JSON object of the admin API. A member that nobody asked for is
/// refused by name, so that a typing error never passes for a change.
///
/// The first problem is kept, as Errc::invalid_argument with "<path>: <what is wrong>"; reading
/// goes on with absent values. Threads: a value. Lifetime: the object outlives it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidings::backend {

class Document {
 public:
  /// `path` is put before every name: "" or "callback.".
  explicit Document(const boost::json::object& object, std::string path = {});

  bool has(std::string_view name);
  /// Present and null: the caller resets the setting.
  bool is_null(std::string_view name);
  std::optional<std::string> text(std::string_view name, std::size_t min_bytes,
                                  std::size_t max_bytes);
  std::string required_text(std::string_view name, std::size_t min_bytes, std::size_t max_bytes);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t max);
  const boost::json::object* object(std::string_view name);
  const boost::json::array* array(std::string_view name);

  /// `Parse` is a parse_* function from text to optional; `allowed` is said in the refusal.
  template <class Parse>
  auto choice(std::string_view name, Parse parse, std::string_view allowed)
      -> decltype(parse(std::string_view())) {
    const auto given = text(name, 0, 64);
    if (!given) return std::nullopt;
    auto value = parse(*given);
    if (!value) complain(name, "'" + *given + "' is none of " + std::string(allowed));
    return value;
  }

  void complain(std::string_view name, std::string_view what);
  /// The first problem; else a member that was not asked for.
  Result<void> finish();
  [[nodiscard]] std::string path(std::string_view name) const { return path_ + std::string(name); }

 private:
  const boost::json::value* find(std::string_view name);

  const boost::json::object& object_;
  const std::string path_;
  std::vector<std::string_view> asked_;
  std::optional<Error> error_;
};

/// "<field>: <what>" as an Error.
Error field_error(Errc kind, std::string_view field, std::string_view what);

}  // namespace tidings::backend
