#include "store_sqlite/seen_filter.h"

#include <algorithm>

#include "store_sqlite/inbox_key_column.h"

namespace tidings::sqlite {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

}  // namespace

Result<void> SeenFilter::open(Database& database, std::size_t share, std::size_t fewest) {
  share_ = share;
  fewest_ = fewest;
  TRY(behind_,
      database.prepare("SELECT key FROM inbox_seen WHERE key > ? ORDER BY key LIMIT ?"));
  TRY(entries_, database.prepare("SELECT coalesce((SELECT max(id) FROM inbox) - "
                                 "(SELECT min(id) FROM inbox), 0)"));
  return start();
}

Result<void> SeenFilter::start() {
  auto rows = entries_.query();
  TRY_VOID(rows.next());
  const auto entries = std::max(fewest_, static_cast<std::size_t>(rows.integer(0)));
  filter_ = KeyFilter();  // gives its memory back first
  filter_ = KeyFilter(std::min(2 * entries, kMostBytes));
  entries_then_ = entries;
  complete_ = false;
  read_to_.reset();
  return {};
}

Result<void> SeenFilter::read_on(std::size_t adding) {
  if (complete_) {
    const bool outgrown = filter_.puts() - puts_when_read_ > entries_then_;
    return outgrown ? start() : Result<void>{};
  }
  const std::size_t share = std::max(share_, 4 * adding);
  const Blob from = read_to_ ? blob_of(*read_to_) : Blob{};
  auto rows = behind_.query(from, static_cast<std::int64_t>(share));
  std::size_t count = 0;
  std::optional<store::InboxKey> last;
  for (;; ++count) {
    TRY(const bool more, rows.next());
    if (!more) break;
    last = key_of(rows.text(0));
    filter_.put(*last);
  }
  complete_ = count < share;
  if (complete_) puts_when_read_ = filter_.puts();
  if (last) read_to_ = last;
  return {};
}

}  // namespace tidings::sqlite
