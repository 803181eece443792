/// An app's settings as an engine keeps them: the JSON of community/app.h, with every secret sealed
/// where there is a SecretBox. A sealed row says so and by which key:
///
///   sealed-1 1a2b3c4d {"id":1400000001,"keys":[{"text":"<base64>", ...
///
/// Errors: those of SecretBox and read_app(). Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "community/app.h"
#include "store/secret_box.h"

namespace tidings::store {

/// `secrets` nullptr: as it is; for stores that forget everything, and for tests.
Result<std::string> write_stored_app(const community::App& app, const SecretBox* secrets);
Result<community::App> read_stored_app(std::string_view text, const SecretBox* secrets);
/// A sealed row of which nobody can open the secrets any more: they come out as they are sealed.
Result<community::App> read_without_secrets(std::string_view text);
/// The key a row is sealed with; nothing: it is not sealed.
std::optional<std::string_view> sealed_with(std::string_view text);

}  // namespace tidings::store
