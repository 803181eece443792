/// Brings a database file to the schema this program knows, forward only.
///
/// A file says whose it is (PRAGMA application_id) and how far it is (PRAGMA user_version). Each
/// step runs in a transaction of its own together with its number: a crash leaves a whole version.
/// Errors: Errc::conflict for a file of another program or of a newer version (unchanged; the text
/// says which versions and what to do), else as Database.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

struct Migration {
  std::int64_t number = 0;  ///< 1, 2, 3, ... without gaps
  const char* name = "";
  const char* sql = "";
};

struct Schema {
  std::int32_t application_id = 0;  ///< marks the file as ours
  const char* owner = "";           ///< what a person calls it: "tidings serve"
  std::span<const Migration> migrations;
};

/// REQUIRES: nobody else writes to the file now.
Result<void> migrate(Database& database, const Schema& schema);

}  // namespace tidings::sqlite
