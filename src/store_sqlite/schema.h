/// The schema of the embedded engine, step by step (docs: the comments in schema.cc).
#pragma once

#include "store_sqlite/migration.h"

namespace tidings::sqlite {

/// "TDGS": what PRAGMA application_id of a store file holds.
inline constexpr std::int32_t kStoreApplicationId = 0x54444753;

[[nodiscard]] const Schema& store_schema();

}  // namespace tidings::sqlite
