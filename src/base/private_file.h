/// Small files of PEM or key text: written once, whole and synced; and read only where nobody but
/// their owner may.
///
/// Errors: Errc::conflict (create_file: it is there already; nothing was changed),
/// Errc::forbidden (read_private_file: others may read or write it; says the chmod that mends it),
/// Errc::not_found (no such file), Errc::too_large, Errc::unavailable (the system's own reason).
/// `what` in front of each text, such as "secret key file". The content is in no text.
/// Threads: any. Durability: file and folder are synced before the function returns.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings {

inline constexpr unsigned kOwnerOnly = 0600;
inline constexpr unsigned kEveryoneReads = 0644;

/// Makes a new file. Half a file is never left behind.
Result<void> create_file(std::string_view what, const std::filesystem::path& path,
                         std::string_view text, unsigned mode);
/// The same, in the place of what may be there: one rename.
Result<void> replace_file(std::string_view what, const std::filesystem::path& path,
                          std::string_view text, unsigned mode);
/// The whole text, at most 1 MiB.
Result<std::string> read_file(std::string_view what, const std::filesystem::path& path);
/// The same; refused where the mode is looser than 0600.
Result<std::string> read_private_file(std::string_view what, const std::filesystem::path& path);

}  // namespace tidings
