/// Audits the ledger in a store file without the process that owns it: `tidings ledger --data-dir`.
///
/// The file is opened read-only and read in one snapshot, so a running `serve` is not disturbed.
/// Errors: Errc::not_found (no such file), Errc::conflict (a file of another program or schema
/// version; the text says what to do), else as Database.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/event_log.h"

namespace tidings::sqlite {

Result<std::vector<store::LedgerAudit>> audit_ledger_file(const std::string& path);

}  // namespace tidings::sqlite
