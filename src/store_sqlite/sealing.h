/// Brings the secrets in a database under the key of today, at start: rows from before secrets were
/// encrypted, and rows of a former key.
///
/// Nothing of the former text stays behind: freed bytes are overwritten, the file is rewritten
/// (VACUUM) and the write-ahead log emptied. A crash on the way is made good by the next start.
/// Errors: Errc::conflict where a row is sealed with a key that is not here (unchanged; the text
/// says which key it wants), else as Database.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "community/app.h"
#include "store/secret_box.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

/// REQUIRES: the schema is up to date, and nobody else uses the file.
Result<void> seal_secrets(Database& database, const store::SecretBox& secrets);

/// The key that a row of the file at `path` is sealed with; nothing where there is no such row, or
/// no file.
Result<std::optional<std::string>> key_wanted_by(const std::string& path);

/// For when a key is lost for good: `renew` gives other secrets to every app whose own are sealed
/// with a key that is not in `secrets`; they are sealed and written in one transaction. Returns the
/// apps as they are now. REQUIRES: nobody else uses the file.
Result<std::vector<community::App>> replace_lost_secrets(
    Database& database, const store::SecretBox& secrets,
    const std::function<community::App(community::App)>& renew);

}  // namespace tidings::sqlite
