/// What the strict JSON door (tidings/json.h) lets in, and what it says of the rest. Shared by its two
/// readers, parse_json_strict() and JsonTape, so that they cannot differ.
///
/// Threads: pure functions. Source: RFC 8259, R-43.
#pragma once

#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>
#include <cstddef>
#include <string_view>

#include "tidings/result.h"

namespace tidings {

[[nodiscard]] boost::json::parse_options strict_json_options(std::size_t max_depth);

/// What is wrong with `text`, of which `used` bytes were read before the parser said `cause`.
[[nodiscard]] Error json_syntax_error(std::size_t used, const boost::system::error_code& cause,
                                      std::size_t max_depth);
/// There is more than one value in the text; the second begins at `used`.
[[nodiscard]] Error json_trailing_error(std::size_t used);
/// REQUIRES: `text` is JSON, and an object of it has two members of one name. Reads it once more, to
/// say which and where.
[[nodiscard]] Error json_duplicate_error(std::string_view text, std::size_t max_depth);

}  // namespace tidings
