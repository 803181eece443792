/// Custom field values as one BLOB: for each, the key and the value, each with its length before it
/// (base 128, least significant group first). Order and every byte survive. No values: no bytes.
///
/// Errors: Errc::corrupt when the bytes are not of this form. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "community/custom_field.h"

namespace tidings::sqlite {

[[nodiscard]] std::string write_fields(const community::FieldValues& values);
[[nodiscard]] Result<community::FieldValues> read_fields(std::string_view blob);

}  // namespace tidings::sqlite
