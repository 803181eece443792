/// The column `key` of inbox and inbox_seen: the bytes of a store::InboxKey.
///
/// Lifetime: a Blob is a view of its key.
#pragma once

#include <algorithm>
#include <string_view>

#include "store/mirror_rows.h"
#include "store_sqlite/statement.h"

namespace tidings::sqlite {

[[nodiscard]] inline Blob blob_of(const store::InboxKey& key) {
  return Blob{{reinterpret_cast<const char*>(key.data()), key.size()}};
}

/// Of another length only in files that are damaged.
[[nodiscard]] inline store::InboxKey key_of(std::string_view bytes) {
  store::InboxKey key{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
  return key;
}

}  // namespace tidings::sqlite
